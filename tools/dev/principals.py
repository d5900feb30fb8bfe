#!/usr/bin/python3
"""principals.py DIRECTORY: certificate names of all principals in the catalogue's YAML files, one a line."""
import pathlib
import sys

import yaml


def names(value):
    """Every `certificate` or `certificates` entry below a `principals` key, whatever the file."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("certificate", "certificate_name") and isinstance(inner, str):
                yield inner
            elif key in ("certificates", "certificate_names") and isinstance(inner, list):
                yield from (name for name in inner if isinstance(name, str))
            else:
                yield from names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names(inner)


def main():
    found = set()
    for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.y*ml")):
        with open(path, encoding="utf-8") as file:
            for document in yaml.safe_load_all(file):
                found.update(names(document))
    print("\n".join(sorted(found)))


if __name__ == "__main__":
    main()
