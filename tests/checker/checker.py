#!/usr/bin/python3
"""Reads raw ledgers and the clients' own file of acknowledgements; says what was lost, doubled or put out of order.

    checker.py --acknowledgements FILE (--export FILE | --sqlite PATH | --kafka BOOTSTRAP [--certificates DIR --name NAME])
               [--mail FILE] [--webhooks FILE --subscription FILE] [--rules FILE] [--save FILE] [--settle SECONDS]

An acknowledgement is one JSON line: {"service", "p", "dossier", "request_id", "seq", "block_seq", "start_us", "end_us"} and, for the
answer to a repeated request, "replayed": true; dossier as the API names it or as 32 hexadecimal digits, request_id as a UUID, with or without the home key in front.
Last line: `N lost, N doubled, N out of order`; exit code 0 if all are 0, 1 if not, 2 if the ledgers can't be read.
"""
import argparse
import glob
import json
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import history  # noqa: E402
import receivers  # noqa: E402
import records  # noqa: E402

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def dossier_bytes(text):
    if re.fullmatch(r"[0-9a-fA-F]{32}", text):
        return bytes.fromhex(text)
    code = text.rsplit("_", 1)[-1]
    if not re.fullmatch(f"[{CROCKFORD}]{{26}}", code):
        raise ValueError(f"'{text}' is no dossier id")
    number = 0
    for character in code:
        number = number * 32 + CROCKFORD.index(character)
    return (number >> 2).to_bytes(16, "big")  # 26 characters hold 130 bits, the last two are padding.


def request_bytes(text):
    return bytes.fromhex(text.rsplit("_", 1)[-1].replace("-", ""))


def read_acknowledgements(patterns):
    found = []
    for pattern in patterns:
        for path in sorted(glob.glob(pattern)) or [pattern]:
            with open(path, encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    # A client that was killed may have left half a line at the end; it had told nobody of it.
                    if not line.endswith("\n"):
                        continue
                    try:
                        entry = json.loads(line)
                        found.append(history.Acknowledgement(
                            entry["service"], int(entry["p"]), dossier_bytes(entry["dossier"]), request_bytes(entry["request_id"]),
                            int(entry["seq"]), int(entry["block_seq"]), int(entry["start_us"]), int(entry["end_us"]),
                            bool(entry.get("replayed"))))
                    except (ValueError, KeyError) as error:
                        raise ValueError(f"{path}:{number}: {error}") from error
    return found


def read_rules(path):
    with open(path, encoding="utf-8") as file:
        data = json.load(file)

    def number(ledger, event):
        if isinstance(event, int):
            return event
        return records.generated(data["events"][ledger]).EventType.Value("EVENT_TYPE_" + event)

    masks = {reader: {source: sum(1 << number(source, event) for event in events) for source, events in sources.items()}
             for reader, sources in data["masks"].items()}
    offers = {ledger: {number(ledger, event): tuple(fields) for event, fields in events.items()} for ledger, events in data["offers"].items()}
    return history.Rules(masks, offers), sorted(data["events"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--acknowledgements", action="append", required=True, metavar="FILE", help="may be given several times, and be a pattern")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--export", metavar="FILE")
    source.add_argument("--sqlite", metavar="PATH")
    source.add_argument("--kafka", metavar="BOOTSTRAP")
    parser.add_argument("--certificates", metavar="DIR", help="directory with ca.pem, NAME.pem, NAME.key; without it the broker is read in clear")
    parser.add_argument("--name", default="deploy")
    parser.add_argument("--mail", metavar="FILE", help="what tools/smtp_sink took: compared with the notices that went out")
    parser.add_argument("--texts", metavar="FILE", help="what the text gateway of the tests was asked to send: compared in the same way")
    parser.add_argument("--webhooks", metavar="FILE", help="what tools/webhook_receiver was sent: compared with the public events of --subscription")
    parser.add_argument("--subscription", metavar="FILE", help="catalogue file with one subscription")
    parser.add_argument("--rules", default=str(pathlib.Path(__file__).resolve().parent / "rules.json"), metavar="FILE")
    parser.add_argument("--settle", type=float, default=0, metavar="SECONDS",
                        help="reads again until nothing is found, at most this long: a decision made just now is taken in a moment later")
    parser.add_argument("--save", metavar="FILE", help="writes the raw records to a file for --export")
    arguments = parser.parse_args()
    end = time.monotonic() + arguments.settle
    try:
        rules, ledgers = read_rules(arguments.rules)
        types = receivers.types_of(arguments.subscription) if arguments.webhooks else set()
        while True:
            acknowledgements = read_acknowledgements(arguments.acknowledgements)
            raw = read_ledgers(arguments, ledgers)
            # Read after the ledgers: what stands there as handed over came to the receiver before.
            messages = {}
            if arguments.mail:
                messages["EMAIL"] = receivers.lines_of(arguments.mail)
            if arguments.texts:
                messages["SMS"] = [receivers.text_message(request) for request in receivers.lines_of(arguments.texts)]
            webhooks = (types, receivers.lines_of(arguments.webhooks)) if arguments.webhooks else None
            findings = history.check(raw, acknowledgements, rules, messages, webhooks)
            if findings.clean or time.monotonic() >= end:
                break
            time.sleep(1)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        print(f"error: the history can't be read: {error}", file=sys.stderr)
        return 2
    if arguments.save:
        records.to_export(arguments.save, raw)
    for ledger in ledgers:
        if not any(name == ledger for name, _ in raw):
            findings.lost(f"there is no ledger {ledger}")
    for sentence in findings.examples:
        print(sentence)
    total = findings.totals
    print(f"{total['ledgers']} partitions, {total['records']} records, {total['blocks']} effective blocks, {total['void']} void, "
          f"{total['ignored']} ignored, {total['decisions']} decisions, {total['acknowledgements']} acknowledgements"
          + (f", {total['messages']} messages by mail, {total['repeats']} of them repeated" if arguments.mail else "")
          + (f", {total['texts']} text messages, {total['text repeats']} of them repeated" if arguments.texts else "")
          + (f", {total['webhooks']} events to a subscriber, {total['webhook repeats']} of them repeated" if arguments.webhooks else ""))
    print(findings.line())
    return 0 if findings.clean else 1


def read_ledgers(arguments, ledgers):
    if arguments.export:
        return records.from_export(arguments.export)
    if arguments.sqlite:
        return records.from_sqlite(arguments.sqlite)
    directory, security = arguments.certificates, None
    if directory:
        security = {"ca": f"{directory}/ca.pem", "cert": f"{directory}/{arguments.name}.pem", "key": f"{directory}/{arguments.name}.key"}
    return records.from_kafka(arguments.kafka, [*ledgers, "catalogue"], security)


if __name__ == "__main__":
    sys.exit(main())
