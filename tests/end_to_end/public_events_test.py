"""Readers of public events that know nothing but proto/ see every one, first copies in order: from the topic and from the streams."""
import collections
import os
import random
import time

import cases
import public_events as events

TOPIC = "lienthong.events.v1"
DOSSIERS = int(os.environ.get("LIENTHONG_PUBLIC_EVENTS_DOSSIERS", "1000"))
RATE = 110
SECONDS = 150 + DOSSIERS // 30  # For a load, and for the topic to become complete.
# Services and the broker, each while the load runs.
KILLS = ("intake", "broker", "routing", "agency-processing", "broker", "intake")


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

    def take(self, message, seen):
        """One message, looked at as any reader would. True: a repetition."""
        self.assertIsNone(message.error())
        headers = {name: value.decode() for name, value in message.headers()}
        self.assertEqual(headers["ce_specversion"], "1.0")
        self.assertEqual(headers["content-type"], "application/protobuf")
        self.assertEqual(message.key().decode(), headers["ce_subject"])
        service = headers["ce_source"].removeprefix("//local.lienthong/")
        self.assertEqual(int(headers["ce_id"].split("/")[1]), message.partition())
        name = headers["ce_dataschema"].rsplit(".", 1)[1]
        event = getattr(events.messages_of(service), name).FromString(message.value())
        self.assertEqual(events.wrong_fields(event), [], name)
        copies = seen.setdefault((headers["ce_source"], message.partition()), {})
        content = (message.value(), tuple(sorted(headers.items())))
        if headers["ce_id"] in copies:
            self.assertEqual(copies[headers["ce_id"]], content, "a repetition differs from the first copy")
            return True
        copies[headers["ce_id"]] = content
        return False

    def read_topic(self, missing):
        """Until it is complete, and then nothing more comes for some seconds. Returns (first copies by place, repeats)."""
        consumer, end, quiet, seen, repeats = self.consumer(), time.monotonic() + SECONDS, 0, {}, 0
        try:
            while (missing > 0 or time.monotonic() < quiet) and time.monotonic() < end:
                for message in consumer.consume(1000, timeout=1):
                    if self.take(message, seen):
                        repeats += 1
                    else:
                        missing -= 1
                    quiet = time.monotonic() + 3
        finally:
            consumer.close()
        return seen, repeats

    def assert_same(self, found, wanted):
        found = events.until(found, wanted)
        self.assertEqual({place: len(all_) for place, all_ in found.items()}, {place: len(all_) for place, all_ in wanted.items() if all_})
        for place, all_ in found.items():
            with self.subTest(place=place):
                self.assertEqual(all_, wanted[place])

    def test_every_public_event_arrives_in_order_though_relay_and_broker_are_killed(self):
        seed = random.SystemRandom().randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        streams = [events.Stream(self.system, service) for service in events.PROTO]
        for stream in streams:
            stream.start()
        demo = self.system.demo("--dossiers", DOSSIERS, "--rate", RATE, "--limit", SECONDS, "--rows", 0)
        pause = DOSSIERS / RATE / (2 * len(KILLS))
        for name in KILLS:
            time.sleep(pause * (0.5 + chance.random()))
            self.assertIsNone(demo.process.poll(), "the load ended before the last kill")
            self.system.processes[name].kill()
        self.assert_finished(demo, SECONDS + 30)
        self.assert_clean()

        wanted = events.in_ledgers(self.system)
        self.assertGreater(sum(map(len, wanted.values())), 5 * DOSSIERS)
        seen, repeats = self.read_topic(sum(map(len, wanted.values())))
        of_topic = {}
        for place, copies in seen.items():
            for _, content in copies.items():
                headers = dict(content[1])
                of_topic.setdefault(place, []).append(tuple(headers[f"ce_{name}"] for name in (
                    "id", "type", "subject", "dataschema", "time", "recordedtime")))
        self.assert_same(of_topic, wanted)

        # The streams were read during the kills: nothing twice, nothing left out, and the same bytes as in the topic.
        of_streams = []
        for stream in streams:
            stream.wait_for_all([line[0] for (source, _), all_ in wanted.items() if source == events.source_of(stream.service) for line in all_], SECONDS)
            self.assertIsNone(stream.failed)
            of_streams += stream.events
        self.assert_same(events.by_place(of_streams), wanted)
        known = {line[0] for all_ in wanted.values() for line in all_}
        for event in of_streams:
            if event.id not in known:
                continue
            self.assertEqual(event.data, seen[(event.source, int(event.id.split("/")[1]))][event.id][0])
        self.assertGreater(sum(stream.interruptions for stream in streams), 0)

        kinds = collections.Counter(event.type for event in of_streams)
        print(f"    {DOSSIERS} dossiers, {sum(kinds.values())} events of {len(kinds)} kinds, {repeats} repeats in the topic, "
              f"{sum(stream.interruptions for stream in streams)} interruptions of the streams", flush=True)


def load_tests(*_):
    return cases.load(PublicEvents)
