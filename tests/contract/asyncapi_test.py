"""docs/asyncapi.yaml is what the protos say, complete, and leads nowhere."""
import importlib.util
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load_generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "tools/asyncapi/generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = load_generator()


def references(node):
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for one in node:
            yield from references(one)


class AsyncApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = (ROOT / "docs/asyncapi.yaml").read_text(encoding="utf-8")
        cls.document = yaml.safe_load(cls.text)
        cls.messages = cls.document["components"]["messages"]
        cls.protos = GENERATOR.Protos()

    def test_the_committed_document_is_the_generated_one(self):
        self.assertEqual(self.text, GENERATOR.text_of(self.protos), "run tools/asyncapi/generate.py")

    def test_every_reference_is_resolved(self):
        found = list(references(self.document))
        self.assertGreater(len(found), len(self.messages))
        for reference in found:
            node = self.document
            self.assertTrue(reference.startswith("#/"), reference)
            for part in reference.removeprefix("#/").split("/"):
                self.assertIn(part, node, reference)
                node = node[part]

    def test_the_channel_carries_every_public_event_and_no_other(self):
        wanted = {f"lienthong.{package}.v1.{name}" for package in GENERATOR.SERVICES.values() for _, name in self.protos.public_events(package)}
        self.assertGreater(len(wanted), 40)
        self.assertEqual(set(self.document["channels"]["publicEvents"]["messages"]), wanted)
        self.assertEqual(set(self.messages), wanted)
        for package in GENERATOR.SERVICES.values():
            text = (ROOT / f"proto/lienthong/{package}/v1/events.proto").read_text(encoding="utf-8")
            self.assertEqual(text.count("VISIBILITY_PUBLIC;"), sum(name.startswith(f"lienthong.{package}.") for name in wanted), package)

    def test_payloads_are_protos_that_compile_beside_the_published_ones(self):
        with tempfile.TemporaryDirectory() as directory:
            files = []
            for number, message in enumerate(self.messages.values()):
                # Each in a package of its own, as they would define a name twice.
                schema = re.sub(r"^package [\w.]+;", f"package payload{number};", message["payload"]["schema"], flags=re.MULTILINE)
                (pathlib.Path(directory) / f"payload{number}.proto").write_text(schema, encoding="utf-8")
                files.append(f"payload{number}.proto")
            result = subprocess.run(["protoc", "-I", directory, "-I", ROOT / "proto", f"--descriptor_set_out={directory}/out", *files],
                                    capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 0, result.stderr[-3000:])

    def test_no_payload_has_a_field_that_never_leaves(self):
        hidden = 0
        for full, message in self.messages.items():
            for field in self.protos.messages[f".{full}"][1].field:
                shown = re.search(rf"\b{field.name} = {field.number};", message["payload"]["schema"])
                self.assertEqual(bool(shown), self.protos.leaves(field), f"{full}.{field.name}")
                hidden += not self.protos.leaves(field)
        self.assertGreater(hidden, 5)
        self.assertNotIn("SealedRef ", self.text)

    def test_another_event_or_field_makes_another_document(self):
        with tempfile.TemporaryDirectory() as directory:
            folder = pathlib.Path(directory) / "proto"
            shutil.copytree(ROOT / "proto", folder, ignore=shutil.ignore_patterns("node_modules"))
            events = folder / "lienthong/intake/v1/events.proto"
            text = events.read_text(encoding="utf-8")
            for before, after in (("VISIBILITY_PUBLIC", "VISIBILITY_INTERNAL"), ("string procedure_code = 2 [", "string procedure = 2 [")):
                with self.subTest(change=after):
                    events.write_text(text.replace(before, after, 1), encoding="utf-8")
                    self.assertNotEqual(GENERATOR.text_of(GENERATOR.Protos(folder)), self.text)


if __name__ == "__main__":
    unittest.main()
