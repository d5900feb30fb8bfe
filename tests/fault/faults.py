"""A load of at least 100 dossiers a second with at least 200 open, something that goes wrong in the middle, and the checker's word after it."""
import pathlib
import random
import re
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "end_to_end")]
import cases  # noqa: E402

RATE = 110
OPEN = 200
LOAD_SECONDS = 7
THINK_SECONDS = 1.2  # Of an agency before it accepts a leg; a dossier has 1 to 4 legs one after the other, 2.5 on average.
ROUNDS = 3


class Faults(cases.Base):
    edition = "kafka"
    # One event a dossier: more than a receiver written in Python takes in at this rate is no fault.
    webhooks = ("vn.lienthong.intake.result_handed_over.v1",)
    texts = True

    def seeded(self):
        seed = random.SystemRandom().randrange(1 << 32)
        print(f"{self.id()}: seed {seed}", flush=True)
        return random.Random(seed)

    def open_dossiers(self, demo):
        """Received and not yet processed, from the client's progress lines."""
        lines = re.findall(r"received (\d+), processed (\d+)", demo.log.read_text(encoding="utf-8", errors="replace"))
        return int(lines[-1][0]) - int(lines[-1][1]) if lines else 0

    def load(self, seconds=LOAD_SECONDS, limit=120):
        return self.system.demo("--dossiers", int(RATE * seconds), "--rate", RATE, "--think", THINK_SECONDS, "--limit", limit, "--rows", 0)

    def loaded(self, demo, seconds=20):
        """Waits until enough is open."""
        end = time.monotonic() + seconds
        while self.open_dossiers(demo) < OPEN:
            self.assertLess(time.monotonic(), end, f"only {self.open_dossiers(demo)} dossiers open:\n{demo.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def rounds(self, fault, load_seconds=LOAD_SECONDS, finish_seconds=150, prepare=lambda: None):
        """Three loads, each with the fault at a random moment, each followed by the check. What must be there for the fault is
        made ready before the load, which it would outlast."""
        for number in range(ROUNDS):
            with self.subTest(round=number):
                chance = self.seeded()
                prepare()
                demo = self.load(load_seconds, finish_seconds)
                self.loaded(demo)
                time.sleep(chance.random() * 2)
                before, opened = demo.count(), self.open_dossiers(demo)
                fault(chance)
                during = demo.count()
                output = self.assert_finished(demo, load_seconds + finish_seconds)
                print(f"    {self.assert_clean()}")
                print(f"    {opened} open; acknowledged before {before}, until it was over {during - before}, after {demo.count() - during}", flush=True)
                self.assertGreater(before, 0)
                self.assertGreater(demo.count(), during, output)
