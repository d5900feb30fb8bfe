"""What a person can expect of a running system, the same on both editions."""
import json
import pathlib
import random
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import api  # noqa: E402
import grpc  # noqa: E402
from system import ROOT, System  # noqa: E402

CLEAN = "0 lost, 0 doubled, 0 out of order"
HANDED_OVER = "DOSSIER_STATUS_HANDED_OVER"


class Base(unittest.TestCase):
    """One system for all cases of a class."""
    edition = None
    replicas = None
    partitions = 2
    webhooks = False
    texts = False

    @classmethod
    def setUpClass(cls):
        cls.system = System(cls.edition, cls.partitions, cls.replicas, cls.webhooks, cls.texts)
        try:
            cls.system.start()
        except BaseException:
            cls.system.stop()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.system.stop()

    def assert_clean(self):
        """Returns what the checker has read."""
        line, output = self.system.check()
        self.assertEqual(line, CLEAN, output)
        return output.splitlines()[-2]

    def assert_verified(self):
        code, output = self.system.verify()
        self.assertEqual(code, 0, output)

    def assert_finished(self, demo, seconds):
        code, output = demo.finish(seconds)
        self.assertEqual(code, 0, output[-6000:] + self.system.logs())
        return output


class Cases:
    """Mixed into a `Base` with an edition."""

    def test_linked_dossiers_go_from_commune_over_district_to_province_and_back(self):
        output = self.assert_finished(self.system.demo("--dossiers", 24, "--rate", 25), 120)
        self.assertIn("24/24", output)
        self.assertRegex(output, r"commune → .*district → province → .*commune .*10 handed over")
        self.assert_clean()
        self.assert_verified()

    def test_a_killed_process_loses_nothing(self):
        seed = random.SystemRandom().randrange(1 << 32)
        print(f"seed {seed}")
        chance = random.Random(seed)
        for name in self.system.service_processes():
            demo = self.system.demo("--dossiers", 120, "--rate", 40)
            time.sleep(1 + chance.random())
            before = demo.count()
            self.system.processes[name].kill()
            output = self.assert_finished(demo, 120)
            self.assertGreater(before, 0)
            self.assertGreater(demo.count(), before, output)
        self.assert_clean()
        self.assert_verified()

    def test_what_was_acknowledged_is_there_after_a_clean_restart(self):
        self.assert_finished(self.system.demo("--dossiers", 5, "--rate", 25), 60)
        before = self.listed()
        for name in self.system.service_processes():
            process = self.system.processes[name]
            process.stop()
            process.start()
        for name in self.system.service_processes():
            self.system.wait_serving(name, 60)
        after = self.listed()
        self.assertEqual(before.keys(), after.keys())
        # A dossier that another case left under way may go on; one that came to its end stays as it was.
        ended = {dossier_id: dossier for dossier_id, dossier in before.items() if dossier["status"] == HANDED_OVER}
        self.assertGreaterEqual(len(ended), 5)
        self.assertEqual(ended, {dossier_id: after[dossier_id] for dossier_id in ended})

    def listed(self):
        """Every dossier the operator sees, by id."""
        answer = json.loads(self.system.ltctl("dossier", "list", "--limit", 100000, "-o", "json").stdout)
        return {dossier["dossier_id"]: dossier for dossier in answer["dossiers"]}

    def test_nobody_is_served_without_a_certificate_of_this_installation(self):
        address = self.system.client_settings()["LIENTHONG_INTAKE_ADDRESS"]
        messages = api.module("lienthong.intake.v1.intake_service")
        request = messages.GetDossierRequest(dossier_id="H47.22.01_00000000000000000000000000")
        with tempfile.TemporaryDirectory() as directory:
            from system import run
            run([ROOT / "deploy/local/certificates.sh", directory, "operator"])
            for files in ((None, None), (f"{directory}/operator.pem", f"{directory}/operator.key")):
                with api.channel(address, self.system.certificates / "ca.pem", *files) as channel:
                    stub = api.module("lienthong.intake.v1.intake_service", services=True).IntakeServiceStub(channel)
                    with self.assertRaises(grpc.RpcError) as refused:
                        stub.GetDossier(request, timeout=5)
                    self.assertIn(refused.exception.code(), (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED))

    def test_a_dossier_of_another_agency_looks_like_a_missing_one(self):
        with api.Client(self.system, "demo") as desk, api.Client(self.system, "agency-h47.22.02") as other:
            dossier = desk.receive("H47.22.01", "1.001776").dossier
            texts = []
            for dossier_id in (dossier.dossier_id, dossier.dossier_id[:-6] + "000000"):
                with self.assertRaises(grpc.RpcError) as refused:
                    other.dossier(dossier_id)
                self.assertEqual(refused.exception.code(), grpc.StatusCode.NOT_FOUND)
                texts.append(refused.exception.details().replace(dossier_id, ""))
            self.assertEqual(texts[0], texts[1])

    def test_the_same_request_is_answered_once_and_another_content_is_refused(self):
        with api.Client(self.system, "demo") as desk:
            header = desk.header("H47.22.01")
            first = desk.receive("H47.22.01", "1.001776", header=header)
            again = desk.receive("H47.22.01", "1.001776", header=header)
            self.assertFalse(first.result.replayed)
            self.assertTrue(again.result.replayed)
            self.assertEqual(first.dossier.dossier_code, again.dossier.dossier_code)
            self.assertEqual(first.result.position, again.result.position)
            with self.assertRaises(grpc.RpcError) as refused:
                desk.receive("H47.22.01", "2.002622", header=header)
            self.assertEqual(refused.exception.code(), grpc.StatusCode.ALREADY_EXISTS)

    def test_a_broken_catalogue_is_refused_with_file_line_and_reason(self):
        shown = self.system.ltctl("catalogue", "show", "-o", "json").stdout
        with tempfile.TemporaryDirectory() as directory:
            broken = pathlib.Path(directory) / "catalogue"
            shutil.copytree(ROOT / "deploy/catalogue", broken)
            procedures = broken / "procedures.yaml"
            text = procedures.read_text(encoding="utf-8")
            line = text[:text.index("role: labour_department")].count("\n") + 1
            procedures.write_text(text.replace("role: labour_department", "role: nobody_has_this_role", 1), encoding="utf-8")
            result = self.system.ltctl("catalogue", "import", broken, check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(f"procedures.yaml:{line}", result.stdout + result.stderr)
        self.assertEqual(self.system.ltctl("catalogue", "show", "-o", "json").stdout, shown)


def load(*classes):
    """Only the classes named: not the mixed-in one."""
    return unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(one) for one in classes)
