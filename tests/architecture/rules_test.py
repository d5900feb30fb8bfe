"""Each rule finds a bad example: a rule that finds nothing proves nothing."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import rules

TABLE = """
| files in | may include |
|---|---|
| `platform/base` | `pure`, `platform/base/`, `<tl/expected.hpp>` |
| `platform/kafka` | `std`, `posix in broker_*`, `platform/`, `<librdkafka/>` |
| `<service>/core` | `pure`, `platform/base/`, `own/core/` |
| `<service>/adapters` | `std`, `own/`, `<grpcpp/> in *_api.*` |
| `<service>` | `std`, `own/`, `catalogue/ in routing/*` |
"""


class Tree(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.root = pathlib.Path(self.directory.name)
        self.write("services/README.md", TABLE)

    def write(self, path, text=""):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def including(self, path, *headers):
        self.write(path, "".join(f"#include {header}\n" for header in headers))
        return rules.include_violations(self.root)

    def test_allowed_includes_pass(self):
        self.write("services/platform/base/a.h", '#include "platform/base/b.h"\n#include <tl/expected.hpp>\n#include <vector>\n')
        self.write("services/intake/adapters/intake_api.cc", '#include "intake/core/decider.h"\n#include <grpcpp/grpcpp.h>\n#include <mutex>\n')
        self.write("services/routing/main.cc", '#include "catalogue/service.h"\n')
        self.write("services/platform/kafka/broker_file.cc", "#include <unistd.h>\n#include <librdkafka/rdkafka.h>\n")
        self.assertEqual(rules.include_violations(self.root), [])

    def test_finds_a_thread_in_a_core(self):
        self.assertTrue(self.including("services/intake/core/a.cc", "<thread>"))

    def test_finds_a_third_party_header_in_a_core(self):
        self.assertTrue(self.including("services/intake/core/a.cc", "<google/protobuf/message.h>"))

    def test_finds_another_service(self):
        self.assertTrue(self.including("services/intake/core/a.cc", '"routing/core/b.h"'))
        self.assertTrue(self.including("services/intake/adapters/b.cc", '"routing/core/b.h"'))

    def test_finds_grpc_outside_an_api_class(self):
        self.assertTrue(self.including("services/intake/adapters/event_codec.cc", "<grpcpp/grpcpp.h>"))

    def test_finds_a_system_header_outside_the_named_file(self):
        self.assertTrue(self.including("services/platform/kafka/log.cc", "<unistd.h>"))

    def test_finds_the_catalogue_outside_its_host(self):
        self.assertTrue(self.including("services/intake/main.cc", '"catalogue/core/b.h"'))

    def test_finds_a_test_header_in_production_code(self):
        self.assertTrue(self.including("services/platform/kafka/a.cc", '"tests/support/a.h"'))

    def test_finds_a_file_without_a_row(self):
        self.assertTrue(self.including("services/helpers/a.cc", "<vector>"))

    def test_finds_a_clock_in_a_core_but_not_in_its_comments(self):
        self.write("services/intake/core/a.cc", "// never std::chrono::system_clock::now()\n")
        self.assertEqual(rules.include_violations(self.root), [])
        self.write("services/intake/core/a.cc", "auto t = std::chrono::system_clock::now();\n")
        self.assertTrue(rules.include_violations(self.root))

    def test_finds_a_missing_table(self):
        self.write("services/README.md", "nothing")
        self.assertTrue(rules.include_violations(self.root))

    def test_finds_a_source_that_no_list_names(self):
        self.write("services/intake/CMakeLists.txt", "add_library(a core/a.cc)\n# core/b.cc\n")
        self.write("services/intake/core/a.cc")
        self.assertEqual(rules.unlisted_sources(self.root), [])
        self.write("services/intake/core/b.cc")
        self.assertTrue(rules.unlisted_sources(self.root))

    def test_finds_sources_listed_by_pattern(self):
        self.write("services/CMakeLists.txt", "file(GLOB sources *.cc)\n")
        self.assertTrue(rules.globs_in_cmake(self.root))

    def test_finds_disabled_and_skipped_tests(self):
        self.write("tests/unit/a_test.cc", "TEST(A, B) { GTEST_SKIP(); }\n")
        self.assertEqual(len(rules.skipped_tests(self.root)), 1)
        self.write("tests/unit/b_test.cc", "TEST(A, DISABLED_B) {}\n")
        self.assertEqual(len(rules.skipped_tests(self.root)), 2)
        self.write("tests/checker/c_test.py", "@unittest.skip('later')\n")
        self.assertEqual(len(rules.skipped_tests(self.root)), 3)

    def test_finds_sleep_and_chance_in_unit_tests(self):
        self.write("tests/unit/a_test.cc", "std::this_thread::sleep_for(1ms);\n")
        self.write("tests/contract/b_test.cc", "std::random_device device;\n")
        self.assertEqual(len(rules.chance_in_unit_tests(self.root)), 2)

    def test_finds_headers_that_nothing_proves_to_stand_alone(self):
        self.write("services/intake/core/a.h")
        self.write("services/intake/core/a.cc", '#include "intake/core/a.h"\n#include <vector>\n')
        self.assertEqual(rules.headers_without_own_source(self.root), [])
        self.write("services/intake/core/a.cc", '#include <vector>\n#include "intake/core/a.h"\n')
        self.write("services/intake/core/b.h")
        self.assertEqual(len(rules.headers_without_own_source(self.root)), 2)

    def test_finds_a_header_without_guard(self):
        self.write("services/intake/core/a.h", "struct A {};\n")
        self.assertTrue(rules.unguarded_headers(self.root))

    def test_finds_the_switch_of_the_seeded_bugs(self):
        symbols = {"intake": "0001 B lienthong::ledger::mutant_switch\n", "routing": "0001 T main\n"}
        self.assertEqual(rules.switched_binaries(symbols), ["intake contains lienthong::ledger::mutant_switch"])


OPTIONS = """
syntax = "proto3";
package marks;
import "google/protobuf/descriptor.proto";
extend google.protobuf.FieldOptions { int32 personal = 50801; }
extend google.protobuf.MessageOptions { int32 visibility = 50802; }
"""
EVENTS = """
syntax = "proto3";
package lienthong.example.v1;
import "example_options.proto";
enum EventType { EVENT_TYPE_UNSPECIFIED = 0; EVENT_TYPE_PAPER_LOST = 1; EVENT_TYPE_PAPER_FOUND = 2; EVENT_TYPE_NEVER_WRITTEN = 3; }
message PaperLost { string where = 1; Inner inner = 2; message Inner { bytes photo = 1; int32 pages = 2; } }
message PaperFound { option (marks.visibility) = 1; string where = 1 [(marks.personal) = 1]; map<string, int64> pages = 2; }
"""


class Protos(unittest.TestCase):
    def test_finds_fields_and_events_that_do_not_say_who_may_see_them(self):
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            (root / "lienthong/example/v1").mkdir(parents=True)
            (root / "example_options.proto").write_text(OPTIONS, encoding="utf-8")
            (root / "lienthong/example/v1/events.proto").write_text(EVENTS, encoding="utf-8")
            subprocess.run(["protoc", "-I", directory, f"--python_out={directory}", "example_options.proto",
                            "lienthong/example/v1/events.proto"], check=True)
            program = ("import importlib, rules\n"
                       "options = importlib.import_module('example_options_pb2').DESCRIPTOR.extensions_by_name\n"
                       "events = importlib.import_module('lienthong.example.v1.events_pb2').DESCRIPTOR\n"
                       "print('\\n'.join(rules.unmarked_fields([events], options['personal'], options['visibility'])))\n")
            here = str(pathlib.Path(__file__).parent)
            out = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True,
                                 env={"PYTHONPATH": f"{directory}:{here}"}).stdout.splitlines()
        self.assertEqual(len(out), 4, out)
        for part in ("event PaperLost does not say", "PaperLost.where", "Inner.photo", "NeverWritten has no message"):
            self.assertTrue(any(part in line for line in out), part)


if __name__ == "__main__":
    unittest.main()
