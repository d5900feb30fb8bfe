"""An event that can't be decided parks its dossier; operators try, resume or leave it out. Needs routing as a process of its own."""
import json
import struct

from monitoring_cases import Monitoring, eventually
from cases import api

# As ltctl ends.
NOT_ALLOWED, CONFLICT = 4, 5
# Of a decision that ended its process again and again (ledger.md): used, cause, attempts.
SUSPECT = struct.Struct("<B24s3xI")


class Parking:
    """Mixed into a `cases.Base` whose routing is a process of its own."""

    def park(self, monitoring, desk, service="routing", event="DossierAccepted"):
        """A dossier whose first event ended the service three times, as its own note of it says."""
        process = self.system.processes[service]
        process.stop()
        if event == "DossierAccepted":
            dossier_id = desk.receive("H47.22.01", "1.001776").dossier.dossier_id
        else:
            self.assert_finished(self.system.demo("--dossiers", 1), 120)
            handed_over = 10
            [dossier] = eventually(self, 20, lambda: monitoring.search(status=handed_over)[1], lambda seen: len(seen) == 1)
            dossier_id = dossier.dossier_id
        source = eventually(self, 20, lambda: self.first_with(event, monitoring.timeline(dossier_id)), lambda seen: seen is not None)
        place = (source.position.block_seq << 12) | source.index
        cause = self.dossier_bytes(dossier_id) + place.to_bytes(8, "big")
        slot = self.system.directory / "data" / service / f"{service}-{source.position.partition}.suspect"
        slot.write_bytes(SUSPECT.pack(1, cause, 2).ljust(4096, b"\0"))
        process.start()
        self.system.wait_serving(service, 60)
        eventually(self, 20, lambda: [(one.dossier.dossier_id, one.service) for one in monitoring.stuck(kind=monitoring.messages.STUCK_KIND_PARKED).dossiers],
                   lambda seen: (dossier_id, service) in seen)
        return dossier_id

    @staticmethod
    def first_with(event, timeline):
        return next((entry for entry in timeline.entries if any(one.name == event for one in entry.events)), None)

    @staticmethod
    def dossier_bytes(dossier_id):
        import sys
        import pathlib
        sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "checker"))
        import checker
        return checker.dossier_bytes(dossier_id)


class ParkedCases(Parking):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The checker compares with what clients were told; here nobody writes that down.
        (cls.system.directory / "acknowledgements-0.jsonl").touch()

    def parked(self, *arguments, check=True, principal="operator"):
        return self.system.ltctl("parked", *arguments, "-o", "json", check=check, principal=principal)

    def listed(self):
        return {one["dossier_id"]: one for one in json.loads(self.parked("list").stdout)["dossiers"]}

    def events(self, monitoring, dossier_id, service="routing"):
        return [event.name for entry in monitoring.timeline(dossier_id).entries if entry.service == service for event in entry.events]

    def refused(self, *arguments, principal="operator"):
        """Exit code and reason of a word that is refused."""
        result = self.parked(*arguments, check=False, principal=principal)
        return result.returncode, json.loads(result.stderr)["error"]["reason"]

    def test_a_parked_event_is_tried_and_repaired(self):
        with Monitoring(self.system) as monitoring, api.Client(self.system, "demo") as desk:
            dossier_id = self.park(monitoring, desk)
            listed = list(self.listed().values())
            self.assertEqual([one["reason"] for one in listed], ["CRASHED"])
            tried = json.loads(self.parked("try", dossier_id).stdout)
            self.assertTrue(tried["passes"])
            self.assertIn("DossierAccepted", tried["event_names"])
            self.assertIn("LegOffered", tried["events"])
            # Nothing has changed by trying.
            self.assertEqual(list(self.listed().values()), listed)
            self.assertEqual(self.events(monitoring, dossier_id), [])
            word = (dossier_id, "--reason", "REPAIRED", "--actor", "anh")
            self.assertEqual(self.refused("resume", *word, principal="portal"), (NOT_ALLOWED, "NOT_GRANTED"))
            self.parked("resume", *word, "--note", "đã cài bản sửa")
            eventually(self, 20, lambda: self.events(monitoring, dossier_id), lambda seen: "LegOffered" in seen)
            self.assertEqual(self.listed(), {})
            self.assertEqual(self.refused("resume", *word), (CONFLICT, "NOT_PARKED_HERE"))
            audit = (self.system.directory / "data/routing/audit.log").read_text(encoding="utf-8")
            self.assertIn('actor="anh"', audit)
            self.assertIn("đã cài bản sửa", audit)
        self.assert_clean()
        self.assert_verified()

    def test_notification_and_the_post_park_like_the_others(self):
        with Monitoring(self.system) as monitoring, api.Client(self.system, "demo") as desk:
            dossier_id = self.park(monitoring, desk, "notification")
            self.assertEqual({one["ledger"] for one in self.listed().values()}, {"notification"})
            tried = json.loads(self.parked("try", dossier_id).stdout)
            self.assertTrue(tried["passes"])
            self.assertIn("NoticeCreated", tried["events"])
            self.assertEqual(self.events(monitoring, dossier_id, "notification"), [])
            self.parked("resume", dossier_id, "--reason", "REPAIRED", "--actor", "anh")
            eventually(self, 20, lambda: self.events(monitoring, dossier_id, "notification"), lambda seen: "NoticeCreated" in seen)
            self.assertEqual(self.listed(), {})

            dossier_id = self.park(monitoring, desk, "postal-dispatch", "CustodyPassed")
            [parked] = self.listed().values()
            self.assertEqual(parked["ledger"], "postal-dispatch")
            # With nothing decided of it there, it has no home key there yet.
            self.assertTrue(json.loads(self.parked("try", parked["dossier_id"]).stdout)["passes"])
            word = (parked["dossier_id"], "--reason", "SENT_TWICE", "--actor")
            self.parked("skip", *word, "anh")
            self.assertEqual(self.refused("skip", *word, "anh", "--confirm"), (CONFLICT, "SECOND_PERSON_NEEDED"))
            self.parked("skip", *word, "binh", "--confirm")
            self.assertEqual(self.listed(), {})
            eventually(self, 60, monitoring.reconciliation, lambda seen: seen.complete and not any(pair.waiting for pair in seen.pairs))
        self.assert_verified()

    def test_an_event_is_left_out_by_two_persons_only(self):
        with Monitoring(self.system) as monitoring, api.Client(self.system, "demo") as desk:
            dossier_id = self.park(monitoring, desk)
            def words(actor):
                return (dossier_id, "--reason", "SENT_TWICE", "--actor", actor)
            self.assertEqual(self.refused("skip", *words("binh"), "--confirm"), (CONFLICT, "SKIP_NOT_PROPOSED"))
            self.parked("skip", *words("anh"))
            (waiting,) = self.listed().values()
            self.assertEqual(waiting["proposal"], {"principal": "operator", "actor": "anh", "reason_code": "SENT_TWICE"})
            self.assertEqual(self.refused("skip", *words("anh"), "--confirm"), (CONFLICT, "SECOND_PERSON_NEEDED"))
            self.assertEqual(len(self.listed()), 1)
            # The proposal is in the ledger: it is still there after a restart.
            self.system.processes["routing"].kill()
            self.system.wait_serving("routing", 60)
            self.parked("skip", *words("binh"), "--confirm")
            self.assertEqual(self.listed(), {})
            entries = eventually(self, 20, lambda: [(entry.cause, entry.note) for entry in monitoring.timeline(dossier_id).entries if entry.service == "routing"],
                                 lambda seen: len(seen) >= 3)
            resume, park = monitoring.messages.CAUSE_KIND_RESUME, monitoring.messages.CAUSE_KIND_PARK
            self.assertEqual(entries, [(park, "CRASHED"), (resume, "PROPOSE_SKIP"), (resume, "SKIP")])
        self.assert_clean()
        self.assert_verified()
