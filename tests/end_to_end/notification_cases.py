"""What the people of a dossier are told by a running system, the same on both editions: seen at the receiver, a mail server that
delivers nothing."""
import json
import pathlib
import shutil
import tempfile
import time

import cases
from cases import ROOT, api
import grpc

DESK, PROCEDURE = "H47.22.01", "1.001776"


class Notification:
    """Calls NotificationService as one principal."""

    def __init__(self, system, principal="operator"):
        self.messages = api.module("lienthong.notification.v1.notification_service")
        self.events = api.module("lienthong.notification.v1.events")
        settings = system.client_settings(principal)
        self.channel = api.channel(settings["LIENTHONG_NOTIFICATION_ADDRESS"], settings["LIENTHONG_TLS_CA"], settings["LIENTHONG_TLS_CERT"],
                                   settings["LIENTHONG_TLS_KEY"])
        self.stub = api.module("lienthong.notification.v1.notification_service", services=True).NotificationServiceStub(self.channel)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def of(self, dossier_id):
        """Notices of a dossier: (event, channel) -> notice."""
        try:
            answer = self.stub.ListDossierNotices(self.messages.ListDossierNoticesRequest(dossier_id=dossier_id), timeout=10)
        except grpc.RpcError as error:
            # Not read so far, or on its way through a restart.
            if error.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNAVAILABLE):
                return {}
            raise
        return {(notice.event, self.events.Channel.Name(notice.way.channel).removeprefix("CHANNEL_").lower()): notice for notice in answer.notices}


def import_impatient_catalogue(system):
    """Notices at any time of the day, and without the patience of real providers."""
    with tempfile.TemporaryDirectory() as directory:
        catalogue = pathlib.Path(directory) / "catalogue"
        shutil.copytree(ROOT / "deploy/catalogue", catalogue)
        notices = catalogue / "notices.yaml"
        text = notices.read_text(encoding="utf-8")
        text = text.replace('quiet_hours: {from: "21:00", until: "07:00"}', 'quiet_hours: {from: "00:00", until: "00:00"}')
        notices.write_text(text.replace("first_backoff_seconds: 60, max_backoff_seconds: 3600", "first_backoff_seconds: 1, max_backoff_seconds: 4"),
                           encoding="utf-8")
        system.import_catalogue(catalogue)


class NotificationCases:
    """Mixed into a `cases.Base` with an edition."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            import_impatient_catalogue(cls.system)
        except BaseException:
            cls.system.stop()
            raise

    def eventually(self, seconds, look, fits):
        end = time.monotonic() + seconds
        while True:
            seen = look()
            if fits(seen):
                return seen
            if time.monotonic() > end:
                self.fail(f"not so within {seconds} s: {seen}\n{self.system.logs()}")
            time.sleep(0.1)

    def phase(self, notification, notice):
        return notification.events.NoticePhase.Name(notice.phase).removeprefix("NOTICE_PHASE_") if notice else None

    def applicant(self, desk, email, name="Nguyễn Thị Ví Dụ", phone=""):
        return desk.intake_messages.Applicant(full_name=name, identity_number="000000000001", email=email, phone=phone)

    def receive(self, email, phone="", **fields):
        with api.Client(self.system, "demo") as desk:
            authorised = fields.pop("authorised", None)
            if authorised:
                fields["authorised"] = self.applicant(desk, authorised, "Trần Văn Ủy Quyền")
            return desk.receive(DESK, PROCEDURE, applicant=self.applicant(desk, email, phone=phone), **fields).dossier

    def settled(self, notification, dossier_id, what, phase, seconds=30):
        return self.eventually(seconds, lambda: notification.of(dossier_id),
                               lambda seen: self.phase(notification, seen.get(what)) == phase)[what]

    def mail_to(self, address):
        return [message for message in self.system.mail() if message["to"] == address]

    def test_the_applicant_is_told_of_the_receipt_by_mail_and_portal(self):
        dossier = self.receive("nguoi-nop@example.vn")
        with Notification(self.system) as notification:
            notice = self.settled(notification, dossier.dossier_id, ("received", "email"), "SENT")
            portal = notification.of(dossier.dossier_id)[("received", "portal")]
        [message] = self.mail_to("nguoi-nop@example.vn")
        self.assertEqual(message["key"], notice.key)
        self.assertEqual(message["subject"], f"Hồ sơ {dossier.dossier_code} đã được tiếp nhận")
        self.assertIn("Kính gửi Nguyễn Thị Ví Dụ", message["body"])
        self.assertEqual(notice.masked_address, "n***@example.vn")
        self.assertIn(dossier.dossier_code, portal.subject)
        self.assertNotIn("Ví Dụ", str(portal))

    def test_an_authorised_person_is_told_instead_and_in_english_if_wanted(self):
        dossier = self.receive("chu-ho-so@example.vn", authorised="uy-quyen@example.vn", english_notices=True)
        with Notification(self.system) as notification:
            self.settled(notification, dossier.dossier_id, ("received", "email"), "SENT")
        self.assertEqual(self.mail_to("chu-ho-so@example.vn"), [])
        [message] = self.mail_to("uy-quyen@example.vn")
        self.assertEqual(message["subject"], f"Dossier {dossier.dossier_code} is received")
        self.assertIn("Dear Trần Văn Ủy Quyền", message["body"])

    def test_another_channel_is_taken_and_an_operator_may_try_again(self):
        dossier = self.receive("permanent-failure@example.vn", phone="0905000000")
        with Notification(self.system) as notification:
            failed = self.settled(notification, dossier.dossier_id, ("received", "email"), "PERMANENT_FAILURE")
            self.assertEqual(failed.reason_code, "SMTP_550")
            text = self.settled(notification, dossier.dossier_id, ("received", "sms"), "PENDING")
            self.assertEqual(text.masked_address, "090***00")
        listed = json.loads(self.system.ltctl("notice", "list", "--state", "permanent-failure", "-o", "json").stdout)["notices"]
        self.assertIn(dossier.dossier_id, [notice["dossier_id"] for notice in listed])
        shown = self.system.ltctl("notice", "get", dossier.dossier_code, failed.number).stdout
        self.assertIn("permanent-failure", shown)
        self.system.ltctl("notice", "retry", dossier.dossier_code, failed.number, "--reason", "PROVIDER_REPAIRED", "--actor", "anh")
        with Notification(self.system) as notification:
            self.eventually(20, lambda: notification.of(dossier.dossier_id)[("received", "email")],
                            lambda notice: notice.attempts == 2 and self.phase(notification, notice) == "PERMANENT_FAILURE")
        again = self.system.ltctl("notice", "retry", dossier.dossier_code, text.number, "--reason", "ASKED", "--actor", "anh", check=False)
        self.assertIn("NOTICE_NOT_FAILED", again.stdout + again.stderr)

    def test_a_template_can_be_seen_before_it_is_sent(self):
        shown = self.system.ltctl("notice", "preview", "received_sms/1", "--value", "dossier_code=000.01.22.H47-260302-0001").stdout
        self.assertIn("Ho so 000.01.22.H47-260302-0001 da duoc tiep nhan", shown)
        self.assertRegex(shown, r"length \d+ / 160")
        refused = self.system.ltctl("notice", "preview", "received_sms/1", check=False)
        self.assertIn("dossier_code", refused.stdout + refused.stderr)

    def test_a_line_lost_behind_a_message_is_told_by_its_key(self):
        dossier = self.receive("drop@example.vn")
        with Notification(self.system) as notification:
            notice = self.settled(notification, dossier.dossier_id, ("received", "email"), "SENT")
        taken = self.mail_to("drop@example.vn")
        self.assertEqual([message["key"] for message in taken], [notice.key] * 2)
        self.assertEqual(notice.attempts, 2)

    def test_a_stranger_sees_no_notices(self):
        dossier = self.receive("rieng@example.vn")
        with Notification(self.system) as notification:
            self.settled(notification, dossier.dossier_id, ("received", "email"), "SENT")
        with Notification(self.system, "agency-h47.22.02") as other:
            self.assertEqual(other.of(dossier.dossier_id), {})

    def test_killed_processes_and_a_killed_receiver_lose_and_double_nothing(self):
        names = [name for name in self.system.service_processes() if name in ("notification", "lienthong")]
        dossiers = []
        for number in range(60):
            dossiers.append((self.receive(f"tai-{number}@example.vn"), f"tai-{number}@example.vn"))
            if number % 20 == 9:
                self.system.processes[names[0]].kill()
                self.system.wait_serving(names[0], 60)
            if number % 20 == 14:
                self.system.processes["smtp-sink"].kill()
        repeats = 0
        with Notification(self.system) as notification:
            for dossier, address in dossiers:
                notice = self.settled(notification, dossier.dossier_id, ("received", "email"), "SENT", 60)
                keys = [message["key"] for message in self.mail_to(address)]
                self.assertEqual(set(keys), {notice.key}, "one key for one notice, and it arrived")
                repeats += len(keys) - 1
        print(f"{len(dossiers)} notices, {repeats} recognised repeats")
        self.assert_verified()


class Embedded(NotificationCases, cases.Base):
    edition = "embedded"


class Kafka(NotificationCases, cases.Base):
    edition = "kafka"
