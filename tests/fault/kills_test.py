"""kill -9 of each service, of the broker, of Redis, of the mail server, of a subscriber and of a carrier, and Redis wiped, under load."""
import collections
import threading
import time

import faults

import api
import cases
from postal_cases import PostalCases


class Kills:
    def kill(self, *names):
        """Each of them once in every round, in any order, at most a second apart."""
        processes = [self.system.processes[name] for name in names]
        starts = [process.starts for process in processes]

        def fault(chance):
            for process in chance.sample(processes, len(processes)):
                process.kill()
                time.sleep(chance.random())

        self.rounds(fault)
        for process, before in zip(processes, starts):
            self.assertGreaterEqual(process.starts, before + faults.ROUNDS, process.name)


class KillsOfServices(Kills, faults.Faults):
    def test_intake_is_killed(self):
        self.kill("intake")

    def test_routing_is_killed(self):
        self.kill("routing")

    def test_agency_processing_is_killed(self):
        self.kill("agency-processing")

    def test_notification_postal_dispatch_and_monitoring_are_killed(self):
        self.kill("notification", "postal-dispatch", "monitoring")


class KillsOfWhatTheyStandOn(Kills, faults.Faults):
    def test_mail_server_subscriber_and_carrier_are_killed(self):
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
            self.kill("smtp-sink", "webhook-receiver", "carrier")
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
        self.assertGreater(len(self.system.mail()), 0)
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
