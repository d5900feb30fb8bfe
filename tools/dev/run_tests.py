#!/usr/bin/python3
"""Builds and runs the test suites: called by `./dev test`.

    run_tests.py [SUITE]... [--asan|--tsan]

Prints the time per suite and, last, `N passed, N failed, N skipped`. A skipped or disabled test is a failure of the run.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUITES = ["architecture", "unit", "contract", "simulation", "component", "end_to_end", "fault"]
# What a suite stands on besides the build.
NEEDS_REDIS = {"contract", "component", "end_to_end", "fault"}
NEEDS_BROKER = {"contract", "component", "end_to_end", "fault"}
# Suites whose tests start their own brokers and services: one at a time, else two cores are too few for their time limits.
# The fault suite mostly waits (for 60 s without Kafka, say): two of its programs at a time; what measures times is serial by itself.
SERIAL = {"simulation", "component", "end_to_end"}
TIMEOUT_SECONDS = {"architecture": 300, "unit": 300, "contract": 300, "simulation": 900, "component": 600,
                   "end_to_end": 900, "fault": 2400}
SANITIZED_SUITES = ["unit", "contract"]


class Count:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def say(text):
    print(text, flush=True)


def run_shown(command, title, log, **options):
    """Runs a long command with its output in `log`; shows its last line every 15 s. Returns the exit code."""
    begin = time.monotonic()
    say(f"{title} ...")
    with open(log, "wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options)
        try:
            shown = begin
            while True:
                try:
                    code = process.wait(timeout=1)
                    break
                except subprocess.TimeoutExpired:
                    if time.monotonic() - shown >= 15:
                        shown = time.monotonic()
                        say(f"    {shown - begin:.0f} s  {last_line(log)}")
        except BaseException:
            process.send_signal(signal.SIGTERM)
            process.wait()
            raise
    say(f"{title} {'✓' if code == 0 else '✗'} {time.monotonic() - begin:.1f} s")
    return code


def last_line(log):
    lines = [line for line in tail(log, 2000).splitlines() if line.strip()]
    return lines[-1][:100] if lines else ""


def tail(log, size):
    with open(log, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - size))
        return file.read().decode("utf-8", "replace").replace("\r", "\n")


def end_with(sentence, cure):
    """One clear sentence and its cure; the closing line says that nothing passed."""
    say(f"\n✗ {sentence}\n  → {cure}")
    say(str(Count(0, 1, 0)))
    sys.exit(1)


def compiler_cache():
    environment = dict(os.environ)
    if shutil.which("ccache"):
        environment.update(CMAKE_C_COMPILER_LAUNCHER="ccache", CMAKE_CXX_COMPILER_LAUNCHER="ccache",
                           CCACHE_BASEDIR=str(ROOT), CCACHE_NOHASHDIR="1")
    return environment


def configure(preset, logs):
    log = logs / f"configure-{preset}.log"
    if run_shown(["cmake", "--preset", preset], f"configure {preset}", log, env=compiler_cache()) != 0:
        say(tail(log, 4000))
        end_with("The build could not be configured.", f"Correct what CMake names above, or remove build/{preset}; then try again.")


def build(preset, targets, logs):
    log = logs / f"build-{preset}.log"
    command = ["cmake", "--build", "--preset", preset, "-j", str(os.cpu_count() or 2)]
    if targets is not None:
        command += ["--target", *targets]
    if run_shown(command, f"build {preset}", log, env=compiler_cache()) != 0:
        text = tail(log, 20000)
        errors = [line for line in text.splitlines() if re.search(r"error|FAILED|undefined reference", line)]
        say("\n".join(errors[:20]) or text[-4000:])
        end_with("The build failed.", f"Correct what the compiler names above; the whole output is in {log.relative_to(ROOT)}.")


def listed_tests(preset):
    """name -> (labels, command) of every test that CTest knows."""
    out = subprocess.run(["ctest", "--test-dir", str(ROOT / "build" / preset), "--show-only=json-v1"],
                         check=True, capture_output=True, text=True).stdout
    tests = {}
    for test in json.loads(out)["tests"]:
        labels = []
        for entry in test.get("properties", []):
            if entry["name"] == "LABELS":
                labels = entry["value"]
        tests[test["name"]] = (labels, test.get("command", []))
    return tests


def sanitized_tests(preset, suite):
    """Test programs of the suite for base, ledger, cores and codecs: they link neither gRPC nor a client of broker or Redis.
    A test is named like its target.

    Ninja knows what goes into a target before anything is built; CTest does not even know its path.
    """
    chosen = {}
    for name, (labels, _) in listed_tests(preset).items():
        if suite not in labels:
            continue
        inputs = subprocess.run(["ninja", "-C", str(ROOT / "build" / preset), "-t", "inputs", name], capture_output=True, text=True, check=False)
        if inputs.returncode == 0 and not re.search("grpc|rdkafka|hiredis", inputs.stdout):
            chosen[name] = name
    return chosen


def reports_of(directory):
    """Counts per test program, from the JSON that GoogleTest and our Python runner write."""
    counts = {}
    for path in directory.glob("*.json"):
        try:
            report = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        count = Count()
        for suite in report.get("testsuites", []):
            for case in suite.get("testsuite", []):
                if case.get("failures"):
                    count.failed += 1
                elif case.get("result") == "SKIPPED" or case.get("status") == "NOTRUN":
                    count.skipped += 1
                else:
                    count.passed += 1
        counts[path.stem] = count
    return counts


def junit_results(path):
    """name -> 'passed' | 'failed' | 'skipped' of each CTest test."""
    results = {}
    if not path.exists():
        return results
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.get("status") == "run":
            results[case.get("name")] = "passed"
        elif case.get("status") in ("disabled", "notrun") or case.find("skipped") is not None:
            results[case.get("name")] = "skipped"
        else:
            results[case.get("name")] = "failed"
    return results


def run_suite(preset, suite, names, logs, environment):
    """Runs the named CTest tests; returns their count."""
    results = logs / f"results-{preset}-{suite}"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    log, junit = logs / f"{preset}-{suite}.log", results / "ctest.xml"
    pattern = "^(" + "|".join(re.escape(name) for name in names) + ")$"
    command = ["ctest", "--test-dir", str(ROOT / "build" / preset), "-R", pattern, "--output-on-failure", "--no-tests=error",
               "-j", "1" if suite in SERIAL else str(os.cpu_count() or 2), "--timeout", str(TIMEOUT_SECONDS[suite]),
               "--output-junit", str(junit)]
    environment = dict(environment, GTEST_OUTPUT=f"json:{results}/", GTEST_COLOR="no")
    code = run_shown(command, f"{suite}: {len(names)} test programs", log, env=environment)
    reports, outcomes, total = reports_of(results), junit_results(junit), Count()
    for name, program in names.items():
        outcome, report = outcomes.get(name, "failed"), reports.get(pathlib.Path(program).name)
        if report is None:  # No test framework of ours, or it died before it could report.
            total.add(Count(**{outcome: 1}))
        else:
            total.add(report)
            if outcome == "failed" and report.failed == 0:
                total.failed += 1
            if outcome == "passed" and report.passed + report.failed + report.skipped == 0:
                say(f"    {name} ran no test")
                total.failed += 1
    if code != 0 or total.failed:
        say(failures_of(log))
    return total


def failures_of(log):
    """The part of a CTest log that tells what failed, at most 200 lines."""
    with open(log, encoding="utf-8", errors="replace") as file:
        lines = file.read().splitlines()
    wanted = [line for line in lines if not re.search(r"^\s*(Start\s+\d+:|\[ RUN|\[       OK|\d+/\d+ Test .*Passed)", line)]
    return "\n".join(wanted[-200:])


def check_parts(suites):
    """Fails, naming the cause, if broker or Redis can't be had."""
    if NEEDS_REDIS & suites:
        if not shutil.which("redis-server"):
            end_with("The suites contract, component, end_to_end and fault need redis-server, which this machine lacks.",
                     "Install it: apt-get install redis-server; then try again.")
    if NEEDS_BROKER & suites:
        if not shutil.which("java"):
            end_with("The suites contract, component, end_to_end and fault need Java 17 for the Kafka broker, which this machine lacks.",
                     "Install it: apt-get install openjdk-17-jre-headless maven; then try again.")
        with tempfile.TemporaryFile(mode="w+") as out:
            begin = time.monotonic()
            say("broker ...")
            code = subprocess.run([str(ROOT / "deploy/local/broker/broker.sh"), "fetch"], stdout=out, stderr=subprocess.STDOUT,
                                  stdin=subprocess.DEVNULL, check=False).returncode
            out.seek(0)
            lines = [line for line in out.read().splitlines() if line.strip()]
            if code != 0:
                end_with("The jars of the Kafka broker can't be had: " + (lines[-1] if lines else "no reason was given"),
                         "See that this machine reaches Maven's packages, then try again.")
            say(f"broker ✓ {time.monotonic() - begin:.1f} s")


def by_program(tests, suite):
    return {name: command[0] if command and not command[0].endswith("python3") else name
            for name, (labels, command) in tests.items() if suite in labels}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev test", description="Builds and runs the test suites.")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=" ".join(SUITES))
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--asan", dest="preset", action="store_const", const="asan", help="address and undefined-behaviour sanitizers")
    group.add_argument("--tsan", dest="preset", action="store_const", const="tsan", help="thread sanitizer")
    parser.set_defaults(preset="dev")
    arguments = parser.parse_args()
    unknown = [suite for suite in arguments.suites if suite not in SUITES]
    if unknown:
        parser.error(f"no suite is named {unknown[0]}; choose of: {' '.join(SUITES)}")
    return arguments


def main():
    arguments = parse_arguments()
    preset, begin = arguments.preset, time.monotonic()
    logs = ROOT / "build" / "test-logs"
    logs.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ)
    configure(preset, logs)
    if preset == "dev":
        suites = [suite for suite in SUITES if not arguments.suites or suite in arguments.suites]
        check_parts(set(suites))
        build(preset, None, logs)
        chosen = {suite: by_program(listed_tests(preset), suite) for suite in suites}
    else:
        suites = [suite for suite in SANITIZED_SUITES if not arguments.suites or suite in arguments.suites]
        environment.setdefault("ASAN_OPTIONS", "detect_leaks=1:strict_string_checks=1")
        environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        chosen = {suite: sanitized_tests(preset, suite) for suite in suites}
        targets = sorted({target for names in chosen.values() for target in names.values()})
        if not targets:
            end_with(f"No test for sanitizers was found for {preset}.", f"Look at `ctest --test-dir build/{preset} -N`.")
        build(preset, targets, logs)

    total, times, missing = Count(), [], []
    for suite in suites:
        if not chosen[suite]:
            if arguments.suites or preset == "dev":
                missing.append(suite)
            continue
        suite_begin = time.monotonic()
        count = run_suite(preset, suite, chosen[suite], logs, environment)
        times.append((suite, time.monotonic() - suite_begin, count))
        total.add(count)

    say("")
    for suite, seconds, count in times:
        say(f"{suite:<14}{seconds:8.1f} s   {count}")
    say(f"{'all':<14}{time.monotonic() - begin:8.1f} s   with the build" + ("" if preset == "dev" else f", {preset}"))
    for suite in missing:
        say(f"✗ The suite {suite} has no tests.")
    total.failed += len(missing)
    say(str(total))
    sys.exit(0 if total.failed == 0 and total.skipped == 0 and total.passed > 0 else 1)


if __name__ == "__main__":
    main()
