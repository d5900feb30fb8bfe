"""A reader of the public topic that knows nothing but proto/ sees every public event, first copies in order."""
import collections
import pathlib
import random
import re
import sys
import time

import cases

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "checker"))
import history  # noqa: E402
import records  # noqa: E402

TOPIC = "lienthong.events.v1"
DOSSIERS = 1000
RATE = 110
SECONDS = 150  # For a load, and for the topic to become complete.
PROTO = {"intake": "intake", "routing": "routing", "agency-processing": "agency", "catalogue": "catalogue"}
FREE_TEXT_OR_PERSON = (2, 3)  # PERSONAL_PERSONAL, PERSONAL_FREE_TEXT


def options():
    return records.generated("lienthong.options.v1.options")


def events_of(service):
    return records.generated(f"lienthong.{PROTO[service]}.v1.events")


def public_types(service):
    """Number of the event type -> full name of its message, for those that everybody may see."""
    file = events_of(service).DESCRIPTOR
    found = {}
    for value in file.enum_types_by_name["EventType"].values:
        name = "".join(part.capitalize() for part in value.name.removeprefix("EVENT_TYPE_").split("_"))
        message = file.message_types_by_name.get(name)
        if message is not None and message.GetOptions().Extensions[options().visibility] == options().VISIBILITY_PUBLIC:
            found[value.number] = message.full_name
    return found


def wrong_fields(message):
    """Fields that must not have left: about persons, or references to sealed content."""
    found = []
    for field, value in message.ListFields():
        if field.GetOptions().Extensions[options().personal] in FREE_TEXT_OR_PERSON:
            found.append(field.full_name)
        if field.message_type is not None:
            if field.message_type.full_name == "lienthong.kernel.v1.SealedRef":
                found.append(field.full_name)
            for one in (value if field.label == field.LABEL_REPEATED else [value]):
                found += wrong_fields(one)
    return found


class PublicEvents(cases.Base):
    edition = "kafka"

    def consumer(self):
        from confluent_kafka import Consumer, TopicPartition
        certificates = self.system.certificates
        consumer = Consumer({"bootstrap.servers": f"127.0.0.1:{self.system.ports[0]}", "group.id": "lienthong.test",
                             "enable.auto.commit": False, "auto.offset.reset": "error", "security.protocol": "ssl",
                             "ssl.ca.location": str(certificates / "ca.pem"), "ssl.certificate.location": str(certificates / "deploy.pem"),
                             "ssl.key.location": str(certificates / "deploy.key")})
        consumer.assign([TopicPartition(TOPIC, partition, 0) for partition in range(self.system.partitions)])
        return consumer

    def ledgers(self):
        """Ids of all public events of the ledgers in their order, as (source, partition) -> [(id, message name)]."""
        certificates = self.system.certificates
        security = {"ca": str(certificates / "ca.pem"), "cert": str(certificates / "deploy.pem"), "key": str(certificates / "deploy.key")}
        raw = records.from_kafka(f"127.0.0.1:{self.system.ports[0]}", list(PROTO), security)
        wanted = {}
        findings = history.Findings()
        for (ledger, partition), lines in raw.items():
            types = public_types(ledger)
            told = wanted.setdefault((f"//local.lienthong/{ledger}", partition), [])
            for decision in history.fold(ledger, partition, lines, findings).decisions:
                block = decision.block
                for number, event in enumerate(decision.leaf.events):
                    if event.type in types:
                        told.append((f"{block.ledger_id.hex()}/{partition}/{block.block_seq}/{decision.index}.{number}", types[event.type]))
        self.assertEqual(findings.line(), cases.CLEAN)
        return wanted

    def take(self, message, seen):
        """One message, looked at as any reader would."""
        self.assertIsNone(message.error())
        headers = {name: value.decode() for name, value in message.headers()}
        self.assertEqual(headers["ce_specversion"], "1.0")
        self.assertEqual(headers["content-type"], "application/protobuf")
        self.assertEqual(message.key().decode(), headers["ce_subject"])
        for name in ("ce_time", "ce_recordedtime"):
            self.assertRegex(headers[name], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        service = headers["ce_source"].removeprefix("//local.lienthong/")
        self.assertEqual(int(headers["ce_id"].split("/")[1]), message.partition())
        name = headers["ce_dataschema"]
        kind = re.sub(r"(?<!^)(?=[A-Z])", "_", name.rsplit(".", 1)[1]).lower()
        self.assertEqual(headers["ce_type"], f"vn.lienthong.{service.replace('-', '_')}.{kind}.v1")
        event = getattr(events_of(service), name.rsplit(".", 1)[1]).FromString(message.value())
        self.assertEqual(wrong_fields(event), [], name)
        copies = seen.setdefault((headers["ce_source"], message.partition()), {})
        content = (name, message.value(), tuple(sorted(headers.items())))
        if headers["ce_id"] in copies:
            self.assertEqual(copies[headers["ce_id"]], content, "a repetition differs from the first copy")
            return True
        copies[headers["ce_id"]] = content
        return False

    def test_every_public_event_arrives_in_order_though_relay_and_broker_are_killed(self):
        seed = random.SystemRandom().randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        demo = self.system.demo("--dossiers", DOSSIERS, "--rate", RATE, "--limit", SECONDS, "--rows", 0)
        for name in ("intake", "broker", "routing", "agency-processing", "broker", "intake"):
            time.sleep(0.5 + chance.random())
            self.assertIsNone(demo.process.poll(), "the load ended before the last kill")
            self.system.processes[name].kill()
        self.assert_finished(demo, SECONDS + 30)
        self.assert_clean()

        wanted, seen, repeats = self.ledgers(), {}, 0
        missing = sum(len(events) for events in wanted.values())
        self.assertGreater(missing, 5 * DOSSIERS)
        consumer, end, quiet = self.consumer(), time.monotonic() + SECONDS, 0
        try:
            # Complete, and then nothing more for some seconds.
            while (missing > 0 or time.monotonic() < quiet) and time.monotonic() < end:
                for message in consumer.consume(1000, timeout=1):
                    if self.take(message, seen):
                        repeats += 1
                    else:
                        missing -= 1
                    quiet = time.monotonic() + 3
        finally:
            consumer.close()
        for place, events in wanted.items():
            with self.subTest(place=place):
                first_copies = [(one, content[0]) for one, content in seen.get(place, {}).items()]
                self.assertEqual(len(first_copies), len(events))
                self.assertEqual(first_copies, events)
        self.assertEqual(set(seen) - set(wanted), set())
        kinds = collections.Counter(content[0] for copies in seen.values() for content in copies.values())
        print(f"    {sum(kinds.values())} events of {len(kinds)} kinds, {repeats} repeats", flush=True)


def load_tests(*_):
    return cases.load(PublicEvents)
