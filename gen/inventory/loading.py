"""From files to a Fleet: read, merge, hold against the schema, build, check.

The way of a good inventory is short: nothing keeps positions. Only when something is wrong are the
files read once more, to say where.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from monogen.inventory import building, checks
from monogen.inventory.findings import Finding, Key, quoted
from monogen.inventory.kinds import KindLike, KindsOf
from monogen.inventory.model import FitSettings, Fleet, Host
from monogen.inventory.reading import read
from monogen.inventory.validator import accepts, definition
from monogen.problems import InputError, Problem
from msgspec import Struct, field

SCHEMA = Path(__file__).with_name("schema.json")

_NEEDED_BY_HOSTS = frozenset({"defaults", "prometheus", "catalogs"})
"""Keys without which nothing sensible can be said about hosts."""


class _Document(Struct):
    """The files of an inventory as one document, and which file each part came from."""

    root: Path
    data: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, Path] = field(default_factory=dict)
    host_files: list[tuple[Path, int, int]] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def locate(self, keys: tuple[Key, ...]) -> tuple[Path, tuple[Key, ...]]:
        """The file that ``keys`` of the merged document lead into, and the keys within it."""
        if len(keys) > 1 and keys[0] == "hosts" and isinstance(keys[1], int):
            for path, first, count in self.host_files:
                if first <= keys[1] < first + count:
                    return path, ("hosts", keys[1] - first, *keys[2:])
        source = self.sources.get(str(keys[0])) if keys else None
        return source or self.files[0], keys


def load(path: Path, kinds: KindsOf) -> Fleet:
    """The checked Fleet of an inventory file or of a folder of them (*.yaml, *.yml, merged).

    ``kinds`` gives the exporter kinds, called with the paths of the inventory's own catalogs.
    Raises InputError with everything that is wrong in all the files.
    """
    document, problems = _read_all(path)
    findings, good_hosts = _hold_against_schema(document)
    findings += checks.check_names(_listed_hosts(document.data))
    bad_keys = {finding.keys[0] for finding in findings if finding.keys} - {"hosts"}
    if not bad_keys.isdisjoint(_NEEDED_BY_HOSTS):
        raise _error(document, problems, findings)
    # With what is good of a bad inventory, so that its other mistakes are told at once, too.
    data = {key: value for key, value in document.data.items() if key not in bad_keys}
    own_files, file_findings = _own_files(document)
    findings += file_findings
    if any(finding.keys[0] == "catalogs" for finding in file_findings):
        raise _error(document, problems, findings)
    known = kinds([Path(catalog) for catalog in own_files["catalogs"]])
    hosts, host_findings = _build_hosts(data, known, good_hosts, document.root)
    findings += host_findings
    if findings or problems:
        raise _error(document, problems, findings)
    return _fleet(data, hosts, own_files)


def _error(document: _Document, problems: Sequence[Problem], findings: Sequence[Finding]) -> InputError:
    """All that is wrong. Where reading already told why a value is not what it seems, once is enough."""
    told = {(problem.file, problem.line, problem.column) for problem in problems}
    explained = _with_positions(document, findings)
    new = [problem for problem in explained if (problem.file, problem.line, problem.column) not in told]
    return InputError([*problems, *new])


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 7) of an inventory file."""
    return definition(SCHEMA, "")


def position(source: Path, *keys: Key) -> tuple[str, int, int]:
    """File, line and column where ``keys`` lead in an inventory file or folder, as far as they lead.

    A list takes an index or the ``name`` of an entry: ``position(path, "hosts", "spark-1", "alerts",
    "ModelHeadroomLow")``. Line and column are 0 where nothing was found. Reads the files again, so
    it is for errors only. Raises InputError when they cannot be read any more.
    """
    from monogen.inventory.positions import Positions  # noqa: PLC0415 - only when something is wrong

    best, where = 0, (str(source), 0, 0)
    for path in _files(source):
        place = Positions(path).find(keys)
        if place.depth > best:
            best, where = place.depth, (str(path), *place.position(on_key=True))
    return where


def _files(path: Path) -> list[Path]:
    """The inventory files a path means; hidden ones are not meant. Raises InputError for none."""
    try:
        if not path.is_dir():
            return [path]
        names = sorted(
            entry
            for entry in path.iterdir()
            if entry.suffix in (".yaml", ".yml") and not entry.name.startswith(".") and not entry.is_dir()
        )
    except OSError as error:
        raise InputError([Problem(str(path), 0, 0, f"this cannot be read: {error.strerror}")]) from None
    if not names:
        raise InputError(
            [
                Problem(
                    str(path), 0, 0, "the folder holds no inventory", "files named *.yaml or *.yml are read"
                )
            ]
        )
    return names


def _read_all(path: Path) -> tuple[_Document, list[Problem]]:
    """All files as one document, with what is wrong in them; those that cannot be read are left out."""
    files = _files(path)
    document = _Document(path if path.is_dir() else path.parent)
    problems: list[Problem] = []
    for file in files:
        try:
            data, noticed = read(file)
        except InputError as error:
            problems += error.problems
            continue
        problems += noticed
        document.files.append(file)
        problems += _merge(document, file, data)
    if not document.files:
        raise InputError(problems)
    return document, problems


def _merge(document: _Document, file: Path, data: dict[str, Any]) -> list[Problem]:
    """Add a file: hosts are joined, every other key may stand in one file, or say the same in all."""
    problems = []
    for key, value in data.items():
        if key == "hosts" and isinstance(value, list) and isinstance(document.data.get(key, []), list):
            joined = document.data.setdefault("hosts", [])
            document.host_files.append((file, len(joined), len(value)))
            document.sources.setdefault("hosts", file)
            joined.extend(value)
        elif key not in document.data:
            document.data[key] = value
            document.sources[key] = file
        elif document.data[key] != value:
            problems.append(_said_twice(document.sources[key], file, key))
    return problems


def _said_twice(first: Path, second: Path, key: str) -> Problem:
    file, line, _ = position(first, key)
    return Problem(
        *position(second, key),
        f"{quoted(key)} says something else in {file}:{line}",
        "the files of a folder are one inventory: keep it in one of them",
    )


def _hold_against_schema(document: _Document) -> tuple[list[Finding], set[int] | None]:
    """What the schema refuses, and the indexes of the hosts it accepts (None for all)."""
    data = document.data
    if accepts(SCHEMA, "", data):
        return ([] if data.get("hosts") else [_no_hosts(data)]), None
    from monogen.inventory.explaining import explain  # noqa: PLC0415 - jsonschema is slow to import

    text = _Lookup(document).text
    whole = schema()
    hosts = data.get("hosts")
    listed = _listed_hosts(data)
    rest = {**data, "hosts": []} if isinstance(hosts, list) else data
    findings = list(explain(whole, rest, (), text))
    good = {index for index, host in enumerate(listed) if accepts(SCHEMA, "host", host)}
    host_schema = definition(SCHEMA, "host")
    for index, host in enumerate(listed):
        if index not in good:
            findings += explain(host_schema, host, ("hosts", index), text)
    if "hosts" not in data or hosts == []:
        findings.append(_no_hosts(data))
    return findings, good


def _listed_hosts(data: Mapping[str, Any]) -> Sequence[Any]:
    hosts = data.get("hosts")
    return hosts if isinstance(hosts, list) else ()


def _no_hosts(data: Mapping[str, Any]) -> Finding:
    keys: tuple[Key, ...] = ("hosts",) if "hosts" in data else ()
    return Finding(
        keys, "the inventory has no hosts", "add for example `hosts: [{name: spark-1, hardware: gb10}]`"
    )


def _own_files(document: _Document) -> tuple[dict[str, tuple[str, ...]], list[Finding]]:
    """People's own dashboards, rules and catalogs, resolved against the inventory; they must exist."""
    resolved, findings = {}, []
    for key in ("dashboards", "rules", "catalogs"):
        stated = document.data.get(key)
        paths = (
            [document.root / path for path in stated if isinstance(path, str)]
            if isinstance(stated, list)
            else []
        )
        resolved[key] = tuple(map(str, paths))
        findings += [
            Finding(
                (key, index),
                f"there is no {quoted(str(path), limit=200)}",
                "paths are relative to the inventory file",
            )
            for index, path in enumerate(paths)
            if not _exists(path)
        ]
    return resolved, findings


def _exists(path: Path) -> bool:
    """Whether a file or folder is there; a name that no file system takes is not."""
    try:
        return path.exists()
    except OSError:
        return False


def _build_hosts(
    data: Mapping[str, Any], kinds: Mapping[str, KindLike], good: set[int] | None, folder: Path
) -> tuple[tuple[Host, ...], list[Finding]]:
    """The hosts that the schema accepts, and what the checks found."""
    listed = _listed_hosts(data)
    settings = building.prometheus(data.get("prometheus", {}))
    jobs = data.get("jobs", {})
    findings = list(checks.check_settings(data, settings))
    findings += checks.check_kinds(jobs, kinds)
    builder = building.HostBuilder(data, kinds, folder)
    host_checks = checks.HostChecks(kinds, settings, jobs, listed)
    hosts = []
    for index, entry in enumerate(listed):
        if good is not None and index not in good:
            continue
        host = builder.host(entry, index)
        if host is not None:
            hosts.append(host)
            findings += host_checks.check(host, index)
    return tuple(hosts), findings + builder.findings


def _fleet(
    data: Mapping[str, Any], hosts: tuple[Host, ...], own_files: Mapping[str, tuple[str, ...]]
) -> Fleet:
    runbooks = {"runbooks": data["runbooks"]} if "runbooks" in data else {}
    return Fleet(
        name=data["fleet"],
        hosts=hosts,
        prometheus=building.prometheus(data.get("prometheus", {})),
        kubernetes=building.kubernetes(data.get("kubernetes", {})),
        grafana=building.grafana(data.get("grafana", {})),
        jobs=building.frozen(data.get("jobs", {})),
        alerts=building.alerts(data.get("alerts", {})),
        dashboards=own_files["dashboards"],
        rules=own_files["rules"],
        catalogs=own_files["catalogs"],
        notes=tuple(checks.notes(hosts)),
        frontier=building.frontier(data.get("frontier", {})),
        electricity=building.electricity(data.get("electricity")),
        fit=FitSettings(**data.get("fit", {})),
        **runbooks,
    )


class _Lookup:
    """Places of the merged document, each file read once more when it is first asked for."""

    def __init__(self, document: _Document) -> None:
        self._document = document
        self._trees: dict[Path, Any] = {}

    def place(self, keys: tuple[Key, ...]) -> tuple[Path, Any]:
        """The file and the place there; what a host does not state itself may stand in `defaults`."""
        file, place, local = self._find(keys)
        if place.depth < len(local) and keys[:1] == ("hosts",) and len(keys) > 2:  # noqa: PLR2004
            other_file, other, other_keys = self._find(("defaults", *keys[2:]))
            if other.depth == len(other_keys):
                return other_file, other
        return file, place

    def text(self, keys: tuple[Key, ...]) -> str | None:
        """The scalar at ``keys`` as it is written."""
        text: str | None = self.place(keys)[1].text
        return text

    def _find(self, keys: tuple[Key, ...]) -> tuple[Path, Any, tuple[Key, ...]]:
        from monogen.inventory.positions import Positions  # noqa: PLC0415 - only when something is wrong

        file, local = self._document.locate(keys)
        tree = self._trees.get(file)
        if tree is None:
            tree = self._trees[file] = Positions(file)
        return file, tree.find(local), local


def _with_positions(document: _Document, findings: Iterable[Finding]) -> list[Problem]:
    lookup = _Lookup(document)
    problems = []
    for finding in findings:
        file, place = lookup.place(finding.keys)
        line, column = place.position(on_key=finding.on_key)
        message = finding.message
        if finding.other:
            other_file, other = lookup.place(finding.other)
            message += f" (the other one: {other_file}:{other.position(on_key=True)[0]})"
        problems.append(Problem(str(file), line, column, message, finding.hint))
    return problems
