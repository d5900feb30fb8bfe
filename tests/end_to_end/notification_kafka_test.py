"""Notices of a running system: kafka edition."""
import cases
import notification_cases


def load_tests(*_):
    return cases.load(notification_cases.Kafka)
