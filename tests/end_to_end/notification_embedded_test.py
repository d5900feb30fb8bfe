"""Notices of a running system: embedded edition."""
import cases
import notification_cases


def load_tests(*_):
    return cases.load(notification_cases.Embedded)
