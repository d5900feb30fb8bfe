"""A system of its own for end-to-end and fault tests: real broker, Redis and services on free ports in a temporary directory.

Settings are those of deploy/local/README.md. Processes are kept: one that dies is started again at once, unless it is held.
"""
import contextlib
import ctypes
import json
import os
import pathlib
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("LIENTHONG_BUILD_DIR", ROOT / "build" / "dev"))
BINARIES = {"intake": BUILD / "services/intake/intake", "routing": BUILD / "services/routing/routing",
            "agency-processing": BUILD / "services/agency_processing/agency-processing",
            "monitoring": BUILD / "services/monitoring/monitoring",
            "notification": BUILD / "services/notification/notification",
            "postal-dispatch": BUILD / "services/postal_dispatch/postal-dispatch",
            "lienthong": BUILD / "services/lienthong/lienthong", "ltctl": BUILD / "tools/ltctl/ltctl",
            "demo": BUILD / "tools/demo/lienthong-demo"}
SERVICES = ["intake", "routing", "agency-processing", "monitoring", "notification", "postal-dispatch"]
LAST_LINES = 30


class Failure(Exception):
    """Something of the system did not do what a test stands on."""


GIVEN_PORTS = set()


def free_ports(count):
    """Ports that nobody listens on, below the range from which the kernel gives outgoing connections theirs; each is given once."""
    found = []
    while len(found) < count:
        port = random.SystemRandom().randrange(20000, 32000)
        if port in GIVEN_PORTS:
            continue
        with contextlib.closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        GIVEN_PORTS.add(port)
        found.append(port)
    return found


def run(command, environment=None, seconds=120, check=True):
    """A command that ends by itself; its output on failure is the exception's text."""
    result = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True, timeout=seconds,
                            stdin=subprocess.DEVNULL, check=False)
    if check and result.returncode != 0:
        raise Failure(f"{command[0]} {' '.join(str(part) for part in command[1:4])} ended with {result.returncode}:\n{result.stdout[-3000:]}{result.stderr[-3000:]}")
    return result


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """A test that is killed, by a time limit say, leaves no process behind."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One process, in a session of its own, with its output in a file."""

    def __init__(self, name, command, environment, log, directory=None):
        self.name, self.command, self.environment, self.log = name, [str(part) for part in command], environment, log
        self.directory, self.process, self.starts, self.held = directory, None, 0, False

    def start(self):
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(self.command, env=self.environment, stdout=out, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, start_new_session=True, cwd=self.directory, preexec_fn=die_with_parent)
        self.starts += 1
        # Not before: its keeper would start it a second time.
        self.held = False

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        if self.alive():
            os.kill(self.process.pid, number)

    def kill(self, hold=False):
        """kill -9. Held, it stays down until `start`."""
        self.held = hold
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(timeout=10)

    def stop(self, seconds=20):
        """A clean stop; after the time it is killed. Returns the seconds it took."""
        begin = time.monotonic()
        self.held = True
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        if self.process is not None:
            try:
                self.process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                self.kill(hold=True)
        return time.monotonic() - begin

    def last_lines(self):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                return "".join(file.readlines()[-LAST_LINES:])
        except OSError:
            return ""


class System:
    """`edition`: `kafka` or `embedded`. `replicas`: how many processes of a service, e.g. {"routing": 2}. `webhooks`: the
    catalogue's subscriber is there, so is the national portal, and the text message gateway may report; event types: only the
    subscriber is there, and it wants these. `texts`: text messages go to a gateway that keeps them."""

    def __init__(self, edition="kafka", partitions=2, replicas=None, webhooks=False, texts=False):
        self.edition, self.partitions, self.replicas, self.webhooks = edition, partitions, replicas or {}, webhooks
        self.portal, self.texts = webhooks is True, texts
        # The path of a Unix socket is short.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="lt-", dir="/tmp"))
        self.certificates, self.secrets = self.directory / "certificates", self.directory / "secrets"
        self.processes, self.addresses, self.metrics, self.demos = {}, {}, {}, 0
        self._keeping, self._keeper = threading.Event(), None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    # --- start and stop

    def start(self):
        self._need_binaries()
        self._make_certificates()
        if self.edition == "kafka":
            self.ports = free_ports(2)
            self._add("redis", ["redis-server", self.directory / "redis/redis.conf"], dict(os.environ))
            self._add_broker()
            for name in ("redis", "broker"):
                self.processes[name].start()
            self._wait("redis", self.redis_answers, 30)
            self._wait("broker", self.broker_answers, 60)
        self._add_smtp_sink()
        self._add_carrier()
        for name in ("smtp-sink", "carrier"):
            self.processes[name].start()
        if self.webhooks:
            self._add_webhook_receiver()
            self.processes["webhook-receiver"].start()
        if self.portal:
            self._add_portal()
            self.processes["portal"].start()
        self._add_services()
        self.ltctl("ledger", "genesis", "--partitions", self.partitions)
        for name in self.service_processes():
            self.processes[name].start()
        self._keeping.set()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()
        for name in self.service_processes():
            self.wait_serving(name, 60)
        run([ROOT / "deploy/local/trial_catalogue.py", ROOT / "deploy/catalogue", self.directory / "catalogue"])
        if self.webhooks and not self.portal:
            self._subscribe_to(self.webhooks)
        self.import_catalogue(self.directory / "catalogue")

    def import_catalogue(self, directory, seconds=30):
        """The catalogue has one lane: of several replicas of routing one owns it, and the others say so."""
        end = time.monotonic() + seconds
        hosts = [name for name in self.addresses if name.startswith(("routing", "lienthong"))]
        while True:
            for name in hosts:
                settings = dict(self.client_settings(), LIENTHONG_ROUTING_ADDRESS=self.addresses[name])
                result = run([BINARIES["ltctl"], "catalogue", "import", directory], settings, check=False)
                if result.returncode == 0:
                    return
            if time.monotonic() > end:
                raise Failure(f"the catalogue was not imported within {seconds} s:\n{result.stdout[-2000:]}{result.stderr[-2000:]}{self.logs()}")
            time.sleep(0.2)

    def stop(self):
        self._keeping.clear()
        if self._keeper is not None:
            self._keeper.join(timeout=10)
        names = list(self.processes)
        for name in reversed(names):
            self.processes[name].stop()
        if os.environ.get("LIENTHONG_KEEP_TEST_DIRECTORY"):
            print(f"kept {self.directory}", file=sys.stderr)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _need_binaries(self):
        wanted = ["ltctl", "demo", *(SERVICES if self.edition == "kafka" else ["lienthong"])]
        missing = [name for name in wanted if not BINARIES[name].exists()]
        if missing:
            raise Failure(f"not built: {', '.join(missing)}; cmake --build --preset dev")

    def _make_certificates(self):
        names = run([sys.executable, ROOT / "tools/dev/principals.py", ROOT / "deploy/catalogue"]).stdout.split()
        base = ["broker", "deploy", "intake", "routing", "agency-processing", "monitoring", "notification", "postal-dispatch", "smtp-sink",
                "webhook-receiver", "lienthong", "operator", "demo", "ltctl"]
        run([ROOT / "deploy/local/certificates.sh", self.certificates, *sorted({*names, *base})])
        self.secrets.mkdir(mode=0o700)
        for key in ("sealing", "digest"):
            (self.secrets / f"{key}.key").write_text(secrets.token_hex(32), encoding="ascii")
            (self.secrets / f"{key}.key").chmod(0o600)
        if self.edition == "kafka":
            run([ROOT / "deploy/local/redis.sh", self.directory / "redis", self.secrets])

    def _add(self, name, command, environment):
        self.processes[name] = Process(name, command, environment, self.directory / f"{name}.log")

    def _add_broker(self):
        (self.directory / "broker").mkdir()
        environment = dict(os.environ, DIR=str(self.directory / "broker"), TLS_DIR=str(self.certificates / "broker"),
                           PORT=str(self.ports[0]), CONTROLLER_PORT=str(self.ports[1]))
        script = ROOT / "deploy/local/broker/broker.sh"
        run([script, "format"], environment)
        self._add("broker", [script, "run"], environment)

    def _add_smtp_sink(self):
        """Mail of notification goes there; text messages go nowhere without `texts`."""
        port = free_ports(1)[0]
        self._add("smtp-sink", [sys.executable, "-B", ROOT / "tools/smtp_sink/smtp_sink.py", port, self.certificates / "smtp-sink.pem",
                                self.certificates / "smtp-sink.key", self.directory / "mail.jsonl"], dict(os.environ))
        lines = ["providers:"]
        for provider in ("smtp-main", "smtp-reserve"):
            lines.append(f'  - {{id: {provider}, kind: smtp, url: "smtps://127.0.0.1:{port}", from: thong-bao@lienthong.example, '
                         f'ca: "{self.certificates / "ca.pem"}"}}')
        keys = ""
        if self.portal:
            keys = f", receipt_keys_file: {self.secrets / 'receipts'}"
            (self.secrets / "receipts").write_text(secrets.token_hex(32) + "\n", encoding="ascii")
        if self.texts:
            lines.append(self._text_gateway())
        else:
            lines.append(f"  - {{id: sms-gateway, kind: trial, result: success{keys}}}")
        (self.directory / "providers.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _text_gateway(self):
        port = free_ports(1)[0]
        self._add("text-gateway", [sys.executable, "-B", ROOT / "tests/support/https_peer.py", port, self.certificates / "smtp-sink.pem",
                                   self.certificates / "smtp-sink.key", self.directory / "texts.jsonl"], dict(os.environ))
        self.processes["text-gateway"].start()
        (self.secrets / "text-gateway").write_text("token\n", encoding="ascii")
        return (f'  - {{id: sms-gateway, kind: sms, url: "https://127.0.0.1:{port}/sms", token_file: "{self.secrets / "text-gateway"}", '
                f'sender: DICHVUCONG, ca: "{self.certificates / "ca.pem"}"}}')

    def text_messages(self):
        """What the gateway was given so far, oldest first."""
        return [json.loads(request["body"]) for request in self._lines("texts.jsonl")]

    def _add_webhook_receiver(self):
        """The subscriber of deploy/catalogue/webhooks.yaml."""
        self.webhook_port = free_ports(1)[0]
        keys = self.secrets / "webhooks"
        keys.mkdir(mode=0o700)
        (keys / "trial").write_text(secrets.token_hex(32) + "\n", encoding="ascii")
        self._add("webhook-receiver", [sys.executable, "-B", ROOT / "tools/webhook_receiver/webhook_receiver.py", self.webhook_port,
                                       self.certificates / "webhook-receiver.pem", self.certificates / "webhook-receiver.key", keys / "trial",
                                       self.directory / "webhooks.jsonl", self.directory / "webhooks.behaviour"], dict(os.environ))

    def _add_portal(self):
        """The national portal, and how it is reached."""
        port, self.receipts_port = free_ports(2)
        self._add("portal", [sys.executable, "-B", ROOT / "tests/support/portal_simulator.py", port, self.certificates / "webhook-receiver.pem",
                             self.certificates / "webhook-receiver.key", self.directory / "portal.jsonl", self.directory / "portal.behaviour"], dict(os.environ))
        (self.secrets / "portal").write_text("secret\n", encoding="ascii")
        (self.directory / "portal.yaml").write_text(f"url: https://127.0.0.1:{port}\nuser: unit\nunit: H47.22\nsince: 2026-01-01\n"
                                                    f"password_file: {self.secrets / 'portal'}\nca: {self.certificates / 'ca.pem'}\n", encoding="utf-8")

    def _webhook_settings(self, service):
        if not self.webhooks or service not in ("notification", "lienthong"):
            return {}
        settings = {"LIENTHONG_WEBHOOK_KEYS_DIR": str(self.secrets / "webhooks"), "LIENTHONG_WEBHOOK_CA": str(self.certificates / "ca.pem"),
                    "LIENTHONG_WEBHOOK_TARGETS": f"webhook-receiver:443=127.0.0.1:{self.webhook_port}"}
        if self.portal:
            settings.update(LIENTHONG_PORTAL_FILE=str(self.directory / "portal.yaml"), LIENTHONG_RECEIPTS_LISTEN=f"127.0.0.1:{self.receipts_port}")
        return settings

    def _subscribe_to(self, types):
        path = self.directory / "catalogue/webhooks.yaml"
        text = re.sub(r"    types:\n(      - .*\n)+", "    types:\n" + "".join(f"      - {one}\n" for one in types), path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")

    def _subscription(self):
        return ["--webhooks", self.directory / "webhooks.jsonl", "--subscription", self.directory / "catalogue/webhooks.yaml"] if self.webhooks else []

    def webhook_records(self):
        """What the subscriber has been sent so far, oldest first."""
        return self._lines("webhooks.jsonl")

    def portal_records(self):
        """What the national portal has been told so far, oldest first."""
        return self._lines("portal.jsonl")

    def _add_carrier(self):
        """A carrier of its own: orders and questions go there, its scans come back by poll and by push."""
        port, door = free_ports(2)
        self.carrier_url, self.carrier_door = f"http://127.0.0.1:{port}", f"127.0.0.1:{door}"
        self.carrier_keys = self.directory / "secrets/carrier.key"
        self.carrier_keys.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
        run([ROOT / "tools/dev/carriers.sh", self.directory / "carriers", self.carrier_url, self.carrier_keys])
        tables = self.directory / "carriers/sample-express.yaml"
        # Without the patience that real carriers need.
        text = tables.read_text(encoding="utf-8")
        for name, long, short in (("poll_every_ms", 5000, 500), ("retry_ms", 1000, 100), ("retry_max_ms", 60000, 1000),
                                  ("unknown_item_ms", 60000, 5000)):
            text = text.replace(f"{name}: {long}", f"{name}: {short}")
        tables.write_text(text, encoding="utf-8")
        # Two scans more than a moment apart are unusual with this one.
        (self.directory / "carriers/brief.yaml").write_text(
            "carrier: brief\nname: Hãng sốt ruột\nsample: true\nnormal_clock_seconds: 3\n"
            "tables: [{version: 1, valid_from: 2024-01-01, codes: {T: IN_TRANSIT}}]\n"
            "numbers: [{home: H47.22.02, for: items, service: UX, from: 1, to: 9999}]\n", encoding="utf-8")
        self._add("carrier", [sys.executable, "-B", ROOT / "tools/carrier_simulator/carrier_simulator.py", "--port", port,
                              "--journal", self.directory / "carrier.jsonl", "--step-seconds", "0.2", "--push-secret-file", self.carrier_keys,
                              "--push-url", f"http://{self.carrier_door}/carriers/sample-express/scans"], dict(os.environ))

    def carrier(self, path, body=None):
        """A call to the carrier itself: its answer."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.carrier_url + path, data), timeout=10) as answer:
            return json.load(answer)

    def mail(self):
        """What the sink has taken so far, oldest first."""
        return self._lines("mail.jsonl")

    def _lines(self, name):
        try:
            with open(self.directory / name, encoding="utf-8") as file:
                return [json.loads(line) for line in file if line.endswith("\n")]
        except FileNotFoundError:
            return []

    def _add_services(self):
        if self.edition == "embedded":
            plan = [("lienthong", "lienthong")]
        else:
            plan = [(service if number == 0 else f"{service}-{number + 1}", service)
                    for service in SERVICES for number in range(self.replicas.get(service, 1))]
        ports = free_ports(2 * len(plan))
        for (name, service), port, metrics in zip(plan, ports, ports[len(plan):]):
            self.addresses[name], self.metrics[name] = f"127.0.0.1:{port}", f"127.0.0.1:{metrics}"
        for name, service in plan:
            data = self.directory / "data" / name
            data.mkdir(parents=True)
            environment = dict(os.environ, **self.ledger_settings(service, service), LIENTHONG_DATA_DIR=str(data),
                               LIENTHONG_LISTEN=self.addresses[name], LIENTHONG_METRICS_LISTEN=self.metrics[name],
                               LIENTHONG_TLS_CA=str(self.certificates / "ca.pem"),
                               LIENTHONG_TLS_CERT=str(self.certificates / f"{service}.pem"),
                               LIENTHONG_TLS_KEY=str(self.certificates / f"{service}.key"),
                               LIENTHONG_KEY_FILE=str(self.secrets / "sealing.key"),
                               LIENTHONG_DIGEST_KEY_FILE=str(self.secrets / "digest.key"),
                               LIENTHONG_PROVIDERS_FILE=str(self.directory / "providers.yaml"),
                               LIENTHONG_CARRIERS_DIR=str(self.directory / "carriers"), LIENTHONG_CARRIERS_LISTEN=self.carrier_door,
                               LIENTHONG_LOG_LEVEL="info",
                               **self._webhook_settings(service))
            self._add(name, [BINARIES[service]], environment)

    def service_processes(self):
        return [name for name in self.processes if name not in ("broker", "redis", "smtp-sink", "webhook-receiver", "portal", "carrier", "text-gateway")]

    def ledger_settings(self, principal, redis_user):
        settings = {"LIENTHONG_PARTITIONS": str(self.partitions), "LIENTHONG_SESSION_MS": "2000"}
        for service in SERVICES:
            address = self.addresses.get("lienthong" if self.edition == "embedded" else service, "")
            settings[f"LIENTHONG_{service.upper().replace('-', '_')}_ADDRESS"] = address
        if self.edition == "embedded":
            return dict(settings, LIENTHONG_LEDGER_LOG="sqlite")
        return dict(settings, LIENTHONG_LEDGER_LOG="kafka", LIENTHONG_KAFKA_BOOTSTRAP=f"127.0.0.1:{self.ports[0]}",
                    LIENTHONG_KAFKA_CA=str(self.certificates / "ca.pem"), LIENTHONG_KAFKA_CERT=str(self.certificates / f"{principal}.pem"),
                    LIENTHONG_KAFKA_KEY=str(self.certificates / f"{principal}.key"), LIENTHONG_REDIS_SOCKET=str(self.directory / "redis/redis.sock"),
                    LIENTHONG_REDIS_USER=redis_user, LIENTHONG_REDIS_PASSWORD_FILE=str(self.secrets / f"redis-{redis_user}"))

    def client_settings(self, principal="operator"):
        data = self.directory / "data" / ("lienthong" if self.edition == "embedded" else "client")
        data.mkdir(parents=True, exist_ok=True)
        return dict(os.environ, **self.ledger_settings("deploy", "ltctl"), LIENTHONG_DATA_DIR=str(data),
                    LIENTHONG_CERTIFICATES=str(self.certificates), LIENTHONG_CATALOGUE_DIR=str(ROOT / "deploy/catalogue"),
                    LIENTHONG_TLS_CA=str(self.certificates / "ca.pem"), LIENTHONG_TLS_CERT=str(self.certificates / f"{principal}.pem"),
                    LIENTHONG_TLS_KEY=str(self.certificates / f"{principal}.key"), LIENTHONG_LANG="en")

    # --- keeping

    def _keep(self):
        """What runit does for ./dev up, without its log: what died is started again."""
        while self._keeping.is_set():
            for process in list(self.processes.values()):
                if not process.alive() and not process.held and process.starts > 0 and self._keeping.is_set():
                    process.start()
            time.sleep(0.05)

    def _wait(self, name, answers, seconds):
        end = time.monotonic() + seconds
        while not answers():
            if time.monotonic() > end:
                raise Failure(f"{name} is not ready after {seconds} s:\n{self.processes[name].last_lines()}")
            time.sleep(0.05)

    def wait_serving(self, name, seconds):
        run_ = run([sys.executable, ROOT / "tools/dev/health.py", self.addresses[name], self.certificates / "ca.pem",
                    self.certificates / "operator.pem", self.certificates / "operator.key", seconds], seconds=seconds + 30, check=False)
        if run_.returncode != 0:
            raise Failure(f"{name} is not serving after {seconds} s ({run_.stdout.strip()}):\n{self.processes[name].last_lines()}")

    def redis(self, *command):
        password = (self.secrets / "redis-operator").read_text(encoding="ascii")
        return run(["redis-cli", "-s", self.directory / "redis/redis.sock", "--user", "operator", "--pass", password, "--no-auth-warning", *command],
                   seconds=20, check=False).stdout.strip()

    def redis_answers(self):
        return self.redis("ping") == "PONG"

    def broker_answers(self):
        return run([sys.executable, ROOT / "tools/dev/broker_ready.py", f"127.0.0.1:{self.ports[0]}", self.certificates], check=False).returncode == 0

    # --- what tests do with it

    def ltctl(self, *arguments, principal="operator", seconds=120, check=True):
        return run([BINARIES["ltctl"], *arguments], self.client_settings(principal), seconds, check)

    def demo(self, *arguments):
        """Starts the demo client; it runs until `finish`."""
        self.demos += 1
        log = self.directory / f"demo-{self.demos}.log"
        demo = Demo(log, self.directory / f"acknowledgements-{self.demos}.jsonl")
        with open(log, "wb") as out:
            demo.process = subprocess.Popen([str(BINARIES["demo"]), "--acknowledgements", str(demo.acknowledgements), *map(str, arguments)],
                                            env=self.client_settings("demo"), stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                            preexec_fn=die_with_parent)
        return demo

    def check(self, settle=240):
        """The independent checker over the raw ledgers and all acknowledgements so far. Returns (its last line, whole output)."""
        if self.edition == "embedded":
            source = ["--sqlite", self.directory / "data/lienthong"]
        else:
            source = ["--kafka", f"127.0.0.1:{self.ports[0]}", "--certificates", self.certificates]
        result = run([sys.executable, "-B", ROOT / "tests/checker/checker.py", *source, "--settle", settle,
                      "--acknowledgements", self.directory / "acknowledgements-*.jsonl", "--mail", self.directory / "mail.jsonl",
                      *(["--texts", self.directory / "texts.jsonl"] if self.texts else []), *self._subscription()], seconds=600, check=False)
        output = result.stdout + result.stderr
        return (result.stdout.splitlines() or [""])[-1], output

    def verify(self):
        """`ltctl ledger verify --projection`: exit code and output."""
        result = self.ltctl("ledger", "verify", "--projection", seconds=300, check=False)
        return result.returncode, result.stdout + result.stderr

    def logs(self):
        return "\n".join(f"--- {name}\n{process.last_lines()}" for name, process in self.processes.items())


class Demo:
    def __init__(self, log, acknowledgements):
        self.log, self.acknowledgements, self.process = log, acknowledgements, None

    def count(self):
        """Acknowledgements so far."""
        try:
            with open(self.acknowledgements, "rb") as file:
                return sum(1 for _ in file)
        except OSError:
            return 0

    def finish(self, seconds):
        """Waits for the end. Returns (exit code, output)."""
        try:
            code = self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return code, file.read()
