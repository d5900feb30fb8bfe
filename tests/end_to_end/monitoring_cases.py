"""What monitoring shows of a running system, the same on both editions: compared with the services, not with itself."""
import os
import pathlib
import re
import sys
import time
import unittest
import urllib.request

import cases
from cases import ROOT, api
import grpc


SERVICES = ("intake", "routing", "agency-processing", "postal-dispatch", "notification")


class Monitoring:
    """Calls MonitoringService as one principal."""

    def __init__(self, system, principal="operator"):
        self.messages = api.module("lienthong.monitoring.v1.monitoring_service")
        self.pages = api.module("lienthong.api.v1.api")
        settings = system.client_settings(principal)
        self.channel = api.channel(settings["LIENTHONG_MONITORING_ADDRESS"], settings["LIENTHONG_TLS_CA"], settings["LIENTHONG_TLS_CERT"],
                                   settings["LIENTHONG_TLS_KEY"])
        self.stub = api.module("lienthong.monitoring.v1.monitoring_service", services=True).MonitoringServiceStub(self.channel)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def search(self, page_size=200, **filters):
        """All pages: (exact total, dossiers)."""
        dossiers, token, total = [], "", None
        while True:
            page = self.pages.PageRequest(page_size=page_size, page_token=token)
            answer = self.stub.SearchDossiers(self.messages.SearchDossiersRequest(page=page, **filters), timeout=10)
            total = answer.total if total is None else total
            dossiers += answer.dossiers
            token = answer.page.next_page_token
            if not token:
                return total, dossiers

    def timeline(self, dossier_id):
        return self.stub.GetTimeline(self.messages.GetTimelineRequest(dossier_id=dossier_id), timeout=10)

    def reconciliation(self):
        return self.stub.GetReconciliation(self.messages.GetReconciliationRequest(), timeout=10)

    def flow(self):
        return {(lane.head.service, lane.head.partition): lane
                for lane in self.stub.GetFlow(self.messages.GetFlowRequest(), timeout=10).lanes}

    def stuck(self, **filters):
        return self.stub.ListStuck(self.messages.ListStuckRequest(**filters), timeout=10)


def eventually(test, seconds, look, fits):
    """Monitoring is up to a second behind, of each ledger for itself: a decision may be seen before the one that led to it."""
    end = time.monotonic() + seconds
    while True:
        try:
            seen = look()
            if fits(seen):
                return seen
        except grpc.RpcError as error:
            seen = error
            if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.NOT_FOUND):
                raise
        if time.monotonic() > end:
            test.fail(f"not so within {seconds} s: {seen}")
        time.sleep(0.1)


class MonitoringCases:
    """Mixed into a `cases.Base` with an edition."""
    dossiers = 20

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            code, output = cls.system.demo("--dossiers", cls.dossiers, "--rate", 25).finish(120)
            if code != 0:
                raise AssertionError(output[-4000:] + cls.system.logs())
        except BaseException:
            cls.system.stop()
            raise

    def listed(self):
        import json
        answer = json.loads(self.system.ltctl("dossier", "list", "--limit", 100000, "-o", "json").stdout)
        return {dossier["dossier_id"]: dossier for dossier in answer["dossiers"]}

    def heads(self):
        """Last block of every ledger partition, as the lanes themselves know it."""
        found = {}
        for process in self.system.service_processes():
            for sample, value in self.samples(process).items():
                lane = re.fullmatch(r'lienthong_lane_head_seq\{service="([^"]+)",partition="(\d+)"\}', sample)
                if lane:
                    found[lane[1], int(lane[2])] = max(int(value), found.get((lane[1], int(lane[2])), 0))
        return found

    def settled(self, monitoring, seconds=60):
        """Everything, once it stays as it is: notices may be on their way when all else has ended."""

        def look():
            self.complete(monitoring)
            first = self.everything(monitoring)
            time.sleep(1.5)
            return first, self.everything(monitoring)
        return eventually(self, seconds, look, lambda seen: seen[0] == seen[1])[1]

    def complete(self, monitoring, seconds=60):
        """Waits until monitoring has read everything that was decided before this call, and every hand-over has both ends."""
        heads = self.heads()
        self.assertGreaterEqual(len(heads), 3 * self.partitions)

        def look():
            flow = monitoring.flow()
            behind = {lane: (flow[lane].head.block_seq, head) for lane, head in heads.items() if lane in flow and flow[lane].head.block_seq < head}
            return behind, monitoring.reconciliation()
        return eventually(self, seconds, look, lambda seen: not seen[0] and seen[1].complete and
                          not any(pair.waiting for pair in seen[1].pairs) and sum(pair.expected for pair in seen[1].pairs) > 0)[1]

    def test_search_finds_every_dossier_with_exact_counts(self):
        with Monitoring(self.system) as monitoring:
            self.complete(monitoring)
            wanted = self.listed()
            total, found = eventually(self, 20, monitoring.search, lambda seen: seen[0] == len(wanted))
            self.assertEqual({dossier.dossier_id for dossier in found}, set(wanted))
            self.assertEqual(len(found), total)
            # Small pages hold the same dossiers, none twice.
            paged = monitoring.search(page_size=7)[1]
            self.assertEqual([dossier.dossier_id for dossier in paged], [dossier.dossier_id for dossier in found])
            for dossier in found:
                other = wanted[dossier.dossier_id]
                self.assertEqual(dossier.dossier_code, other["dossier_code"])
                self.assertEqual(monitoring.messages.DossierSummary.DESCRIPTOR.fields_by_name["status"].enum_type.values_by_number[dossier.status].name,
                                 other["status"])
            self.check_filters(monitoring, found)

    def check_filters(self, monitoring, found):
        for field, values in {"procedure_code": {dossier.procedure_code for dossier in found},
                              "received_by": {dossier.received_by for dossier in found},
                              "status": {dossier.status for dossier in found},
                              "channel": {dossier.channel for dossier in found},
                              "due": {dossier.due for dossier in found}}.items():
            counts = [monitoring.search(**{field: value})[0] for value in values]
            self.assertEqual(sum(counts), len(found), field)
        one = found[0]
        self.assertEqual([dossier.dossier_id for dossier in monitoring.search(dossier_code=one.dossier_code)[1]], [one.dossier_id])
        prefix = one.dossier_code[:-4]
        self.assertEqual(monitoring.search(dossier_code=prefix + "*")[0], sum(dossier.dossier_code.startswith(prefix) for dossier in found))

    def test_a_timeline_names_every_hop_with_machine_and_statutory_time_apart(self):
        with Monitoring(self.system) as monitoring:
            self.complete(monitoring)
            handed_over = 10
            found = monitoring.search(status=handed_over)[1]
            self.assertGreater(len(found), 0)
            for dossier in found[:5]:
                shown = monitoring.timeline(dossier.dossier_id)
                self.assertTrue(shown.complete)
                route = self.route(dossier.dossier_id)
                self.assertEqual([(hop.leg.leg, hop.agency) for hop in shown.hops], [(leg["leg"], leg["agency"]) for leg in route])
                for hop in shown.hops:
                    times = [hop.offer_time, hop.arrive_time, hop.accept_time, hop.complete_time, hop.confirm_time]
                    self.assertEqual(times, sorted(times, key=lambda time: (time.seconds, time.nanos)), hop)
                    self.assertTrue(all(time.seconds for time in times), hop)
                    self.assertGreater(hop.machine_time.ToMicroseconds(), 0)
                self.assertEqual(shown.statutory_minutes, sum(custody.desk_minutes for custody in shown.custody))
                self.assertEqual(shown.machine_time.ToMicroseconds(), sum(entry.machine_time.ToMicroseconds() for entry in shown.entries))
                for service in SERVICES:
                    revisions = [entry.revision for entry in shown.entries if entry.service == service]
                    self.assertEqual(revisions, list(range(1, len(revisions) + 1)))
                places = [(entry.position.service, entry.position.block_seq, entry.index) for entry in shown.entries]
                for place, entry in zip(places, shown.entries):
                    if entry.HasField("source"):
                        source = (entry.source.service, entry.source.block_seq, entry.source_index)
                        self.assertLess(places.index(source), places.index(place))

    def route(self, dossier_id):
        import json
        return json.loads(self.system.ltctl("dossier", "show", dossier_id, "-o", "json").stdout)["route"]["legs"]

    def test_every_decision_has_reached_its_reader_and_nothing_is_behind(self):
        with Monitoring(self.system) as monitoring:
            seen = self.complete(monitoring)
            for pair in seen.pairs:
                self.assertEqual((pair.expected, pair.waiting, pair.missing, pair.unexpected), (pair.reached, 0, 0, 0), pair)
            self.assertEqual(len(seen.unreached), 0)
            flow = eventually(self, 20, monitoring.flow, lambda seen: {lane.read_lag_records for lane in seen.values()} == {0})
            pairs = {(pair.reader, pair.source) for pair in seen.pairs if pair.expected > 0}
            self.assertLessEqual({("notification", "intake"), ("notification", "routing"), ("postal-dispatch", "routing")}, pairs)
            for service in SERVICES:
                for partition in range(self.partitions):
                    lane = flow[service, partition]
                    self.assertFalse(lane.halted, lane)
                    self.assertEqual((lane.foreign_records, lane.parked), (0, 0))
            self.assertIn(("catalogue", 0), flow)
            self.assertGreater(sum(lane.decisions for lane in flow.values()), 20 * self.dossiers)

    def samples(self, process):
        """What Prometheus would read of a process: value by name and labels."""
        with urllib.request.urlopen(f"http://{self.system.metrics[process]}/metrics", timeout=10) as answer:
            lines = answer.read().decode("utf-8").splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}

    def test_every_metric_that_an_alert_reads_is_exported(self):
        import yaml
        text = (ROOT / "deploy/monitoring/alerts.yaml").read_text(encoding="utf-8")
        wanted = set()
        for group in yaml.safe_load(text)["groups"]:
            for rule in group["rules"]:
                wanted |= set(re.findall(r"\b(?:lienthong|process)_[a-z_]+|rpc_server_[a-z_]+", rule["expr"]))
        self.assertGreater(len(wanted), 15)
        # This system has no subscriber and no connected carrier, and maybe no alarm was raised in it.
        wanted = {name for name in wanted if not name.startswith(("lienthong_webhook_", "lienthong_carrier_", "lienthong_alarm"))}
        if self.edition == "embedded":
            wanted.discard("lienthong_relay_oldest_age_seconds")  # it has no public topic
        names = set()
        for process in self.system.service_processes():
            names |= {sample.split("{")[0] for sample in self.samples(process)}
        self.assertEqual(wanted - names, set())

    def test_the_metrics_say_what_the_ledgers_hold(self):
        with Monitoring(self.system) as monitoring:
            self.complete(monitoring)
            name = "lienthong" if self.edition == "embedded" else "monitoring"

            def heads():
                """By the call and by the metrics; a block that comes in between makes them differ for a moment."""
                flow, seen = monitoring.flow(), self.samples(name)
                labels = {lane: f'{{service="{lane[0]}",partition="{lane[1]}"}}' for lane in flow}
                self.assertEqual({seen["lienthong_ledger_halted" + one] for one in labels.values()}, {0})
                return [(flow[lane].head.block_seq, seen["lienthong_ledger_head_seq" + one]) for lane, one in labels.items()]
            eventually(self, 20, heads, lambda shown: all(call == metric for call, metric in shown))
            seen = self.samples(name)
            self.assertEqual({value for sample, value in seen.items() if sample.startswith("lienthong_reconciliation_gap_events")}, {0})
            self.assertEqual(sum(value for sample, value in seen.items() if sample.startswith("lienthong_dossiers_open{")),
                             sum(monitoring.search(due=due)[0] for due in range(1, 5)))
        for process in self.system.service_processes():
            seen = self.samples(process)
            self.assertEqual(seen[f'lienthong_serving{{process="{process}"}}'], 1)
            if self.edition == "kafka":
                self.assertLess(max((value for sample, value in seen.items() if sample.startswith("lienthong_relay_oldest_age_seconds")), default=0), 5)

    def everything(self, monitoring):
        """What must be the same whenever the read model is made."""
        total, found = monitoring.search()
        timelines = {dossier.dossier_id: monitoring.timeline(dossier.dossier_id) for dossier in found}
        for timeline in timelines.values():
            del timeline.positions[:]
        return total, [dossier.SerializeToString() for dossier in found], {key: value.SerializeToString(deterministic=True) for key, value in timelines.items()}

    def test_the_read_model_is_the_same_after_a_kill_and_when_it_is_made_anew(self):
        name = "lienthong" if self.edition == "embedded" else "monitoring"
        process = self.system.processes[name]
        with Monitoring(self.system) as monitoring:
            before = self.settled(monitoring)
            process.kill()
        self.system.wait_serving(name, 60)
        with Monitoring(self.system) as monitoring:
            self.complete(monitoring)
            self.assertEqual(self.everything(monitoring), before)
        # Deleted while the process runs.
        for path in (self.system.directory / "data" / name).glob("monitoring.sqlite*"):
            os.unlink(path)
        time.sleep(2)
        with Monitoring(self.system) as monitoring:
            self.complete(monitoring)
            self.assertEqual(self.everything(monitoring), before)
            # It says where it stands: at the end of every ledger again.
            eventually(self, 20, monitoring.flow, lambda seen: {lane.read_lag_records for lane in seen.values()} == {0})

            def positions():
                told = {(one.position.service, one.position.partition): one.position.block_seq for one in monitoring.reconciliation().positions}
                return told, {where: lane.head.block_seq for where, lane in monitoring.flow().items()}
            eventually(self, 20, positions, lambda seen: seen[0] == seen[1])
        self.assertIn("READ_MODEL_REBUILT", pathlib.Path(process.log).read_text(encoding="utf-8", errors="replace"))
        # Deleted while it is away.
        process.stop()
        for path in (self.system.directory / "data" / name).glob("monitoring.sqlite*"):
            os.unlink(path)
        process.start()
        self.system.wait_serving(name, 60)
        with Monitoring(self.system) as monitoring:
            self.complete(monitoring)
            self.assertEqual(self.everything(monitoring), before)

    def test_a_watch_shows_what_was_and_what_comes_and_goes_on_from_its_cursor(self):
        with Monitoring(self.system) as monitoring, api.Client(self.system, "demo") as desk:
            dossier_id = desk.receive("H47.22.01", "1.001776").dossier.dossier_id
            eventually(self, 20, lambda: monitoring.timeline(dossier_id),
                       lambda seen: seen.complete and any(hop.HasField("arrive_time") for hop in seen.hops))
            request = monitoring.messages.WatchDossierRequest(dossier_id=dossier_id)
            watch = monitoring.stub.WatchDossier(request, timeout=30)
            first = next(watch)
            while not first.caught_up:
                first = next(watch)
            withdraw = desk.intake_messages.WithdrawDossierRequest(header=desk.header(), dossier_id=dossier_id)
            desk.intake.WithdrawDossier(withdraw, timeout=10)
            names = set()
            # In whichever order their ledgers are read.
            while not {"DossierWithdrawn", "RouteStopped"} <= names:
                names |= {event.name for entry in next(watch).entries for event in entry.events}
            watch.cancel()
            request.cursor = first.cursor
            again = next(monitoring.stub.WatchDossier(request, timeout=30))
            self.assertIn("DossierWithdrawn", {event.name for entry in again.entries for event in entry.events})
            self.assertNotIn("DossierAccepted", {event.name for entry in again.entries for event in entry.events})

    def test_what_lies_in_an_inbox_is_stuck_until_it_is_picked_up(self):
        with Monitoring(self.system) as monitoring, api.Client(self.system, "demo") as desk:
            dossier_id = desk.receive("H47.22.01", "1.001776").dossier.dossier_id
            request = {"kind": monitoring.messages.STUCK_KIND_NOT_PICKED_UP, "min_age": {"seconds": 0}}

            def mine():
                return [one for one in monitoring.stuck(**request).dossiers if one.dossier.dossier_id == dossier_id]
            stuck = eventually(self, 20, mine, lambda seen: len(seen) == 1)[0]
            self.assertEqual(stuck.service, "agency-processing")
            self.assertTrue(stuck.agency and stuck.cure_vi and stuck.cure_en)
            # Within its time it is not listed.
            self.assertEqual([one for one in monitoring.stuck(kind=request["kind"]).dossiers if one.dossier.dossier_id == dossier_id], [])
            desk.intake.WithdrawDossier(desk.intake_messages.WithdrawDossierRequest(header=desk.header(), dossier_id=dossier_id), timeout=10)
            eventually(self, 20, mine, lambda seen: not seen)

    def test_paper_and_notices_stand_in_the_timeline_and_bags_among_no_dossiers(self):
        import json
        with Monitoring(self.system) as monitoring, api.Client(self.system, "demo") as desk:
            dossier_id = desk.receive("H47.22.02", "1.001776").dossier.dossier_id
            order = self.system.ltctl("shipment", "order", dossier_id, "--paper", "KQ", "-o", "json", principal="demo")
            item = json.loads(order.stdout)["shipment"]["item"]
            # An item is found by its number a moment after it was ordered.
            eventually(self, 20, lambda: self.system.ltctl("shipment", "scan", item, "CN1", principal="demo", check=False).returncode,
                       lambda code: code == 0)
            shown = eventually(self, 20, lambda: monitoring.timeline(dossier_id),
                               lambda seen: seen.complete and any(one.stable == 2 for one in seen.shipments) and len(seen.notices) > 0)
            [shipment] = shown.shipments
            self.assertEqual((shipment.item, shipment.agency, shipment.milestone), (item, "H47.22.02", 6))
            self.assertFalse(shipment.HasField("silent_since_time"))
            self.assertIn(("received", "applicant"), {(notice.event, notice.recipient) for notice in shown.notices})
            facts = [event.paper for entry in shown.entries for event in entry.events if event.paper.raw_code]
            self.assertEqual([(fact.raw_code, fact.milestone) for fact in facts], [("CN1", 6)])
            # The dossier's own numbers do not know the post.
            self.assertEqual(shown.statutory_minutes, sum(custody.desk_minutes for custody in shown.custody))
            text = self.system.ltctl("dossier", "trace", dossier_id, "--decisions", "--lang", "vi").stdout
            for word in (item, "BƯU GỬI", "THÔNG BÁO", "EntryRecorded"):
                self.assertIn(word, text)

            total = monitoring.search()[0]
            bag = json.loads(self.system.ltctl("bag", "create", "H47.22.02", "H47.22", f"{dossier_id}:DON=1", "-o", "json", principal="demo").stdout)["bag"]
            self.system.ltctl("bag", "seal", bag["bag_id"], "N-7", principal="demo")
            told = eventually(self, 20, lambda: monitoring.timeline(dossier_id), lambda seen: any(event.paper.bag_fact for entry in seen.entries for event in entry.events))
            self.assertIn(bag["shipment"]["item"], {event.paper.item for entry in told.entries for event in entry.events})
            self.assertEqual(monitoring.search()[0], total)
            number = bag["shipment"]["item"]
            open_now = {(one.holder_kind, one.item) for one in told.custody if not one.HasField("until_time")}
            self.assertLessEqual({(monitoring.messages.HOLDER_KIND_POST, number), (monitoring.messages.HOLDER_KIND_POST, item)}, open_now, told.custody)
            self.assertIn(told.dossier.holder_kind, {kind for kind, _ in open_now})
            # Whoever knows a bag may follow it.
            self.assertEqual([one.stable for one in monitoring.timeline(bag["bag_id"]).shipments], [1])
            # Opened, and a paper is missing.
            self.system.ltctl("bag", "open", bag["bag_id"], "N-7", principal="demo")
            [differs] = eventually(self, 20, lambda: monitoring.stuck(kind=monitoring.messages.STUCK_KIND_BAG_DIFFERS).dossiers, lambda seen: len(seen) == 1)
            self.assertEqual((differs.service, differs.agency, differs.reason), ("postal-dispatch", "H47.22.02", "PAPERS_DIFFER"))
            self.assertIn("PAPERS_DIFFER", self.system.ltctl("stuck", "--kind", "bag-differs").stdout)
            [ended] = [one for one in eventually(self, 20, lambda: monitoring.timeline(dossier_id).custody, lambda seen: all(
                one.HasField("until_time") for one in seen if one.item == number)) if one.item == number]
            self.assertEqual(ended.holder_kind, monitoring.messages.HOLDER_KIND_POST)

    def test_undelivered_notices_are_stuck_with_their_reason_until_they_are_sent_again(self):
        import shutil
        import tempfile
        with tempfile.TemporaryDirectory() as directory:
            # At any time of the day.
            catalogue = pathlib.Path(directory) / "catalogue"
            shutil.copytree(ROOT / "deploy/catalogue", catalogue)
            notices = catalogue / "notices.yaml"
            text = notices.read_text(encoding="utf-8")
            for before, after in (('{from: "21:00", until: "07:00"}', '{from: "00:00", until: "00:00"}'), ("motcua.dongxanh@example.vn", "permanent-failure@example.vn")):
                self.assertIn(before, text)
                text = text.replace(before, after)
            notices.write_text(text, encoding="utf-8")
            self.system.import_catalogue(catalogue)
        with Monitoring(self.system) as monitoring, api.Client(self.system, "demo") as desk:
            applicant = desk.intake_messages.Applicant(full_name="Nguyễn Thị Ví Dụ", identity_number="000000000001", email="permanent-failure@example.vn")
            dossier_id = desk.receive("H47.22.01", "1.001776", applicant=applicant).dossier.dossier_id

            def mine():
                return [one for one in monitoring.stuck(kind=monitoring.messages.STUCK_KIND_UNDELIVERED_NOTICE).dossiers if one.dossier.dossier_id == dossier_id]
            [stuck] = eventually(self, 40, mine, lambda seen: len(seen) == 1)
            self.assertEqual((stuck.service, stuck.agency), ("notification", "H47.22.01"))
            self.assertTrue(stuck.reason and stuck.cure_vi and stuck.cure_en, stuck)
            notices = {notice.number: notice for notice in eventually(self, 40, lambda: monitoring.timeline(dossier_id).notices, lambda seen: any(
                notice.recipient == "applicant" and notice.reason_code for notice in seen))}
            # The applicant's mail fails too, and the portal tells him; no other channel tells the agency.
            self.assertEqual(notices[stuck.notice].recipient, "agency")
            self.assertIn(stuck.reason, self.system.ltctl("stuck", "--kind", "undelivered-notice").stdout)
            process = "lienthong" if self.edition == "embedded" else "monitoring"
            eventually(self, 20, lambda: self.samples(process), lambda seen: seen.get("lienthong_notices_undelivered", 0) >= 1)
            counted = self.samples(process)
            self.assertGreaterEqual(sum(value for name, value in counted.items() if name.startswith("lienthong_notices_total{") and "failure" in name), 1)
            self.assertGreaterEqual(counted['lienthong_notices_total{result="handed_over"}'], 1)

    def test_a_paused_agency_is_offered_nothing_and_everything_that_waited_when_it_is_resumed(self):
        agency, word = "H47.22.03", ("--actor", "anh")
        with Monitoring(self.system) as monitoring, api.Client(self.system, "demo") as desk:
            refused = self.system.ltctl("agency", "pause", agency, "--reason", "SYSTEM_UPGRADE", *word, principal="portal", check=False)
            self.assertEqual(refused.returncode, 4, refused.stdout + refused.stderr)
            self.system.ltctl("agency", "pause", agency, "--reason", "SYSTEM_UPGRADE", *word)
            again = self.system.ltctl("agency", "pause", agency, "--reason", "SYSTEM_UPGRADE", *word, "--lang", "en")
            self.assertIn("has paused its intake since", again.stdout)
            # Files know nothing of it and leave it as it is.
            self.system.ltctl("catalogue", "import", ROOT / "deploy/catalogue")

            def waiting():
                return {one.dossier.dossier_id: one for one in monitoring.stuck(kind=monitoring.messages.STUCK_KIND_AWAITS_DECISION).dossiers}
            # Until routing has the release, a leg may still be offered.
            dossier_ids = []

            def receive():
                dossier_ids.append(desk.receive(agency, "1.001776").dossier.dossier_id)
                time.sleep(0.5)
                return waiting()
            stuck = eventually(self, 40, receive, lambda seen: any(one in seen for one in dossier_ids))
            one = next(stuck[dossier_id] for dossier_id in dossier_ids if dossier_id in stuck)
            self.assertEqual((one.reason, one.agency, one.service), ("AGENCY_INTAKE_PAUSED", agency, "routing"))
            self.assertIn("agency resume", one.cure_en)
            shown = self.system.ltctl("stuck", "--kind", "awaits-decision").stdout
            self.assertIn("AGENCY_INTAKE_PAUSED", shown)

            self.system.ltctl("agency", "resume", agency, *word)
            eventually(self, 20, waiting, lambda seen: not any(dossier_id in seen for dossier_id in dossier_ids))
            for dossier_id in dossier_ids:
                timeline = eventually(self, 20, lambda one=dossier_id: monitoring.timeline(one), lambda seen: seen.complete and len(seen.hops) > 0)
                self.assertEqual([hop.agency for hop in timeline.hops], [agency])
                self.assertTrue(timeline.hops[0].HasField("arrive_time"))
            # Once more changes nothing.
            self.system.ltctl("agency", "resume", agency, *word)
        self.assert_verified()

    def test_nothing_is_shown_without_a_grant(self):
        with Monitoring(self.system) as monitoring:
            dossier = eventually(self, 20, lambda: monitoring.search(received_by="H47.22.01")[1], lambda seen: len(seen) > 0)[0]
        with Monitoring(self.system, "agency-h47.22.02") as other:
            # Its own are shown, others are as if they were not there.
            self.assertTrue(all(one.received_by == "H47.22.02" for one in other.search()[1]))
            with self.assertRaises(grpc.RpcError) as refused:
                other.timeline(dossier.dossier_id)
            self.assertEqual(refused.exception.code(), grpc.StatusCode.NOT_FOUND)
            for call in (other.flow, other.reconciliation, other.stuck):
                with self.assertRaises(grpc.RpcError) as refused:
                    call()
                self.assertEqual(refused.exception.code(), grpc.StatusCode.PERMISSION_DENIED)


class Embedded(MonitoringCases, cases.Base):
    edition = "embedded"


class OnKafka(MonitoringCases, cases.Base):
    edition = "kafka"
