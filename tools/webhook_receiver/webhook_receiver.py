#!/usr/bin/python3 -B
"""Another system that subscribes to events: takes signed CloudEvents over TLS and writes one line of JSON for each request.

webhook_receiver.py PORT CERTIFICATE KEY SIGNING_KEYS FILE [BEHAVIOUR]

SIGNING_KEYS holds one key a line, as the sender's file does; each is good. A line of FILE holds the time, the message's key, the
event's id, source, type, subject and data, how often this key came (`copies`, from 1), what is wrong with it (`fault`: `signature`,
`stale`, `key`, `form`, `order`, or nothing), the status it was answered with and the `line` it came by (the sender's port). `order` means: the first copy of an event came
behind one of the same source, partition and dossier that stands later in the ledger. A request that is not signed is answered
401 and is no event. FILE is read at the start, so that a restarted receiver still knows what it has.

BEHAVIOUR is a file of JSON, read for each request, for trials: `status` answers so, `subject` only for this dossier, `delay` waits
so many seconds, `location` is sent along with a status of 3xx, `retry_after` with any, `large` sends 100 MB, `drop` takes the event and drops the line.
Shares no code with the services.
"""
import base64
import collections
import hashlib
import hmac
import http.server
import json
import pathlib
import ssl
import sys
import threading
import time

WINDOW_SECONDS = 300
LARGE = 100 * 1024 * 1024
BODY_MAX = 1024 * 1024


def keys_in(path):
    """The keys of a file, as bytes."""
    out = []
    for line in pathlib.Path(path).read_text(encoding="utf-8").split():
        out.append(base64.b64decode(line[len("whsec_"):]) if line.startswith("whsec_") else line.encode())
    return out


def signature_fault(keys, headers, body, now):
    """None, or what speaks against the signature of a message (Standard Webhooks 1.0)."""
    identity, moment, given = (headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature"))
    text = f"{identity}.{moment}.".encode() + body
    wanted = ["v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode() for key in keys]
    if not any(hmac.compare_digest(one, other) for one in wanted for other in given.split()):
        return "signature"
    return "stale" if not moment.isdigit() or abs(now - int(moment)) > WINDOW_SECONDS else None


def place_of(event):
    """Where an event stands: (source, partition, dossier) and its place within; None for one that is not of a ledger."""
    parts = event["id"].split("/")
    if len(parts) != 4:
        return None
    leaf, number = parts[3].split(".")
    return (event["source"], parts[1], event["subject"]), (int(parts[2]), int(leaf), int(number))


class Records:
    """What came, in memory and in the file."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.lock = threading.Lock()
        self.copies = collections.Counter()
        self.event_of = {}
        self.last = {}
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                self.count(json.loads(line))

    def count(self, record):
        """Takes a record into account; True if it came out of order."""
        if not record.get("event") or record["status"] // 100 != 2:
            return False
        self.copies[record["key"]] += 1
        self.event_of.setdefault(record["key"], record["event"])
        place = place_of({"id": record["event"], "source": record["source"], "subject": record["subject"]})
        if place is None or self.copies[record["key"]] > 1:
            return False
        before, self.last[place[0]] = self.last.get(place[0], (-1, 0, 0)), max(place[1], self.last.get(place[0], (-1, 0, 0)))
        return place[1] < before

    def add(self, record):
        with self.lock:
            known = self.event_of.get(record["key"], record.get("event"))
            if record["fault"] is None and known != record.get("event"):
                record["fault"] = "key"
            if self.count(record) and record["fault"] is None:
                record["fault"] = "order"
            record["copies"] = self.copies[record["key"]]
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        size = int(self.headers.get("Content-Length", 0))
        if size > BODY_MAX:
            return self.answer(413)
        body = self.rfile.read(size)
        options = self.server.options
        fault = signature_fault(keys_in(options["keys"]), self.headers, body, time.time())
        record = {"time": time.time(), "key": self.headers.get("webhook-id", ""), "event": "", "source": "", "type": "", "subject": "",
                  "fault": fault, "status": 204 if fault is None else 401, "line": self.client_address[1]}
        behaviour = self.behaviour()
        try:
            event = json.loads(body)
            record.update(event=event["id"], source=event["source"], type=event["type"], subject=event["subject"], recorded=event["recordedtime"],
                          data=event["data_base64"])
            base64.b64decode(event["data_base64"], validate=True)
            if event["specversion"] != "1.0" or not self.headers.get("Content-Type", "").startswith("application/cloudevents+json"):
                raise ValueError("no CloudEvents 1.0")
        except (ValueError, KeyError, TypeError):
            record["fault"], record["status"] = record["fault"] or "form", 400
        if record["fault"] is None and behaviour.get("subject", record["subject"]) == record["subject"]:
            time.sleep(behaviour.get("delay", 0))
            record["status"] = behaviour.get("status", record["status"])
        else:
            behaviour = {}
        self.server.records.add(record)
        if behaviour.get("drop"):
            self.close_connection = True
            return None
        if behaviour.get("large"):
            return self.answer_large(record["status"])
        return self.answer(record["status"], {"Location": behaviour.get("location"), "Retry-After": behaviour.get("retry_after")})

    def behaviour(self):
        path = self.server.options["behaviour"]
        try:
            return json.loads(pathlib.Path(path).read_text(encoding="utf-8")) if path else {}
        except (OSError, ValueError):
            return {}

    def answer(self, status, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            if value is not None:
                self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer_large(self, status):
        self.send_response(200 if status == 204 else status)
        self.send_header("Content-Length", str(LARGE))
        self.end_headers()
        for _ in range(LARGE // 65536):
            self.wfile.write(bytes(65536))

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A sender that goes away is no fault."""


def main():
    if len(sys.argv) not in (6, 7):
        sys.exit(__doc__)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server = Server(("127.0.0.1", int(sys.argv[1])), Receiver)
    server.options = {"keys": sys.argv[4], "behaviour": sys.argv[6] if len(sys.argv) == 7 else ""}
    server.records = Records(sys.argv[5])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print("listening", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
