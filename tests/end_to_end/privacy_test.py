"""Personal data and free texts are nowhere in clear, neither before nor after their erasure."""
import base64
import os
import pathlib
import time
import urllib.request
import uuid

import cases
import monitoring_cases

import api
import grpc

DOSSIERS = 100
# Their mail can't be brought, so that they are told by a text message.
TOLD_BY_TEXT = 10
PHONE = "0905000001"
# Whoever gets these is meant to: a letter, a parcel and the national portal carry a name.
RECEIVED = ("mail.jsonl", "carrier.jsonl", "portal.jsonl")


def canary():
    return "canary" + uuid.uuid4().hex


def files_with(directory, needles, skip=()):
    """Files that hold one of the needles (bytes), read whole: segments, databases, dumps, logs."""
    found = []
    for folder, _, names in os.walk(directory):
        for name in names:
            path = pathlib.Path(folder) / name
            if path in skip or not path.is_file():
                continue
            data = path.read_bytes()
            found += [f"{path}: {needle.decode()}" for needle in needles if needle in data]
    return found


class Privacy:
    webhooks = True
    texts = True

    def seal(self, desk, number):
        """One dossier with a canary in every personal and free-text field. Returns its id, code, canaries and those of its address."""
        marks = [canary() for _ in range(19)]
        messages, post = desk.intake_messages, api.module("lienthong.postal.v1.values")
        by_text = number < TOLD_BY_TEXT
        applicant = messages.Applicant(full_name=marks[0], identity_number=marks[1], birth_date=marks[2], address=marks[3],
                                       phone=PHONE if by_text else marks[4], email="permanent-failure@example.vn" if by_text else f"{marks[5]}@example.vn")
        # Of a third of them somebody else is told.
        proxy = messages.Applicant(full_name=marks[9], identity_number=marks[10], birth_date=marks[11], address=marks[12], phone=marks[13],
                                   email=f"{marks[14]}@example.vn") if number % 3 == 2 and not by_text else None
        address = post.Address(name=marks[15], phone=marks[16], line=marks[17], commune=marks[18], province="Quảng Nam")
        home = f"H47.22.{number % 13 + 1:02d}"
        dossier = desk.receive(home, "1.001776", applicant=applicant, form=[messages.FormField(name="ten_con", value=marks[6])], note=marks[7],
                               authorised=proxy, post=messages.PostalRequest(carrier="sample-express", deliver_to=address),
                               components=[messages.Component(code="don", title=marks[8], count=1, sha256=bytes(32), reference="kho:1")]).dossier
        used = marks[:4] + marks[6:9] + ([] if by_text else marks[4:6]) + (marks[9:15] if proxy else [])
        return dossier.dossier_id, dossier.dossier_code, [mark.encode() for mark in used], [mark.encode() for mark in marks[15:]]

    def flush(self):
        if self.edition == "kafka":
            self.system.redis("save")
        time.sleep(1)

    def assert_not_shown(self, sealed, marks):
        """Nor do the numbers and the views across services show one."""
        shown = [urllib.request.urlopen(f"http://{address}/metrics", timeout=10).read() for address in self.system.metrics.values()]
        self.assertTrue(all(b"lienthong_serving" in text for text in shown))
        with monitoring_cases.Monitoring(self.system) as monitoring:
            for dossier_id, code, *_ in sealed:
                timeline = monitoring_cases.eventually(self, 30, lambda one=dossier_id: monitoring.timeline(one), lambda seen: seen.complete)
                self.assertEqual(timeline.dossier.dossier_code, code)
                shown.append(timeline.SerializeToString())
            shown.append(monitoring.flow().__repr__().encode())
        shown += self.told(sealed)
        self.assertEqual([mark for mark in marks if any(mark in text for text in shown)], [])

    def told(self, sealed):
        """What left the system without being meant for a person: public events, pushed and read, and text messages."""
        codes = {code for _, code, *_ in sealed}
        pushed = monitoring_cases.eventually(self, 60, lambda: b"".join(base64.b64decode(record["data"]) for record in self.system.webhook_records() if "data" in record),
                                             lambda seen: all(code.encode() in seen for code in codes))
        texts = monitoring_cases.eventually(self, 60, self.system.text_messages, lambda seen: len(seen) >= TOLD_BY_TEXT)
        self.assertTrue(all(text["to"].endswith(PHONE[1:]) and any(code in text["text"] for code in codes) for text in texts), texts)
        read = self.system.ltctl("event", "tail", "--from", "begin", "--no-follow", "-o", "json").stdout.encode()
        self.assertTrue(all(code.encode() in read for code in codes))
        monitoring_cases.eventually(self, 60, lambda: {message["to"] for message in self.system.mail()}, lambda seen: len(seen) >= DOSSIERS - TOLD_BY_TEXT)
        return [pushed, str(texts).encode(), read]

    def test_no_canary_is_found_in_clear_before_and_after_erasure(self):
        directory = self.system.directory
        received = {directory / name for name in RECEIVED}
        with api.Client(self.system, "demo") as desk:
            sealed = [self.seal(desk, number) for number in range(DOSSIERS)]
            marks = [mark for _, _, *canaries in sealed for some in canaries for mark in some]
            # The scan must be able to find something: this mark stands in a field that is not personal.
            clear = canary()
            header = desk.header("H47.22.01")
            header.actor = clear
            desk.receive("H47.22.01", "1.001776", header=header)
            self.flush()
            self.assertTrue(files_with(directory, [clear.encode()]), "the scan does not see what stands in the ledger in clear")
            self.assertEqual(files_with(directory, marks, received), [])
            self.assert_not_shown(sealed, marks)

            view = desk.intake_messages.DOSSIER_VIEW_FULL
            dossier_id, code, canaries, _ = sealed[0]
            shown = desk.dossier(dossier_id, view, purpose="test").SerializeToString()
            self.assertTrue(all(mark in shown for mark in canaries), "the content can't be read before it is erased")
            for _, erased_code, *_ in sealed[:10]:
                self.system.ltctl("dossier", "erase", erased_code, "--reason", "citizen's request " + canary())
            try:
                shown = desk.dossier(dossier_id, view, purpose="test").SerializeToString()
            except grpc.RpcError as refused:
                shown = str(refused).encode()
            self.assertFalse([mark for mark in canaries if mark in shown])
            kept = desk.dossier(sealed[-1][0], view, purpose="test").SerializeToString()
            self.assertTrue(all(mark in kept for mark in sealed[-1][2]), "the content of another dossier is gone as well")
        self.flush()
        self.assertEqual(files_with(directory, marks, received), [])
        self.assert_verified()


class PrivacyOnKafka(Privacy, cases.Base):
    edition = "kafka"


class PrivacyEmbedded(Privacy, cases.Base):
    edition = "embedded"


def load_tests(*_):
    return cases.load(PrivacyOnKafka, PrivacyEmbedded)
