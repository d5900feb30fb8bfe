"""Personal data and free texts are nowhere in clear, neither before nor after their erasure."""
import base64
import os
import pathlib
import time
import urllib.request
import uuid

import cases
import monitoring_cases
import parked_cases

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


class Walk:
    """Takes dossiers further, with a canary in every free text that somebody adds on the way. `marks`: all of them; `told`:
    those that the applicant is written."""

    HOME, BY_POST = "H47.22.02", "2.000635"

    def __init__(self, test, desk):
        self.test, self.desk, self.marks, self.told = test, desk, [], []

    def mark(self, told=False):
        made = canary()
        self.marks.append(made.encode())
        if told:
            self.told.append(made.encode())
        return made

    def all(self):
        self.refused()
        self.withdrawn()
        self.refused_by_an_agency()
        self.supplemented()
        self.posted()

    def application(self, procedure, **fields):
        applicant = self.desk.intake_messages.Applicant(full_name=self.mark(told=True), identity_number=self.mark(), email="nguoi-nop@example.vn")
        return self.desk.application(self.HOME, procedure, applicant=applicant, **fields)

    def submit(self, procedure, **fields):
        request = self.desk.intake_messages.SubmitDossierRequest(header=self.desk.header(self.HOME), application=self.application(procedure, **fields))
        return self.desk.intake.SubmitDossier(request, timeout=10).dossier.dossier_id

    def accept(self, dossier_id):
        request = self.desk.intake_messages.AcceptSubmissionRequest(header=self.desk.header(), dossier_id=dossier_id)
        self.desk.intake.AcceptSubmission(request, timeout=10)
        return dossier_id

    def soon(self, call, request):
        """As soon as the service has heard of what it answers to."""
        early = (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ABORTED, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNAVAILABLE)

        def ask():
            request.header.CopyFrom(self.desk.header())
            try:
                return call(request, timeout=10)
            except grpc.RpcError as error:
                if error.code() in early:
                    return error
                raise
        monitoring_cases.eventually(self.test, 30, ask, lambda seen: not isinstance(seen, grpc.RpcError))

    def answer(self, call, dossier_id, attempt=1, **answer):
        """What the agency of the first leg says to an offer."""
        messages = self.desk.agency_messages
        work = messages.WorkRef(dossier_id=dossier_id, leg=1, attempt=attempt)
        self.soon(getattr(self.desk.agency, call), getattr(messages, f"{call}Request")(work=work, **answer))

    def until_status(self, dossier_id, status):
        monitoring_cases.eventually(self.test, 60, lambda: self.desk.dossier(dossier_id).status, lambda seen: seen == status)

    def until_told(self):
        """Until the applicant is written everything so far; what is no longer so is not sent any more."""
        monitoring_cases.eventually(self.test, 60, lambda: "".join(message["body"] for message in self.test.system.mail()).encode(),
                                    lambda seen: all(mark in seen for mark in self.told))

    def refused(self):
        request = self.desk.intake_messages.RefuseDossierRequest(header=self.desk.header(), dossier_id=self.submit("1.001776"),
                                                                 reason_code="OUT_OF_COMPETENCE", reason=self.mark(told=True))
        self.desk.intake.RefuseDossier(request, timeout=10)

    def withdrawn(self):
        request = self.desk.intake_messages.WithdrawDossierRequest(header=self.desk.header(), dossier_id=self.accept(self.submit("1.001776")),
                                                                   reason=self.mark())
        self.desk.intake.WithdrawDossier(request, timeout=10)

    def refused_by_an_agency(self):
        dossier_id = self.accept(self.submit(self.BY_POST))
        # Offered again once; then the desk has to decide.
        for attempt in (1, 2):
            self.answer("RefuseWork", dossier_id, attempt,
                        refuse=self.desk.agency_messages.Refusal(reason_code="OUT_OF_COMPETENCE", reason=self.mark()))
        routing = api.module("lienthong.routing.v1.routing_service")
        settings = self.test.system.client_settings("operator")
        with api.channel(settings["LIENTHONG_ROUTING_ADDRESS"], settings["LIENTHONG_TLS_CA"], settings["LIENTHONG_TLS_CERT"],
                         settings["LIENTHONG_TLS_KEY"]) as channel:
            stub = api.module("lienthong.routing.v1.routing_service", services=True).RoutingServiceStub(channel)
            self.soon(stub.RefuseFinally, routing.RefuseFinallyRequest(dossier_id=dossier_id, reason_code="OUT_OF_COMPETENCE", reason=self.mark(told=True)))
        self.until_status(dossier_id, 8)

    def supplemented(self):
        messages, dossier_id = self.desk.agency_messages, self.accept(self.submit(self.BY_POST))
        self.answer("AcceptWork", dossier_id, accept=messages.Acceptance())
        self.answer("AskSupplement", dossier_id, demand=messages.SupplementDemand(reason_code="PAPERS_MISSING", reason=self.mark(told=True)))
        self.until_told()
        request = self.desk.intake_messages.RecordSupplementRequest(
            header=self.desk.header(), dossier_id=dossier_id, note=self.mark(), form=[self.desk.intake_messages.FormField(name="sua", value=self.mark())],
            components=[self.desk.intake_messages.Component(code="don", title=self.mark(), count=1)])
        self.desk.intake.RecordSupplement(request, timeout=10)
        self.until_status(dossier_id, 4)
        self.answer("CompleteWork", dossier_id, complete=messages.Completion(note=self.mark()))
        self.until_status(dossier_id, 9)

    def posted(self):
        """An address reaches the carrier, which is meant to have it, and who took the item comes back from it."""
        post = api.module("lienthong.postal.v1.values")
        places = [post.Address(name=self.mark(), phone="0905000002", line=self.mark(), commune=self.mark(), province="Quảng Nam") for _ in range(2)]
        dossier_id = self.submit(self.BY_POST, post=self.desk.intake_messages.PostalRequest(carrier="sample-express", pick_up_at=places[0], deliver_to=places[1]))
        self.accept(dossier_id)
        self.answer("CompleteWork", dossier_id, complete=self.desk.agency_messages.Completion(accept=True, note=self.mark()))
        self.until_status(dossier_id, 10)
        carried = (self.test.system.directory / "carrier.jsonl").read_text(encoding="utf-8")
        for place in places:
            self.test.assertTrue(place.name in carried and place.line in carried, "the carrier does not know where to go")
        scans = self.test.system.carrier("/track?since=0&limit=1000")["scans"]
        proofs = [scan["proof"] for scan in scans if "proof" in scan and scan["proof"]["receiverName"] == places[1].name]
        self.test.assertTrue(proofs, "nobody has told who took the item")
        for proof in proofs:
            digits = proof["lastDigits"].encode()
            # Four digits alone stand anywhere: as a protobuf field and as JSON would have them.
            self.marks += [b"\x12\x04" + digits, b'igits":"' + digits, b'igits": "' + digits]


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

    def operator_notes(self, desk):
        """A canary in what an operator writes about a parked dossier; empty where none can be parked."""
        del desk
        return []

    def assert_not_shown(self, sealed, marks):
        """Nor do the numbers, the views across services and what leaves the system show one. What each shows is looked for too, so
        that an output that is empty, or in another form, is no success."""
        codes = [code.encode() for _, code, *_ in sealed]
        metrics = b"".join(urllib.request.urlopen(f"http://{address}/metrics", timeout=10).read() for address in self.system.metrics.values())
        shown = [("metrics", metrics, [b"lienthong_serving", b'lienthong_webhook_deliveries_total{subscription="trial"']), *self.views(sealed, codes),
                 *self.told(codes)]
        for name, output, needles in shown:
            self.assertEqual([needle for needle in needles if needle not in output], [], f"the scan does not see what {name} shows")
            self.assertEqual([mark for mark in marks if mark in output], [], name)

    def views(self, sealed, codes):
        with monitoring_cases.Monitoring(self.system) as monitoring:
            timelines = []
            for dossier_id, code, *_ in sealed:
                timeline = monitoring_cases.eventually(self, 30, lambda one=dossier_id: monitoring.timeline(one), lambda seen: seen.complete)
                self.assertEqual(timeline.dossier.dossier_code, code)
                timelines.append(timeline.SerializeToString())
            return [("the timelines", b"".join(timelines), codes), ("the flow", str(monitoring.flow()).encode(), [b"notification"])]

    def told(self, codes):
        """What left the system without being meant for a person: public events, pushed and read, and text messages. (output, what
        it shows, what must be found in it)"""
        pushed = monitoring_cases.eventually(self, 60, lambda: b"".join(base64.b64decode(record["data"]) for record in self.system.webhook_records() if "data" in record),
                                             lambda seen: all(code in seen for code in codes))
        texts = monitoring_cases.eventually(self, 60, self.system.text_messages, lambda seen: len(seen) >= TOLD_BY_TEXT)
        self.assertTrue(all(text["to"].endswith(PHONE[1:]) and any(code.decode() in text["text"] for code in codes) for text in texts), texts)
        read = self.system.ltctl("event", "tail", "--from", "begin", "--no-follow", "-o", "json").stdout.encode()
        monitoring_cases.eventually(self, 60, lambda: {message["to"] for message in self.system.mail()}, lambda seen: len(seen) >= DOSSIERS - TOLD_BY_TEXT)
        return [("the subscriber", pushed, codes), ("the text messages", str(texts).encode(), codes[:TOLD_BY_TEXT]), ("the event stream", read, codes)]

    def test_no_canary_is_found_in_clear_before_and_after_erasure(self):
        directory = self.system.directory
        received = {directory / name for name in RECEIVED}
        with api.Client(self.system, "demo") as desk:
            sealed = [self.seal(desk, number) for number in range(DOSSIERS)]
            walk = Walk(self, desk)
            walk.all()
            notes = self.operator_notes(desk)
            marks = [mark for _, _, *canaries in sealed for some in canaries for mark in some] + walk.marks
            walk.until_told()
            # The scan must be able to find something: this mark stands in a field that is not personal.
            clear = canary()
            header = desk.header("H47.22.01")
            header.actor = clear
            desk.receive("H47.22.01", "1.001776", header=header)
            self.flush()
            self.assertTrue(files_with(directory, [clear.encode()]), "the scan does not see what stands in the ledger in clear")
            self.assertEqual(files_with(directory, marks, received), [])
            # The file that is kept for operators' words is the one place that has them.
            self.assertEqual(files_with(directory, notes, {directory / "data/routing/audit.log"}), [])
            self.assert_not_shown(sealed, marks + notes)

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


class PrivacyOnKafka(Privacy, parked_cases.Parking, cases.Base):
    edition = "kafka"

    def operator_notes(self, desk):
        note = canary()
        with monitoring_cases.Monitoring(self.system) as monitoring:
            dossier_id = self.park(monitoring, desk)
            self.system.ltctl("parked", "resume", dossier_id, "--reason", "REPAIRED", "--actor", "anh", "--note", note)
            monitoring_cases.eventually(self, 30, lambda: monitoring.timeline(dossier_id).entries,
                                        lambda seen: any(event.name == "LegOffered" for entry in seen for event in entry.events))
        self.assertIn(note, (self.system.directory / "data/routing/audit.log").read_text(encoding="utf-8"))
        return [note.encode()]


class PrivacyEmbedded(Privacy, cases.Base):
    edition = "embedded"


def load_tests(*_):
    return cases.load(PrivacyOnKafka, PrivacyEmbedded)
