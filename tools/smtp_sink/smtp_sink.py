#!/usr/bin/python3 -B
"""A mail server that delivers nothing: it takes messages over TLS and writes one line of JSON for each into a file.

smtp_sink.py PORT CERTIFICATE KEY FILE

A line holds the time, the recipient, the key (left part of the Message-ID), how often this key came (`copies`, from 1), the
subject and the body, decoded. The local part of the address says how it answers, for trials: `temporary-failure` 451,
`permanent-failure` 550, `slow` after 30 seconds, `drop` takes the message and drops the line instead of answering, the first
time it sees the key. Prints `listening` once it does. Keys are remembered over a restart, from the file.
"""
import asyncio
import collections
import email
import email.policy
import json
import pathlib
import ssl
import sys
import time

import aiosmtpd.smtp

ANSWERS = {"temporary-failure": "451 4.3.0 try again later", "permanent-failure": "550 5.1.1 no such mailbox"}
SLOW_SECONDS = 30


class Sink:
    """What aiosmtpd calls for every message."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.copies = collections.Counter()
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                self.copies[json.loads(line)["key"]] += 1

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        envelope.rcpt_tos.append(address)
        return ANSWERS.get(address.partition("@")[0], "250 OK")

    async def handle_DATA(self, server, _session, envelope):
        message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        key = str(message["Message-ID"]).strip().lstrip("<").partition("@")[0]
        kind = envelope.rcpt_tos[0].partition("@")[0]
        if kind == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        self.copies[key] += 1
        record = {"time": time.time(), "to": envelope.rcpt_tos[0], "from": envelope.mail_from, "key": key,
                  "copies": self.copies[key], "subject": str(message["Subject"]), "headers": [name for name, _ in message.items()],
                  "body": message.get_content()}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
        if kind == "drop" and self.copies[key] == 1:
            server.transport.abort()
            return "421 dropped"
        return "250 taken"


async def serve(port, certificate, key, path):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    sink = Sink(path)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: aiosmtpd.smtp.SMTP(sink, hostname="sink.localhost", enable_SMTPUTF8=True),
                                      "127.0.0.1", port, ssl=context)
    print("listening", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    try:
        asyncio.run(serve(int(sys.argv[1]), *sys.argv[2:]))
    except KeyboardInterrupt:
        pass
