#!/usr/bin/python3
"""broker_ready.py BOOTSTRAP CERTIFICATES [NAME]: exit code 0 when the broker answers a metadata request within 2 s."""
import sys

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient


def main():
    bootstrap, certificates = sys.argv[1:3]
    name = sys.argv[3] if len(sys.argv) > 3 else "deploy"
    client = AdminClient({
        "bootstrap.servers": bootstrap,
        "security.protocol": "ssl",
        "ssl.ca.location": f"{certificates}/ca.pem",
        "ssl.certificate.location": f"{certificates}/{name}.pem",
        "ssl.key.location": f"{certificates}/{name}.key",
        "reconnect.backoff.ms": 20,
        "reconnect.backoff.max.ms": 100,
        "log_level": 0,
    })
    try:
        return 0 if client.list_topics(timeout=2).brokers else 1
    except KafkaException as error:
        print(error)
        return 1


if __name__ == "__main__":
    sys.exit(main())
