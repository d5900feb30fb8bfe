#!/usr/bin/python3
"""generate.py [--check]: writes docs/errors.md, every reason a call can be refused with, from the comments of ErrorReason.

--check writes nothing and ends with 1 when the committed document is another one.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/errors.md"
CONTRACT = "lienthong/api/v1/api.proto"
PREFIX = "ERROR_REASON_"
# Of google.rpc.Code -> whether the same request may be sent again as it is.
CODES = {"INVALID_ARGUMENT": "no", "NOT_FOUND": "no", "ALREADY_EXISTS": "no", "PERMISSION_DENIED": "no", "UNAUTHENTICATED": "no",
         "FAILED_PRECONDITION": "no", "ABORTED": "no, read first", "OUT_OF_RANGE": "no", "RESOURCE_EXHAUSTED": "yes, later", "UNAVAILABLE": "yes",
         "DEADLINE_EXCEEDED": "yes", "INTERNAL": "no", "DATA_LOSS": "no"}
HEAD = """# Why a call was refused

Every error carries `google.rpc.ErrorInfo` with domain `lienthong` and one of these reasons, its text in Vietnamese and English
(`LocalizedMessage`), and, where waiting helps, `RetryInfo`. "Again": whether the same request, with the same request id, may be sent again as it is.

Made by `tools/errors/generate.py` from `proto/lienthong/api/v1/api.proto`; a test compares.

| reason | code | again | meaning and cure |
|---|---|---|---|
"""


def reasons():
    """(name, comment) of every value of ErrorReason but the unspecified one, by number."""
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory) / "set"
        subprocess.run(["protoc", "-I", str(ROOT / "proto"), f"--descriptor_set_out={out}", "--include_source_info", CONTRACT], check=True)
        [file] = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file
    comments = {tuple(location.path): location.leading_comments for location in file.source_code_info.location}
    number = next(index for index, enum in enumerate(file.enum_type) if enum.name == "ErrorReason")
    values = [(value.number, value.name.removeprefix(PREFIX), " ".join(comments[(5, number, 2, index)].split()))
              for index, value in enumerate(file.enum_type[number].value) if value.number != 0]
    return [(name, comment) for _, name, comment in sorted(values)]


def row(name, comment):
    code, meaning = re.fullmatch(r"([A-Z_]+): (.+)", comment).groups()
    return f"| `{name}` | {code} | {CODES[code]} | {meaning[0].upper() + meaning[1:]} |\n"


def text():
    return HEAD + "".join(row(name, comment) for name, comment in sorted(reasons()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        DOCUMENT.write_text(text(), encoding="utf-8")
    elif DOCUMENT.read_text(encoding="utf-8") != text():
        sys.exit("docs/errors.md is not what the contract says: run tools/errors/generate.py")


if __name__ == "__main__":
    main()
