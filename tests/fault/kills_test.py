"""kill -9 of each service, of the broker, of Redis, of the mail server, of a subscriber and of a carrier, and Redis wiped, under load."""
import collections
import threading
import time

import faults

import api
import cases
from postal_cases import PostalCases


class Kills:
    def kill(self, name):
        starts = self.system.processes[name].starts

        def fault(_):
            self.system.processes[name].kill()

        self.rounds(fault)
        self.assertGreaterEqual(self.system.processes[name].starts, starts + faults.ROUNDS)


class KillsOfServices(Kills, faults.Faults):
    def test_intake_is_killed(self):
        self.kill("intake")

    def test_routing_is_killed(self):
        self.kill("routing")

    def test_agency_processing_is_killed(self):
        self.kill("agency-processing")

    def test_notification_is_killed(self):
        self.kill("notification")

    def test_postal_dispatch_is_killed(self):
        self.kill("postal-dispatch")

    def test_monitoring_is_killed(self):
        self.kill("monitoring")


class KillsOfWhatTheyStandOn(Kills, faults.Faults):
    def test_the_mail_server_is_killed(self):
        self.kill("smtp-sink")
        self.assertGreater(len(self.system.mail()), 0)

    def test_the_subscriber_is_killed(self):
        self.kill("webhook-receiver")

    def test_the_carrier_is_killed(self):
        """While citizens have their papers fetched: each order is there once, though the carrier was away and replies were lost."""
        PostalCases.carrier_is(self, replies_lost=0.2)
        names, over = [], threading.Event()

        def submit():
            with api.Client(self.system, "demo") as desk:
                while not over.wait(0.25):
                    names.append(PostalCases.submit(self, desk, pick_up=True).dossier_id)

        citizens = threading.Thread(target=submit)
        citizens.start()
        try:
            self.kill("carrier")
        finally:
            over.set()
            citizens.join()
        wanted = {name + "-1" for name in names}
        end = time.monotonic() + 60
        while not wanted <= set(PostalCases.orders(self)) and time.monotonic() < end:
            time.sleep(0.5)
        orders = collections.Counter(PostalCases.orders(self))
        self.assertEqual([name for name in wanted if orders[name] != 1], [], f"of {len(wanted)} orders")
        self.assertGreater(len(wanted), 20)
        print(f"    {len(wanted)} orders, each with the carrier once", flush=True)

    def test_the_broker_is_killed(self):
        self.kill("broker")

    def test_redis_is_killed(self):
        self.kill("redis")
        self.assert_verified()

    def test_redis_is_wiped(self):
        self.rounds(lambda _: self.assertEqual(self.system.redis("flushall"), "OK"))
        self.assert_verified()


def load_tests(*_):
    return cases.load(KillsOfServices, KillsOfWhatTheyStandOn)
