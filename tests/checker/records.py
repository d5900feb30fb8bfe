"""Raw ledger records and how they are read: exported files, the SQLite edition, Kafka.

Written from docs/ledger.md alone; shares no code with the services but the record types that protoc makes from proto/.
"""
import base64
import dataclasses
import hashlib
import importlib
import json
import pathlib
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OFFSET_BITS = 40  # Of a position in the SQLite edition: partition number above, offset below.
HEADER = struct.Struct(">H16sQ32sH32s")

_generated = None


def generated(module):
    """The Python module of a .proto file below proto/, e.g. `lienthong.ledger.v1.ledger`."""
    global _generated
    if _generated is None:
        _generated = tempfile.TemporaryDirectory(prefix="lienthong-proto-")
        files = [path.relative_to(ROOT / "proto").as_posix() for path in (ROOT / "proto" / "lienthong").rglob("*.proto")]
        google = [path.relative_to(ROOT / "proto").as_posix() for path in (ROOT / "proto").glob("google/rpc/*.proto")]
        subprocess.run(["protoc", "-I", str(ROOT / "proto"), f"--python_out={_generated.name}", *sorted(files + google)], check=True)
        sys.path.insert(0, _generated.name)
        import google as package
        package.__path__.append(str(pathlib.Path(_generated.name) / "google"))
    return importlib.import_module(module + "_pb2")


@dataclasses.dataclass
class Record:
    ledger: str
    partition: int
    offset: int
    header: bytes
    value: bytes


@dataclasses.dataclass
class Block:
    """A record taken apart. `core` is None when the value can't be read."""
    offset: int
    ledger_id: bytes
    block_seq: int
    prev: bytes
    core: object
    leaf_bytes: list
    leaf_hashes: list
    hash: bytes


def parse(record):
    """The block of a record, or None when its header can't be read."""
    if len(record.header) < HEADER.size:
        return None
    _, ledger_id, block_seq, prev, _, _ = HEADER.unpack_from(record.header)
    block = Block(record.offset, ledger_id, block_seq, prev, None, [], [], b"")
    value = record.value
    if len(value) < 4:
        return block
    core_end = 4 + struct.unpack_from(">I", value)[0]
    core = generated("lienthong.ledger.v1.ledger").Core()
    try:
        core.ParseFromString(value[4:core_end])
    except Exception:  # protobuf's DecodeError differs between its implementations
        return block
    position, leaves = core_end, []
    for size in core.leaf_size:
        leaves.append(value[position:position + size])
        position += size
    if core_end > len(value) or position != len(value) or len(core.leaf_size) != len(core.leaf_events):
        return block
    block.core, block.leaf_bytes = core, leaves
    block.leaf_hashes = [hashlib.sha256(leaf).digest() for leaf in leaves]
    block.hash = block_hash(record.ledger, record.partition, ledger_id, block_seq, prev, value[4:core_end], block.leaf_hashes)
    return block


def block_hash(ledger, partition, ledger_id, block_seq, prev, core_bytes, leaf_hashes):
    topic = topic_of(ledger).encode()
    front = b"blk1" + struct.pack(">H", len(topic)) + topic + ledger_id + struct.pack(">IQ", partition, block_seq) + prev
    return hashlib.sha256(front + hashlib.sha256(core_bytes).digest() + b"".join(leaf_hashes)).digest()


def topic_of(ledger):
    return f"lienthong.{ledger}.ledger"


# Where records come from. Each returns {(ledger, partition): [Record, ...]} in the order of offsets.

def add(records, record):
    records.setdefault((record.ledger, record.partition), []).append(record)


def from_export(path):
    """JSON lines: {"ledger", "partition", "offset", "header", "value"}, the last two in base64."""
    records = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            add(records, Record(entry["ledger"], entry["partition"], entry["offset"], base64.b64decode(entry["header"]),
                                base64.b64decode(entry["value"])))
    return records


def to_export(path, records):
    with open(path, "w", encoding="utf-8") as file:
        for _, partition in sorted(records.items()):
            for record in partition:
                file.write(json.dumps({"ledger": record.ledger, "partition": record.partition, "offset": record.offset,
                                       "header": base64.b64encode(record.header).decode(),
                                       "value": base64.b64encode(record.value).decode()}) + "\n")


def from_sqlite(path):
    """A log file of the embedded edition, or a directory with several."""
    path, records = pathlib.Path(path), {}
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if not file.is_file() or file.read_bytes()[:16] != b"SQLite format 3\0":
            continue
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not {"ledger_partition", "record"} <= tables:
                continue
            for number, ledger, partition in list(database.execute("SELECT number, ledger, partition FROM ledger_partition")):
                first = number << OFFSET_BITS
                for position, header, value in database.execute(
                        "SELECT position, header, value FROM record WHERE position BETWEEN ? AND ? ORDER BY position",
                        (first, first + (1 << OFFSET_BITS) - 1)):
                    add(records, Record(ledger, partition, position - first, header, value))
    return records


def from_kafka(bootstrap, ledgers, security=None):
    """All records of the ledgers' topics from offset 0 to the end at the time of the call."""
    from confluent_kafka import Consumer, KafkaError, TopicPartition
    settings = {"bootstrap.servers": bootstrap, "group.id": "lienthong.checker", "enable.auto.commit": False,
                "auto.offset.reset": "error", "fetch.wait.max.ms": 100, "check.crcs": True}
    if security:
        settings.update({"security.protocol": "ssl", "ssl.ca.location": security["ca"], "ssl.certificate.location": security["cert"],
                         "ssl.key.location": security["key"]})
    consumer, records = Consumer(settings), {}
    try:
        wanted = {}
        for ledger in ledgers:
            topic = consumer.list_topics(topic_of(ledger), timeout=20).topics[topic_of(ledger)]
            if topic.error is not None:
                raise RuntimeError(f"topic {topic_of(ledger)}: {topic.error}")
            for partition in topic.partitions:
                place = TopicPartition(topic_of(ledger), partition, 0)
                low, high = consumer.get_watermark_offsets(place, timeout=20)
                if low != 0:
                    raise RuntimeError(f"topic {topic_of(ledger)} partition {partition} starts at offset {low}, not at 0")
                records[(ledger, partition)] = []
                if high > 0:
                    wanted[(topic_of(ledger), partition)] = (ledger, high)
        consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in wanted])
        heard = time.monotonic()
        while wanted:
            # `consume` waits for as many as are wanted or for the whole time: the last few must not cost 20 s.
            messages = consumer.consume(1000, timeout=0.1)
            if messages:
                heard = time.monotonic()
            elif time.monotonic() - heard > 20:
                raise RuntimeError(f"no record within 20 s; still to be read: {sorted(wanted)}")
            for message in messages:
                if message.error() is not None:
                    if message.error().code() == KafkaError._PARTITION_EOF:
                        continue
                    raise RuntimeError(str(message.error()))
                place = (message.topic(), message.partition())
                if place not in wanted:
                    continue
                ledger, high = wanted[place]
                header = dict(message.headers() or []).get("h") or b""
                add(records, Record(ledger, message.partition(), message.offset(), header, message.value() or b""))
                if message.offset() + 1 >= high:
                    del wanted[place]
    finally:
        consumer.close()
    return records
