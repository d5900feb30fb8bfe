"""What a subscriber of a running system is sent, the same on both editions: compared with the ledgers, seen at the receiver."""
import base64
import collections
import hashlib
import hmac
import json
import re
import ssl
import time
import urllib.error
import urllib.request

import cases
from cases import ROOT
import notification_cases
import public_events as events
import yaml

CANARY = "Canh Giữ Kín"


class WebhookCases:
    """Mixed into a `cases.Base` with an edition."""
    webhooks = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            notification_cases.import_impatient_catalogue(cls.system)
        except BaseException:
            cls.system.stop()
            raise

    def behave(self, **behaviour):
        path = self.system.directory / "webhooks.behaviour"
        (path.with_suffix(".new")).write_text(json.dumps(behaviour), encoding="utf-8")
        path.with_suffix(".new").rename(path)

    def eventually(self, seconds, look, fits):
        end = time.monotonic() + seconds
        while True:
            seen = look()
            if fits(seen):
                return seen
            if time.monotonic() > end:
                self.fail(f"not so within {seconds} s: {seen}\n{self.system.logs()}")
            time.sleep(0.2)

    def subscription(self):
        [one] = yaml.safe_load((ROOT / "deploy/catalogue/webhooks.yaml").read_text(encoding="utf-8"))["webhooks"]
        return one

    def wanted(self):
        """(source, partition) -> ids that the subscriber is to get, in the order of the ledger."""
        types = set(self.subscription()["types"])
        return {place: [event[0] for event in told if event[1] in types] for place, told in events.in_ledgers(self.system).items()}

    def taken(self):
        return [record for record in self.system.webhook_records() if record["status"] == 204 and record["fault"] is None and
                not record["event"].startswith("test/")]

    def assert_complete(self, seconds=60):
        """Everything is there, first copies in the order of each dossier, nothing besides; returns the number of repeats."""
        wanted = {event for told in self.wanted().values() for event in told}
        self.eventually(seconds, lambda: wanted - {record["event"] for record in self.taken()}, lambda missing: not missing)
        records = self.taken()
        self.assertEqual({record["event"] for record in records} - wanted, set(), "nothing that was not subscribed")
        self.assertEqual([record for record in self.system.webhook_records() if record["fault"]], [], "signed, and in order")
        keys = collections.defaultdict(set)
        for record in records:
            keys[record["event"]].add(record["key"])
        self.assertEqual({len(of_one) for of_one in keys.values()} | {1}, {1}, "one key for one event")
        self.assertEqual(len({record["key"] for record in records}), len(keys), "and one event for one key")
        return len(records) - len(keys)

    def lines(self):
        answer = json.loads(self.system.ltctl("webhook", "list", "-o", "json").stdout)
        return answer["webhooks"][0].get("lines", [])

    def test_the_subscriber_gets_what_the_ledgers_hold_in_the_order_of_each_dossier(self):
        self.assert_finished(self.system.demo("--dossiers", 24, "--rate", 25), 120)
        repeats = self.assert_complete()
        places = collections.defaultdict(list)
        for record in self.taken():
            if record["copies"] == 1:
                places[record["subject"]].append(record["type"])
        for kinds in places.values():
            self.assertEqual(kinds[0], "vn.lienthong.intake.dossier_accepted.v1", "causes come before what follows from them")
        print(f"{len(self.taken())} events, {repeats} recognised repeats")

    def test_killed_processes_and_a_killed_receiver_lose_and_double_nothing(self):
        names = [name for name in self.system.service_processes() if name in ("notification", "lienthong")]
        demo = self.system.demo("--dossiers", 120, "--rate", 30)
        for _ in range(3):
            time.sleep(1)
            self.system.processes[names[0]].kill()
            self.system.wait_serving(names[0], 60)
            self.system.processes["webhook-receiver"].kill()
        self.assert_finished(demo, 180)
        repeats = self.assert_complete(120)
        print(f"{len(self.taken())} events, {repeats} recognised repeats")
        self.assert_verified()

    def test_an_operator_sees_tests_and_replays(self):
        self.assert_finished(self.system.demo("--dossiers", 4, "--rate", 25), 60)
        self.assert_complete()
        tested = self.system.ltctl("webhook", "test", "trial")
        self.assertRegex(tested.stdout, r"delivered +HTTP 204 +\d+ ms")
        self.assertIn("SUBSCRIPTION_NOT_FOUND", "".join(self.ltctl_failing("webhook", "test", "nobody")))
        self.eventually(20, self.lines, lambda lines: sum(int(line.get("delivered", 0)) for line in lines) >= len(self.taken()))
        shown = self.system.ltctl("webhook", "list", "trial").stdout
        self.assertRegex(shown, r"trial +0 +running")
        self.assertRegex(self.system.ltctl("webhook", "list", "--attempts").stdout, r"trial +delivered +204 +1 ")
        before = len(self.taken())
        self.system.ltctl("webhook", "replay", "trial", "--since", "2026-01-01 00:00")
        self.eventually(60, self.taken, lambda taken: len(taken) >= before + len({record["event"] for record in taken}))
        self.assert_complete()
        self.assertIn("NOT_GRANTED", "".join(self.ltctl_failing("webhook", "replay", "trial", "--since", "2026-01-01 00:00", principal="demo")))

    def ltctl_failing(self, *arguments, **options):
        result = self.system.ltctl(*arguments, check=False, **options)
        self.assertNotEqual(result.returncode, 0)
        return result.stdout, result.stderr

    def test_a_subscriber_that_is_away_is_asked_again_and_gets_everything(self):
        self.behave(status=503)
        self.assert_finished(self.system.demo("--dossiers", 4, "--rate", 25), 60)
        failing = self.eventually(20, self.lines, lambda lines: any(line.get("failing") for line in lines))
        self.assertIn("HTTP_503", json.dumps(failing))
        self.behave()
        self.assert_complete()
        self.eventually(30, self.lines, lambda lines: not any(line.get("failing") for line in lines))

    def test_no_name_of_a_person_leaves(self):
        with cases.api.Client(self.system, "demo") as desk:
            applicant = desk.intake_messages.Applicant(full_name=CANARY, identity_number="000000000001", email="canh@example.vn")
            dossier = desk.receive("H47.22.01", "1.001776", applicant=applicant).dossier
        subject = re.sub(".*_", "", dossier.dossier_id)
        self.eventually(30, self.taken, lambda taken: any(record["subject"] == subject for record in taken))
        for record in self.system.webhook_records():
            data = base64.b64decode(record.get("data", ""))
            for secret in (CANARY, "canh@example.vn", "000000000001"):
                self.assertNotIn(secret.encode(), data)
            if record["event"].startswith("test/") or not data:
                continue
            service = record["source"].rsplit("/", 1)[1]
            name = "".join(part.capitalize() for part in record["type"].split(".")[-2].split("_"))
            self.assertEqual(events.wrong_fields(getattr(events.messages_of(service), name).FromString(data)), [])


    # --- the national portal and receipts

    def statuses(self):
        """Dossier -> statuses the portal was told, in their order."""
        told = collections.defaultdict(list)
        for record in self.system.portal_records():
            if record["service"] == "DongBoHoSoMC":
                told[record["code"]].append(int(record["status"]))
        return told

    def wanted_statuses(self):
        """Dossier as the ledger names it -> statuses, from the ledger."""
        wanted = collections.defaultdict(list)
        for partition in range(self.system.partitions):
            for _, block in events.effective_blocks(self.system, "intake", partition):
                for leaf in block["leaves"]:
                    wanted[leaf["dossier"]] += [event["payload"]["to_status"] for event in leaf["events"] if event["type"] == "StatusChanged"]
        return [statuses for statuses in wanted.values() if statuses]

    def test_the_portal_knows_every_status_once_though_replies_are_lost_and_processes_killed(self):
        (self.system.directory / "portal.behaviour").write_text(json.dumps({"lose": 10}), encoding="utf-8")
        names = [name for name in self.system.service_processes() if name in ("notification", "lienthong")]
        demo = self.system.demo("--dossiers", 40, "--rate", 20)
        time.sleep(2)
        self.system.processes[names[0]].kill()
        self.system.processes["portal"].kill()
        self.assert_finished(demo, 120)
        wanted = collections.Counter(tuple(statuses) for statuses in self.wanted_statuses())
        total = sum(sum(1 for _ in statuses) * count for statuses, count in wanted.items())
        # The step of a status is told after the status.
        self.eventually(120, lambda: sum(record["service"] == "CapNhatTienDoHoSoMC" for record in self.system.portal_records()),
                        lambda count: count >= total)
        records = self.system.portal_records()
        self.assertEqual([record for record in records if record["fault"] or record["doubled"]], [])
        self.assertEqual(sum(record["service"] == "CapNhatTienDoHoSoMC" for record in records), total)
        # One dossier there for each here: none is told under its id before it has a code.
        self.assertEqual(len(self.statuses()), wanted.total())
        last = collections.Counter(told[-1] for told in self.statuses().values())
        self.assertEqual(last[10], sum(count for statuses, count in wanted.items() if statuses[-1] == 10))
        for told in self.statuses().values():
            self.assertTrue(all(after > before or before == 5 for before, after in zip(told, told[1:])), told)

    def test_a_provider_reports_by_http(self):
        with cases.api.Client(self.system, "demo") as desk:
            applicant = desk.intake_messages.Applicant(full_name="Nguyễn Thị Ví Dụ", identity_number="000000000001", phone="0905000000")
            dossier = desk.receive("H47.22.01", "1.001776", applicant=applicant).dossier
        with notification_cases.Notification(self.system) as notification:
            def sent():
                return notification.of(dossier.dossier_id).get(("received", "sms"))

            def phase(notice):
                return notification.events.NoticePhase.Name(notice.phase) if notice else ""
            notice = self.eventually(30, sent, lambda seen: phase(seen) == "NOTICE_PHASE_PENDING")
            status = self.eventually(20, lambda: self.report(notice.key, "delivered"), lambda answer: answer == 204)
            self.assertEqual(status, 204)
            self.eventually(20, sent, lambda seen: phase(seen) == "NOTICE_PHASE_DELIVERED")
        self.assertEqual(self.report(notice.key, "delivered"), 204, "as often as it likes")
        self.assertEqual(self.report(notice.key, "delivered", key=b"somebody else's key"), 401)

    def report(self, notice, status, key=None):
        """A receipt as the gateway sends it; returns the HTTP status."""
        secret = key or (self.system.secrets / "receipts").read_bytes().strip()
        body = json.dumps({"id": notice, "status": status}).encode()
        moment = str(int(time.time()))
        signature = base64.b64encode(hmac.new(secret, b"r1." + moment.encode() + b"." + body, hashlib.sha256).digest()).decode()
        request = urllib.request.Request(f"https://127.0.0.1:{self.system.receipts_port}/receipts/sms-gateway", body, {
            "webhook-id": "r1", "webhook-timestamp": moment, "webhook-signature": f"v1,{signature}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20, context=ssl.create_default_context(cafile=self.system.certificates / "ca.pem")) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code


class Embedded(WebhookCases, cases.Base):
    edition = "embedded"


class Kafka(WebhookCases, cases.Base):
    edition = "kafka"
