"""Compares what stands in the ledgers with what receivers outside have really got.

* Lost: a notice that a provider is said to have, and that the receiver never saw; an e-mail whose time has come and of which
  nothing was heard; something a receiver has that nobody decided.
* Doubled: two notices for one (event, recipient, channel) of a dossier; one key under which a receiver got two different things.

A receiver that gets the same key again with the same content can tell (calls are made at least once): this is counted, not found.
"""
import collections
import json
import time

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
                    found[place]["handed_over"] |= name == "HANDED_OVER"
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
    return keys


def check_mail(ledgers, messages, findings, now=None):
    """`messages`: what the mail server took, oldest first. `now`: seconds since 1970; what was due before is awaited."""
    now = time.time() if now is None else now
    events = records.generated("lienthong.notification.v1.events")
    found = notices(ledgers)
    keys = check_notices(found, findings)
    by_key = collections.defaultdict(list)
    for message in messages:
        by_key[message["key"]].append(message)
    findings.totals["messages"] += len(messages)
    for key, copies in by_key.items():
        if bytes.fromhex(key) not in keys:
            findings.lost(f"the mail server has a message with key {key} that no notice stands for")
        if len({(copy["to"], copy["subject"], copy["body"]) for copy in copies}) > 1:
            findings.doubled(f"{len(copies)} different messages went out under key {key}")
        findings.totals["repeats"] += len(copies) - 1
    for (dossier, number), notice in found.items():
        if notice["made"].way.channel != events.CHANNEL_EMAIL:
            continue
        if notice["handed_over"] and notice["made"].key.hex() not in by_key:
            findings.lost(f"notice {number} of dossier {dossier.hex()} was handed over, and the mail server never saw it")
        elif notice["due"] is not None and notice["due"] < now * 1e6:
            findings.lost(f"notice {number} of dossier {dossier.hex()} was due and has neither gone out nor failed")
