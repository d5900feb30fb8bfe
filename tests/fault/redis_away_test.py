"""Redis is away under load: a read is refused or right, never wrong; what is right is said by the ledger at the answer's position."""
import concurrent.futures
import json
import random
import sys

import faults

import api
import cases
import grpc

sys.path.insert(0, str(faults.TESTS / "checker"))
import checker  # noqa: E402
import records  # noqa: E402

READS = 10_000
READERS = 4
LOAD_SECONDS = 8


class RedisAway(faults.Faults):
    def dossiers(self, demo):
        """Ids of the dossiers acknowledged so far."""
        lines = demo.acknowledgements.read_text(encoding="utf-8").splitlines()
        return sorted({json.loads(line)["dossier"] for line in lines if line.endswith("}")})

    def reads(self, desk, ids, seed, count):
        """`count` reads of dossiers picked at random: [(id, partition, block_seq, revision, status)] and how many were refused."""
        chance, answered, refused = random.Random(seed), [], 0
        for _ in range(count):
            dossier_id = chance.choice(ids)
            try:
                answer = desk.intake.GetDossier(desk.intake_messages.GetDossierRequest(dossier_id=dossier_id), timeout=10)
            except grpc.RpcError as error:
                self.assertIn(error.code(), (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED), error.details())
                refused += 1
                continue
            answered.append((dossier_id, answer.position.partition, answer.position.block_seq, answer.dossier.revision, answer.dossier.status))
        return answered, refused

    def histories(self):
        """{(partition, dossier): [(block_seq, revision, status)]} of intake's ledger, folded from the raw records."""
        security = {"ca": str(self.system.certificates / "ca.pem"), "cert": str(self.system.certificates / "deploy.pem"),
                    "key": str(self.system.certificates / "deploy.key")}
        raw = records.from_kafka(f"127.0.0.1:{self.system.ports[0]}", ["intake"], security)
        leaf, changed = records.generated("lienthong.ledger.v1.ledger").Leaf, records.generated("lienthong.intake.v1.events")
        histories = {}
        for (_, partition), stored in raw.items():
            head = None
            for block in filter(None, map(records.parse, stored)):
                if head is not None and (block.block_seq != head[0] + 1 or block.prev != head[1]):
                    continue
                head = block.block_seq, block.hash
                for data in block.leaf_bytes:
                    decision = leaf.FromString(data)
                    history = histories.setdefault((partition, decision.dossier_id), [])
                    status = history[-1][2] if history else 0
                    for event in decision.events:
                        if event.type == changed.EVENT_TYPE_STATUS_CHANGED:
                            status = changed.StatusChanged.FromString(event.payload).to_status
                    history.append((block.block_seq, decision.dossier_seq, status))
        return histories

    def test_no_read_is_wrong_while_redis_is_away(self):
        seen = []

        def fault(chance):
            redis = self.system.processes["redis"]
            redis.kill(hold=True)
            ids = self.dossiers(demo_of[0])
            with api.Client(self.system, "demo") as desk, concurrent.futures.ThreadPoolExecutor(READERS) as readers:
                seeds = [chance.random() for _ in range(READERS)]
                seen.extend(readers.map(lambda seed: self.reads(desk, ids, seed, READS // READERS), seeds))
            redis.start()

        demo_of = []
        load = self.load

        def remembered(*arguments):
            demo_of[:] = [load(*arguments)]
            return demo_of[0]

        self.load = remembered
        self.rounds(fault, LOAD_SECONDS)
        answered = [answer for batch, _ in seen for answer in batch]
        refused = sum(count for _, count in seen)
        print(f"    {len(answered)} reads answered and {refused} refused while Redis was away", flush=True)
        self.assertEqual(len(answered) + refused, faults.ROUNDS * READS)
        self.assertGreater(len(answered), 0)
        histories = self.histories()
        for dossier_id, partition, block_seq, revision, status in answered:
            before = [entry for entry in histories[(partition, checker.dossier_bytes(dossier_id))] if entry[0] <= block_seq]
            self.assertTrue(before, f"{dossier_id} was answered at block {block_seq}, before it was there")
            self.assertEqual((revision, status), before[-1][1:], f"{dossier_id} at block {block_seq}")
        self.assert_verified()


def load_tests(*_):
    return cases.load(RedisAway)
