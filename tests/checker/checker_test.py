"""The checker finds nothing in honest histories and flags every mutated one."""
import copy
import json
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import unittest

import checker
import history
import records
import synthetic

HISTORIES = 1000


def honest(seed):
    return synthetic.make(random.Random(seed), dossiers=4)


def findings_of(made):
    raw = synthetic.write(made)
    return history.check(raw, synthetic.acknowledgements(made), synthetic.RULES)


def acknowledged_or_taken(made):
    """Decisions whose loss is a loss by definition. A last timer, note of an operator or drain that is gone is a shorter history."""
    return [(block, decision) for block, decision in made.decisions() if decision.kind in ("command", "input", "park", "queued")]


# Each mutation changes an abstract history in place; returns False when the history offers no place for it.

def drop_decision(made, chance):
    block, decision = chance.choice(acknowledged_or_taken(made))
    block.decisions.remove(decision)


def double_decision(made, chance):
    block, decision = chance.choice([pair for pair in made.decisions() if pair[1].kind in ("command", "input", "timer", "park", "queued")])
    made.blocks.append(synthetic.MadeBlock(block.ledger, block.partition, [copy.copy(decision)]))


def double_offer(made, chance):
    offers = [pair for pair in made.decisions("routing") if any(event[0] == synthetic.OFFERED for event in pair[1].events)]
    block, decision = chance.choice(offers)
    again = synthetic.Made("timer", decision.dossier, decision.events, timer=(9, 1))
    made.blocks.append(synthetic.MadeBlock(block.ledger, block.partition, [again]))
    # The agency takes the repeated offer in as well: only the offer itself is doubled.
    made.blocks.append(synthetic.MadeBlock("agency-processing", block.partition, [synthetic.Made("input", decision.dossier, (), source=again)]))


def swap(made, pairs, chance):
    if not pairs:
        return False
    (block_a, a), (block_b, b) = chance.choice(pairs)
    index_a, index_b = block_a.decisions.index(a), block_b.decisions.index(b)
    block_a.decisions[index_a], block_b.decisions[index_b] = b, a
    return True


def neighbours(made, ledger, kinds):
    """Pairs of decisions of these kinds that follow each other in one dossier, inputs of one source."""
    by_dossier, pairs = {}, []
    for block, decision in made.decisions(ledger):
        if decision.kind in kinds:
            key = (block.ledger, decision.dossier, synthetic.source_of(block.ledger, decision) if decision.source else "")
            if key in by_dossier:
                pairs.append((by_dossier[key], (block, decision)))
            by_dossier[key] = (block, decision)
    return pairs


def swap_inputs(made, chance):
    return swap(made, neighbours(made, "routing", ("input", "park", "queued")), chance)


def swap_drains(made, chance):
    return swap(made, neighbours(made, "routing", ("drain",)), chance)


def skip_alone(made, chance):
    proposals = [pair for pair in made.decisions("routing") if pair[1].proposes]
    if not proposals:
        return False
    block, decision = chance.choice(proposals)
    block.decisions.remove(decision)
    return True


def swap_commands(made, chance):
    return swap(made, neighbours(made, None, ("command",)), chance)


def mutated(kind, seed):
    """Findings of the mutated history of this seed, or None when the mutation finds no place in it."""
    chance, made = random.Random(seed * 7919 + 1), honest(seed)
    raw = synthetic.write(made)
    acknowledged = synthetic.acknowledgements(made)
    if kind in ("drop record", "swap records"):
        partition = chance.choice([places for places in raw.values() if len(places) > 4])
        at = chance.randrange(1, len(partition) - 2)
        # A block that was appended twice may lose one of its two records, or have the second elsewhere, without any loss.
        if partition[at].header in (partition[at + 1].header, partition[at - 1].header):
            return None
        if kind == "drop record":
            del partition[at]
        else:
            partition[at], partition[at + 1] = partition[at + 1], partition[at]
        for offset, record in enumerate(partition):
            record.offset = offset
        return history.check(raw, acknowledged, synthetic.RULES)
    if MUTATIONS[kind](made, chance) is False:
        return None
    raw = synthetic.write(made)
    # Commands that changed places keep their times; the clients were told the places they have now.
    return history.check(raw, synthetic.acknowledgements(made) if kind == "swap commands" else acknowledged, synthetic.RULES)


MUTATIONS = {"drop decision": drop_decision, "double decision": double_decision, "double offer": double_offer, "swap inputs": swap_inputs,
             "swap drains": swap_drains, "swap commands": swap_commands, "skip alone": skip_alone,
             "drop record": None, "swap records": None}
EXPECTED = {"drop decision": "lost", "double decision": "doubled", "double offer": "doubled", "swap inputs": "out of order",
            "swap drains": "out of order", "swap commands": "out of order", "skip alone": "lost", "drop record": "lost", "swap records": "lost"}


class Checker(unittest.TestCase):
    def test_finds_nothing_in_honest_histories(self):
        totals = 0
        for seed in range(100):
            findings = findings_of(honest(seed))
            self.assertEqual(findings.line(), "0 lost, 0 doubled, 0 out of order", f"seed {seed}: {findings.examples}")
            totals += findings.totals["decisions"]
        self.assertGreater(totals, 3000)

    def test_honest_histories_hold_every_cause_and_rival_blocks(self):
        kinds, void = set(), 0
        for seed in range(20):
            made = honest(seed)
            kinds |= {decision.kind for _, decision in made.decisions()}
            void += findings_of(made).totals["void"]
        self.assertEqual(kinds, {"command", "input", "park", "queued", "resume", "drain", "timer"})
        self.assertGreater(void, 20)

    def test_flags_every_mutated_history(self):
        flagged, seed, per_kind = 0, 0, dict.fromkeys(MUTATIONS, 0)
        kinds = list(MUTATIONS)
        while sum(per_kind.values()) < HISTORIES:
            kind = kinds[sum(per_kind.values()) % len(kinds)]
            findings = mutated(kind, seed)
            seed += 1
            if findings is None:
                continue
            per_kind[kind] += 1
            if findings.counts[EXPECTED[kind]] > 0:
                flagged += 1
            else:
                self.fail(f"{kind} of seed {seed - 1} was not flagged as {EXPECTED[kind]}: {findings.line()}")
        self.assertEqual(flagged, HISTORIES)
        self.assertGreaterEqual(min(per_kind.values()), HISTORIES // len(kinds))
        print(f"flagged {flagged} of {HISTORIES} mutated histories: {per_kind}")


class Definitions(unittest.TestCase):
    def setUp(self):
        self.made = honest(3)
        self.raw = synthetic.write(self.made)
        self.acknowledged = synthetic.acknowledgements(self.made)

    def check(self):
        return history.check(self.raw, self.acknowledged, synthetic.RULES)

    def test_an_acknowledgement_without_decision_is_lost(self):
        self.acknowledged[0].request_id = bytes(16)
        self.assertEqual(self.check().line(), "1 lost, 0 doubled, 0 out of order")

    def test_an_acknowledgement_with_another_place_is_lost(self):
        self.acknowledged[0].block_seq += 1
        self.assertEqual(self.check().line(), "1 lost, 0 doubled, 0 out of order")

    def test_a_repeated_acknowledgement_is_fine(self):
        again = copy.copy(self.acknowledged[0])
        again.start_us, again.end_us = again.end_us + 10_000_000, again.end_us + 10_000_100
        self.acknowledged.append(again)
        self.assertTrue(self.check().clean)

    def test_a_replayed_answer_may_tell_a_later_block_but_no_earlier_one(self):
        self.acknowledged[0].replayed = True
        self.acknowledged[0].block_seq += 5
        self.assertTrue(self.check().clean)
        self.acknowledged[0].block_seq = 0
        self.assertEqual(self.check().line(), "1 lost, 0 doubled, 0 out of order")

    def test_a_record_of_a_foreign_ledger_is_ignored(self):
        places = self.raw[("intake", 0)]
        stray = records.Record("intake", 0, len(places), records.HEADER.pack(1, bytes(16), 1, bytes(32), 1, bytes(32)), b"")
        places.append(stray)
        findings = self.check()
        self.assertTrue(findings.clean)
        self.assertEqual(findings.totals["ignored"], 1)

    def test_a_changed_byte_breaks_the_chain(self):
        record = self.raw[("intake", 0)][1]
        record.value = record.value[:-1] + bytes([record.value[-1] ^ 1])
        self.assertGreater(self.check().counts["lost"], 0)

    def test_a_ledger_that_is_gone_is_lost(self):
        del self.raw[("intake", 0)]
        self.assertGreater(self.check().counts["lost"], 0)

    def test_reads_the_api_names_of_dossiers_and_requests(self):
        self.assertEqual(checker.dossier_bytes("H47.12.03_" + "0" * 24 + "04"), (1).to_bytes(16, "big"))
        self.assertEqual(checker.request_bytes("H47_0190d5c4-7f3a-7c10-9d2b-3f5a6b7c8d9e").hex(), "0190d5c47f3a7c109d2b3f5a6b7c8d9e")


class Program(unittest.TestCase):
    def run_checker(self, *arguments):
        program = pathlib.Path(checker.__file__)
        return subprocess.run([sys.executable, "-B", str(program), *arguments], capture_output=True, text=True, check=False)

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        made = honest(5)
        self.raw = synthetic.write(made)
        self.write_acknowledgements(synthetic.acknowledgements(made))
        (self.directory / "rules.json").write_text(json.dumps({
            "events": {"intake": "", "routing": "", "agency-processing": ""},
            "masks": {"routing": {"intake": [1], "agency-processing": [3]}, "agency-processing": {"routing": [2]}},
            "offers": {}}), encoding="utf-8")
        self.common = ["--acknowledgements", str(self.directory / "acks.jsonl"), "--rules", str(self.directory / "rules.json")]

    def write_acknowledgements(self, acknowledged):
        with open(self.directory / "acks.jsonl", "w", encoding="utf-8") as file:
            for ack in acknowledged:
                file.write(json.dumps({"service": ack.service, "p": ack.partition, "dossier": ack.dossier.hex(), "request_id": ack.request_id.hex(),
                                       "seq": ack.seq, "block_seq": ack.block_seq, "start_us": ack.start_us, "end_us": ack.end_us}) + "\n")
            file.write('{"service": "intake", "p"')

    def test_reads_exported_files(self):
        records.to_export(self.directory / "ledgers.jsonl", self.raw)
        run = self.run_checker("--export", str(self.directory / "ledgers.jsonl"), *self.common)
        self.assertEqual((run.returncode, run.stdout.splitlines()[-1]), (0, "0 lost, 0 doubled, 0 out of order"), run.stdout + run.stderr)

    def test_reads_the_files_of_the_embedded_edition(self):
        with sqlite3.connect(self.directory / "log.db") as database:
            database.execute("CREATE TABLE ledger_partition(number INTEGER PRIMARY KEY, ledger TEXT, partition INTEGER)")
            database.execute("CREATE TABLE record(position INTEGER PRIMARY KEY, time INTEGER, header BLOB, value BLOB)")
            for number, ((ledger, partition), places) in enumerate(self.raw.items(), 1):
                database.execute("INSERT INTO ledger_partition VALUES (?, ?, ?)", (number, ledger, partition))
                database.executemany("INSERT INTO record VALUES (?, 0, ?, ?)", [((number << 40) + r.offset, r.header, r.value) for r in places])
        run = self.run_checker("--sqlite", str(self.directory), *self.common)
        self.assertEqual((run.returncode, run.stdout.splitlines()[-1]), (0, "0 lost, 0 doubled, 0 out of order"), run.stdout + run.stderr)

    def test_ends_with_exit_code_1_when_something_is_lost(self):
        del self.raw[("intake", 1)][-1]
        records.to_export(self.directory / "ledgers.jsonl", self.raw)
        run = self.run_checker("--export", str(self.directory / "ledgers.jsonl"), *self.common)
        self.assertEqual(run.returncode, 1)
        self.assertRegex(run.stdout.splitlines()[-1], r"^[1-9]\d* lost, 0 doubled, 0 out of order$")

    def test_says_when_there_is_nothing_to_read(self):
        run = self.run_checker("--export", str(self.directory / "nothing.jsonl"), *self.common)
        self.assertEqual(run.returncode, 2)
        self.assertIn("can't be read", run.stderr)

    def test_the_rules_of_the_services_name_events_that_exist(self):
        rules, ledgers = checker.read_rules(pathlib.Path(checker.__file__).parent / "rules.json")
        self.assertEqual(ledgers, ["agency-processing", "intake", "notification", "postal-dispatch", "routing"])
        self.assertTrue(rules.offers["routing"])


if __name__ == "__main__":
    unittest.main()
