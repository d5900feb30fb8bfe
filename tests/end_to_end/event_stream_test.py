"""Public events in the embedded edition, which has no topic: from the ledgers, by gRPC and by the command line."""
import json

import cases
import grpc
import public_events as events


class EventStreams(cases.Base):
    edition = "embedded"

    def read_all(self, service, **request):
        stream = events.Stream(self.system, service, **request)
        stream.start()
        stream.wait_for(0, 30)
        self.assertIsNone(stream.failed)
        return stream

    def test_streams_give_what_the_ledgers_hold_and_go_on_after_a_kill(self):
        before = self.read_all("routing")
        self.assert_finished(self.system.demo("--dossiers", 24, "--rate", 25), 120)
        self.system.processes["lienthong"].kill()
        self.system.wait_serving("lienthong", 60)
        wanted, found = events.in_ledgers(self.system), []
        for service in events.PROTO:
            stream = self.read_all(service)
            found += stream.events
        self.assertEqual(events.until(events.by_place(found), wanted), {place: all_ for place, all_ in wanted.items() if all_})
        for event in found:
            message = getattr(events.messages_of(event.source.rsplit("/", 1)[1]), event.data_schema.rsplit(".", 1)[1])
            self.assertEqual(events.wrong_fields(message.FromString(event.data)), [])
        # Behind the cursor of before the load, of another process's life.
        later = self.read_all("routing", cursor=before.cursor)
        self.assertEqual(before.events + later.events, [event for event in found if event.source.endswith("/routing")])

    def test_the_command_line_shows_them_filters_them_and_goes_on_from_its_cursor(self):
        self.assert_finished(self.system.demo("--dossiers", 6, "--rate", 25), 120)
        wanted = {line[0]: line for all_ in events.in_ledgers(self.system).values() for line in all_}
        shown = self.system.ltctl("event", "tail", "--from", "begin", "--no-follow", "-o", "json")
        documents = [json.loads(line) for line in shown.stdout.splitlines()]
        self.assertEqual(len({document["id"] for document in documents}), len(documents))
        # What was decided since is shown too.
        documents = [document for document in documents if document["id"] in wanted]
        self.assertEqual(len(documents), len(wanted))
        for document in documents:
            self.assertEqual((document["id"], document["type"], document["subject"], document["dataschema"], document["time"],
                              document["recordedtime"]), wanted[document["id"]])
        cursor = shown.stderr.split()[-1]
        again = self.system.ltctl("event", "tail", "--from", cursor, "--no-follow", "-o", "json")
        self.assertEqual({json.loads(line)["id"] for line in again.stdout.splitlines()} & set(wanted), set())

        dossier = documents[0]["subject"]
        only = self.system.ltctl("event", "tail", "--from", "begin", "--no-follow", "--type", "intake.status_changed", "--dossier", dossier)
        count = sum(1 for line in wanted.values() if (line[1], line[2]) == ("vn.lienthong.intake.status_changed.v1", dossier))
        self.assertEqual(len(only.stdout.splitlines()), count)
        self.assertIn(dossier, only.stdout)
        few = self.system.ltctl("event", "tail", "--from", "begin", "--service", "routing", "--limit", 3)
        self.assertEqual(len(few.stdout.splitlines()), 3)

    def test_nobody_reads_without_the_grant(self):
        stream = events.Stream(self.system, "intake", principal="demo")
        stream.start()
        stream.join(timeout=10)
        self.assertEqual(stream.failed.code(), grpc.StatusCode.PERMISSION_DENIED)
        refused = self.system.ltctl("event", "tail", "--from", "begin", principal="demo", check=False)
        self.assertEqual((refused.returncode, refused.stdout), (4, ""))


def load_tests(*_):
    return cases.load(EventStreams)
