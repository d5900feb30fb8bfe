"""The public API as a foreign client sees it: stubs that protoc makes from proto/ for Python, and channels with a certificate."""
import importlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
import grpc  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
_generated = None


def module(name, services=False):
    """`lienthong.intake.v1.intake_service`: its messages; with `services` its gRPC stubs."""
    global _generated
    if _generated is None:
        _generated = tempfile.TemporaryDirectory(prefix="lienthong-api-")
        protos = sorted(path.relative_to(ROOT / "proto").as_posix() for path in (ROOT / "proto").rglob("*.proto")
                        if "node_modules" not in path.parts)
        plugin = shutil.which("grpc_python_plugin")
        subprocess.run(["protoc", "-I", str(ROOT / "proto"), f"--python_out={_generated.name}", f"--grpc_python_out={_generated.name}",
                        f"--plugin=protoc-gen-grpc_python={plugin}", *protos], check=True)
        sys.path.insert(0, _generated.name)
        import google
        google.__path__.append(str(pathlib.Path(_generated.name) / "google"))
    return importlib.import_module(name + ("_pb2_grpc" if services else "_pb2"))


def channel(address, ca, certificate=None, key=None):
    def read(path):
        return pathlib.Path(path).read_bytes() if path else None

    return grpc.secure_channel(address, grpc.ssl_channel_credentials(read(ca), read(key), read(certificate)))


class Client:
    """Calls the services of a `System` as one principal."""

    def __init__(self, system, principal):
        self.api = module("lienthong.api.v1.api")
        self.intake_messages = module("lienthong.intake.v1.intake_service")
        self.intake_events = module("lienthong.intake.v1.events")
        self.agency_messages = module("lienthong.agency.v1.agency_service")
        settings = system.client_settings(principal)
        files = settings["LIENTHONG_TLS_CA"], settings["LIENTHONG_TLS_CERT"], settings["LIENTHONG_TLS_KEY"]
        self.channels = [channel(settings[f"LIENTHONG_{name}_ADDRESS"], *files) for name in ("INTAKE", "AGENCY_PROCESSING")]
        self.intake = module("lienthong.intake.v1.intake_service", services=True).IntakeServiceStub(self.channels[0])
        self.agency = module("lienthong.agency.v1.agency_service", services=True).AgencyServiceStub(self.channels[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for open_channel in self.channels:
            open_channel.close()

    def header(self, home_key=None):
        request = str(uuid7())
        return self.api.CommandHeader(request_id=f"{home_key}_{request}" if home_key else request)

    def application(self, home_key, procedure_code, **fields):
        fields.setdefault("applicant", self.intake_messages.Applicant(full_name="Nguyễn Thị Ví Dụ", identity_number="000000000001"))
        return self.intake_messages.ApplicationForm(home_key=home_key, procedure_code=procedure_code,
                                                    applicant_kind=self.intake_events.APPLICANT_KIND_CITIZEN,
                                                    channel=self.intake_events.CHANNEL_COUNTER, area_code=home_key, **fields)

    def receive(self, home_key, procedure_code, timeout=10, header=None, **fields):
        request = self.intake_messages.ReceiveDossierRequest(header=header or self.header(home_key),
                                                             application=self.application(home_key, procedure_code, **fields))
        return self.intake.ReceiveDossier(request, timeout=timeout)

    def dossier(self, dossier_id, view=None, purpose="", timeout=10):
        request = self.intake_messages.GetDossierRequest(dossier_id=dossier_id, purpose=purpose)
        if view is not None:
            request.view = view
        return self.intake.GetDossier(request, timeout=timeout).dossier


def retry_seconds(error):
    """When an error of a call says to come again; None if it does not."""
    status = module("google.rpc.status").Status()
    status.MergeFromString(dict(error.trailing_metadata()).get("grpc-status-details-bin", b""))
    retry = module("google.rpc.error_details").RetryInfo()
    return next((retry.retry_delay.ToTimedelta().total_seconds() for detail in status.details if detail.Unpack(retry)), None)


def uuid7():
    """RFC 9562, 5.7: milliseconds since 1970 in front, chance behind."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
