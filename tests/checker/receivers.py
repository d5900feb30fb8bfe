"""Compares what stands in the ledgers with what receivers outside have really got.

* Lost: a notice that a provider is said to have, and that the receiver never saw; something a receiver has that nobody decided.
* Doubled: two notices for one (event, recipient, channel) of a dossier; one key under which a receiver got two different things.

A receiver that gets the same key again with the same content can tell (calls are made at least once): this is counted, not found.
"""
import collections
import json

import records


def lines_of(path):
    """The JSON lines of a receiver's file; half a line at the end was told to nobody."""
    try:
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]
    except FileNotFoundError:
        return []


def notices(ledgers):
    """Every notice the ledgers of notification know: (dossier, number) -> {"made": event, "handed_over": [references]}."""
    events = records.generated("lienthong.notification.v1.events")
    created = events.EventType.Value("EVENT_TYPE_NOTICE_CREATED")
    handed_over = events.EventType.Value("EVENT_TYPE_NOTICE_HANDED_OVER")
    found = {}
    for (name, _), ledger in ledgers.items():
        if name != "notification":
            continue
        for decision in ledger.decisions:
            for event in decision.leaf.events:
                if event.type == created:
                    made = events.NoticeCreated.FromString(event.payload)
                    found[(decision.leaf.dossier_id, made.notice)] = {"made": made, "handed_over": 0}
                elif event.type == handed_over:
                    notice = events.NoticeHandedOver.FromString(event.payload).notice
                    found[(decision.leaf.dossier_id, notice)]["handed_over"] += 1
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


def check_mail(ledgers, messages, findings):
    """`messages`: what the mail server took, oldest first."""
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
        if notice["made"].way.channel == events.CHANNEL_EMAIL and notice["handed_over"] and notice["made"].key.hex() not in by_key:
            findings.lost(f"notice {number} of dossier {dossier.hex()} was handed over, and the mail server never saw it")
