#!/usr/bin/python3
"""generate.py [--check]: writes docs/asyncapi.yaml, what the topic of public events carries, from the protos alone.

--check writes nothing and ends with 1 when the committed document is another one.
"""
import argparse
import difflib
import importlib
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml
from google.protobuf import descriptor_pb2

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/asyncapi.yaml"
# Service as events name it -> package of its protos.
SERVICES = {"intake": "intake", "routing": "routing", "agency-processing": "agency", "postal-dispatch": "postal", "notification": "notification", "catalogue": "catalogue"}
TOPIC = "lienthong.events.v1"
RETENTION_MS = 30 * 24 * 3600 * 1000
SCALARS = {value: name.removeprefix("TYPE_").lower() for name, value in descriptor_pb2.FieldDescriptorProto.Type.items()}
MESSAGE, ENUM = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE, descriptor_pb2.FieldDescriptorProto.TYPE_ENUM
STRING, BYTES = descriptor_pb2.FieldDescriptorProto.TYPE_STRING, descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
REPEATED = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
SEALED = ".lienthong.kernel.v1.SealedRef"


class Protos:
    """All .proto files below proto/lienthong with their comments."""

    def __init__(self, folder=ROOT / "proto"):
        files = sorted(path.relative_to(folder).as_posix() for path in (folder / "lienthong").rglob("*.proto"))
        with tempfile.TemporaryDirectory() as directory:
            out = pathlib.Path(directory)
            subprocess.run(["protoc", "-I", str(folder), f"--descriptor_set_out={out / 'set'}", "--include_imports", "--include_source_info",
                            f"--python_out={out}", *files], check=True)
            sys.path.insert(0, str(out))
            self.options = importlib.import_module("lienthong.options.v1.options_pb2")
            sys.path.pop(0)
            self.files = {file.name: file for file in descriptor_pb2.FileDescriptorSet.FromString((out / "set").read_bytes()).file}
        self.comments, self.messages, self.enums = {}, {}, {}
        for file in self.files.values():
            for location in file.source_code_info.location:
                self.comments[(file.name, tuple(location.path))] = location.leading_comments
            for number, message in enumerate(file.message_type):
                self._add_message(file, f".{file.package}", message, (4, number))
            for number, enum in enumerate(file.enum_type):
                self.enums[f".{file.package}.{enum.name}"] = (file, enum, (5, number))

    def _add_message(self, file, scope, message, path):
        name = f"{scope}.{message.name}"
        self.messages[name] = (file, message, path)
        for number, nested in enumerate(message.nested_type):
            self._add_message(file, name, nested, path + (3, number))
        for number, enum in enumerate(message.enum_type):
            self.enums[f"{name}.{enum.name}"] = (file, enum, path + (4, number))

    def comment(self, file, path):
        return " ".join(line.strip() for line in self.comments.get((file.name, path), "").strip().splitlines())

    def leaves(self, field):
        """Whether the field is in what leaves the system."""
        if field.type in (STRING, BYTES):
            return field.options.Extensions[self.options.personal] == self.options.PERSONAL_NONE
        return not (field.type == MESSAGE and field.type_name == SEALED)

    def public_events(self, package):
        """(number, message name) of the events everybody may see, by number."""
        file = self.files.get(f"lienthong/{package}/v1/events.proto")
        if file is None:
            return []
        found = []
        for enum in file.enum_type:
            for value in enum.value if enum.name == "EventType" else ():
                name = "".join(part.capitalize() for part in value.name.removeprefix("EVENT_TYPE_").split("_"))
                known = self.messages.get(f".{file.package}.{name}")
                if value.number and known[1].options.Extensions[self.options.visibility] == self.options.VISIBILITY_PUBLIC:
                    found.append((value.number, name))
        return sorted(found)


def reserved(message, protos):
    numbers = [str(field.number) for field in message.field if not protos.leaves(field)]
    return [f"  // Never filled here: {', '.join(numbers)} (sealed, or possibly about a person)."] if numbers else []


def message_text(protos, name, indent=""):
    file, message, path = protos.messages[name]
    lines = [f"{indent}// {protos.comment(file, path)}", f"{indent}message {message.name} {{"]
    lines += [indent + line for line in reserved(message, protos)]
    for number, nested in enumerate(message.nested_type):
        if not nested.options.map_entry:
            lines += message_text(protos, f"{name}.{nested.name}", indent + "  ")
    for number, enum in enumerate(message.enum_type):
        lines += enum_text(protos, f"{name}.{enum.name}", indent + "  ")
    for number, field in enumerate(message.field):
        if not protos.leaves(field):
            continue
        kind = field.type_name.lstrip(".") if field.type in (MESSAGE, ENUM) else SCALARS[field.type]
        home = protos.messages.get(field.type_name, protos.enums.get(field.type_name))
        if home is not None and home[0].name == file.name:
            kind = kind.removeprefix(file.package + ".")
        repeated = "repeated " if field.label == REPEATED else "optional " if field.proto3_optional else ""
        lines += [f"{indent}  // {protos.comment(file, path + (2, number))}", f"{indent}  {repeated}{kind} {field.name} = {field.number};"]
    return lines + [indent + "}"]


def enum_text(protos, name, indent=""):
    file, enum, path = protos.enums[name]
    lines = [f"{indent}// {protos.comment(file, path)}", f"{indent}enum {enum.name} {{"]
    for number, value in enumerate(enum.value):
        lines += [f"{indent}  // {protos.comment(file, path + (2, number))}", f"{indent}  {value.name} = {value.number};"]
    return lines + [indent + "}"]


def payload(protos, name):
    """The event's message, what it uses of its own file, and imports of the rest."""
    file = protos.messages[name][0]
    imports, wanted, seen = set(), [name], {name}
    parts = []
    while wanted:
        current = wanted.pop(0)
        parts.append(message_text(protos, current) if current in protos.messages else enum_text(protos, current))
        if current not in protos.messages:
            continue
        pending = [protos.messages[current][1]]
        while pending:
            message = pending.pop()
            pending += message.nested_type
            for field in message.field:
                used = field.type_name
                if not used or not protos.leaves(field):
                    continue
                home = protos.messages.get(used, protos.enums.get(used))
                if home[0].name != file.name:
                    imports.add(home[0].name)
                elif used not in seen and used.rsplit(".", 1)[0] == f".{file.package}":
                    seen.add(used)
                    wanted.append(used)
    head = ['syntax = "proto3";', "", f"package {file.package};", ""]
    head += [f'import "{one}";' for one in sorted(imports)] + ([""] if imports else [])
    return "\n".join(head + "\n\n".join("\n".join(part) for part in parts).splitlines()) + "\n"


def snake_case(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def message(protos, service, package, name):
    full = f"lienthong.{package}.v1.{name}"
    file, _, path = protos.messages[f".{full}"]
    kind = f"vn.lienthong.{service.replace('-', '_')}.{snake_case(name)}.v1"
    return full, {
        "name": kind,
        "title": f"{name} ({service})",
        "summary": protos.comment(file, path),
        "contentType": "application/protobuf",
        "headers": {"allOf": [{"$ref": "#/components/schemas/CloudEvent"}, {"type": "object", "properties": {
            "ce_type": {"const": kind}, "ce_dataschema": {"const": full},
            "ce_source": {"type": "string", "pattern": f"^//[a-z0-9-]+\\.lienthong/{service}$"}}}]},
        "payload": {"schemaFormat": "application/vnd.google.protobuf;version=3", "schema": payload(protos, f".{full}")},
        "bindings": {"kafka": {"key": {"type": "string", "description": "The dossier, as in ce_subject.", "pattern": "^[0-9A-HJKMNP-TV-Z]{26}$"},
                               "bindingVersion": "0.5.0"}},
    }


def time(description):
    return {"type": "string", "format": "date-time", "description": description}


CLOUD_EVENT = {
    "type": "object",
    "description": "Attributes of CloudEvents 1.0 as headers: binary mode of its Kafka binding.",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "ce_recordedtime", "ce_dataschema", "content-type"],
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {"type": "string", "pattern": "^[0-9a-f]{32}/[0-9]+/[0-9]+/[0-9]+\\.[0-9]+$",
                  "description": "<ledger id>/<partition>/<block_seq>/<leaf>.<event>; every repetition has the id of the first copy."},
        "ce_source": {"type": "string", "description": "//<province>.lienthong/<service>"},
        "ce_type": {"type": "string", "description": "vn.lienthong.<service>.<event_in_snake_case>.v1"},
        "ce_subject": {"type": "string", "description": "The dossier: the 26 characters of its id behind the home key."},
        "ce_time": time("When it happened."),
        "ce_recordedtime": time("When it was decided."),
        "ce_dataschema": {"type": "string", "description": "Full name of the protobuf message in the value."},
        "content-type": {"type": "string", "const": "application/protobuf"},
    },
}

DESCRIPTION = """\
Every effective event of Liên Thông that everybody may see, in the order of the ledgers. Made by tools/asyncapi/generate.py from the protos; not
edited by hand.

* **Partition** p of the topic holds what partition p of the ledgers tells. Order holds per ce_source and partition, hence per dossier.
* **At least once**: first copies come in order and complete; a crash repeats, never skips. A reader takes a message when (block_seq, leaf, event) of
  its ce_id is above the last one it took of that ce_source and partition.
* **No personal data**: fields that may say something about a person and references to sealed content are empty.
* **30 days**; what is older is given by EventService.StreamEvents (proto/lienthong/events/v1), as in the embedded edition, which has no topic.
"""


def document(protos):
    messages = dict(message(protos, service, package, name) for service, package in SERVICES.items() for _, name in protos.public_events(package))
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Liên Thông: public events", "version": "1.0.0", "description": DESCRIPTION},
        "defaultContentType": "application/protobuf",
        "servers": {"kafka": {"host": "{bootstrap}", "protocol": "kafka-secure", "description": "The installation's Kafka; READ is granted per certificate.",
                              "variables": {"bootstrap": {"description": "host:port of a broker"}}, "security": [{"$ref": "#/components/securitySchemes/certificate"}]}},
        "channels": {"publicEvents": {
            "address": TOPIC,
            "description": "One message per public event.",
            "messages": {full: {"$ref": f"#/components/messages/{full}"} for full in messages},
            "bindings": {"kafka": {"topic": TOPIC, "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": RETENTION_MS, "max.message.bytes": 2097152},
                                   "bindingVersion": "0.5.0"}}}},
        "operations": {"publishPublicEvents": {"action": "send", "channel": {"$ref": "#/channels/publicEvents"},
                                               "summary": "Each process publishes what its lanes have decided, behind their fold."}},
        "components": {"schemas": {"CloudEvent": CLOUD_EVENT},
                       "securitySchemes": {"certificate": {"type": "X509", "description": "A client certificate of the installation's authority."}},
                       "messages": messages},
    }


class Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True


def string(dumper, text):
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Dumper.add_representer(str, string)


def text_of(protos):
    return yaml.dump(document(protos), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    text = text_of(Protos())
    if not arguments.check:
        DOCUMENT.write_text(text, encoding="utf-8")
        return 0
    committed = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
    difference = list(difflib.unified_diff(committed.splitlines(), text.splitlines(), "committed", "generated", lineterm="", n=1))
    print("\n".join(difference[:60]))
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
