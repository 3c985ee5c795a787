"""Reads the hosts of an Ansible inventory, as INI or YAML.

Taken are the hosts with ranges (``node[01:10]``), ``ansible_host`` as the address, the group of a host that
is in one only, and the variables ``monogen_os``, ``monogen_hardware`` and ``monogen_memory``, each from the
host, else from its nearest group. Everything else is Ansible's own business. Files beside the inventory
(host_vars, group_vars), plugins and scripts are not read: ``ansible-inventory --list --yaml`` resolves them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from monogen.live.discover.yamllines import Line
from monogen.live.init.taken import MAX_HOSTS, Source, Taken, first_lines, text_of, unusable
from monogen.live.telling import cleaned
from monogen.problems import InputError, Problem
from monogen.quantities import parse_bytes
from msgspec import Struct, field

_OTHER_MACHINES = frozenset({"winrm", "psrp", "network_cli", "netconf", "httpapi"})
"""Connections to Windows and to network gear, which monogen does not know."""

_CHOICES = {
    "monogen_os": ("linux", "darwin"),
    "monogen_hardware": ("gb10", "apple-silicon", "nvidia", "generic"),
}
_RANGE = re.compile(r"\[(?P<first>[0-9]*|[a-zA-Z]):(?P<last>[0-9]+|[a-zA-Z])(:(?P<step>[0-9]+))?\]")
_SECTION = re.compile(r"\[(?P<group>[^\[\]:]+)(:(?P<what>vars|children))?\]\s*([#;].*)?")
_NOT_GROUPS = frozenset({"all", "ungrouped"})
_MAX_VISITS = 200_000


class _Group(Struct):
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    vars: dict[str, Any] = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)


Groups = dict[str, _Group]


def ansible(path: Path) -> Source:
    """The hosts of the inventory. Raises InputError with the place where it cannot be understood."""
    text = text_of(path)
    if text.startswith("#!"):
        hint = "give what it prints: `ansible-inventory --list --yaml > inventory.yaml`"
        raise InputError([Problem(str(path), 1, 1, "this is a script, and monogen runs none", hint)])
    groups = _from_yaml(path, text) if _is_yaml(path, text) else _from_ini(path, text)
    hosts: list[Taken] = []
    remarks: list[str] = []
    by_address: dict[str, str] = {}
    for name, variables in _with_variables(path, groups).items():
        taken = _taken(name, variables, _groups_of(groups, name))
        if isinstance(taken, Taken) and (other := by_address.setdefault(taken.address, name)) != name:
            taken = f"its address is that of `{cleaned(other, longest=60)}`"
        if isinstance(taken, str):
            remarks.append(f"{path}: `{cleaned(name, longest=60)}` is left out: {taken}")
        else:
            hosts.append(taken)
    return Source(str(path), tuple(hosts), tuple(remarks))


def _taken(name: str, variables: Mapping[str, Any], groups: list[str]) -> Taken | str:
    """The host, or why it is none."""
    address = str(variables.get("ansible_host", name))
    if variables.get("ansible_connection") in _OTHER_MACHINES or "ansible_network_os" in variables:
        return "it is neither Linux nor macOS"
    local = variables.get("ansible_connection") == "local" and "ansible_host" not in variables
    if local or name == "localhost":
        return "it is the machine that Ansible runs on; name it as others reach it"
    if "{{" in address:
        return "its ansible_host is a template"
    if why := unusable(name, address.strip("[]")):
        return why
    stated, notes = _stated(variables)
    lines = [*first_lines(name, address.strip("[]")), *stated]
    if len(groups) == 1:
        lines.append(Line("labels", {"group": groups[0]}))
    elif groups:
        notes.append("groups: " + ", ".join(groups))
    return Taken(name, address.strip("[]"), tuple(lines), tuple(notes))


def _stated(variables: Mapping[str, Any]) -> tuple[list[Line], list[str]]:
    """What the variables say about the machine; the system is a guess where they do not."""
    lines, notes = [], []
    told: dict[str, str] = {}
    for name, choices in _CHOICES.items():
        value = variables.get(name)
        if value is not None and value not in choices:
            notes.append(f"{name} is none of {', '.join(choices)}")
        elif value is not None:
            told[name] = value
    if "monogen_hardware" in told:
        lines.append(Line("hardware", told["monogen_hardware"]))
    if "monogen_os" in told:
        lines.append(Line("os", told["monogen_os"]))
    elif told.get("monogen_hardware", "generic") == "generic":
        lines.append(Line("os", "linux", "guess: the inventory does not say"))
    memory = variables.get("monogen_memory")
    if memory is not None:
        try:
            parse_bytes(memory, ram=True)
            lines.append(Line("memory", memory))
        except (ValueError, TypeError):
            notes.append("monogen_memory is no amount such as 128GB")
    return lines, notes


def _groups_of(groups: Groups, host: str) -> list[str]:
    """The groups that name the host themselves."""
    return [name for name, group in groups.items() if host in group.hosts and name not in _NOT_GROUPS]


def _with_variables(path: Path, groups: Groups) -> dict[str, dict[str, Any]]:
    """All hosts in the file's order with their variables: the nearer the group, the more it counts."""
    depth = _depths(path, groups)
    own: dict[str, dict[str, Any]] = {}
    for group in groups.values():
        for name, variables in group.hosts.items():
            own.setdefault(name, {}).update(variables)
    parents: dict[str, list[str]] = {}
    for name, group in groups.items():
        for child in group.children:
            parents.setdefault(child, []).append(name)
    result = {}
    for host, variables in own.items():
        above = _ancestors(groups, parents, host)
        merged: dict[str, Any] = dict(groups["all"].vars) if "all" in groups else {}
        for name in sorted(above - {"all"}, key=lambda name: (depth.get(name, 0), name)):
            merged |= groups[name].vars
        result[host] = merged | variables
    return result


def _ancestors(groups: Groups, parents: Mapping[str, list[str]], host: str) -> set[str]:
    open_groups = [name for name, group in groups.items() if host in group.hosts]
    found: set[str] = set()
    while open_groups:
        name = open_groups.pop()
        if name not in found:
            found.add(name)
            open_groups += parents.get(name, [])
    return found


def _depths(path: Path, groups: Groups) -> dict[str, int]:
    """How far each group is from the outermost; the longest way counts, as in Ansible."""
    depth: dict[str, int] = {}
    visits = 0
    open_groups = [(name, 0) for name in groups]
    while open_groups:
        name, at = open_groups.pop()
        visits += 1
        if at > len(groups) or visits > _MAX_VISITS:
            raise InputError([Problem(str(path), 0, 0, "groups contain each other in a circle")])
        if at >= depth.get(name, -1):
            depth[name] = at
            open_groups += [(child, at + 1) for child in groups[name].children if child in groups]
    return depth


def _is_yaml(path: Path, text: str) -> bool:
    if path.suffix.lower() in (".yaml", ".yml", ".json"):
        return True
    lines = (line.strip() for line in text.split("\n"))
    first = next((line for line in lines if line and not line.startswith(("#", ";"))), "")
    return first.startswith(("---", "{")) or (first.endswith(":") and not first.startswith("["))


# INI


def _from_ini(path: Path, text: str) -> Groups:
    groups: Groups = {}
    group, what = groups.setdefault("ungrouped", _Group()), ""
    count = 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith(("#", ";")):
            continue
        if line.startswith("[") and (match := _SECTION.fullmatch(line)):
            group, what = groups.setdefault(match["group"].strip(), _Group()), match["what"] or ""
        elif what == "children":
            group.children[line.split()[0]] = None
        elif what == "vars":
            key, _, value = line.partition("=")
            group.vars[key.strip()] = _unquoted(value.strip())
        else:
            for name, variables in _ini_hosts(path, number, line):
                group.hosts.setdefault(name, {}).update(variables)
                count += 1
        _limit(path, number, count)
    return groups


def _ini_hosts(path: Path, number: int, line: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        message = "a quote is opened and never closed"
        raise InputError([Problem(str(path), number, 1, message)]) from None
    variables = {}
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if not equals:
            message, hint = f"`{cleaned(word, longest=60)}` is no variable", "write it as name=value"
            raise InputError([Problem(str(path), number, 1, message, hint)])
        variables[key] = value
    for name in _expanded(path, number, _without_port(words[0])):
        yield name, variables


def _without_port(pattern: str) -> str:
    """A host's name may have the port of SSH behind it."""
    if match := re.fullmatch(r"\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\](:[0-9]+)?", pattern):
        return match[1]
    match = re.fullmatch(r"([^:]*(?:\[[^\]]*\][^:\[]*)*):([0-9]+)", pattern)
    return match[1] if match else pattern


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def _expanded(path: Path, number: int, pattern: str) -> list[str]:
    """``node[01:03]`` as node01, node02, node03; several ranges multiply."""
    names = [""]
    rest = pattern
    while match := _RANGE.search(rest):
        values = list(_range(path, number, match))
        _limit(path, number, len(names) * len(values))
        names = [name + rest[: match.start()] + value for name in names for value in values]
        rest = rest[match.end() :]
    return [name + rest for name in names]


def _range(path: Path, number: int, match: re.Match[str]) -> Iterator[str]:
    first, last, step = match["first"] or "0", match["last"], int(match["step"] or 1)
    if step == 0 or first.isdigit() != last.isdigit():
        raise InputError(
            [Problem(str(path), number, 1, f"`{match[0]}` is no range", "write [01:10] or [a:f]")]
        )
    if not first.isdigit():
        codes = range(ord(first), ord(last) + 1, step)
        yield from (chr(code) for code in codes if chr(code).isalpha())
        return
    numbers = range(int(first[:18]), int(last[:18]) + 1, step)
    _limit(path, number, len(numbers))
    width = len(first) if first.startswith("0") and len(first) > 1 else 0
    yield from (str(value).zfill(width) for value in numbers)


def _limit(path: Path, number: int, count: int) -> None:
    if count > MAX_HOSTS:
        raise InputError([Problem(str(path), number, 1, f"this makes more than {MAX_HOSTS:,} hosts")])


# YAML


class _Loader(yaml.SafeLoader):
    """Leaves out what a tag of Ansible's (``!vault``) would make of a value."""


def _nothing(*_: object) -> None:
    """What a tag of Ansible's is to monogen."""


_Loader.add_multi_constructor("!", _nothing)


def _from_yaml(path: Path, text: str) -> Groups:
    try:
        data = yaml.load(text, _Loader)  # noqa: S506  a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise InputError([Problem(str(path), line, column, f"not valid YAML: {error.problem}")]) from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise InputError([Problem(str(path), 0, 0, "not valid YAML")]) from None
    if isinstance(data, dict) and "plugin" in data:
        hint = "give what it finds: `ansible-inventory -i FILE --list --yaml > inventory.yaml`"
        raise InputError([Problem(str(path), 0, 0, "this configures a plugin, and monogen runs none", hint)])
    if not isinstance(data, dict) or not all(isinstance(part, dict | None) for part in data.values()):
        hint = "it begins with `all:`, and has `hosts:` and `children:` below"
        raise InputError([Problem(str(path), 0, 0, "this is no Ansible inventory", hint)])
    return _yaml_groups(path, data)


def _yaml_groups(path: Path, data: Mapping[Any, Any]) -> Groups:
    """All groups of the tree, which may name one several times."""
    groups: Groups = {}
    listed = data.get("_meta")
    hostvars = listed.get("hostvars") if isinstance(listed, dict) else None
    open_parts = [(str(name), part) for name, part in reversed(list(data.items())) if name != "_meta"]
    visits = 0
    while open_parts:
        name, part = open_parts.pop()
        group = groups.setdefault(name, _Group())
        visits += 1
        if visits > _MAX_VISITS:
            raise InputError([Problem(str(path), 0, 0, "groups contain each other in a circle")])
        if not isinstance(part, dict):
            continue
        group.vars |= _mapping(part.get("vars"))
        for pattern, variables in _entries(part.get("hosts")):
            for host in _expanded(path, 0, pattern):
                own = _mapping(hostvars.get(host)) if isinstance(hostvars, dict) else {}
                group.hosts.setdefault(host, {}).update(own | _mapping(variables))
        children = _entries(part.get("children"))
        group.children |= dict.fromkeys(child for child, _ in children)
        open_parts += reversed(children)
        _limit(path, 0, len(group.hosts))
    return groups


def _mapping(value: Any) -> dict[str, Any]:
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def _entries(value: Any) -> list[tuple[str, Any]]:
    """The entries of a mapping, or of a list as `ansible-inventory --list` prints it."""
    if isinstance(value, dict):
        return [(str(key), item) for key, item in value.items()]
    return [(str(key), None) for key in value] if isinstance(value, list) else []
