"""Parked dossiers on real Kafka."""
import cases
import parked_cases


class OnKafka(parked_cases.ParkedCases, cases.Base):
    edition = "kafka"


def load_tests(*_):
    return cases.load(OnKafka)
