#!/usr/bin/python3 -B
"""A national portal to try things with, over TLS: portal_simulator.py PORT CERTIFICATE KEY FILE [BEHAVIOUR]

`POST /login` gives a session for user `unit` with password `secret`, `POST /` takes calls. Writes one line of JSON for each call it has
taken: the service, the dossier, its status, `fault` (what is wrong with it: a value that is no text, a time that is not
yyyyMMddHHmmss, an update of an unknown dossier, a new one that is known, a message id that came with another content) and `doubled`
(a step it has already). BEHAVIOUR is a file of JSON, read for each call: `lose` takes the next so many messages and drops the line instead
of answering, `error` answers 200 with this `error_code` and takes nothing, `code` is the `error_code` of a call that was taken, `forget`
forgets all sessions once, `status` is an HTTP status, `delay` waits so many seconds first. Keeps what it has taken over a restart.
"""
import hashlib
import http.server
import json
import pathlib
import re
import secrets
import ssl
import sys
import threading
import time

TIMES = ("NgayTiepNhan", "NgayHenTra", "NgayTra", "NgayTuChoi", "NgayNopHoSo", "NgayKetThucXuLy", "ThoiDiemXuLy", "NgayBatDau", "NgayKetThucTheoQuyDinh")
LISTS = ("DinhDanhCHS", "DSKetNoiCSDL", "TaiLieuNop", "DanhSachLePhi", "DanhSachHoSoBoSung")
LIMITS = {"NguoiXuLy": 50, "TrichYeuHoSo": 1000}


def fault_of(item):
    """What the portal would not understand in an item, or None."""
    for name, value in item.items():
        if name in LISTS:
            continue
        if not isinstance(value, str):
            return f"{name} is no text"
        if name in TIMES and not re.fullmatch(r"(\d{14})?", value):
            return f"{name} is no time"
        if len(value) > LIMITS.get(name, 4000):
            return f"{name} is too long"
    return None


class Portal:
    def __init__(self, path, behaviour):
        self.path, self.behaviour_path = pathlib.Path(path), behaviour
        self.lock = threading.RLock()
        self.sessions, self.dossiers, self.messages, self.lost, self.forgotten = set(), {}, {}, 0, None
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                self.apply(json.loads(line))

    def behaviour(self):
        try:
            return json.loads(pathlib.Path(self.behaviour_path).read_text(encoding="utf-8")) if self.behaviour_path else {}
        except (OSError, ValueError):
            return {}

    def apply(self, record):
        dossier = self.dossiers.setdefault(record["code"], {"status": "", "steps": []})
        if record["service"] == "DongBoHoSoMC":
            dossier["status"] = record["status"]
        else:
            dossier["steps"].append({"TrangThai": record["status"], "ThoiDiemXuLy": record["time"]})

    def take(self, service, body):
        """The `result` of a call; messages are written down."""
        with self.lock:
            if service == "TraCuuHoSo":
                code = body["data"]["MaHoSo"]
                known = self.dossiers.get(code)
                return [] if known is None else [{"MaHoSo": code, "TrangThaiHoSo": known["status"], "TienDo": known["steps"]}]
            [item] = body["data"]
            fault = fault_of(item)
            digest = hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()
            if self.messages.setdefault(body["mathongdiep"], digest) != digest:
                fault = fault or "message id of another content"
            code, record = item["MaHoSo"], {"service": service, "code": item["MaHoSo"], "time": item.get("ThoiDiemXuLy", ""), "doubled": False}
            if service == "DongBoHoSoMC":
                record["status"], record["owner"] = item["TrangThaiHoSo"], item["ChuHoSo"]
                if (body["isUpdating"] == "True") != (code in self.dossiers):
                    fault = fault or "isUpdating"
            else:
                record["status"] = item["TrangThai"]
                record["doubled"] = {"TrangThai": record["status"], "ThoiDiemXuLy": record["time"]} in self.dossiers.get(code, {"steps": []})["steps"]
            record["fault"], record["item"] = fault, item
            self.apply(record)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
            return None

    def loses(self, behaviour):
        with self.lock:
            if self.lost >= behaviour.get("lose", 0):
                return False
            self.lost += 1
            return True

    def forgets(self, behaviour):
        with self.lock:
            wanted = behaviour.get("forget")
            if wanted is not None and wanted != self.forgotten:
                self.forgotten = wanted
                self.sessions.clear()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        portal = self.server.portal
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        behaviour = portal.behaviour()
        time.sleep(behaviour.get("delay", 0))
        if "status" in behaviour:
            return self.answer({}, behaviour["status"])
        if self.path == "/login":
            if (body.get("username"), body.get("password")) != ("unit", "secret"):
                return self.answer({"error_code": "401", "message": "wrong password"})
            session = secrets.token_hex(16)
            portal.sessions.add(session)
            return self.answer({"session": session, "error_code": "0"})
        portal.forgets(behaviour)
        if body.get("session") not in portal.sessions or body.get("madonvi") != "H47.22":
            return self.answer({"error_code": "401", "message": "no session"})
        if "error" in behaviour:
            return self.answer({"error_code": behaviour["error"], "message": "error inside"})
        if body["service"] not in ("TraCuuHoSo", "DongBoHoSoMC", "CapNhatTienDoHoSoMC"):
            return self.answer({"error_code": "5", "message": "no such service"})
        result = portal.take(body["service"], body)
        if body["service"] != "TraCuuHoSo" and portal.loses(behaviour):
            self.close_connection = True
            return None
        return self.answer({"error_code": behaviour.get("code", "00"), "message": "", "result": result})

    def answer(self, document, status=200):
        text = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A caller that goes away is no fault."""


def main():
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
    server.portal = Portal(sys.argv[4], sys.argv[5] if len(sys.argv) == 6 else "")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print("listening", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
