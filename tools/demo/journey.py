#!/usr/bin/python3 -B
"""One death that passes commune, district and province with its paper and its notices, and what goes wrong on the way.

journey.py LTCTL [--park COMMAND]

Everything is done and seen through `ltctl`, as a clerk or an operator would: the result goes to the citizen by post, paper travels
in a bag between desk and district, one notice fails first and is brought otherwise, one shipment falls silent, one event is parked
and repaired. `--park COMMAND` makes routing give up on the first event of a dossier (`COMMAND routing stop`, `... start`,
`... slot PARTITION` prints the file of its note); without it nothing is parked. Settings: those of ltctl, in the environment.
Ends with 0 when all of it came about; with 1 and the step's name if not, after at most 90 seconds.
"""
import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys
import time

LIMIT_SECONDS = 90
# The department has no desk of its own.
DESK, DEPARTMENT, PROCEDURE = "H47.22.05", "H47.LDTBXH", "2.002622"
# Which the simulator plays.
CARRIER = "sample-express"
# Routing's note of a decision that ended its process again and again (docs/ledger.md): used, cause, attempts.
SUSPECT = struct.Struct("<B24s3xI")
SUSPECT_BYTES = 4096
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Failed(Exception):
    """A step that did not come about."""


class Ltctl:
    def __init__(self, program):
        self.program = program

    def __call__(self, *arguments, refused_is_none=False):
        # Desks and agencies act as `demo`, the rest is the operators' work.
        principal = "demo" if arguments[0] in ("dossier", "work", "bag", "shipment") else "operator"
        result = subprocess.run([self.program, "--as", principal, *map(str, arguments), "-o", "json"], capture_output=True, text=True, timeout=30,
                                stdin=subprocess.DEVNULL, check=False)
        if result.returncode == 0:
            return json.loads(result.stdout)
        if refused_is_none:
            return None
        raise Failed(f"ltctl {' '.join(map(str, arguments))}\n{result.stderr.strip()}")


class Journey:
    def __init__(self, ltctl, vietnamese, park):
        self.ltctl, self.vietnamese, self.park = ltctl, vietnamese, park
        self.begin = time.monotonic()

    def tell(self, vi, en):
        print(f"  {time.monotonic() - self.begin:5.1f} s  {vi if self.vietnamese else en}", flush=True)

    def until(self, what, look, fits):
        """Looks until it fits; within the limit of the whole."""
        while True:
            seen = look()
            if seen is not None and fits(seen):
                return seen
            if time.monotonic() - self.begin > LIMIT_SECONDS:
                raise Failed(f"not so after {LIMIT_SECONDS} s: {what}; last seen: {json.dumps(seen, ensure_ascii=False)[:2000]}")
            time.sleep(0.2)

    # --- the people

    def receive(self, name, email, *more, procedure=PROCEDURE):
        return self.ltctl("dossier", "receive", "--desk", DESK, "--procedure", procedure, "--name", name, "--email", email, "--phone", "0905000001",
                          "--component", "to-khai=Tờ khai", *more)["dossier"]

    def show(self, dossier_id):
        return self.ltctl("dossier", "show", dossier_id, refused_is_none=True)

    def paper(self, dossier_id):
        return self.ltctl("shipment", "get", dossier_id, refused_is_none=True)

    def work(self, dossier_id, until):
        """Agencies accept and complete every leg that lies before them, until the status is reached."""
        def turn():
            seen = self.show(dossier_id)
            for leg in (seen or {}).get("route", {}).get("legs", []):
                if leg["state"] == "LEG_STATE_OFFERED":
                    self.ltctl("work", "accept", dossier_id, leg["leg"], refused_is_none=True)
                elif leg["state"] == "LEG_STATE_STARTED":
                    self.ltctl("work", "complete", dossier_id, leg["leg"], refused_is_none=True)
            return seen
        return self.until(until, turn, lambda seen: seen["dossier"]["status"] == until)

    # --- the steps

    def run(self):
        linked = self.receive("Nguyễn Thị Minh Họa", "minh-hoa@example.vn", "--carrier", CARRIER, "--post-to",
                              "Nguyễn Thị Minh Họa;0905000001;Thôn giả định;Đại Phước;Quảng Nam")
        self.tell(f"{linked['dossier_code']}: tiếp nhận nhóm khai tử, kết quả trả qua bưu điện",
                  f"{linked['dossier_code']}: a death, received; its result goes by post")
        failing = self.receive("Trần Văn Minh Họa", "permanent-failure@example.vn", procedure="2.000635")
        silent = self.silent(linked)
        self.bag(linked["dossier_id"])
        shown = self.work(linked["dossier_id"], "DOSSIER_STATUS_PROCESSED")
        path = " → ".join(leg["agency"] for leg in shown["route"]["legs"] if leg.get("agency"))
        self.tell(f"đã xử lý xong: {path}", f"processed: {path}")
        self.delivered(linked)
        self.notices(linked, failing)
        self.fell_silent(linked, silent)
        if self.park:
            self.parked()

    def bag(self, dossier_id):
        line = f"{dossier_id}:to-khai=1"
        out, back = self.carried(dossier_id, line, DESK, DEPARTMENT, "N-1"), self.carried(dossier_id, line, DEPARTMENT, DESK, "N-2")
        self.tell(f"giấy tờ tới sở trong túi {out}, rồi trở về trong túi {back}: đủ",
                  f"its paper goes to the department in bag {out} and comes back in bag {back}: nothing is missing")

    def carried(self, dossier_id, line, sender, receiver, seal):
        """One bag, from its manifest to its opening; its number."""
        bag = self.ltctl("bag", "create", sender, receiver, line, "--carrier", CARRIER)["bag"]
        number = bag["shipment"]["item"]
        self.ltctl("bag", "seal", bag["bag_id"], seal)
        self.until("the paper is in the bag", lambda: self.paper(dossier_id), lambda seen: self.place(seen) == ("PAPER_PLACE_BAG", number))
        opened = self.ltctl("bag", "open", bag["bag_id"], seal, line)["bag"]
        if opened.get("differences"):
            raise Failed(f"the bag differs from its manifest: {opened['differences']}")
        self.until(f"the paper is at {receiver}", lambda: self.paper(dossier_id), lambda seen: self.place(seen) == ("PAPER_PLACE_AGENCY", receiver))
        return number

    @staticmethod
    def place(paper):
        papers = (paper.get("papers") or [{}])[0]
        return papers.get("place"), papers.get("holder")

    def delivered(self, linked):
        shown = self.until("the result is delivered", lambda: self.show(linked["dossier_id"]),
                           lambda seen: seen["dossier"]["status"] == "DOSSIER_STATUS_HANDED_OVER")
        [shipment] = [one for one in self.paper(linked["dossier_id"])["shipments"] if one["kind"] == "SHIPMENT_KIND_RESULT"]
        states = " → ".join(entry["milestone"].removeprefix("MILESTONE_") for entry in shipment["timeline"])
        self.tell(f"bưu gửi {shipment['item']}: {states}", f"shipment {shipment['item']}: {states}")
        self.tell(f"trạng thái {shown['dossier']['status']}", f"status {shown['dossier']['status']}")

    def notices_of(self, dossier_id):
        answer = self.ltctl("notice", "list", "--dossier", dossier_id, refused_is_none=True)
        return (answer or {}).get("notices", [])

    @staticmethod
    def named(notice):
        return notice["event"], notice["way"]["channel"].removeprefix("CHANNEL_").lower()

    @staticmethod
    def phase(notice):
        return notice["phase"].removeprefix("NOTICE_PHASE_")

    def notices(self, linked, failing):
        told = self.until("the applicant was told", lambda: self.notices_of(linked["dossier_id"]),
                          lambda seen: {("received", "email"), ("result_ready", "email")} <=
                          {self.named(one) for one in seen if self.phase(one) == "SENT"})
        mails = [one for one in told if self.named(one)[1] == "email"]
        self.tell(f"{len(told)} thông báo, {len(mails)} qua thư điện tử", f"{len(told)} notices, {len(mails)} of them by mail")
        seen = self.until("a failed notice is brought otherwise", lambda: {self.named(one): one for one in self.notices_of(failing["dossier_id"])},
                          lambda found: ("received", "email") in found and self.phase(found[("received", "email")]) == "PERMANENT_FAILURE" and
                          self.phase(found.get(("received", "sms"), {"phase": ""})) in ("PENDING", "SENT", "DELIVERED"))
        self.tell(f"thư không tới được ({seen[('received', 'email')]['reason_code']}), đã nhắn tin thay",
                  f"one mail could not be brought ({seen[('received', 'email')]['reason_code']}); a text message went out instead")

    def silent(self, linked):
        """A shipment that the post has and says nothing of."""
        order = self.ltctl("shipment", "order", linked["dossier_id"], "--kind", "to-desk", "--carrier", CARRIER, "--paper", "to-khai")
        return order["shipment"]["item"]

    def fell_silent(self, linked, item):
        def look():
            listed = self.ltctl("stuck", "--kind", "silent-shipment", refused_is_none=True) or {}
            return [one for one in listed.get("dossiers", []) if one["dossier"]["dossier_id"] == linked["dossier_id"]]
        self.until("a shipment is silent", look, lambda seen: len(seen) > 0)
        self.tell(f"bưu gửi {item} im lặng: có trong ltctl stuck", f"shipment {item} has fallen silent: ltctl stuck names it")
        self.ltctl("shipment", "scan", item, "220", "--carrier", CARRIER)
        self.until("the alarm has cleared", look, lambda seen: len(seen) == 0)
        self.tell("vừa có tin của nó: tự hết báo động", "it was heard of again: the alarm has cleared by itself")

    def acceptance(self, dossier_id):
        trace = self.ltctl("dossier", "trace", dossier_id, "--decisions", refused_is_none=True) or {}
        return next((one for one in trace.get("entries", []) if any(event["name"] == "DossierAccepted" for event in one.get("events", []))), None)

    def parked(self):
        self.stand("stop")
        try:
            dossier = self.receive("Lê Thị Minh Họa", "minh-hoa@example.vn", procedure="1.001776")
            accepted = self.until("intake's decision is seen", lambda: self.acceptance(dossier["dossier_id"]), lambda _: True)
            place = (int(accepted["position"]["block_seq"]) << 12) | int(accepted.get("index", 0))
            cause = self.dossier_bytes(dossier["dossier_id"]) + place.to_bytes(8, "big")
            slot = pathlib.Path(self.stand("slot", accepted["position"].get("partition", 0)))
            slot.write_bytes(SUSPECT.pack(1, cause, 2).ljust(SUSPECT_BYTES, b"\0"))
        finally:
            self.stand("start")
        # Routing knows nothing of the dossier yet, not even its home desk.
        names = (dossier["dossier_id"], self.dossier_bytes(dossier["dossier_id"]).hex())
        parked = self.until("the dossier is parked", lambda: self.parked_one(names), lambda _: True)
        self.tell(f"{dossier['dossier_code']}: một sự kiện bị tách ra ({parked['reason']})", f"{dossier['dossier_code']}: one event is parked ({parked['reason']})")
        tried = self.ltctl("parked", "try", dossier["dossier_id"])
        self.tell(f"thử trên bản sao: {', '.join(tried['events'])}", f"tried on a copy: {', '.join(tried['events'])}")
        self.ltctl("parked", "resume", dossier["dossier_id"], "--reason", "REPAIRED", "--actor", "minh-hoa")
        self.work(dossier["dossier_id"], "DOSSIER_STATUS_PROCESSED")
        self.tell("đã sửa và tiếp tục: xử lý xong", "repaired and resumed: processed")

    def parked_one(self, names):
        listed = (self.ltctl("parked", "list", refused_is_none=True) or {}).get("dossiers", [])
        return next((one for one in listed if one["dossier_id"].endswith(names)), None)

    def stand(self, *words):
        result = subprocess.run([*self.park, *map(str, words)], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
        if result.returncode != 0:
            raise Failed(f"{' '.join(self.park)} {words}: {result.stdout}{result.stderr}")
        return result.stdout.strip()

    @staticmethod
    def dossier_bytes(name):
        number = 0
        for character in name.rsplit("_", 1)[-1]:
            number = number * 32 + ALPHABET.index(character)
        return (number >> 2).to_bytes(16, "big")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ltctl")
    parser.add_argument("--park", nargs="+", metavar="COMMAND", default=[])
    arguments = parser.parse_args()
    try:
        Journey(Ltctl(arguments.ltctl), os.environ.get("LIENTHONG_LANG", "en") == "vi", arguments.park).run()
    except (Failed, subprocess.TimeoutExpired) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
