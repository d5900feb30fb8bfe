"""Says of ledgers and acknowledgements what was lost, doubled or put out of order.

* Lost: a command acknowledged to a client without its effective decision; a decision inside a reader's mask that the reader
  took in neither as INPUT nor as PARK nor as QUEUED; a decision or a whole block that others point at and that is not there;
  anything behind a broken chain.
* Doubled: a request id, an input, a timer generation or a leg offer in two effective decisions.
* Out of order: per dossier, a decision acknowledged before another command began although it stands behind that one;
  inputs taken in or brought into effect otherwise than in the order of their source.
"""
import collections
import dataclasses

import receivers
import records

ZERO_HASH = bytes(32)
EXAMPLES = 20


@dataclasses.dataclass
class Rules:
    """What the checker can't read off the ledgers, given as data.

    `masks`: reader ledger -> source ledger -> bit set of event types the reader takes.
    `offers`: ledger -> {event type: field numbers of the payload that name a leg offer}.
    """
    masks: dict
    offers: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Acknowledgement:
    service: str
    partition: int
    dossier: bytes
    request_id: bytes
    seq: int
    block_seq: int
    start_us: int
    end_us: int
    replayed: bool = False  # A repeated request: the answer tells the block it was read at, which may be a later one.


@dataclasses.dataclass
class Decision:
    block: object
    index: int
    leaf: object
    events: int


class Findings:
    def __init__(self):
        self.counts = collections.Counter()
        self.examples = []
        self.totals = collections.Counter()

    def add(self, kind, sentence):
        self.counts[kind] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{kind}: {sentence}")

    def lost(self, sentence):
        self.add("lost", sentence)

    def doubled(self, sentence):
        self.add("doubled", sentence)

    def out_of_order(self, sentence):
        self.add("out of order", sentence)

    @property
    def clean(self):
        return not self.counts

    def line(self):
        return f"{self.counts['lost']} lost, {self.counts['doubled']} doubled, {self.counts['out of order']} out of order"


class Ledger:
    """The fold of one partition: effective blocks by number, decisions in order."""

    def __init__(self, name, partition):
        self.name, self.partition = name, partition
        self.blocks = {}
        self.decisions = []

    def __str__(self):
        return f"{self.name}/{self.partition}"

    def decision(self, block_seq, index):
        block = self.blocks.get(block_seq)
        return block[1][index] if block is not None and index < len(block[1]) else None


def fold(name, partition, raw, findings):
    """Rules 0 to 3 of the fold. The first record that extends the chain is effective, a rival or repeat is void."""
    ledger, head = Ledger(name, partition), None
    leaf_type = records.generated("lienthong.ledger.v1.ledger").Leaf
    dossiers = {}
    for expected, record in enumerate(raw):
        findings.totals["records"] += 1
        if record.offset != expected:
            findings.lost(f"{ledger}: offset {expected} is missing")
            return ledger
        block = records.parse(record)
        if head is None:
            if block is None or block.core is None or block.core.kind != block.core.KIND_GENESIS or block.block_seq != 0:
                findings.lost(f"{ledger}: the first record is no genesis block")
                return ledger
            head = block
            ledger.blocks[0] = (block, [])
            continue
        if block is None or block.ledger_id != head.ledger_id:
            findings.totals["ignored"] += 1
            continue
        if block.block_seq <= head.block_seq:
            findings.totals["void"] += 1
            continue
        if block.core is None or block.block_seq != head.block_seq + 1 or block.prev != head.hash:
            findings.lost(f"{ledger}: the chain breaks at offset {record.offset} (block {block.block_seq} behind {head.block_seq})")
            return ledger
        decisions = []
        for index, encoded in enumerate(block.leaf_bytes):
            leaf = leaf_type.FromString(encoded)
            seq, previous = dossiers.get(leaf.dossier_id, (0, ZERO_HASH))
            if leaf.dossier_seq != seq + 1 or leaf.dossier_prev != previous:
                findings.lost(f"{ledger}: dossier {leaf.dossier_id.hex()} goes from decision {seq} to {leaf.dossier_seq} in block {block.block_seq}")
                return ledger
            dossiers[leaf.dossier_id] = (leaf.dossier_seq, block.leaf_hashes[index])
            decisions.append(Decision(block, index, leaf, block.core.leaf_events[index]))
        ledger.blocks[block.block_seq] = (block, decisions)
        ledger.decisions += decisions
        findings.totals["blocks"] += 1
        findings.totals["decisions"] += len(decisions)
        head = block
    if head is None:
        findings.lost(f"{ledger}: not even a genesis block")
    return ledger


def wire_fields(payload, numbers):
    """The raw bytes of the wanted top-level fields of a protobuf message, without knowing its type."""
    found, position = [], 0
    while position < len(payload):
        start = position
        tag, position = varint(payload, position)
        kind = tag & 7
        if kind == 0:
            _, position = varint(payload, position)
        elif kind == 1:
            position += 8
        elif kind == 2:
            size, position = varint(payload, position)
            position += size
        elif kind == 5:
            position += 4
        else:
            raise ValueError(f"wire type {kind}")
        if tag >> 3 in numbers:
            found.append(payload[start:position])
    return b"".join(found)


def varint(payload, position):
    value, shift = 0, 0
    while True:
        byte = payload[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if not byte & 0x80:
            return value, position


def taken_ref(cause):
    """The source decision that a decision takes in, if it does."""
    kind = cause.WhichOneof("kind")
    return getattr(cause, kind).ref if kind in ("input", "park", "queued") else None


def key_of(ref):
    return (ref.ledger, ref.block_seq, ref.index)


class Once:
    """Things that may stand in one effective decision only."""

    def __init__(self, findings):
        self.seen, self.findings = {}, findings

    def see(self, key, what, where):
        if key in self.seen:
            self.findings.doubled(f"{what} in {self.seen[key]} and in {where}")
        else:
            self.seen[key] = where


def check_doubled(ledger, rules, findings):
    once, offers = Once(findings), rules.offers.get(ledger.name, {})
    for decision in ledger.decisions:
        leaf, where = decision.leaf, f"{ledger} block {decision.block.block_seq} decision {decision.index}"
        dossier, cause = leaf.dossier_id, leaf.cause
        kind = cause.WhichOneof("kind")
        if kind == "command":
            once.see(("request", dossier, cause.command.request_id), f"request {cause.command.request_id.hex()} of dossier {dossier.hex()}", where)
        elif kind == "timer":
            once.see(("timer", dossier, cause.timer.id, cause.timer.generation),
                     f"timer {cause.timer.id} generation {cause.timer.generation} of dossier {dossier.hex()}", where)
        ref = taken_ref(cause)
        if ref is not None:
            once.see(("input", *key_of(ref)), f"input {ref.ledger} block {ref.block_seq} decision {ref.index}", where)
        for event in leaf.events:
            if event.type in offers:
                name = wire_fields(event.payload, offers[event.type])
                once.see(("offer", dossier, event.type, name), f"leg offer {name.hex()} of dossier {dossier.hex()}", where)


def check_inputs(ledger, ledgers, rules, findings):
    """Everything inside the masks taken in, from what is really there, in the order of the source."""
    for source_name, mask in rules.masks.get(ledger.name, {}).items():
        source = ledgers.get((source_name, ledger.partition))
        taken = {}
        for decision in ledger.decisions:
            ref = taken_ref(decision.leaf.cause)
            if ref is not None and ref.ledger == source_name:
                taken.setdefault(key_of(ref), decision)
        for decision in source.decisions if source else []:
            key = (source_name, decision.block.block_seq, decision.index)
            if decision.events & mask and key not in taken:
                findings.lost(f"{source} block {key[1]} decision {key[2]} was never taken in by {ledger}")
        for (_, block_seq, index), decision in taken.items():
            ref = taken_ref(decision.leaf.cause)
            origin = source.decision(block_seq, index) if source else None
            if origin is None or origin.block.hash != ref.hash or origin.leaf.dossier_id != decision.leaf.dossier_id:
                findings.lost(f"{ledger} block {decision.block.block_seq} took in {source_name} block {block_seq} decision {index}, which is not there")
    check_cursors(ledger, ledgers, findings)
    check_order_of_inputs(ledger, findings)


def check_cursors(ledger, ledgers, findings):
    last = {}
    for block, _ in ledger.blocks.values():
        for cursor in block.core.inputs:
            source = ledgers.get((cursor.ledger, ledger.partition)) or ledgers.get((cursor.ledger, 0))
            anchor = source.blocks.get(cursor.block_seq) if source else None
            if source is not None and (anchor is None or anchor[0].hash != cursor.hash):
                findings.lost(f"{ledger} block {block.block_seq} stands on {cursor.ledger} block {cursor.block_seq}, which is not there")
            position = (cursor.block_seq, cursor.index)
            if position <= last.get(cursor.ledger, (0, -1)):
                findings.out_of_order(f"{ledger} block {block.block_seq}: its position in {cursor.ledger} does not move forward")
            last[cursor.ledger] = position


def check_order_of_inputs(ledger, findings):
    taken_last, queues, proposals = {}, collections.defaultdict(collections.deque), {}
    for decision in ledger.decisions:
        cause, dossier = decision.leaf.cause, decision.leaf.dossier_id
        where = f"{ledger} block {decision.block.block_seq} decision {decision.index}"
        ref, kind, queue = taken_ref(cause), cause.WhichOneof("kind"), queues[dossier]
        if ref is not None:
            position = (ref.block_seq, ref.index)
            if position <= taken_last.get((dossier, ref.ledger), (0, -1)):
                findings.out_of_order(f"{where} takes in {ref.ledger} block {ref.block_seq} decision {ref.index} too late")
            taken_last[(dossier, ref.ledger)] = position
        if kind == "input" and queue:
            findings.out_of_order(f"{where} overtakes {len(queue)} waiting inputs of its dossier")
        elif kind == "park" and queue:
            findings.out_of_order(f"{where} parks behind {len(queue)} waiting inputs instead of waiting")
        if kind in ("park", "queued"):
            queue.append(key_of(ref))
        elif kind in ("drain", "resume"):
            if not queue or queue[0] != key_of(getattr(cause, kind).ref):
                findings.out_of_order(f"{where} takes another input than the first that waits")
            elif kind == "drain" and not cause.drain.park_reason:
                queue.popleft()
            elif kind == "resume":
                check_resume(cause.resume, proposals, dossier, queue, where, findings)


def check_resume(resume, proposals, dossier, queue, where, findings):
    """An input is left out only when one person has proposed it and another confirms."""
    if resume.action == resume.ACTION_PROPOSE_SKIP:
        proposals[dossier] = resume.approvers[0] if resume.approvers else None
        return
    proposed_by = proposals.pop(dossier, None)
    if resume.action == resume.ACTION_SKIP:
        if proposed_by is None or len(resume.approvers) != 2 or resume.approvers[0] != proposed_by or resume.approvers[1] == proposed_by:
            findings.lost(f"{where} leaves an input out without two persons: {', '.join(resume.approvers) or 'nobody'}")
        queue.popleft()


def check_acknowledgements(acknowledgements, ledgers, findings):
    commands = {}
    for (name, partition), ledger in ledgers.items():
        for decision in ledger.decisions:
            cause = decision.leaf.cause
            if cause.WhichOneof("kind") == "command":
                commands.setdefault((name, partition, decision.leaf.dossier_id, cause.command.request_id), decision)
    per_dossier = collections.defaultdict(list)
    for ack in acknowledgements:
        findings.totals["acknowledgements"] += 1
        decision = commands.get((ack.service, ack.partition, ack.dossier, ack.request_id))
        name = f"request {ack.request_id.hex()} of dossier {ack.dossier.hex()}, acknowledged by {ack.service}/{ack.partition}"
        if decision is None:
            findings.lost(f"{name}, has no effective decision")
        elif decision.leaf.dossier_seq != ack.seq or not (decision.block.block_seq == ack.block_seq or
                                                          (ack.replayed and decision.block.block_seq < ack.block_seq)):
            findings.lost(f"{name} as decision {ack.seq} in block {ack.block_seq}, is decision {decision.leaf.dossier_seq} in block {decision.block.block_seq}")
        per_dossier[(ack.service, ack.dossier)].append(ack)
    for (service, dossier), acks in per_dossier.items():
        check_real_time(service, dossier, acks, findings)


def check_real_time(service, dossier, acks, findings):
    """An acknowledgement before another command's start: the other's decision must come later (or be the same, repeated)."""
    first, starts = {}, {}
    for ack in acks:
        known = first.get(ack.request_id)
        if known is None or ack.end_us < known.end_us:
            first[ack.request_id] = ack
        starts[ack.request_id] = min(ack.start_us, starts.get(ack.request_id, ack.start_us))
    ended = sorted(first.values(), key=lambda ack: ack.end_us)
    highest, position = -1, 0
    for ack in sorted(first.values(), key=lambda ack: starts[ack.request_id]):
        while position < len(ended) and ended[position].end_us < starts[ack.request_id]:
            highest = max(highest, ended[position].seq)
            position += 1
        if ack.seq < highest:
            findings.out_of_order(f"{service} dossier {dossier.hex()}: decision {highest} was acknowledged before the command of decision {ack.seq} began")


def check(raw, acknowledgements, rules, messages=None, webhooks=None):
    """`raw`: {(ledger, partition): records in order}; `messages`: by channel what its receiver took, `webhooks`: (event types,
    what their subscriber was sent), each if there is one. Returns the findings."""
    findings = Findings()
    ledgers = {}
    for (name, partition), partition_records in sorted(raw.items()):
        ledgers[(name, partition)] = fold(name, partition, partition_records, findings)
    findings.totals["ledgers"] = len(ledgers)
    for ledger in ledgers.values():
        check_doubled(ledger, rules, findings)
        check_inputs(ledger, ledgers, rules, findings)
    check_acknowledgements(acknowledgements, ledgers, findings)
    if messages:
        receivers.check_messages(ledgers, messages, findings)
    if webhooks is not None:
        receivers.check_webhooks(ledgers, *webhooks, findings)
    return findings
