#!/usr/bin/python3 -B
"""Makes the catalogue of a trial installation from another one.

trial_catalogue.py SOURCE TARGET

It is the same but for the patience of notices: nobody sleeps where mail goes to a sink, so there are no quiet hours; attempts
follow each other within seconds, and providers are not spared. TARGET is made anew.
"""
import pathlib
import re
import shutil
import sys

CHANGES = [(r'quiet_hours: \{from: "[0-9:]+", until: "[0-9:]+"\}', 'quiet_hours: {from: "00:00", until: "00:00"}'),
           (r"first_backoff_seconds: \d+, max_backoff_seconds: \d+", "first_backoff_seconds: 1, max_backoff_seconds: 4"),
           (r"per_minute: \d+", "per_minute: 60000")]


def main(source, target):
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    notices = pathlib.Path(target) / "notices.yaml"
    text = notices.read_text(encoding="utf-8")
    for pattern, replacement in CHANGES:
        text, count = re.subn(pattern, replacement, text)
        if count == 0:
            sys.exit(f"error: {source}/notices.yaml has nothing like {pattern}")
    notices.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
