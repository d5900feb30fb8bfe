"""Paper with a process of its own on real Kafka."""
import cases
import postal_cases


def load_tests(*_):
    return cases.load(postal_cases.OnKafka)
