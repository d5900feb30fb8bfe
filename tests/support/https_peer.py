#!/usr/bin/python3 -B
"""A server over TLS that behaves as badly as asked: https_peer.py PORT CERTIFICATE KEY FILE

Writes one line of JSON for each request into FILE. By path: `/sms` accepts and answers 409 to a key it knows, `/slow` answers
after 30 seconds, `/redirect` leads inward, `/large` sends 100 MB, `/drop` takes the request and drops the line, anything else
is 200 with an empty body.
"""
import http.server
import json
import ssl
import sys
import time

LARGE = 100 * 1024 * 1024
SLOW_SECONDS = 30
known = set()


class Peer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(sys.argv[4], "a", encoding="utf-8") as file:
            file.write(json.dumps({"path": self.path, "headers": dict(self.headers), "body": body.decode()}) + "\n")
        if self.path == "/sms":
            key = self.headers.get("Idempotency-Key")
            status, known_before = (409, True) if key in known else (202, False)
            known.add(key)
            return self.answer(status, json.dumps({"status": "duplicate" if known_before else "accepted", "reference": "gw-" + str(len(known))}))
        if self.path == "/slow":
            time.sleep(SLOW_SECONDS)
        if self.path == "/redirect":
            self.send_response(307)
            self.send_header("Location", "http://127.0.0.1:1/inward")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if self.path == "/large":
            self.send_response(200)
            self.send_header("Content-Length", str(LARGE))
            self.end_headers()
            for _ in range(LARGE // 65536):
                self.wfile.write(bytes(65536))
            return None
        if self.path == "/drop":
            self.close_connection = True
            return None
        return self.answer(200, "")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Peer)
    server.daemon_threads = True
    server.handle_error = lambda *_: None
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print("listening", flush=True)
    server.serve_forever()
