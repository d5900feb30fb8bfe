#!/usr/bin/python3
"""principals.py DIRECTORY: certificate names of all principals in the catalogue's YAML files, one a line."""
import pathlib
import sys

import yaml


def main():
    principals, agencies, kinds = set(), [], set()
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.yaml")):
        with open(path, encoding="utf-8") as file:
            document = yaml.safe_load(file) or {}
        for principal in document.get("principals") or []:
            principals.update(principal.get("certificates") or [])
        for backend in document.get("agency_backends") or []:
            kinds.update(backend.get("kinds") or [])
        agencies += document.get("agencies") or []
    # Every agency's own software is one principal, named after the agency's code.
    principals.update("agency-" + str(agency["code"]).lower() for agency in agencies if agency.get("kind") in kinds)
    print("\n".join(sorted(principals)))


if __name__ == "__main__":
    main()
