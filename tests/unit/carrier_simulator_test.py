"""The carrier simulator: idempotent orders, the same scans for the same seed, every fault on request."""
import collections
import http.server
import json
import pathlib
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/carrier_simulator"))
import carrier_simulator as simulator  # noqa: E402  pylint: disable=wrong-import-position


def wanted(number, **more):
    order = {"customerCode": "H47.22.02", "orderNumber": number, "senderProvince": "H47", "senderAddress": "1", "senderName": "A",
             "receiverName": "B", "receiverAddress": "2", "receiverTel": "0", "receiverProvince": "H47"}
    order.update(more)
    return order


class Clock:
    def __init__(self):
        self.time = 1_772_000_000.0

    def __call__(self):
        return self.time


def journey(seed, orders=20, **settings):
    clock = Clock()
    carrier = simulator.Carrier(seed, settings, clock)
    for number in range(orders):
        carrier.order(wanted(f"order-{number}", codAmount=1000))
    clock.time += 1000
    return carrier.track(0, 10_000)["scans"]


class CarrierTest(unittest.TestCase):
    def test_the_same_seed_tells_the_same(self):
        faults = {"duplicates": 0.3, "delays": 0.3, "failed_attempts": 0.4, "items_lost": 0.1}
        self.assertEqual(journey(7, **faults), journey(7, **faults))
        self.assertNotEqual(journey(7, **faults), journey(8, **faults))

    def test_an_order_again_gives_the_same_item_and_no_second_journey(self):
        clock = Clock()
        carrier = simulator.Carrier(1, {}, clock)
        first = carrier.order(wanted("a"))
        again = carrier.order(wanted("a"))
        self.assertEqual(first["itemNumber"], again["itemNumber"])
        self.assertTrue(again["repeated"])
        clock.time += 100
        self.assertEqual([scan["code"] for scan in carrier.track(0, 100)["scans"]], ["100", "200", "210", "220", "300", "320"])

    def test_an_order_without_district_is_taken_and_one_without_receiver_is_not(self):
        carrier = simulator.Carrier(1)
        self.assertIn("itemNumber", carrier.order(wanted("a")))
        with self.assertRaises(simulator.Refusal) as refused:
            carrier.order(wanted("b", receiverName=""))
        self.assertEqual((refused.exception.status, refused.exception.code), (400, "FIELDS"))

    def test_item_numbers_have_the_check_digit_of_the_standard(self):
        self.assertEqual(simulator.s10("RR", 47312482), "RR473124829VN")

    def test_makes_every_fault_it_is_asked_for(self):
        plain = journey(3)
        times = collections.Counter((scan["itemNumber"], scan["code"], scan["time"]) for scan in journey(3, duplicates=1.0))
        self.assertTrue(all(count == 2 for count in times.values()))
        late = [scan["time"] for scan in journey(3, delays=0.5)]
        self.assertNotEqual(late, sorted(late))
        self.assertEqual([scan["time"] for scan in plain], sorted(scan["time"] for scan in plain))
        self.assertTrue(all(scan["code"] != "320" for scan in journey(3, items_lost=1.0)))
        self.assertIn("410", {scan["code"] for scan in journey(3, failed_attempts=1.0)})
        self.assertLess(len(journey(3, scans_lost=0.5)), len(plain))
        self.assertTrue(all("proof" not in scan for scan in journey(3, proofs_missing=1.0)))
        self.assertTrue(all("proof" in scan for scan in plain if scan["code"] == "320"))

    def test_refuses_over_its_quota_and_takes_again_the_next_day(self):
        clock = Clock()
        carrier = simulator.Carrier(1, {"quota": 2}, clock)
        carrier.order(wanted("a"))
        carrier.order(wanted("b"))
        with self.assertRaises(simulator.Refusal) as refused:
            carrier.order(wanted("c"))
        self.assertEqual(refused.exception.status, 429)
        carrier.order(wanted("a"))
        clock.time += 86400
        carrier.order(wanted("c"))

    def test_cancels_what_has_not_begun(self):
        clock = Clock()
        carrier = simulator.Carrier(1, {}, clock)
        carrier.order(wanted("a"))
        self.assertTrue(carrier.cancel("a")["cancelled"])
        carrier.order(wanted("b"))
        clock.time += 100
        codes = [scan["code"] for scan in carrier.track(0, 100)["scans"] if scan["orderNumber"] == "a"]
        self.assertEqual(codes, ["910"])
        with self.assertRaises(simulator.Refusal) as refused:
            carrier.cancel("b")
        self.assertEqual(refused.exception.status, 409)

    def test_finds_an_order_by_its_number(self):
        carrier = simulator.Carrier(1)
        item = carrier.order(wanted("a"))["itemNumber"]
        self.assertEqual(carrier.find("a")["itemNumber"], item)
        with self.assertRaises(simulator.Refusal) as refused:
            carrier.find("b")
        self.assertEqual(refused.exception.status, 404)

    def test_knows_its_orders_and_scans_after_a_restart(self):
        with tempfile.TemporaryDirectory() as directory:
            journal = f"{directory}/journal"
            clock = Clock()
            faults = {"duplicates": 0.3, "delays": 0.3, "failed_attempts": 0.4}
            before = simulator.Carrier(7, faults, clock, journal)
            for number in range(10):
                before.order(wanted(f"order-{number}"))
                clock.time += 2
                before.track(0, 1000)
            before.order(wanted("gone"))
            before.cancel("gone")
            clock.time += 5
            after = simulator.Carrier(7, {}, clock, journal)
            self.assertEqual(after.track(0, 1000), before.track(0, 1000))
            clock.time += 1000
            self.assertEqual(after.track(0, 1000), before.track(0, 1000))
            self.assertTrue(after.order(wanted("order-3"))["repeated"])

    def test_declares_what_it_collected(self):
        clock = Clock()
        carrier = simulator.Carrier(1, {}, clock)
        item = carrier.order(wanted("a", codAmount=35000))["itemNumber"]
        clock.time += 100
        self.assertEqual(carrier.settlement("2026-02-25")["lines"], {item: 35000})

    def test_refuses_a_setting_it_does_not_have(self):
        with self.assertRaises(simulator.Refusal):
            simulator.Carrier(1).change({"speed": 1})


class Receiver(http.server.BaseHTTPRequestHandler):
    got, refuse = [], 0

    def log_message(self, *_):
        pass

    def do_POST(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        good = simulator.signature(b"secret", int(self.headers["X-Carrier-Time"]), body) == self.headers["X-Carrier-Signature"]
        if Receiver.refuse > 0 or not good:
            Receiver.refuse -= 1
            self.send_response(500)
        else:
            Receiver.got += json.loads(body)["scans"]
            self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()


class ServerTest(unittest.TestCase):
    def setUp(self):
        self.carrier = simulator.Carrier(1, {"step_seconds": 0.001})
        self.server = simulator.Server(("127.0.0.1", 0), simulator.make_handler(self.carrier))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()

    def call(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, data), timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def test_serves_orders_scans_and_outages(self):
        status, order = self.call("/orders", wanted("a"))
        self.assertEqual(status, 200)
        self.assertEqual(self.call("/orders", {})[0], 400)
        self.assertEqual(self.call("/nothing")[0], 404)
        scans = []
        for _ in range(1000):
            scans = self.call("/track?since=0&limit=100")[1]["scans"]
            if scans and scans[-1]["code"] == "320":
                break
        self.assertEqual({scan["itemNumber"] for scan in scans}, {order["itemNumber"]})
        self.assertEqual(self.call("/simulate", {"outage_seconds": 60})[0], 200)
        self.assertEqual(self.call("/track?since=0")[0], 503)
        self.assertEqual(self.call("/orders", wanted("b"))[0], 503)
        self.call("/simulate", {"outage_seconds": 0})
        self.assertEqual(self.call("/orders", wanted("b"))[0], 200)

    def test_loses_the_answer_and_keeps_the_order(self):
        self.carrier.change({"replies_lost": 1.0})
        with self.assertRaises(OSError):
            self.call("/orders", wanted("a"))
        self.assertEqual(self.call("/orders?orderNumber=a")[0], 200)

    def test_pushes_signed_until_it_is_taken(self):
        Receiver.got, Receiver.refuse = [], 2
        receiver = simulator.Server(("127.0.0.1", 0), Receiver)
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        pusher = simulator.Pusher(self.carrier, f"http://127.0.0.1:{receiver.server_address[1]}/", b"secret")
        pusher.start()
        self.call("/orders", wanted("a"))
        done = threading.Event()
        for _ in range(400):
            if Receiver.got and Receiver.got[-1]["code"] == "320":
                break
            done.wait(0.025)
        pusher.stopped.set()
        receiver.shutdown()
        receiver.server_close()
        self.assertEqual([scan["code"] for scan in Receiver.got], ["100", "200", "210", "220", "300", "320"])
        self.assertLess(Receiver.refuse, 1)


if __name__ == "__main__":
    unittest.main()
