"""What a source of hosts gave: entries of an inventory, and what it could not use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from monogen.inventory.addresses import AddressError, host_part
from monogen.live.discover.yamllines import Line
from monogen.problems import InputError, Problem
from msgspec import Struct

MAX_BYTES = 16 * 2**20
MAX_HOSTS = 100_000
"""Hosts of one source; a range of more is a mistake."""


class Taken(Struct, frozen=True):
    """A host: its lines, and comments above them."""

    name: str
    address: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()


class Source(Struct, frozen=True):
    """The hosts of one source in its order. ``remarks`` are sentences about what was not taken."""

    called: str
    hosts: tuple[Taken, ...]
    remarks: tuple[str, ...] = ()


def merged(sources: Iterable[Source]) -> tuple[tuple[Taken, ...], list[str]]:
    """All hosts, each once: the first source that has a name or an address wins. And what was left out.

    Within one source an address may serve several hosts: tunnels end there.
    """
    hosts: list[Taken] = []
    remarks: list[str] = []
    names: dict[str, str] = {}
    addresses: dict[str, str] = {}
    for source in sources:
        remarks += source.remarks
        before = dict(addresses)
        for host in source.hosts:
            earlier = names.get(host.name) or before.get(host.address)
            if earlier:
                remarks.append(f"{source.called}: `{host.name}` is there already, as {earlier} has it")
                continue
            names[host.name] = addresses[host.address] = source.called
            hosts.append(host)
    return tuple(hosts), remarks


def text_of(path: Path) -> str:
    """The text of a source's file. Raises InputError."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError([Problem(str(path), 0, 0, f"the file cannot be read: {error.strerror}")]) from None
    if len(content) > MAX_BYTES:
        message = f"the file is bigger than {MAX_BYTES // 2**20} MiB"
        raise InputError([Problem(str(path), 0, 0, message, "is this the file that was meant?")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError([Problem(str(path), 0, 0, "not UTF-8 text", "save the file as UTF-8")]) from None


def unusable(name: str, address: str) -> str:
    """Why a host cannot stand in an inventory, "" where it can."""
    if not name.isprintable() or name != name.strip() or not name or len(name) > 200:  # noqa: PLR2004
        return "its name is no name for an inventory"
    try:
        host_part(address)
    except AddressError as error:
        return f"{error}"
    return ""


def first_lines(name: str, address: str) -> Iterator[Line]:
    """The name, and the address where it is another."""
    yield Line("name", name)
    if address != name:
        yield Line("address", address)
