#!/usr/bin/python3
"""A carrier to try things with: takes orders over HTTP, moves items, tells of them by poll and by signed push.

Everything it does follows from its seed, its settings and what it is asked: which scans come twice, late, out of order or never,
which deliveries fail, which items are lost. It shares nothing with the service that talks to it. Standard library only.
"""
import argparse
import hashlib
import heapq
import hmac
import http.server
import json
import random
import threading
import time
import urllib.error
import urllib.request

NEEDED = ("customerCode", "orderNumber", "senderProvince", "senderAddress", "senderName", "receiverName", "receiverAddress", "receiverTel",
          "receiverProvince")
TAKEN = NEEDED + ("codAmount", "senderTel", "senderEmail", "senderDistrict", "senderDesc", "description", "receiverDistrict", "receiverEmail",
                  "pickUp")
OFFICES = ("700000", "440000", "442100", "443500")
SETTINGS = {"duplicates": 0.0, "delays": 0.0, "scans_lost": 0.0, "items_lost": 0.0, "failed_attempts": 0.0, "proofs_missing": 0.0,
            "replies_lost": 0.0, "quota": 0, "step_seconds": 1.0}


def s10(service, serial):
    """The item number of UPU S10 with its check digit."""
    digits = f"{serial:08d}"
    rest = 11 - sum(weight * int(digit) for weight, digit in zip((8, 6, 4, 2, 3, 5, 9, 7), digits)) % 11
    return f"{service}{digits}{ {10: 0, 11: 5}.get(rest, rest) }VN"


def signature(secret, moment, body):
    """What a receiver checks: HMAC-SHA256 over the time and the body as they came."""
    return hmac.new(secret, str(moment).encode() + b"." + body, hashlib.sha256).hexdigest()


class Refusal(Exception):
    def __init__(self, status, code, text):
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


class Carrier:
    """Orders, items and what is told of them. Thread-safety: one lock; `now` is a function, so that tests move time.

    What an item meets follows from the seed and its order number. With a journal the orders are there again after a restart, and so
    are their scans, at the same places of the list.
    """

    def __init__(self, seed, settings=None, now=time.time, journal=None):
        self.seed, self.now, self.lock = seed, now, threading.RLock()
        self.random, self.replies = random.Random(seed), random.Random(f"{seed}/replies")
        self.settings = dict(SETTINGS)
        self.change(settings or {})
        self.orders, self.serial, self.waiting, self.told = {}, 30_000_000, [], []
        self.sequence, self.away_until, self.ordered_today, self.day = 0, 0.0, 0, None
        self.journal = None
        if journal is not None:
            self.replay(journal)
            self.journal = open(journal, "a", encoding="utf-8")  # pylint: disable=consider-using-with

    def replay(self, path):
        """Orders and cancellations of an earlier life, at their own times and under the settings of then."""
        try:
            with open(path, encoding="utf-8") as file:
                lines = [json.loads(line) for line in file if line.endswith("\n")]
        except FileNotFoundError:
            return
        present, settings = self.now, self.settings
        for line in lines:
            self.now, self.settings = (lambda at=line["at"]: at), line["settings"]
            if "order" in line:
                self.order(line["order"])
            else:
                self.cancel(line["cancel"])
        self.now, self.settings = present, settings

    def write(self, **what):
        if self.journal is not None:
            self.journal.write(json.dumps({**what, "at": self.now(), "settings": self.settings}) + "\n")
            self.journal.flush()

    def loses_reply(self):
        """True when the caller is not to hear what came of its call."""
        with self.lock:
            return self.replies.random() < self.settings["replies_lost"]

    def find(self, number):
        with self.lock:
            self.check_away()
            order = self.orders.get(number)
            if order is None:
                raise Refusal(404, "UNKNOWN", "there is no such order")
            return {"itemNumber": order["item"], "cancelled": order["cancelled"] is not None}

    def change(self, settings):
        with self.lock:
            for name, value in settings.items():
                if name == "outage_seconds":
                    self.away_until = self.now() + float(value)
                elif name in SETTINGS:
                    self.settings[name] = type(SETTINGS[name])(value)
                else:
                    raise Refusal(400, "UNKNOWN_SETTING", f"there is no setting {name}")

    def check_away(self):
        if self.now() < self.away_until:
            raise Refusal(503, "AWAY", "the carrier is away")

    def order(self, wanted):
        """Idempotent by the order number: the same again gives the same item."""
        with self.lock:
            self.check_away()
            missing = [name for name in NEEDED if not wanted.get(name)]
            unknown = sorted(set(wanted) - set(TAKEN))
            if missing or unknown:
                raise Refusal(400, "FIELDS", f"missing {missing}, unknown {unknown}")
            known = self.orders.get(wanted["orderNumber"])
            if known is not None:
                return {"itemNumber": known["item"], "repeated": True}
            self.use_quota()
            self.serial += 1
            order = {"item": s10("EX", self.serial), "wanted": dict(wanted), "cancelled": None, "begun": False}
            self.orders[wanted["orderNumber"]] = order
            self.write(order=wanted)
            self.random = random.Random(f"{self.seed}/{wanted['orderNumber']}")
            self.plan(order)
            return {"itemNumber": order["item"], "repeated": False}

    def use_quota(self):
        today = int(self.now() // 86400)
        if today != self.day:
            self.day, self.ordered_today = today, 0
        if self.settings["quota"] and self.ordered_today >= self.settings["quota"]:
            raise Refusal(429, "QUOTA", "no more orders today")
        self.ordered_today += 1

    def cancel(self, number):
        with self.lock:
            self.check_away()
            order = self.orders.get(number)
            if order is None:
                raise Refusal(404, "UNKNOWN", "there is no such order")
            if order["cancelled"] is not None:
                return {"cancelled": True, "repeated": True}
            if order["begun"]:
                raise Refusal(409, "UNDERWAY", "the item is on its way")
            order["cancelled"] = self.now()
            self.write(cancel=number)
            self.emit(order, self.now(), "910")
            return {"cancelled": True, "repeated": False}

    def plan(self, order):
        """Every scan the item will have, at the time it will happen."""
        chance, step, at = self.random.random, self.settings["step_seconds"], self.now()
        steps = [("100", "")]
        if order["wanted"].get("pickUp"):
            steps += [("110", ""), ("120", "")]
        steps += [("200", ""), ("210", "")]
        if chance() < self.settings["items_lost"]:
            steps += [("900", "")]
        else:
            steps += [("220", "")]
            for _ in range(3):
                steps += [("300", "")]
                if chance() >= self.settings["failed_attempts"]:
                    steps += [("320", "")]
                    break
                steps += [("310", self.random.choice(("absent", "no-such-address", "refused")))]
            else:
                steps += [("230", ""), ("400", ""), ("410", "")]
            if steps[-1][0] == "320" and int(order["wanted"].get("codAmount") or 0) > 0:
                steps += [("500", "")]
        for code, reason in steps:
            self.emit(order, at, code, reason)
            at += step

    def emit(self, order, at, code, reason=""):
        chance, step = self.random.random, self.settings["step_seconds"]
        scan = {"orderNumber": order["wanted"]["orderNumber"], "itemNumber": order["item"], "code": code, "time": round(at, 3),
                "place": self.random.choice(OFFICES), "reason": reason}
        if code == "320" and chance() >= self.settings["proofs_missing"]:
            scan["proof"] = {"receiverName": order["wanted"]["receiverName"], "lastDigits": f"{self.random.randrange(10_000):04d}",
                             "relation": "self", "paper": "citizen-card", "time": round(at, 3),
                             "evidence": hashlib.sha256((order["item"] + "signature").encode()).hexdigest()}
        if code == "500":
            scan["amount"], scan["receipt"] = int(order["wanted"]["codAmount"]), "BL-" + order["item"]
        if code != "100" and chance() < self.settings["scans_lost"]:
            self.schedule(order, at, None)
            return
        late = step * self.random.randrange(1, 6) if chance() < self.settings["delays"] else 0
        self.schedule(order, at + late, scan)
        if chance() < self.settings["duplicates"]:
            self.schedule(order, at + late + step * self.random.randrange(0, 3), dict(scan))

    def schedule(self, order, tell_at, scan):
        self.sequence += 1
        heapq.heappush(self.waiting, (tell_at, self.sequence, order, scan))

    def advance(self):
        """Tells of what is due by now."""
        with self.lock:
            while self.waiting and self.waiting[0][0] <= self.now():
                at, _, order, scan = heapq.heappop(self.waiting)
                cancelled = order["cancelled"] is not None and at >= order["cancelled"]
                if scan is None or (cancelled and scan["code"] != "910"):
                    continue
                order["begun"] = order["begun"] or scan["code"] not in ("100", "110", "910")
                self.told.append(scan)

    def track(self, since, limit):
        with self.lock:
            self.check_away()
            self.advance()
            scans = self.told[since:since + limit]
            return {"scans": scans, "cursor": since + len(scans), "more": since + len(scans) < len(self.told)}

    def settlement(self, day):
        """What it collected on a local day, as it would declare it."""
        with self.lock:
            self.advance()
            lines = {}
            for scan in self.told:
                if scan["code"] == "500" and time.strftime("%Y-%m-%d", time.gmtime(scan["time"] + 7 * 3600)) == day:
                    lines[scan["itemNumber"]] = scan["amount"]
            return {"day": day, "lines": lines, "paid": sum(lines.values())}


class Pusher(threading.Thread):
    """Pushes scans to a receiver until it answers 2xx, in the order they are told; signed."""

    def __init__(self, carrier, url, secret):
        super().__init__(daemon=True)
        self.carrier, self.url, self.secret, self.sent, self.stopped = carrier, url, secret, 0, threading.Event()

    def run(self):
        while not self.stopped.wait(0.05):
            try:
                batch = self.carrier.track(self.sent, 100)
            except Refusal:
                continue
            if batch["scans"] and self.push(batch["scans"]):
                self.sent = batch["cursor"]

    def push(self, scans):
        body, moment = json.dumps({"scans": scans}).encode(), int(time.time())
        request = urllib.request.Request(self.url, body, {
            "Content-Type": "application/json", "X-Carrier-Time": str(moment), "X-Carrier-Signature": signature(self.secret, moment, body)})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return 200 <= answer.status < 300
        except (urllib.error.URLError, OSError):
            return False


def make_handler(carrier):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def answer(self, status, body):
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            if status == 429:
                self.send_header("Retry-After", "3600")
            self.end_headers()
            self.wfile.write(data)

        def body(self):
            length = int(self.headers.get("Content-Length") or 0)
            if length > 65536:
                raise Refusal(413, "TOO_LARGE", "at most 64 KiB")
            try:
                value = json.loads(self.rfile.read(length) or b"{}")
            except ValueError as error:
                raise Refusal(400, "NO_JSON", str(error)) from error
            if not isinstance(value, dict):
                raise Refusal(400, "NO_JSON", "an object is expected")
            return value

        def serve(self, work):
            try:
                done = work()
                if self.command == "POST" and not self.path.startswith("/simulate") and carrier.loses_reply():
                    self.close_connection = True
                    return
                self.answer(200, done)
            except Refusal as refusal:
                self.answer(refusal.status, {"error": refusal.code, "text": refusal.text})

        def do_POST(self):  # pylint: disable=invalid-name
            path = self.path.rstrip("/")
            if path == "/orders":
                self.serve(lambda: carrier.order(self.body()))
            elif path == "/cancel":
                self.serve(lambda: carrier.cancel(self.body().get("orderNumber", "")))
            elif path == "/simulate":
                self.serve(lambda: carrier.change(self.body()) or {"settings": carrier.settings})
            else:
                self.answer(404, {"error": "UNKNOWN", "text": self.path})

        def do_GET(self):  # pylint: disable=invalid-name
            path, _, query = self.path.partition("?")
            wanted = dict(part.split("=", 1) for part in query.split("&") if "=" in part)
            if path == "/track":
                self.serve(lambda: carrier.track(int(wanted.get("since") or 0), min(200, int(wanted.get("limit") or 100))))
            elif path == "/orders":
                self.serve(lambda: carrier.find(wanted.get("orderNumber", "")))
            elif path == "/settlement":
                self.serve(lambda: carrier.settlement(wanted.get("day", "")))
            elif path == "/healthz":
                self.answer(200, {})
            else:
                self.answer(404, {"error": "UNKNOWN", "text": self.path})

    return Handler


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--push-url", default="", help="receiver of scans; empty: they are polled")
    parser.add_argument("--push-secret-file", default="", help="file with the secret pushes are signed with")
    parser.add_argument("--journal", help="file that keeps the orders across a restart")
    for name, value in SETTINGS.items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(value), default=value)
    options = parser.parse_args()
    carrier = Carrier(options.seed, {name: getattr(options, name) for name in SETTINGS}, journal=options.journal)
    server = Server(("127.0.0.1", options.port), make_handler(carrier))
    if options.push_url:
        with open(options.push_secret_file, "rb") as file:
            Pusher(carrier, options.push_url, file.read().strip()).start()
    print(f"listening 127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
