"""The same cases on the embedded edition: all services in one process, SQLite."""
import cases


class Embedded(cases.Cases, cases.Base):
    edition = "embedded"


def load_tests(*_):
    return cases.load(Embedded)
