"""Kafka is away for a minute under load: nothing is acknowledged, memory stays flat, and it goes on by itself."""
import time

import faults

import api
import cases
import grpc

AWAY_SECONDS = 60
GROWTH_MEGABYTES = 64


def resident_megabytes(process):
    with open(f"/proc/{process.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmRSS:"))


class KafkaAway(faults.Faults):
    def test_kafka_is_away_for_a_minute(self):
        names = self.system.service_processes()

        def fault(_):
            broker = self.system.processes["broker"]
            broker.kill(hold=True)
            end = time.monotonic() + AWAY_SECONDS
            time.sleep(5)
            before = {name: resident_megabytes(self.system.processes[name]) for name in names}
            with api.Client(self.system, "demo") as desk:
                while time.monotonic() < end:
                    # No OK is given, and the refusal says when to come again.
                    with self.assertRaises(grpc.RpcError) as refused:
                        desk.receive("H47.22.01", "1.001776", timeout=10)
                    self.assertEqual(refused.exception.code(), grpc.StatusCode.UNAVAILABLE, refused.exception)
                    self.assertGreater(api.retry_seconds(refused.exception), 0)
                    time.sleep(1)
            after = {name: resident_megabytes(self.system.processes[name]) for name in names}
            print(f"    memory before and at the end, MiB: {before}, {after}", flush=True)
            broker.start()
            for name in names:
                self.assertLess(after[name], before[name] + GROWTH_MEGABYTES, name)

        self.rounds(fault, finish_seconds=240)


def load_tests(*_):
    return cases.load(KafkaAway)
