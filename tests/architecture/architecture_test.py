"""The architecture of this repository, checked: rules.py says which rules there are, services/README.md what may include what."""
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

import rules

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("LIENTHONG_BUILD_DIR", ROOT / "build" / "dev"))
PRODUCTION = ["services/intake/intake", "services/routing/routing", "services/agency_processing/agency-processing",
              "services/monitoring/monitoring", "services/notification/notification",
              "services/postal_dispatch/postal-dispatch", "services/lienthong/lienthong", "tools/ltctl/ltctl"]


def compiler_flags():
    """Compiler, language and include flags of this build, from a source that sees them all."""
    with open(BUILD / "compile_commands.json", encoding="utf-8") as file:
        commands = [entry["command"] for entry in json.load(file)]
    words = shlex.split(max((c for c in commands if "/services/" in c and "/proto/" not in c.split(" -c ")[-1]), key=len))
    compiler = next(word for word in words if word.rsplit("/", 1)[-1].startswith(("g++", "c++", "clang++")))
    kept, index = [], 0
    while index < len(words):
        word = words[index]
        if word == "-isystem":
            kept += words[index:index + 2]
            index += 1
        elif word.startswith(("-I", "-std", "-W", "-D")) and word != "-Werror":
            kept.append(word)
        index += 1
    mutation = ROOT / "services/platform/ledger/mutation_off"
    proto = BUILD / "proto"
    return [compiler, *kept, "-isystem", str(proto), "-I", str(ROOT / "services"), "-I", str(mutation), "-Werror", "-fsyntax-only", "-x", "c++", "-"]


def symbols(path):
    return subprocess.run(["nm", "-C", "--defined-only", str(path)], check=True, capture_output=True, text=True).stdout


def proto_modules(directory):
    """Generates the Python form of all protos into `directory` and returns their file descriptors."""
    files = sorted(path.relative_to(ROOT / "proto").as_posix() for path in (ROOT / "proto").rglob("*.proto"))
    subprocess.run(["protoc", "-I", str(ROOT / "proto"), f"--python_out={directory}", *files], check=True)
    sys.path.insert(0, directory)
    # `google` is a package of its own already: ours only adds folders to it.
    import google
    google.__path__.append(str(pathlib.Path(directory) / "google"))
    import importlib
    return {file: importlib.import_module(file.removesuffix(".proto").replace("/", ".") + "_pb2").DESCRIPTOR for file in files}


class Architecture(unittest.TestCase):
    def assert_none(self, violations):
        if violations:
            self.fail("\n" + "\n".join(violations))

    def test_files_include_only_what_the_table_allows(self):
        self.assert_none(rules.include_violations(ROOT))

    def test_every_source_stands_in_a_cmake_list(self):
        self.assert_none(rules.unlisted_sources(ROOT))

    def test_cmake_lists_name_their_sources(self):
        self.assert_none(rules.globs_in_cmake(ROOT))

    def test_no_test_is_skipped_or_disabled(self):
        self.assert_none(rules.skipped_tests(ROOT))

    def test_unit_tests_neither_sleep_nor_depend_on_chance(self):
        self.assert_none(rules.chance_in_unit_tests(ROOT))

    def test_headers_have_a_guard(self):
        self.assert_none(rules.unguarded_headers(ROOT))

    def test_headers_compile_alone(self):
        flags = compiler_flags()

        def broken(header):
            run = subprocess.run(flags, input=f'#include "{header}"\n', capture_output=True, text=True, check=False)
            return None if run.returncode == 0 else f"{header.relative_to(ROOT)} does not compile alone:\n{run.stderr[:1500]}"

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            self.assert_none([text for text in pool.map(broken, rules.headers_without_own_source(ROOT)) if text])

    def test_every_field_and_event_says_who_may_see_it(self):
        with tempfile.TemporaryDirectory() as directory:
            descriptors = proto_modules(directory)
            options = descriptors.get("lienthong/options/v1/options.proto")
            marked = [file for name, file in descriptors.items() if not name.startswith(("lienthong/ledger/", "google/"))]
            if options is None:
                self.assertFalse(marked, "proto/lienthong/options/v1/options.proto is missing")
                return
            extensions = options.extensions_by_name
            self.assert_none(rules.unmarked_fields(marked, extensions["personal"], extensions["visibility"]))

    def test_production_binaries_carry_no_seeded_bug(self):
        built = {name: symbols(BUILD / name) for name in PRODUCTION}
        self.assert_none(rules.switched_binaries(built))

    def test_the_extra_build_of_the_simulation_carries_the_switch(self):
        extra = BUILD / "tests/simulation/simulation_mutants"
        if (ROOT / "tests/simulation/CMakeLists.txt").read_text(encoding="utf-8").find("simulation_mutants") >= 0:
            self.assertIn(rules.MUTANT_SWITCH, symbols(extra))


if __name__ == "__main__":
    unittest.main()
