"""Compares what stands in the ledgers with what receivers outside have really got.

* Lost: a notice that a provider is said to have, and that the receiver never saw; an e-mail or text message whose time has come
  and of which nothing was heard; a public event that a subscriber never got; something a receiver has that nobody decided.
* Doubled: two notices for one (event, recipient, channel) of a dossier; one key under which a receiver got two different things;
  one public event under two keys.
* Out of order: the first copy of a dossier's event that comes behind a later one of the same ledger.

A receiver that gets the same key again with the same content can tell (calls are made at least once): this is counted, not found.
"""
import collections
import json
import time

import yaml

import records


def lines_of(path):
    """The JSON lines of a receiver's file; half a line at the end was told to nobody."""
    try:
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]
    except FileNotFoundError:
        return []


def notices(ledgers):
    """Every notice the ledgers of notification know: (dossier, number) -> what was made, when it is to be sent (None: it has
    ended), whether a provider took it."""
    events = records.generated("lienthong.notification.v1.events")
    readers = {events.EventType.Value(f"EVENT_TYPE_NOTICE_{name}"): (name, message) for name, message in {
        "CREATED": events.NoticeCreated, "SENDING": events.NoticeSending, "PUT_OFF": events.NoticePutOff, "RETRIED": events.NoticeRetried,
        "HANDED_OVER": events.NoticeHandedOver, "DELIVERED": events.NoticeDelivered, "FAILED": events.NoticeFailed,
        "CANCELLED": events.NoticeCancelled}.items()}
    found = {}
    for (name, _), ledger in ledgers.items():
        if name != "notification":
            continue
        for decision in ledger.decisions:
            for event in decision.leaf.events:
                if event.type not in readers:
                    continue
                name, message = readers[event.type]
                read = message.FromString(event.payload)
                place = (decision.leaf.dossier_id, read.notice)
                if name == "CREATED":
                    found[place] = {"made": read, "due": read.send_at, "handed_over": False}
                elif name in ("PUT_OFF", "RETRIED"):
                    found[place]["due"] = read.until if name == "PUT_OFF" else read.send_at
                elif name != "SENDING":
                    found[place]["due"] = None
                    found[place]["handed_over"] |= name in ("HANDED_OVER", "DELIVERED")
    return found


def check_notices(found, findings):
    """One notice for each event, recipient and channel, each with a key of its own."""
    once, keys = {}, {}
    for (dossier, number), notice in found.items():
        made = notice["made"]
        name = f"notice {number} of dossier {dossier.hex()}"
        leg = made.contents.leg.SerializeToString(deterministic=True)
        intent = (dossier, made.origin, made.rule, made.recipient, leg, made.way.channel)
        if intent in once:
            findings.doubled(f"{name} tells {made.recipient} of {made.origin} by the same channel as notice {once[intent]}")
        once.setdefault(intent, number)
        if made.key in keys:
            findings.doubled(f"{name} has the key of {keys[made.key]}")
        keys.setdefault(made.key, name)


def text_message(request):
    """What a text message gateway (tests/support/https_peer.py) was asked to send; the header is the key it goes by."""
    return {"key": request["headers"]["Idempotency-Key"], "body": request["body"]}


# By channel: who takes the messages, and how what it took and what came again is counted.
RECEIVERS = {"EMAIL": ("mail server", "messages", "repeats"), "SMS": ("text gateway", "texts", "text repeats")}


def check_messages(ledgers, brought, findings, now=None):
    """`brought`: by channel what its receiver took, oldest first; a channel that is not there is not looked at. `now`: seconds
    since 1970; what was due before is awaited."""
    now = time.time() if now is None else now
    found = notices(ledgers)
    check_notices(found, findings)
    channels = records.generated("lienthong.notification.v1.events").Channel
    for channel, messages in brought.items():
        number = channels.Value(f"CHANNEL_{channel}")
        check_channel({place: notice for place, notice in found.items() if notice["made"].way.channel == number}, channel, messages, findings, now)


def check_channel(found, channel, messages, findings, now):
    """`found`: the notices of this channel."""
    receiver, count, repeats = RECEIVERS[channel]
    keys = {notice["made"].key.hex() for notice in found.values()}
    by_key = collections.defaultdict(list)
    for message in messages:
        by_key[message["key"]].append(message)
    findings.totals[count] += len(messages)
    for key, copies in by_key.items():
        if key not in keys:
            findings.lost(f"the {receiver} has a message with key {key} that no notice stands for")
        if len({(copy.get("to"), copy.get("subject"), copy["body"]) for copy in copies}) > 1:
            findings.doubled(f"{len(copies)} different messages went out to the {receiver} under key {key}")
        findings.totals[repeats] += len(copies) - 1
    for (dossier, number), notice in found.items():
        if notice["handed_over"] and notice["made"].key.hex() not in by_key:
            findings.lost(f"notice {number} of dossier {dossier.hex()} was handed over, and the {receiver} never saw it")
        elif notice["due"] is not None and notice["due"] < now * 1e6:
            findings.lost(f"notice {number} of dossier {dossier.hex()} was due and has neither gone out nor failed")


def types_of(path):
    """What the one subscription of a catalogue file wants."""
    with open(path, encoding="utf-8") as file:
        [one] = yaml.safe_load(file)["webhooks"]
    return set(one["types"])


def event_numbers(types, ledger):
    """The event types of a ledger that are among the CloudEvents types subscribed to: number -> CloudEvents type."""
    modules = {"agency-processing": "agency", "postal-dispatch": "postal"}
    enum = records.generated(f"lienthong.{modules.get(ledger, ledger)}.v1.events").EventType
    named = {f"vn.lienthong.{ledger.replace('-', '_')}.{name.removeprefix('EVENT_TYPE_').lower()}.v1": number for name, number in enum.items()}
    return {number: name for name, number in named.items() if name in types}


def subscribed_events(ledgers, types):
    """id -> CloudEvents type of everything the ledgers hold that a subscriber to these types is to get."""
    wanted = {}
    for (name, partition), ledger in ledgers.items():
        if name == "catalogue":
            continue
        numbers = event_numbers(types, name)
        for decision in ledger.decisions:
            for place, event in enumerate(decision.leaf.events):
                if event.type in numbers:
                    block = decision.block
                    wanted[f"{block.ledger_id.hex()}/{partition}/{block.block_seq}/{decision.index}.{place}"] = numbers[event.type]
    return wanted


def check_webhooks(ledgers, types, lines, findings):
    """`types`: what the subscriber wants; `lines`: what it was sent, oldest first."""
    wanted, keys, last = subscribed_events(ledgers, types), {}, {}
    for line in lines:
        event = line["event"]
        # A trial message of an operator is no event; one that was refused, or not signed, was not taken.
        if event.startswith("test/") or line["status"] // 100 != 2:
            continue
        findings.totals["webhooks"] += 1
        if event not in wanted:
            findings.lost(f"the subscriber was sent {event}, which is not in the ledgers or not for it")
        if event in keys:
            findings.totals["webhook repeats"] += 1
            if keys[event] != line["key"]:
                findings.doubled(f"{event} was sent under the keys {keys[event]} and {line['key']}")
            continue
        keys[event] = line["key"]
        ledger, partition, block, place = event.split("/")
        position = (int(block), *map(int, place.split(".")))
        if position < last.get((ledger, partition, line["subject"]), (-1, 0, 0)):
            findings.out_of_order(f"{event} came behind a later event of its dossier")
        last[(ledger, partition, line["subject"])] = position
    for event in wanted.keys() - keys.keys():
        findings.lost(f"the subscriber never got {event} ({wanted[event]})")
    for key, count in collections.Counter(keys.values()).items():
        if count > 1:
            findings.doubled(f"{count} events were sent under key {key}")
