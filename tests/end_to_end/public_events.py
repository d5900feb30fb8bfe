"""Public events as the ledgers have them (`ltctl ledger dump`, which knows no relay) and as readers get them, with proto/ alone."""
import json
import re
import threading
import time

from cases import api
import grpc

PROTO = {"intake": "intake", "routing": "routing", "agency-processing": "agency", "postal-dispatch": "postal", "notification": "notification"}
FREE_TEXT_OR_PERSON = (2, 3)  # PERSONAL_PERSONAL, PERSONAL_FREE_TEXT
DUMP_BLOCKS = 2000
PROVINCE = "local"


def source_of(service):
    return f"//{PROVINCE}.lienthong/{service}"


def messages_of(service):
    return api.module(f"lienthong.{PROTO[service]}.v1.events")


def is_public(service, name):
    options = api.module("lienthong.options.v1.options")
    message = messages_of(service).DESCRIPTOR.message_types_by_name[name]
    return message.GetOptions().Extensions[options.visibility] == options.VISIBILITY_PUBLIC


def type_of(service, name):
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    return f"vn.lienthong.{service.replace('-', '_')}.{kind}.v1"


def wrong_fields(message):
    """Fields that must not have left: about persons, or references to sealed content."""
    options, found = api.module("lienthong.options.v1.options"), []
    for field, value in message.ListFields():
        if field.GetOptions().Extensions[options.personal] in FREE_TEXT_OR_PERSON:
            found.append(field.full_name)
        if field.message_type is not None:
            if field.message_type.full_name == "lienthong.kernel.v1.SealedRef":
                found.append(field.full_name)
            for one in (value if field.label == field.LABEL_REPEATED else [value]):
                found += wrong_fields(one)
    return found


def effective_blocks(system, ledger, partition):
    """Blocks of a dump that follow each other: the first record that follows the last block counts, everything else does not."""
    head, ledger_id, at = None, None, 0
    while True:
        dumped = json.loads(system.ltctl("ledger", "dump", ledger, "-p", partition, "--from", at, "--limit", DUMP_BLOCKS,
                                         "-o", "json", seconds=300).stdout)
        for block in dumped:
            at = block["offset"] + 1
            if "block_seq" not in block:
                continue
            if head is None:
                ledger_id = block["genesis"]["ledger_id"]
            elif (block["block_seq"], block["prev"]) != (head[0] + 1, head[1]):
                continue
            head = (block["block_seq"], block["hash"])
            yield ledger_id, block
        if len(dumped) < DUMP_BLOCKS:
            return


def in_ledgers(system):
    """(source, partition) -> [(id, type, dossier, schema, happened, recorded)] of all public events, in the ledger's order."""
    events = {}
    for ledger, proto in PROTO.items():
        for partition in range(system.partitions):
            told = events.setdefault((source_of(ledger), partition), [])
            for ledger_id, block in effective_blocks(system, ledger, partition):
                for index, leaf in enumerate(block["leaves"]):
                    for number, event in enumerate(leaf["events"]):
                        if is_public(ledger, event["type"]):
                            told.append((f"{ledger_id}/{partition}/{block['block_seq']}/{index}.{number}", type_of(ledger, event["type"]),
                                         leaf["dossier"], f"lienthong.{proto}.v1.{event['type']}", event["occurred_at"], block["decided_at"]))
    return events


def time_of(timestamp):
    return timestamp.ToDatetime().strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Stream(threading.Thread):
    """Reads a service's events to an end, over every interruption, each time from the last cursor it has handled."""

    def __init__(self, system, service, principal="operator", **request):
        super().__init__(daemon=True)
        self.system, self.service, self.principal, self.request = system, service, principal, request
        self.events, self.interruptions, self.cursor, self.caught_up = [], 0, request.pop("cursor", b""), False
        self.failed, self._stopped, self._call = None, False, None
        # Not in the thread: several would make the same modules.
        self.messages = api.module("lienthong.events.v1.event_service")
        self.stub_of = api.module("lienthong.events.v1.event_service", services=True).EventServiceStub

    def run(self):
        settings = self.system.client_settings(self.principal)
        channel = api.channel(settings[f"LIENTHONG_{self.service.upper().replace('-', '_')}_ADDRESS"], settings["LIENTHONG_TLS_CA"],
                              settings["LIENTHONG_TLS_CERT"], settings["LIENTHONG_TLS_KEY"])
        with channel:
            while not self._stopped:
                try:
                    request = self.messages.StreamEventsRequest(service=self.service, cursor=self.cursor, **self.request)
                    self._call = self.stub_of(channel).StreamEvents(request)
                    for response in self._call:
                        self.events += response.events
                        self.cursor, self.caught_up = response.cursor, response.caught_up
                except grpc.RpcError as error:
                    if error.code() != grpc.StatusCode.UNAVAILABLE and not self._stopped:
                        self.failed = error
                        return
                    self.interruptions += 1
                    time.sleep(0.2)

    def stop(self):
        self._stopped = True
        if self._call is not None:
            self._call.cancel()
        self.join(timeout=10)

    def wait_for_all(self, ids, seconds):
        """Until every one of these was read; others may be between them."""
        end, looked, missing = time.monotonic() + seconds, 0, set(ids)
        while time.monotonic() < end and self.is_alive() and missing:
            time.sleep(0.05)
            there = len(self.events)
            missing -= {event.id for event in self.events[looked:there]}
            looked = there
        self.stop()

    def wait_for(self, count, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.is_alive() and (len(self.events) < count or not self.caught_up):
            time.sleep(0.05)
        self.stop()


def as_in_ledger(event):
    return (event.id, event.type, event.subject, event.data_schema, time_of(event.time), time_of(event.recorded_time))


def by_place(events):
    """(source, partition) -> [as in in_ledgers]."""
    places = {}
    for event in events:
        places.setdefault((event.source, int(event.id.split("/")[1])), []).append(as_in_ledger(event))
    return places


def until(found, wanted):
    """What was found as far as the ledgers went when they were dumped: notices and timers go on by themselves."""
    return {place: all_[:len(wanted.get(place, []))] for place, all_ in found.items() if wanted.get(place)}
