"""What a receiver outside has got is compared with what the ledgers say it was given."""
import json
import types
import unittest

import history
import receivers
import records

DOSSIER = bytes(range(16))
NOW, LATER = 1000, 2_000_000_000
KEYS = [bytes([number]) * 16 for number in (1, 2)]


class Notices:
    """What one channel has brought; mixed into a case with a `channel` and `message`."""

    def setUp(self):
        self.events = records.generated("lienthong.notification.v1.events")
        self.decisions = []

    def decide(self, name, event):
        event_type = self.events.EventType.Value(f"EVENT_TYPE_{name}")
        leaf = types.SimpleNamespace(dossier_id=DOSSIER, events=[types.SimpleNamespace(type=event_type, payload=event.SerializeToString())])
        self.decisions.append(types.SimpleNamespace(leaf=leaf))

    def notice(self, number, key, origin="intake/1", channel=None, send_at=LATER):
        way = self.events.Way(channel=self.events.Channel.Value(f"CHANNEL_{channel or self.channel}"))
        self.decide("NOTICE_CREATED", self.events.NoticeCreated(notice=number, key=key, origin=origin, rule="received", recipient="applicant", way=way,
                                                               send_at=send_at))

    def hand_over(self, number):
        self.decide("NOTICE_HANDED_OVER", self.events.NoticeHandedOver(notice=number))

    def check(self, *messages):
        findings = history.Findings()
        ledgers = {("notification", 0): types.SimpleNamespace(decisions=self.decisions)}
        receivers.check_messages(ledgers, {self.channel: list(messages)}, findings, NOW)
        return findings

    def test_nothing_is_found_where_each_notice_came_once(self):
        self.notice(1, KEYS[0])
        self.notice(2, KEYS[1], origin="intake/2")
        self.hand_over(1)
        findings = self.check(self.message(KEYS[0]))
        self.assertTrue(findings.clean, findings.examples)

    def test_a_repeated_message_is_counted_and_not_found(self):
        self.notice(1, KEYS[0])
        self.hand_over(1)
        findings = self.check(self.message(KEYS[0]), self.message(KEYS[0]))
        self.assertTrue(findings.clean, findings.examples)
        self.assertEqual(findings.totals[receivers.RECEIVERS[self.channel][2]], 1)

    def test_a_notice_that_was_handed_over_and_never_came_is_lost(self):
        self.notice(1, KEYS[0])
        self.hand_over(1)
        self.assertEqual(self.check().line(), "1 lost, 0 doubled, 0 out of order")

    def test_a_notice_that_was_due_and_of_which_nothing_was_heard_is_lost(self):
        self.notice(1, KEYS[0], send_at=1)
        self.assertEqual(self.check().line(), "1 lost, 0 doubled, 0 out of order")
        self.decide("NOTICE_PUT_OFF", self.events.NoticePutOff(notice=1, until=LATER))
        self.assertTrue(self.check().clean)
        self.decide("NOTICE_RETRIED", self.events.NoticeRetried(notice=1, send_at=1))
        self.assertFalse(self.check().clean)
        self.decide("NOTICE_FAILED", self.events.NoticeFailed(notice=1))
        self.assertTrue(self.check().clean)

    def test_a_message_that_nobody_decided_is_found(self):
        self.assertEqual(self.check(self.message(KEYS[0])).line(), "1 lost, 0 doubled, 0 out of order")

    def test_a_message_under_the_key_of_another_channel_is_found(self):
        self.notice(1, KEYS[0], channel="PORTAL")
        self.assertEqual(self.check(self.message(KEYS[0])).line(), "1 lost, 0 doubled, 0 out of order")

    def test_a_notice_whose_delivery_was_told_and_that_never_came_is_lost(self):
        self.notice(1, KEYS[0])
        self.decide("NOTICE_DELIVERED", self.events.NoticeDelivered(notice=1))
        self.assertEqual(self.check().line(), "1 lost, 0 doubled, 0 out of order")

    def test_two_notices_of_one_event_to_one_person_are_doubled(self):
        self.notice(1, KEYS[0])
        self.notice(2, KEYS[1])
        self.assertEqual(self.check().line(), "0 lost, 1 doubled, 0 out of order")

    def test_one_key_for_two_notices_is_doubled(self):
        self.notice(1, KEYS[0])
        self.notice(2, KEYS[0], origin="intake/2")
        self.assertEqual(self.check().line(), "0 lost, 1 doubled, 0 out of order")

    def test_two_messages_under_one_key_are_doubled(self):
        self.notice(1, KEYS[0])
        self.hand_over(1)
        self.assertEqual(self.check(self.message(KEYS[0]), self.message(KEYS[0], "khác")).line(), "0 lost, 1 doubled, 0 out of order")


class Mail(Notices, unittest.TestCase):
    channel = "EMAIL"

    def message(self, key, to="nguoi-nop@example.vn"):
        return {"key": key.hex(), "to": to, "subject": "Hồ sơ đã được tiếp nhận", "body": "Kính gửi", "copies": 1}


class Texts(Notices, unittest.TestCase):
    channel = "SMS"

    def message(self, key, text="Ho so da duoc tiep nhan."):
        body = json.dumps({"id": key.hex(), "from": "DICHVUCONG", "to": "+84905000001", "text": text})
        return receivers.text_message({"path": "/sms", "headers": {"Idempotency-Key": key.hex()}, "body": body})


class Webhooks(unittest.TestCase):
    LEDGER = bytes(16)
    TYPES = {"vn.lienthong.intake.dossier_accepted.v1"}

    def setUp(self):
        enum = records.generated("lienthong.intake.v1.events").EventType
        wanted, other = enum.Value("EVENT_TYPE_DOSSIER_ACCEPTED"), enum.Value("EVENT_TYPE_STATUS_CHANGED")
        decisions = []
        for number in (1, 2):
            block = types.SimpleNamespace(ledger_id=self.LEDGER, block_seq=number)
            leaf = types.SimpleNamespace(dossier_id=DOSSIER, events=[types.SimpleNamespace(type=other), types.SimpleNamespace(type=wanted)])
            decisions.append(types.SimpleNamespace(block=block, index=0, leaf=leaf))
        self.ledgers = {("intake", 0): types.SimpleNamespace(decisions=decisions)}

    def test_types_of_a_ledger_with_a_hyphen_are_named_as_the_relay_names_them(self):
        for ledger, wanted in (("agency-processing", "vn.lienthong.agency_processing.leg_accepted.v1"),
                               ("postal-dispatch", "vn.lienthong.postal_dispatch.shipment_ordered.v1")):
            self.assertEqual(list(receivers.event_numbers({wanted}, ledger).values()), [wanted])

    def line(self, block, key=None, place="0.1", status=204):
        return {"event": f"{self.LEDGER.hex()}/0/{block}/{place}", "key": key or f"k{block}", "subject": "A", "status": status}

    def check(self, *lines):
        findings = history.Findings()
        receivers.check_webhooks(self.ledgers, self.TYPES, list(lines), findings)
        return findings

    def test_nothing_is_found_where_each_event_came_in_order(self):
        findings = self.check(self.line(1, status=503), self.line(1), self.line(1), self.line(2), {**self.line(1), "event": "test/1"})
        self.assertTrue(findings.clean, findings.examples)
        self.assertEqual(findings.totals["webhook repeats"], 1)

    def test_an_event_that_never_came_is_lost(self):
        self.assertEqual(self.check(self.line(1), self.line(2, status=503)).line(), "1 lost, 0 doubled, 0 out of order")

    def test_an_event_nobody_subscribed_to_is_found(self):
        self.assertEqual(self.check(self.line(1), self.line(1, key="k3", place="0.0"), self.line(2)).counts["lost"], 1)

    def test_a_later_event_before_an_earlier_one_is_out_of_order(self):
        self.assertEqual(self.check(self.line(2), self.line(1)).line(), "0 lost, 0 doubled, 1 out of order")

    def test_one_event_under_two_keys_is_doubled(self):
        self.assertEqual(self.check(self.line(1), self.line(1, key="k9"), self.line(2)).line(), "0 lost, 1 doubled, 0 out of order")

    def test_two_events_under_one_key_are_doubled(self):
        self.assertEqual(self.check(self.line(1), self.line(2, key="k1")).line(), "0 lost, 1 doubled, 0 out of order")


if __name__ == "__main__":
    unittest.main()
