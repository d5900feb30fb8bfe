"""The alert rules say what they should: checked and tried by promtool, and each belongs to one clock."""
import pathlib
import re
import subprocess
import sys
import unittest

import yaml

RULES = pathlib.Path(__file__).resolve().parents[2] / "deploy/monitoring"
CLOCKS = {"machine", "statutory"}
# Of the agency's time under the law, or of paper that agencies have to look for; everything else is the machine's.
STATUTORY = re.compile(r"lienthong_(dossiers_open|leg_\w+|shipments?_\w+)")


def metrics_of(expression):
    """Names of the metrics that an expression reads."""
    return set(re.findall(r"\b(?:(?:lienthong|process|rpc)_[a-z_]+|up\b)", expression))


def rules():
    document = yaml.safe_load((RULES / "alerts.yaml").read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


class AlertRules(unittest.TestCase):
    def promtool(self, *arguments):
        result = subprocess.run(["promtool", *arguments], cwd=RULES, capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_can_be_read_by_prometheus(self):
        self.promtool("check", "rules", "alerts.yaml")

    def test_fire_when_they_should_and_only_then(self):
        self.promtool("test", "rules", "alerts_test.yaml")

    def test_name_their_cure_and_their_clock(self):
        for rule in rules():
            self.assertIn(rule["labels"]["clock"], CLOCKS, rule["alert"])
            self.assertIn(rule["labels"]["severity"], {"warning", "critical"}, rule["alert"])
            for text in ("summary_vi", "summary_en", "cure"):
                self.assertTrue(rule["annotations"].get(text), f"{rule['alert']} has no {text}")

    def test_never_mix_the_two_clocks(self):
        for rule in rules():
            clocks = {"statutory" if STATUTORY.fullmatch(name) else "machine" for name in metrics_of(rule["expr"])}
            self.assertEqual(clocks, {rule["labels"]["clock"]}, rule["alert"])

    def test_every_alert_is_tried(self):
        tried = (RULES / "alerts_test.yaml").read_text(encoding="utf-8")
        self.assertEqual([rule["alert"] for rule in rules() if rule["alert"] not in tried], [])


if __name__ == "__main__":
    sys.exit(unittest.main())
