"""kill -9 of each service, of the broker, of Redis, of the mail server and of a subscriber, and Redis wiped, under load."""
import faults

import cases


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
