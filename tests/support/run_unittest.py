#!/usr/bin/python3
"""run_unittest.py FILE...: runs the tests of Python files and reports like a GoogleTest program.

Writes the JSON report that `GTEST_OUTPUT=json:DIRECTORY/` asks for, named after the environment variable LIENTHONG_TEST_NAME.
"""
import importlib.util
import json
import os
import pathlib
import sys
import unittest


def load(path):
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return unittest.defaultTestLoader.loadTestsFromModule(module)


class Recording(unittest.TextTestResult):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.cases = {}

    def startTest(self, test):
        super().startTest(test)
        self.cases[test.id()] = {"name": test.id(), "status": "RUN", "result": "COMPLETED"}

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._fail(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self._fail(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._fail(test, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.cases.setdefault(test.id(), {"name": test.id(), "status": "RUN"})["result"] = "SKIPPED"

    def _fail(self, test, err):
        case = self.cases.setdefault(test.id(), {"name": test.id(), "status": "RUN", "result": "COMPLETED"})
        case.setdefault("failures", []).append({"failure": str(err[1])})


def main():
    suite = unittest.TestSuite(load(pathlib.Path(name).resolve()) for name in sys.argv[1:])
    result = unittest.TextTestRunner(resultclass=Recording, verbosity=2, stream=sys.stdout).run(suite)
    where, name = os.environ.get("GTEST_OUTPUT", ""), os.environ.get("LIENTHONG_TEST_NAME", "python")
    if where.startswith("json:") and where.endswith("/"):
        report = {"testsuites": [{"name": name, "testsuite": list(result.cases.values())}]}
        (pathlib.Path(where[len("json:"):]) / f"{name}.json").write_text(json.dumps(report), encoding="utf-8")
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
