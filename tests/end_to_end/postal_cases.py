"""Paper on both editions: bags tell dossiers of several desks once, also across a kill; scans are taken once."""
import contextlib
import datetime
import hashlib
import hmac
import json
import time
import unittest
import urllib.error
import urllib.request

import cases
from cases import api

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

    def hashes(self):
        """State hash of every partition of postal-dispatch."""
        reports = json.loads(self.system.ltctl("ledger", "verify", "--projection", "-o", "json", seconds=300).stdout)
        return {report["partition"]: report["state_hash"] for report in reports["ledgers"] if report["ledger"] == "postal-dispatch"}

    @contextlib.contextmanager
    def unchanged(self):
        """What is refused inside leaves every state as it was, bit by bit."""
        quiet = []

        def settled():
            quiet.append(self.hashes())
            return len(quiet) > 1 and quiet[-1] == quiet[-2]

        self.until(settled, bool, 60)
        yield
        self.assertEqual(self.hashes(), quiet[-1])

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
        with self.unchanged():
            again = self.ltctl("bag", "open", bag["bag_id"], "N-1", check=False)
            self.assertEqual(again["reason"], "BAG_ALREADY_OPENED")
            twice = self.ltctl("bag", "create", HERE, "H47.22", f"{names[0]}:DON", f"{names[0]}:DON", check=False)
            self.assertEqual(twice["reason"], "DOSSIER_LISTED_TWICE")
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
        with self.unchanged():
            for arguments, reason in ((("RR473124829VN", "CN1"), "ITEM_UNKNOWN"), ((item, "??"), "CARRIER_CODE_UNKNOWN"),
                                      ((item, "CN1", "--minutes-ago", "60"), "SCAN_BEFORE_ORDER"),
                                      ((item, "CN1", "--minutes-ago", "-60"), "SCAN_FROM_FUTURE"), (("RR473124820VN", "CN1"), "ITEM_NUMBER_INVALID")):
                self.assertEqual(self.ltctl("shipment", "scan", *arguments, check=False)["reason"], reason, arguments)
        listed = self.ltctl("shipment", "list", "--agency", HERE)
        self.assertIn(item, {shipment["item"] for shipment in listed["shipments"]})
        self.assertEqual(len(self.paper(name)["shipments"][0]["timeline"]), 2)


    def silences(self, name):
        dumped = [json.loads(line) for line in self.system.ltctl("event", "tail", "--from", "begin", "--no-follow", "--dossier", name, "--limit", 1000,
                                                                 "-o", "json").stdout.splitlines()]
        return [one["type"].rsplit(".", 2)[-2] for one in dumped if "silence" in one["type"]]

    def test_a_silent_shipment_raises_its_alarm_once_and_clears_it_by_itself(self):
        name = dossier(HERE, 601)
        item = self.ltctl("shipment", "order", name, "--carrier", "brief", "--paper", "KQ")["shipment"]["item"]

        def silent():
            return item in {one["item"] for one in self.ltctl("shipment", "list", "--agency", HERE, "--silent")["shipments"]}

        self.until(silent, bool)
        time.sleep(5)
        self.assertEqual(self.silences(name), ["silence_began"], "once, however long it lasts")
        self.ltctl("shipment", "scan", item, "T", "--carrier", "brief")
        self.until(lambda: self.silences(name)[:2], lambda seen: seen == ["silence_began", "silence_ended"])
        self.ltctl("shipment", "state", name, "HANDED_TO_AGENCY")
        self.until(silent, lambda seen: not seen)

    def test_a_day_of_cash_that_does_not_balance_is_listed_and_one_that_does_is_closed(self):
        postal = api.module("lienthong.postal.v1.postal_service")
        name = dossier(HERE, 701)
        item = self.ltctl("shipment", "order", name, "--paper", "KQ", "--cod", "35000")["shipment"]["item"]
        self.until(lambda: self.ltctl("shipment", "scan", item, "CN1", check=False), lambda seen: "results" in seen)
        today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7))).date().isoformat()
        with api.Client(self.system, "demo") as desk, self.postal_channel() as channel:
            stub = api.module("lienthong.postal.v1.postal_service", services=True).PostalServiceStub(channel)
            scan = postal.Scan(carrier="vnpost", item=item, raw_code="TH1", amount=35000, receipt="BL-1")
            scan.scan_time.GetCurrentTime()
            self.assertFalse(stub.RecordScans(postal.RecordScansRequest(scans=[scan]), timeout=10).results[0].HasField("failure"))
            self.until(lambda: self.ltctl("settlement", "get", HERE, "vnpost", today, check=False), lambda seen: "settlement" in seen)

            def declare(paid):
                request = postal.DeclareSettlementRequest(header=desk.header(), home_key=HERE, carrier="vnpost", day=today, paid=paid)
                request.lines.add(item=item, amount=35000)
                return stub.DeclareSettlement(request, timeout=10).settlement

            self.assertEqual([(one.ours, one.theirs) for one in declare(34000).differences], [(35000, 34000)])
            [day] = self.until(lambda: self.ltctl("settlement", "list", "--home", HERE)["settlements"], bool)
            self.assertEqual((day["day"], day["state"]), (today, "SETTLEMENT_STATE_DIFFERS"))
            self.assertNotIn("cod_settled", self.paper(name)["shipments"][0], "what differs is told to nobody")
            self.assertFalse(declare(35000).differences)
            self.until(lambda: self.paper(name)["shipments"][0], lambda seen: seen.get("cod_settled"))
            self.until(lambda: self.ltctl("settlement", "list", "--home", HERE)["settlements"], lambda seen: not seen)
            with self.unchanged(), self.assertRaises(api.grpc.RpcError) as refused:
                declare(1)
            self.assertEqual(refused.exception.code(), api.grpc.StatusCode.FAILED_PRECONDITION)

    def postal_channel(self):
        settings = self.system.client_settings("demo")
        return api.channel(settings["LIENTHONG_POSTAL_DISPATCH_ADDRESS"], settings["LIENTHONG_TLS_CA"], settings["LIENTHONG_TLS_CERT"], settings["LIENTHONG_TLS_KEY"])

    def test_papers_of_the_counter_are_known_and_are_listed_while_the_data_are_elsewhere(self):
        with api.Client(self.system, "demo") as desk:
            papers = [desk.intake_messages.Component(code="DON", title="Đơn", count=2)]
            name = desk.receive(HERE, "1.001776", components=papers).dossier.dossier_id
        self.assertEqual(self.place(name, "PAPER_PLACE_AGENCY")["papers"][0]["holder"], HERE)
        # The first leg is the desk's own, the second is another agency's.
        for answer, leg in (("accept", 1), ("complete", 1), ("accept", 2)):
            self.until(lambda answer=answer, leg=leg: self.ltctl("work", answer, name, leg, check=False), lambda seen: "reason" not in seen)
        away = self.until(lambda: self.paper(name), lambda seen: seen.get("data_at", HERE) != HERE)
        self.assertTrue(away["papers"][0]["apart_from_data"])
        agency = away["data_at"]

        def apart(where):
            return [one for one in self.ltctl("shipment", "list", "--apart", "--agency", where)["dossiers"] if one["dossier_id"] == name]

        for where in (agency, HERE):
            [one] = self.until(lambda where=where: apart(where), bool)
            self.assertEqual((one["data_at"], one["paper"]["holder"]), (agency, HERE))
        bag = self.ltctl("bag", "create", HERE, agency, f"{name}:DON=2")["bag"]
        self.ltctl("bag", "seal", bag["bag_id"], "N-1")
        self.place(name, "PAPER_PLACE_BAG")
        self.assertEqual(self.until(lambda: apart(agency), lambda seen: seen and seen[0]["paper"]["holder"] != HERE)[0]["paper"]["holder"],
                         bag["shipment"]["item"])
        self.ltctl("bag", "open", bag["bag_id"], "N-1", f"{name}:DON=2")
        self.until(lambda: apart(agency), lambda seen: not seen)

    # --- a carrier beside the system

    def carrier_is(self, **settings):
        usual = {"step_seconds": 0.2, "duplicates": 0.0, "delays": 0.0, "replies_lost": 0.0, "failed_attempts": 0.0, "items_lost": 0.0, "quota": 0,
                 "outage_seconds": 0}
        self.system.carrier("/simulate", {**usual, **settings})

    def submit(self, desk, pick_up=False, collect=0):
        address = api.module("lienthong.postal.v1.values").Address(name="Nguyễn Thị Ví Dụ", phone="0905000000", line="12 Trần Phú",
                                                                   commune="Tam Kỳ", province="Quảng Nam")
        post = desk.intake_messages.PostalRequest(carrier="sample-express", deliver_to=address, collect=collect)
        if pick_up:
            post.pick_up_at.CopyFrom(address)
        request = desk.intake_messages.SubmitDossierRequest(header=desk.header(HERE), application=desk.application(HERE, "2.000635", post=post))
        return desk.intake.SubmitDossier(request, timeout=10).dossier

    def accept(self, desk, dossier_id):
        return desk.intake.AcceptSubmission(desk.intake_messages.AcceptSubmissionRequest(header=desk.header(), dossier_id=dossier_id), timeout=10).dossier

    def finish(self, desk, dossier_id):
        """The one agency of the procedure gives its result."""
        for answer in ("accept", "complete"):
            self.until(lambda answer=answer: self.ltctl("work", answer, dossier_id, 1, check=False), lambda seen: "reason" not in seen)
        return self.until(lambda: desk.dossier(dossier_id), lambda seen: seen.status >= 9)

    def shipment(self, name, number):
        return self.until(lambda: self.paper(name), lambda seen: len(seen.get("shipments", [])) >= number)["shipments"][number - 1]

    def stable(self, name, number, state, seconds=40):
        def look():
            shipments = self.paper(name).get("shipments", [])
            return shipments[number - 1] if len(shipments) >= number else {}
        return self.until(look, lambda seen: seen.get("stable") == state, seconds)

    def orders(self):
        """Orders the carrier has taken, as it wrote them down itself."""
        try:
            with open(self.system.directory / "carrier.jsonl", encoding="utf-8") as file:
                return [line["order"]["orderNumber"] for line in map(json.loads, file) if "order" in line]
        except FileNotFoundError:
            return []

    def test_paper_goes_to_the_desk_and_the_result_to_the_citizen_by_itself(self):
        self.carrier_is(duplicates=0.3, delays=0.3, replies_lost=0.4)
        with api.Client(self.system, "demo") as desk:
            name = self.submit(desk, pick_up=True, collect=35000).dossier_id
            fetched = self.stable(name, 1, "STABLE_STATE_DELIVERED")
            self.assertEqual(fetched["kind"], "SHIPMENT_KIND_TO_DESK")
            self.assertEqual(desk.dossier(name).status, 1, "received when the desk accepts it, not when the post brings it")
            self.accept(desk, name)
            self.finish(desk, name)
            handed_over = self.until(lambda: desk.dossier(name), lambda seen: seen.status == 10, 40)
        result = self.stable(name, 2, "STABLE_STATE_DELIVERED")
        self.assertEqual(handed_over.post.delivery, desk.intake_events.RESULT_DELIVERY_DELIVERED)
        self.assertEqual([self.orders().count(f"{name}-{number}") for number in (1, 2)], [1, 1])
        seen = [(entry["raw_code"], entry["entry_time"]) for entry in result["timeline"]]
        self.assertEqual(len(seen), len(set(seen)), "each scan once, though it was polled, pushed and doubled")
        self.assert_verified()

    def test_what_comes_back_is_named_and_what_is_lost_too(self):
        with api.Client(self.system, "demo") as desk:
            for settings, stable, delivery in (({"failed_attempts": 1.0}, "STABLE_STATE_RETURNED", "RESULT_DELIVERY_RETURNED"),
                                               ({"items_lost": 1.0}, "STABLE_STATE_LOST", "RESULT_DELIVERY_LOST")):
                self.carrier_is(**settings)
                name = self.submit(desk).dossier_id
                self.accept(desk, name)
                self.finish(desk, name)
                self.stable(name, 1, stable)
                seen = self.until(lambda name=name: desk.dossier(name), lambda seen: seen.post.delivery > 1)
                self.assertEqual(desk.intake_events.ResultDelivery.Name(seen.post.delivery), delivery)
                self.assertEqual(seen.status, 9)

    def test_a_pick_up_that_is_pointless_is_called_off_with_the_carrier(self):
        self.carrier_is(step_seconds=600)
        with api.Client(self.system, "demo") as desk:
            name = self.submit(desk, pick_up=True).dossier_id
            self.until(lambda: self.shipment(name, 1), lambda seen: seen.get("order") == "ORDER_STATE_PLACED")
            refuse = desk.intake_messages.RefuseDossierRequest(header=desk.header(), dossier_id=name, reason_code="OUT_OF_COMPETENCE", reason="sai nơi")
            desk.intake.RefuseDossier(refuse, timeout=10)
        self.stable(name, 1, "STABLE_STATE_CANCELLED")
        self.until(lambda: self.system.carrier(f"/orders?orderNumber={name}-1"), lambda seen: seen["cancelled"])

    def test_no_order_is_lost_while_the_carrier_is_away_full_or_killed_and_none_is_doubled(self):
        self.carrier_is(outage_seconds=3600)
        with api.Client(self.system, "demo") as desk:
            names = [self.submit(desk, pick_up=True).dossier_id for _ in range(12)]
            for name in names:
                self.assertEqual(self.shipment(name, 1)["order"], "ORDER_STATE_PLACING")
            self.system.processes[self.process()].kill()
            self.system.wait_serving(self.process(), 60)
            self.carrier_is(quota=len(self.orders()) + 4, replies_lost=0.5, step_seconds=600)
            self.until(self.orders, lambda seen: sum(name + "-1" in seen for name in names) == 4)
            self.system.processes["carrier"].kill()
            self.until(lambda: self.answers(), bool)
            self.carrier_is(replies_lost=0.3, step_seconds=600)
            for name in names:
                self.until(lambda name=name: self.shipment(name, 1), lambda seen: seen.get("order") == "ORDER_STATE_PLACED", 40)
        self.assertEqual([self.orders().count(name + "-1") for name in names], [1] * len(names))
        self.assert_verified()

    def answers(self):
        try:
            return self.system.carrier("/track?since=0&limit=1")
        except OSError:
            return None

    def push(self, body, at=None, key=None):
        at = int(time.time()) if at is None else at
        secret = key or self.system.carrier_keys.read_bytes().strip()
        signed = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        request = urllib.request.Request(f"http://{self.system.carrier_door}/carriers/sample-express/scans", body,
                                         {"X-Carrier-Time": str(at), "X-Carrier-Signature": signed})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def test_a_push_that_is_not_the_carriers_goes_nowhere_and_is_told_why(self):
        body = b'{"scans": []}'
        self.assertEqual(self.push(body), (200, {"taken": 0, "refused": 0}))
        self.assertEqual(self.push(body, key=b"another key of the same length.."), (401, {"reason": "SIGNATURE_WRONG"}))
        self.assertEqual(self.push(body, at=int(time.time()) - 3600), (401, {"reason": "SIGNATURE_STALE"}))
        self.assertEqual(self.push(b"x" * 300_000)[0], 413)
        self.assertEqual(self.push(b"no json"), (400, {"reason": "BODY_UNREADABLE"}))
        unknown = {"itemNumber": "RR473124829VN", "code": "200", "time": time.time(), "place": "", "reason": ""}
        status, answer = self.push(json.dumps({"scans": [unknown]}).encode())
        self.assertEqual((status, answer), (503, {"reason": "SEND_AGAIN"}), "its order may be on the way")
        self.until(lambda: self.push(json.dumps({"scans": [unknown]}).encode()), lambda seen: seen == (200, {"taken": 0, "refused": 1}))
        log = (self.system.directory / f"{self.process()}.log").read_text(encoding="utf-8", errors="replace")
        self.assertIn("RR473124829VN 200: ITEM_UNKNOWN", log)

    def waiting(self, item):
        return [one for one in self.ltctl("scan", "list", principal="operator")["scans"] if one["scan"]["item"] == item]

    def test_a_scan_that_belongs_to_nothing_known_is_kept_and_taken_when_its_order_comes(self):
        late, stray = "RR900000005VN", "RR900000019VN"
        for item in (late, stray):
            scan = {"itemNumber": item, "code": "200", "time": time.time(), "place": "560000", "reason": ""}
            self.until(lambda scan=scan: self.push(json.dumps({"scans": [scan]}).encode()), lambda seen: seen == (200, {"taken": 0, "refused": 1}))
            self.until(lambda item=item: self.waiting(item), lambda seen: len(seen) == 1)
        [kept], [foreign] = self.waiting(late), self.waiting(stray)
        self.assertEqual((kept["scan"]["reason"], kept["scan"]["raw_code"]), ("ITEM_UNKNOWN", "200"))
        as_operator = {"principal": "operator"}
        self.assertEqual(self.ltctl("scan", "retake", kept["scan_id"], "--actor", "minh-hoa", check=False, **as_operator)["reason"], "ITEM_UNKNOWN")
        name = dossier(HERE, 801)
        self.ltctl("shipment", "order", name, "--carrier", "sample-express", "--item", late, "--paper", "KQ")
        self.until(lambda: self.ltctl("scan", "retake", kept["scan_id"], "--actor", "minh-hoa", check=False, **as_operator),
                   lambda seen: "reason" not in seen)
        self.assertEqual([entry.get("raw_code") for entry in self.paper(name)["shipments"][0]["timeline"]], ["ORDERED", "200"])
        self.ltctl("scan", "dismiss", foreign["scan_id"], "--reason", "FOREIGN_ITEM", "--actor", "minh-hoa", **as_operator)
        self.until(lambda: self.waiting(late) + self.waiting(stray), lambda seen: not seen)
        self.assertEqual(self.ltctl("scan", "retake", foreign["scan_id"], "--actor", "minh-hoa", check=False, **as_operator)["reason"], "SCAN_CLOSED")


class Embedded(PostalCases, cases.Base):
    edition = "embedded"


class OnKafka(PostalCases, cases.Base):
    edition = "kafka"


if __name__ == "__main__":
    unittest.main()
