#!/usr/bin/python3
"""health.py ADDRESS CA CERT KEY SECONDS: waits until the gRPC health check at ADDRESS answers SERVING.

Prints the last state (SERVING, NOT_SERVING, UNREACHABLE: why); exit code 0 only for SERVING. SECONDS 0 asks once.
"""
import os
import sys
import time

os.environ.setdefault("GRPC_VERBOSITY", "NONE")
import grpc  # noqa: E402


def ask(channel, timeout):
    call = channel.unary_unary("/grpc.health.v1.Health/Check", request_serializer=bytes, response_deserializer=bytes)
    try:
        answer = call(b"", timeout=timeout)
    except grpc.RpcError as error:
        return "UNREACHABLE: " + (error.details() or str(error.code()))
    return "SERVING" if answer == b"\x08\x01" else "NOT_SERVING"


def main():
    address, ca, cert, key, seconds = sys.argv[1:6]
    end = time.monotonic() + float(seconds)

    def read(path):
        with open(path, "rb") as file:
            return file.read()

    credentials = grpc.ssl_channel_credentials(read(ca), read(key), read(cert))
    # Each refused attempt asks the resolver anew, by default not before 30 s.
    options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 300),
               ("grpc.dns_min_time_between_resolutions_ms", 100)]
    with grpc.secure_channel(address, credentials, options) as channel:
        while True:
            state = ask(channel, 2)
            if state == "SERVING" or time.monotonic() >= end:
                print(state)
                return 0 if state == "SERVING" else 1
            time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
