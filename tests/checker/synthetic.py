"""Histories made up for the checker's own tests: ledgers of three services with all kinds of causes, and their acknowledgements.

A history is abstract (decisions point at decisions) and is written out as records with correct chains, anchors and numbers. So
a mutated history is as well-formed as an honest one: nothing but the checker's own definitions can tell.
"""
import dataclasses
import hashlib
import struct
import typing

import history
import records

PARTITIONS = 2
ACCEPTED, OFFERED, DONE, NOTED = 1, 2, 3, 7  # Event types; nobody takes NOTED.
RULES = history.Rules(masks={"routing": {"intake": 1 << ACCEPTED, "agency-processing": 1 << DONE},
                             "agency-processing": {"routing": 1 << OFFERED}},
                      offers={"routing": {OFFERED: (1,)}})


@dataclasses.dataclass(eq=False)
class Made:
    """One decision. `source` is the decision that an input, park, queued, drain or resume names."""
    kind: str
    dossier: bytes
    events: tuple = ()
    source: typing.Optional["Made"] = None
    request: bytes = b""
    timer: tuple = (0, 0)
    park_reason: str = ""
    skip: bool = False
    proposes: bool = False
    start_us: int = 0
    end_us: int = 0
    place: typing.Optional[tuple] = None  # (block_seq, index, offset, hash) after it was written
    seq: int = 0


@dataclasses.dataclass(eq=False)
class MadeBlock:
    ledger: str
    partition: int
    decisions: list
    repeated: bool = False  # Appended a second time, as a lost acknowledgement of the broker makes it.


class History:
    def __init__(self):
        self.blocks = []

    def decisions(self, ledger=None):
        return [(block, made) for block in self.blocks if ledger in (None, block.ledger) for made in block.decisions]


def offer(leg, attempt):
    return b"\x0a\x04\x08" + bytes([leg]) + b"\x10" + bytes([attempt]) + b"\x12\x03H47"


class Maker:
    """Makes dossiers that go from intake over routing to an agency and back, with parking, draining, timers and rival blocks."""

    def __init__(self, random):
        self.random, self.now, self.history = random, 1_000_000, History()
        self.open = {}

    def add(self, ledger, partition, *decisions):
        block = self.open.get((ledger, partition))
        # Sometimes several decisions travel in one block.
        if block is None or self.random.random() < 0.6:
            block = MadeBlock(ledger, partition, [], repeated=self.random.random() < 0.1)
            self.open[(ledger, partition)] = block
        else:
            self.history.blocks.remove(block)
        self.history.blocks.append(block)
        block.decisions += decisions
        return decisions[-1]

    def close_blocks(self):
        """What another ledger has read does not grow any more."""
        self.open.clear()

    def command(self, ledger, partition, dossier, *events):
        start = self.now + self.random.randrange(50)
        self.now = start + 100 + self.random.randrange(400)
        return self.add(ledger, partition, Made("command", dossier, events, request=self.random.randbytes(16), start_us=start, end_us=self.now))

    def note(self, ledger, partition, dossier):
        return self.command(ledger, partition, dossier, (NOTED, b"\x08\x01"))

    def take(self, ledger, partition, source, *events):
        self.close_blocks()
        return self.add(ledger, partition, Made("input", source.dossier, events, source=source))

    def dossier(self, partition):
        random, dossier = self.random, self.random.randbytes(16)
        if random.random() < 0.3:
            self.note("intake", partition, dossier)
        accepted = self.command("intake", partition, dossier, (ACCEPTED, b"\x08\x01"))
        previous = self.take("routing", partition, accepted, (OFFERED, offer(1, 1)))
        legs = random.randrange(1, 4)
        for leg in range(1, legs + 1):
            if random.random() < 0.4:
                self.add("routing", partition, Made("timer", dossier, ((NOTED, b""),), timer=(1, leg)))
            self.take("agency-processing", partition, previous, (NOTED, b""))
            done = [self.command("agency-processing", partition, dossier, (DONE, b"\x08" + bytes([n]))) for n in range(random.randrange(2, 4))]
            next_offer = ((OFFERED, offer(leg + 1, 1)),) if leg < legs else ((NOTED, b""),)
            previous = self.bring_in(partition, done, next_offer)
        self.note("intake", partition, dossier)

    def bring_in(self, partition, sources, last_events):
        """Takes several inputs into routing: at once, or parked and drained."""
        if self.random.random() < 0.6:
            taken = [self.take("routing", partition, source, *(last_events if source is sources[-1] else ())) for source in sources]
            return taken[-1]
        self.close_blocks()
        dossier = sources[0].dossier
        self.add("routing", partition, Made("park", dossier, (), source=sources[0], park_reason="UNDECODABLE"))
        for source in sources[1:]:
            self.add("routing", partition, Made("queued", dossier, (), source=source))
        skip = self.random.random() < 0.3
        if skip:
            self.add("routing", partition, Made("resume", dossier, (), source=sources[0], proposes=True))
        self.add("routing", partition, Made("resume", dossier, (), source=sources[0], skip=skip))
        for source in sources[1:] if skip else sources:
            last = self.add("routing", partition, Made("drain", dossier, last_events if source is sources[-1] else (), source=source))
        return last


def make(random, dossiers):
    maker = Maker(random)
    for number in range(dossiers):
        maker.dossier(number % PARTITIONS)
        maker.close_blocks()
    return maker.history


def write(made_history):
    """Writes a history out: {(ledger, partition): records}. Sets place and seq of every decision."""
    wire = records.generated("lienthong.ledger.v1.ledger")
    raw, heads, dossiers, cursors = {}, {}, {}, {}
    for ledger in ("intake", "routing", "agency-processing", "catalogue"):
        for partition in range(1 if ledger == "catalogue" else PARTITIONS):
            core = wire.Core(kind=wire.Core.KIND_GENESIS, decided_at=1)
            core.genesis.topic, core.genesis.partition = records.topic_of(ledger), partition
            append(raw, heads, ledger, partition, core, [])
    for block in made_history.blocks:
        place = (block.ledger, block.partition)
        core, leaves = wire.Core(kind=wire.Core.KIND_NORMAL, decided_at=2), []
        moved = {}
        for index, made in enumerate(block.decisions):
            key = (*place, made.dossier)
            seq, previous = dossiers.get(key, (0, bytes(32)))
            leaf = wire.Leaf(salt=bytes(16), dossier_id=made.dossier, dossier_seq=seq + 1, dossier_prev=previous)
            set_cause(leaf.cause, made)
            for event_type, payload in made.events:
                leaf.events.add(type=event_type, payload=payload)
            encoded = leaf.SerializeToString()
            dossiers[key] = (seq + 1, hashlib.sha256(encoded).digest())
            leaves.append(encoded)
            core.leaf_events.append(sum({1 << event_type for event_type, _ in made.events}))
            made.seq = seq + 1
            if made.kind in ("input", "park", "queued"):
                source = made.source.place
                ledger = source_of(block.ledger, made)
                if (source[0], source[1] + 1) > moved.get(ledger, cursors.get((*place, ledger), (0, 0)))[:2]:
                    moved[ledger] = (source[0], source[1] + 1, source[2], source[3])
        for ledger, (block_seq, index, offset, digest) in moved.items():
            core.inputs.add(ledger=ledger, offset=offset, block_seq=block_seq, index=index, hash=digest)
            cursors[(*place, ledger)] = (block_seq, index)
        block_seq, offset, digest = append(raw, heads, *place, core, leaves)
        for index, made in enumerate(block.decisions):
            made.place = (block_seq, index, offset, digest)
        if block.repeated:
            last = raw[place][-1]
            raw[place].append(dataclasses.replace(last, offset=len(raw[place])))
    return raw


def source_of(reader, made):
    if reader == "agency-processing":
        return "routing"
    return "intake" if made.source.events and made.source.events[0][0] == ACCEPTED else "agency-processing"


def set_cause(cause, made):
    if made.kind == "command":
        cause.command.request_id = made.request
        cause.command.principal = "agency.h47"
    elif made.kind == "timer":
        cause.timer.id, cause.timer.generation = made.timer
    else:
        part = getattr(cause, made.kind)
        reader = "agency-processing" if made.source.events and made.source.events[0][0] == OFFERED else "routing"
        part.ref.ledger = source_of(reader, made)
        part.ref.block_seq, part.ref.index, part.ref.offset, part.ref.hash = made.source.place
        if made.kind == "park":
            part.reason = made.park_reason
        if made.kind == "resume":
            part.action = part.ACTION_PROPOSE_SKIP if made.proposes else part.ACTION_SKIP if made.skip else part.ACTION_RETRY
            part.approvers.extend(["operator/anh", "operator/binh"] if made.skip else ["operator/anh"])


def append(raw, heads, ledger, partition, core, leaves):
    ledger_id = hashlib.sha256(f"{ledger}/{partition}".encode()).digest()[:16]
    block_seq, previous = heads.get((ledger, partition), (-1, bytes(32)))
    block_seq += 1
    core.leaf_size.extend(len(leaf) for leaf in leaves)
    core_bytes = core.SerializeToString(deterministic=True)
    header = records.HEADER.pack(1, ledger_id, block_seq, previous, 1, bytes(32)) + b"127.0.0.1:1"
    value = struct.pack(">I", len(core_bytes)) + core_bytes + b"".join(leaves)
    places = raw.setdefault((ledger, partition), [])
    offset = len(places)
    places.append(records.Record(ledger, partition, offset, header, value))
    digest = records.block_hash(ledger, partition, ledger_id, block_seq, previous, core_bytes, [hashlib.sha256(leaf).digest() for leaf in leaves])
    heads[(ledger, partition)] = (block_seq, digest)
    return block_seq, offset, digest


def acknowledgements(made_history):
    """What the clients wrote down; call it after `write`."""
    return [history.Acknowledgement(block.ledger, block.partition, made.dossier, made.request, made.seq, made.place[0], made.start_us, made.end_us)
            for block, made in made_history.decisions() if made.kind == "command"]
