"""Rules about the shape of the source tree. Each function takes the tree's root and returns sentences, one per violation."""
import fnmatch
import pathlib
import re

SERVICES = ("intake", "routing", "agency_processing", "catalogue", "monitoring", "postal_dispatch", "notification")
SOURCE_SUFFIXES = (".cc", ".h", ".c", ".cpp", ".hpp")
IMPURE_HEADERS = {"thread", "mutex", "shared_mutex", "condition_variable", "future", "atomic", "iostream", "fstream", "filesystem",
                  "random", "ctime", "semaphore", "stop_token", "barrier", "latch"}
POSIX = re.compile(r"^(unistd|fcntl|poll|signal|pthread|dirent|netdb|sched|sys/[a-z_]+|arpa/inet|netinet/[a-z]+|errno|string|time)\.h$")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)


def read(path):
    return path.read_text(encoding="utf-8")


def code_of(text):
    """The text without comments and string literals, lines kept."""
    return COMMENT_OR_STRING.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def sources(folder, suffixes=SOURCE_SUFFIXES):
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*") if path.suffix in suffixes and path.is_file())


class Row:
    """One row of the include table: a path and what its files may include."""

    def __init__(self, path, own, items):
        self.path, self.own, self.items = path, own, items

    def allows(self, kind, name, file):
        return any(self._item_allows(item, kind, name) and (glob is None or fnmatch.fnmatch(file, glob) or
                                                              fnmatch.fnmatch(file.rsplit("/", 1)[-1], glob))
                   for item, glob in self.items)

    def _item_allows(self, item, kind, name):
        if item in ("pure", "std"):
            return kind == "std" and (item == "std" or name not in IMPURE_HEADERS)
        if item == "posix":
            return kind == "posix"
        if item.startswith("<"):
            inner = item[1:-1]
            return kind != "quoted" and (name.startswith(inner) if inner.endswith("/") else name == inner)
        if item.startswith("own/"):
            item = self.own + "/" + item[len("own/"):]
        return kind == "quoted" and (name.startswith(item) if item.endswith("/") else name == item)

    @property
    def pure(self):
        return any(item == "pure" for item, _ in self.items)


def include_table(text):
    """The rows of the table in services/README.md; rows of `<service>` are given once per service."""
    rows = []
    for line in text.splitlines():
        match = re.match(r"^\|\s*`([^`]+)`\s*\|(.*)\|\s*$", line)
        if not match:
            continue
        items = []
        for item in re.findall(r"`([^`]+)`", match.group(2)):
            name, _, glob = item.partition(" in ")
            items.append((name, glob or None))
        path = match.group(1)
        if path.startswith("<service>"):
            rows += [Row(path.replace("<service>", service), service, items) for service in SERVICES]
        else:
            rows.append(Row(path, path, items))
    return rows


def kind_of(quoted, angled):
    if quoted is not None:
        return "quoted", quoted
    if POSIX.match(angled):
        return "posix", angled
    return ("std" if re.fullmatch(r"[a-z_0-9]+", angled) else "library"), angled


def include_violations(root):
    services = root / "services"
    rows = include_table(read(services / "README.md"))
    found = [] if rows else ["services/README.md has no include table"]
    for path in sources(services):
        file = path.relative_to(services).as_posix()
        row = max((row for row in rows if file.startswith(row.path + "/")), key=lambda row: len(row.path), default=None)
        if row is None:
            found.append(f"services/{file}: no row of services/README.md covers it")
            continue
        text = read(path)
        for quoted, angled in ((m.group(1), m.group(2)) for m in INCLUDE.finditer(text)):
            kind, name = kind_of(quoted, angled)
            if kind == "quoted" and name.startswith("tests/"):
                found.append(f"services/{file} includes {name}: nothing outside tests/ includes a test")
            elif not row.allows(kind, name, file):
                found.append(f"services/{file} includes {name}, which `{row.path}` may not")
        if row.pure and "::now(" in code_of(text):
            found.append(f"services/{file} reads a clock (::now), which `{row.path}` may not")
    return found


def unlisted_sources(root):
    """Every .cc stands in the CMakeLists.txt of its folder or of a folder above it."""
    found = []
    for top in ("services", "tools", "tests"):
        for path in sources(root / top, (".cc", ".c", ".cpp")):
            folder, listed = path.parent, False
            while not listed and folder != root.parent:
                lists = folder / "CMakeLists.txt"
                if lists.exists():
                    name = re.escape(path.relative_to(folder).as_posix())
                    listed = re.search(rf"(?<![\w./-]){name}(?![\w.-])", re.sub(r"#[^\n]*", "", read(lists))) is not None
                if folder == root:
                    break
                folder = folder.parent
            if not listed:
                found.append(f"{path.relative_to(root).as_posix()} stands in no CMakeLists.txt")
    return found


def globs_in_cmake(root):
    return [f"{path.relative_to(root).as_posix()} lists sources by pattern"
            for path in sorted(root.rglob("CMakeLists.txt")) if "build" not in path.relative_to(root).parts
            and re.search(r"file\s*\(\s*GLOB", read(path), re.IGNORECASE)]


SKIPS = re.compile(r"\bDISABLED_|\bGTEST_SKIP\b|\bGTEST_FLAG_SET\s*\(\s*also_run")
PYTHON_SKIPS = re.compile(r"unittest\.skip|@skip|\.skipTest\(|expectedFailure|pytest\.mark\.skip|SkipTest")


def skipped_tests(root):
    tests = root / "tests"
    found = [f"{path.relative_to(root).as_posix()} holds a test that does not run"
             for path in sources(tests) if SKIPS.search(code_of(read(path)))]
    found += [f"{path.relative_to(root).as_posix()} holds a test that does not run"
              for path in sources(tests, (".py",)) if "architecture" not in path.parts and PYTHON_SKIPS.search(read(path))]
    return found


CHANCE = re.compile(r"\bsleep_for\b|\bsleep_until\b|\busleep\s*\(|\bsleep\s*\(|\brandom_device\b|\bstd::rand\b|\bsrand\s*\(|"
                    r"\bsystem_clock::now\b|<random>")


def chance_in_unit_tests(root):
    """Unit and contract tests neither sleep nor depend on chance or the time of day."""
    found = []
    for folder in ("unit", "contract"):
        for path in sources(root / "tests" / folder):
            text = code_of(read(path))
            if CHANCE.search(text):
                found.append(f"{path.relative_to(root).as_posix()} sleeps or depends on chance: {CHANCE.search(text).group()}")
    return found


def headers_without_own_source(root):
    """Headers that no source proves to stand alone. A header whose .cc includes it first is compiled alone with every build."""
    services = root / "services"
    headers = []
    for path in sources(services, (".h",)):
        source = path.with_suffix(".cc")
        first = INCLUDE.search(read(source)) if source.exists() else None
        if first is None or first.group(1) != path.relative_to(services).as_posix():
            headers.append(path)
    return headers


def unguarded_headers(root):
    return [f"{path.relative_to(root).as_posix()} lacks #pragma once"
            for top in ("services", "tools", "tests") for path in sources(root / top, (".h",)) if "#pragma once" not in read(path)]


def unmarked_fields(descriptors, personal, visibility):
    """String and bytes fields without the option `personal`, and messages of events.proto that are events without `visibility`.

    `descriptors`: file descriptors of google.protobuf. The ledger's own record format is technical and exempt.
    """
    found = []
    for file in descriptors:
        if not file.name.startswith("lienthong/") or file.name.startswith(("lienthong/ledger/", "lienthong/options/")):
            continue
        events = event_names(file)
        for message in file.message_types_by_name.values():
            if message.name in events and not message.GetOptions().Extensions[visibility]:
                found.append(f"{file.name}: event {message.name} does not say who may see it (visibility)")
            found += unmarked_in(message, personal, file.name)
        if file.name.endswith("/events.proto"):
            known = set(file.message_types_by_name)
            found += [f"{file.name}: event type {name} has no message" for name in sorted(events - known)]
    return found


def event_names(file):
    """Messages that the file's enum EventType counts: EVENT_TYPE_DOSSIER_SUBMITTED is the message DossierSubmitted."""
    enum = file.enum_types_by_name.get("EventType")
    if enum is None:
        return set()
    return {"".join(part.capitalize() for part in value.name.removeprefix("EVENT_TYPE_").split("_"))
            for value in enum.values if value.number != 0}


def unmarked_in(message, personal, file):
    found = []
    for field in message.fields:
        if field.type in (field.TYPE_STRING, field.TYPE_BYTES) and not field.GetOptions().Extensions[personal]:
            if not message.GetOptions().map_entry:
                found.append(f"{file}: {message.full_name}.{field.name} does not say what it may hold about a person (personal)")
    for inner in message.nested_types:
        found += unmarked_in(inner, personal, file)
    return found


MUTANT_SWITCH = "lienthong::ledger::mutant_switch"


def switched_binaries(symbols_of):
    """`symbols_of`: binary name -> demangled symbols. Production binaries that carry the switch of the seeded bugs."""
    return [f"{name} contains {MUTANT_SWITCH}" for name, symbols in sorted(symbols_of.items()) if MUTANT_SWITCH in symbols]
