"""Paper in the one process of the embedded edition."""
import cases
import postal_cases


def load_tests(*_):
    return cases.load(postal_cases.Embedded)
