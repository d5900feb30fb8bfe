"""Monitoring in the one process of the embedded edition."""
import cases
import monitoring_cases


def load_tests(*_):
    return cases.load(monitoring_cases.Embedded)
