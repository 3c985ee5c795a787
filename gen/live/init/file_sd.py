"""Reads the hosts of a Prometheus file_sd file, JSON or YAML.

Taken is each target's exporter (told by the label ``job``, else by a port that only one exporter has), its
host (the label ``instance``, else the address), ``__scheme__``, ``__metrics_path__`` and ``__param_*``,
``os`` and ``hardware`` of any target of the host, and other labels that all of them share. What is not taken
is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from monogen import catalog
from monogen.inventory.addresses import AddressError, endpoint
from monogen.inventory.checks import check_label_names
from monogen.live.discover.yamllines import Items, Line
from monogen.live.init.taken import MAX_HOSTS, Source, Taken, first_lines, text_of, unusable
from monogen.live.telling import cleaned
from monogen.problems import InputError, Problem
from msgspec import Struct, field

_MACHINE = {"os": ("linux", "darwin"), "hardware": ("gb10", "apple-silicon", "nvidia", "generic")}
_OF_TARGETS = frozenset({"job", "instance", "server", "model"})


class _Target(Struct, frozen=True):
    """A target as the file has it; ``address`` is host:port."""

    address: str
    labels: Mapping[str, str]

    @property
    def host(self) -> str:
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    @property
    def instance(self) -> str:
        """What the host is called: its instance without a port."""
        stated = self.labels.get("instance", "")
        bare = re.sub(r":[0-9]+$", "", stated) if stated.count(":") == 1 or stated.startswith("[") else stated
        return bare.strip("[]") or self.host


class _Host(Struct):
    """``said`` are the labels of all its targets, also of those that are left out."""

    name: str
    address: str
    said: list[Mapping[str, str]]
    targets: list[tuple[str, _Target]] = field(default_factory=list)


def file_sd(path: Path) -> Source:
    """The hosts of the file. Raises InputError where it is no file_sd file."""
    hosts: dict[str, _Host] = {}
    said: dict[str, list[Mapping[str, str]]] = {}
    remarks: list[str] = []
    for target in _targets(path, _groups(path), remarks):
        candidates = _kinds(target)
        labels = said.setdefault(target.instance, [])
        labels.append(target.labels)
        why = _untold(candidates) or unusable(target.instance, target.host)
        if why:
            remarks.append(f"{path}: `{cleaned(target.address, longest=60)}` is left out: {why}")
            continue
        host = hosts.setdefault(target.instance, _Host(target.instance, target.host, labels))
        host.targets.append((candidates[0], target))
    remarks += [f"{path}: {words}" for host in hosts.values() for words in _conflicts(host)]
    return Source(str(path), tuple(_taken(host) for host in hosts.values()), tuple(dict.fromkeys(remarks)))


def _groups(path: Path) -> list[Any]:
    try:
        data = yaml.load(text_of(path), yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise InputError(
            [Problem(str(path), line, column, f"not valid YAML or JSON: {error.problem}")]
        ) from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise InputError([Problem(str(path), 0, 0, "not valid YAML or JSON")]) from None
    if not isinstance(data, list):
        hint = "it is a list of `{targets: [HOST:PORT], labels: {...}}`"
        raise InputError([Problem(str(path), 0, 0, "this is no file_sd file", hint)])
    return data


def _targets(path: Path, groups: list[Any], remarks: list[str]) -> Iterator[_Target]:
    count = 0
    for number, group in enumerate(groups):
        targets = group.get("targets") if isinstance(group, dict) else None
        if not isinstance(targets, list):
            remarks.append(f"{path}: entry {number + 1} is left out: it has no list `targets`")
            continue
        labels = group.get("labels") or {}
        labels = {str(k): str(v) for k, v in labels.items()} if isinstance(labels, dict) else {}
        for text in targets:
            count += 1
            if count > MAX_HOSTS:
                raise InputError([Problem(str(path), 0, 0, f"the file has more than {MAX_HOSTS:,} targets")])
            try:
                yield _Target(endpoint(str(text)), labels)
            except (AddressError, ValueError):
                shown = cleaned(str(text), longest=60)
                remarks.append(f"{path}: `{shown}` is left out: it is no HOST:PORT")


def _kinds(target: _Target) -> list[str]:
    """The exporter by its job, which may be a kind or the job monogen gives it, else those of its port."""
    kinds = catalog.kinds()
    job = target.labels.get("job", "")
    if job in kinds and not kinds[job].remote:
        return [job]
    of_job = [kind.kind for kind in kinds.values() if kind.job == job and not kind.remote]
    of_port = [kind.kind for kind in kinds.values() if kind.port == target.port and not kind.remote]
    return of_job or of_port


def _untold(candidates: list[str]) -> str:
    """Why it is not known which exporter a target is, "" where it is."""
    if not candidates:
        return "neither its job nor its port tells which exporter it is"
    if len(candidates) == 1:
        return ""
    may_be = " or ".join(f"`{kind}`" for kind in candidates)
    return f"it may be {may_be}: say which with the label `job`"


def _taken(host: _Host) -> Taken:
    shared = _shared([target.labels for _, target in host.targets])
    lines = [*first_lines(host.name, host.address)]
    notes = []
    labels = {}
    for name, value in shared.items():
        if name in _MACHINE:
            continue
        if not value or list(check_label_names([name], ())):
            notes.append(_not_taken(name))
        else:
            labels[name] = value
    for name, words in _MACHINE.items():
        if any(stated.get(name, words[0]) not in words for stated in host.said):
            notes.append(_not_taken(name))
    lines += _machine(_machine_labels(host), {kind for kind, _ in host.targets})
    if labels:
        lines.append(Line("labels", labels))
    kinds = dict.fromkeys(kind for kind, _ in host.targets)
    of_exporters = tuple(
        _exporter(kind, [target for one, target in host.targets if one == kind], host, shared)
        for kind in kinds
    )
    lines.append(Line("exporters", of_exporters))
    return Taken(host.name, host.address, tuple(lines), tuple(notes))


def _not_taken(label: str) -> str:
    return f"the label {cleaned(label, longest=60)} is not taken: it means something to monogen"


def _machine_labels(host: _Host) -> dict[str, list[str]]:
    """What the targets of a host say of its os and hardware, in monogen's words; the first is taken.

    Of a conflict with a GB10 that is the GB10: nobody writes it by chance, and its memory is none of a GPU's.
    """
    stated = {}
    for name, words in _MACHINE.items():
        values = dict.fromkeys(labels[name] for labels in host.said if labels.get(name) in words)
        stated[name] = sorted(values, key=lambda value: value != "gb10")
    return stated


def _conflicts(host: _Host) -> Iterator[str]:
    """A sentence where its targets do not agree on what the host is."""
    for name, values in _machine_labels(host).items():
        if len(values) > 1:
            shown = cleaned(host.name, longest=60)
            said = " and ".join(f"`{value}`" for value in values)
            yield f"`{shown}`: its targets say {name} {said}; `{values[0]}` is taken"


def _machine(stated: Mapping[str, list[str]], kinds: set[str]) -> Iterator[Line]:
    """The lines of os and hardware: as labels say, else as the exporters need it, else a guess."""
    headers = [catalog.kinds()[kind] for kind in sorted(kinds)]
    of_labels = {name: _line(name, values) for name, values in stated.items() if values}
    needs = next((header for header in headers if header.hardware is not None), None)
    hardware = of_labels.get("hardware")
    if hardware is None and needs is not None:
        mac = "apple-silicon" in (needs.hardware or ())
        or_gb10 = "; or is it a gb10?" if "gb10" in (needs.hardware or ()) else ""
        guess = f"guess: {needs.title} runs there{or_gb10}"
        hardware = Line("hardware", "apple-silicon" if mac else "nvidia", guess)
    if hardware is not None:
        yield hardware
    if "os" in of_labels:
        yield of_labels["os"]
    elif hardware is None or hardware.value == "generic":
        yield Line("os", "linux", "guess: the file does not say")


def _line(name: str, values: list[str]) -> Line:
    others = ", ".join(values[1:])
    return Line(name, values[0], f"guess: other targets say {others}" if others else "")


def _shared(every: list[Mapping[str, str]]) -> dict[str, str]:
    """The labels that all targets have alike, without those that a target has of its own."""
    return {
        name: value
        for name, value in every[0].items()
        if name not in _OF_TARGETS
        and not name.startswith("__")
        and all(labels.get(name) == value for labels in every)
    }


def _exporter(kind: str, targets: list[_Target], host: _Host, shared: Mapping[str, str]) -> Line:
    unique = list({(target.address, str(target.labels)): target for target in targets}.values())
    settings = [_settings(kind, target, host, shared) for target in unique]
    if len(settings) == 1:
        return Line(kind, settings[0])
    return Line(
        kind,
        Items(
            tuple(
                {"name": target.labels.get("server") or f"{kind}-{target.port}-{number}", **stated}
                for number, (target, stated) in enumerate(zip(unique, settings, strict=True), 1)
            )
        ),
    )


def _settings(kind: str, target: _Target, host: _Host, shared: Mapping[str, str]) -> dict[str, Any]:
    header, labels = catalog.kinds()[kind], target.labels
    stated: dict[str, Any] = {}
    if target.host != host.address:
        stated["endpoint"] = target.address
    elif target.port != header.port:
        stated["port"] = target.port
    if labels.get("__scheme__") == "https":
        stated["scheme"] = "https"
    path = labels.get("__metrics_path__", header.path)
    if path != header.path and re.fullmatch(r"/[^\s?#]*", path):
        stated["path"] = path
    params = {name[8:]: [value] for name, value in labels.items() if name.startswith("__param_") and name[8:]}
    if params:
        stated["params"] = params
    if header.server and labels.get("model"):
        stated["model"] = labels["model"]
    own = {
        name: value
        for name, value in labels.items()
        if value
        and name not in shared
        and name not in _OF_TARGETS
        and not list(check_label_names([name], ()))
    }
    if own:
        stated["labels"] = own
    return stated
