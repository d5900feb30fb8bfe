"""Paper on both editions: bags tell dossiers of several desks once, also across a kill; scans are taken once."""
import json
import time
import unittest

import cases

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
HERE, THERE = "H47.22.02", "H47.22.03"


def dossier(home, number):
    """An id of the right form; postal-dispatch does not ask whether intake has it."""
    value, text = int.from_bytes(number.to_bytes(2, "big") + bytes(14), "big") << 2, ""
    for _ in range(26):
        text = ALPHABET[value % 32] + text
        value //= 32
    return f"{home}_{text}"


class PostalCases:
    """Mixed into a `cases.Base` with an edition."""

    def ltctl(self, *arguments, principal="demo", check=True):
        result = self.system.ltctl(*arguments, "-o", "json", principal=principal, check=check)
        return json.loads(result.stdout) if result.returncode == 0 else json.loads(result.stderr)["error"]

    def paper(self, name):
        return self.ltctl("shipment", "get", name, check=False)

    def until(self, look, fits, seconds=20):
        end = time.monotonic() + seconds
        while True:
            seen = look()
            if fits(seen):
                return seen
            if time.monotonic() > end:
                self.fail(f"not so within {seconds} s: {seen}")
            time.sleep(0.1)

    def place(self, name, place):
        return self.until(lambda: self.paper(name), lambda seen: seen.get("papers", [{}])[0].get("place") == place)

    def process(self):
        return "lienthong" if self.system.edition == "embedded" else "postal-dispatch"

    def test_a_bag_tells_its_dossiers_once_though_the_process_is_killed(self):
        names = [dossier(HERE if n % 2 else THERE, n) for n in range(1, 21)]
        bag = self.ltctl("bag", "create", HERE, "H47.22", *[f"{name}:DON=2" for name in names])["bag"]
        self.assertEqual(len(bag["lines"]), 20)
        self.ltctl("bag", "seal", bag["bag_id"], "N-1")
        self.system.processes[self.process()].kill()
        self.system.wait_serving(self.process(), 60)
        for name in names:
            self.place(name, "PAPER_PLACE_BAG")
        opened = self.ltctl("bag", "open", bag["bag_id"], "N-1", *[f"{name}:DON=2" for name in names[1:]], f"{dossier(HERE, 99)}:DON")["bag"]
        self.system.processes[self.process()].kill()
        self.system.wait_serving(self.process(), 60)
        self.assertEqual(len(opened["differences"]), 2)
        self.place(names[0], "PAPER_PLACE_MISSING")
        self.place(dossier(HERE, 99), "PAPER_PLACE_AGENCY")
        for name in names[1:]:
            self.place(name, "PAPER_PLACE_AGENCY")
            self.assertEqual(len(self.paper(name)["bags"]), 2, "sealed and received, each once")
        again = self.ltctl("bag", "open", bag["bag_id"], "N-1", check=False)
        self.assertEqual(again["reason"], "BAG_ALREADY_OPENED")
        manifest = self.system.ltctl("bag", "print", bag["bag_id"], "--lang", "vi", principal="demo").stdout
        self.assertIn("BẢNG KÊ TÚI HỒ SƠ", manifest)
        self.assertIn(bag["shipment"]["item"], manifest)
        self.assert_verified()

    def test_a_scan_is_taken_once_and_what_is_wrong_is_named(self):
        name = dossier(HERE, 501)
        item = self.ltctl("shipment", "order", name, "--paper", "KQ")["shipment"]["item"]
        scanned = self.until(lambda: self.ltctl("shipment", "scan", item, "CN1", check=False), lambda seen: "results" in seen)
        self.assertEqual(scanned["results"][0]["shipment"]["milestone"], "MILESTONE_POSTED")
        timeline = self.paper(name)["shipments"][0]["timeline"]
        self.assertEqual([(entry["milestone"], entry.get("raw_code")) for entry in timeline], [("MILESTONE_ORDERED", "ORDERED"), ("MILESTONE_POSTED", "CN1")])
        for arguments, reason in ((("RR473124829VN", "CN1"), "ITEM_UNKNOWN"), ((item, "??"), "CARRIER_CODE_UNKNOWN"),
                                  ((item, "CN1", "--minutes-ago", "60"), "SCAN_BEFORE_ORDER"),
                                  ((item, "CN1", "--minutes-ago", "-60"), "SCAN_FROM_FUTURE"), (("RR473124820VN", "CN1"), "ITEM_NUMBER_INVALID")):
            self.assertEqual(self.ltctl("shipment", "scan", *arguments, check=False)["reason"], reason, arguments)
        listed = self.ltctl("shipment", "list", "--agency", HERE)
        self.assertIn(item, {shipment["item"] for shipment in listed["shipments"]})
        self.assertEqual(len(self.paper(name)["shipments"][0]["timeline"]), 2)


class Embedded(PostalCases, cases.Base):
    edition = "embedded"


class OnKafka(PostalCases, cases.Base):
    edition = "kafka"


if __name__ == "__main__":
    unittest.main()
