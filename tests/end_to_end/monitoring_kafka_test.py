"""Monitoring as a process of its own on real Kafka."""
import cases
import monitoring_cases


def load_tests(*_):
    return cases.load(monitoring_cases.OnKafka)
