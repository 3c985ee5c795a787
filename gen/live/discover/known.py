"""Holds what was seen against the hosts that an inventory has already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from monogen import catalog, inventory
from monogen.inventory.addresses import host_part, is_loopback
from monogen.inventory.model import Exporter, Fleet, Host
from monogen.live.discover.asking import Asked
from monogen.live.discover.entry import Entry
from monogen.live.discover.into import root
from monogen.live.discover.seen import Found
from monogen.quantities import parse_bytes
from msgspec import Struct

State = Literal["new", "there", "taken"]


class Known(Struct, frozen=True):
    """``there``: the inventory has the host; ``differences`` are sentences. ``taken``: only its name."""

    state: State
    place: str = ""
    host: str = ""
    differences: tuple[str, ...] = ()


NEW = Known("new")


def fleet_of(path: Path) -> Fleet | None:
    """The fleet of an inventory file, None where there is no file yet. Raises InputError."""
    if not path.exists():
        return None
    return inventory.load(path if path.is_dir() else root(path), catalog.kinds)


def known(entry: Entry, found: Sequence[Found], asked: Asked, fleet: Fleet, path: Path) -> Known:
    """Whether the host is there already: by one of its targets, by its address, or by its name.

    Loopback is no address of a host: there, and where tunnels end, one address serves many.
    """
    address = host_part(entry.address).lower()
    targets = {f"{address}:{one.port.number}" for one in found}
    same = next((h for h in fleet.hosts if targets & {e.address.lower() for e in h.exporters}), None)
    if same is None and not is_loopback(f"{address}:1"):
        same = next((h for h in fleet.hosts if host_part(h.address).lower() == address), None)
    named = next((h for h in fleet.hosts if h.name == entry.name), None)
    if same is None and named is None:
        return NEW
    host = same or named
    assert host is not None  # noqa: S101  one of both is there
    file, line, _ = inventory.position(root(path), "hosts", host.name)
    place = f"{file}:{line}" if line else str(path)
    if same is None and host_part(host.address).lower() != address:
        return Known("taken", place, host.name)
    return Known("there", place, host.name, tuple(_differences(entry, found, asked, host)))


def _differences(entry: Entry, found: Sequence[Found], asked: Asked, host: Host) -> Iterator[str]:
    """What was seen and is said otherwise, or not at all."""
    told = entry.machine
    if not told.os.guess and told.os.value != host.os:
        yield f"os: it is {told.os.value} ({told.os.by}), the inventory says {host.os}"
    if not told.hardware.guess and told.hardware.value not in ("generic", host.hardware):
        seen = f"{told.hardware.value} ({told.hardware.by})"
        yield f"hardware: it is {seen}, the inventory says {host.hardware}"
    if told.memory and host.memory is not None and parse_bytes(told.memory.value, ram=True) != host.memory:
        stated = f"{host.memory / 2**30:g} GiB"
        yield f"memory: it has {told.memory.value} ({told.memory.by}), the inventory says {stated}"
    yield from _exporter_differences(entry, found, asked, host)


def _exporter_differences(entry: Entry, found: Sequence[Found], asked: Asked, host: Host) -> Iterator[str]:
    seen = {(one.kind, one.port.number) for one in found if one.certain}
    stated = {(one.kind, _port(one)): one for one in host.exporters}
    for kind, port in sorted(seen - set(stated)):
        elsewhere = [number for name, number in stated if name == kind]
        also = f"; the inventory has it at {', '.join(map(str, sorted(elsewhere)))}" if elsewhere else ""
        yield f"exporters: {kind} runs at port {port}, and is not in the inventory{also}"
    for (kind, port), one in sorted(stated.items()):
        own = one.address.rpartition(":")[0].lower() == host_part(entry.address).lower()
        looked = any(each.number == port for each in asked.ports)
        if (
            own
            and looked
            and not one.cluster
            and (kind, port) not in {(f.kind, f.port.number) for f in found}
        ):
            yield f"exporters: {kind} was not seen at port {port}"
    yield from _version_differences(entry, host)


def _version_differences(entry: Entry, host: Host) -> Iterator[str]:
    """Versions that the inventory states, where there is one server of the kind."""
    lines = next((line.value for line in entry.lines if line.key == "exporters"), ())
    for line in lines:
        stated = [one.version for one in host.exporters if one.kind == line.key and one.version]
        seen = line.value.get("version") if isinstance(line.value, dict) and not line.off else None
        if seen and len(stated) == 1 and stated[0] is not None:
            said = ".".join(map(str, stated[0]))
            if said != seen:
                yield f"version: {line.key} is {seen}, the inventory says {said}"


def _port(one: Exporter) -> int:
    return int(one.address.rpartition(":")[2])
