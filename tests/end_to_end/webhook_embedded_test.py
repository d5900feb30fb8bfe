"""What a subscriber of a running system is sent: embedded edition."""
import cases
import webhook_cases


def load_tests(*_):
    return cases.load(webhook_cases.Embedded)
