"""A client in another language, generated from proto/, does an agency's whole work."""
import queue
import time

import cases

import api


class Stream:
    """A work stream whose answers are put in from outside."""

    def __init__(self, client, agency, cursor=b""):
        self.client, self.requests = client, queue.SimpleQueue()
        start = client.agency_messages.StreamWorkStart(agency=agency, cursor=cursor)
        self.requests.put(client.agency_messages.StreamWorkRequest(start=start))
        self.call = client.agency.StreamWork(iter(self.requests.get, None), timeout=30)
        self.cursor = cursor

    def until(self, wanted):
        """Reads until `wanted(response)` is true; the cursor is that of the last message with one."""
        for response in self.call:
            self.cursor = response.cursor or self.cursor
            if wanted(response):
                return response
        raise AssertionError("the stream ended")

    def answer(self, item, **answer):
        answers = [self.client.agency_messages.WorkAnswer(header=self.client.header(), work=item.work, **answer)]
        self.requests.put(self.client.agency_messages.StreamWorkRequest(answers=self.client.agency_messages.AnswerWorkRequest(answers=answers)))
        request_id = answers[0].header.request_id
        result = self.until(lambda response: any(one.request_id == request_id for one in response.results))
        return next(one for one in result.results if one.request_id == request_id)

    def close(self):
        self.requests.put(None)
        self.call.cancel()


class ForeignClient(cases.Base):
    edition = "embedded"

    def item_of(self, stream, dossier_id):
        response = stream.until(lambda one: any(item.work.dossier_id == dossier_id for item in one.items))
        return next(item for item in response.items if item.work.dossier_id == dossier_id)

    def test_submits_streams_answers_reconnects_and_reads_the_result(self):
        agency = "H47.22.01"
        with api.Client(self.system, "agency-h47.22.01") as client:
            messages = client.agency_messages
            stream = Stream(client, agency)
            stream.until(lambda response: response.snapshot_complete)
            # Extracts from the register: one desk, the same day.
            received = client.receive(agency, "2.000635")
            dossier_id = received.dossier.dossier_id
            self.assertTrue(received.dossier.dossier_code)
            item = self.item_of(stream, dossier_id)
            self.assertEqual(item.state, messages.WORK_STATE_OFFERED)
            accepted = stream.answer(item, accept=messages.Acceptance(receipt_code="SO-1"))
            self.assertEqual(accepted.WhichOneof("outcome"), "result", accepted)
            cursor = stream.cursor
            stream.close()

            # What came while nobody listened arrives behind the cursor, without the open work again.
            second = client.receive(agency, "2.000635").dossier.dossier_id
            stream = Stream(client, agency, cursor)
            again = self.item_of(stream, second)
            self.assertEqual(again.state, messages.WORK_STATE_OFFERED)
            completed = stream.answer(item, complete=messages.Completion(results=[messages.ResultComponent(code="trich_luc", count=1)]))
            self.assertEqual(completed.WhichOneof("outcome"), "result", completed)
            stream.close()

            end = time.monotonic() + 10
            while client.dossier(dossier_id).status != client.intake_messages.DOSSIER_STATUS_PROCESSED:
                self.assertLess(time.monotonic(), end, client.dossier(dossier_id))
                time.sleep(0.1)
            work = client.agency.GetWork(messages.GetWorkRequest(work=item.work, purpose="test"), timeout=10)
            self.assertIn(work.item.state, (messages.WORK_STATE_COMPLETED, messages.WORK_STATE_CONFIRMED))

    def test_asks_a_server_for_its_services(self):
        """By reflection, as grpcurl does. The messages are written by hand: Debian has no Python form of the reflection service."""
        with api.Client(self.system, "demo") as client:
            ask = client.channels[0].stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
            [answer] = ask(iter([b"\x3a\x00"]), timeout=10)  # list_services = ""
        for name in ("lienthong.intake.v1.IntakeService", "lienthong.agency.v1.AgencyService", "grpc.health.v1.Health"):
            self.assertIn(name.encode(), answer)


def load_tests(*_):
    return cases.load(ForeignClient)
