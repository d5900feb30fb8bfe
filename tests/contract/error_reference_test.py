"""docs/errors.md is what the contract says."""
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class ErrorReference(unittest.TestCase):
    def test_the_committed_document_is_the_generated_one(self):
        ended = subprocess.run([ROOT / "tools/errors/generate.py", "--check"], capture_output=True, text=True, check=False)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
