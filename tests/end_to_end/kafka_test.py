"""The cases on real Kafka and real Redis, with certificates on every port."""
import cases


class OnKafkaAndRedis(cases.Cases, cases.Base):
    edition = "kafka"


def load_tests(*_):
    return cases.load(OnKafkaAndRedis)
