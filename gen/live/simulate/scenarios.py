"""Scenarios as data: which quantities of a host move how over time, and where that makes sense.

A move is a curve: values at times since the scenario's start, joined by straight lines where they are
numbers. Before its first time a number comes from what it was without the scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from monogen.inventory.model import Host
from monogen.problems import InputError, Problem
from monogen.quantities import parse_duration
from msgspec import Struct, field

FOLDER = Path(__file__).parent / "scenarios"

NUMBERS: Mapping[str, str] = MappingProxyType(
    {
        "memory_taken": "share, 0 to 1, of the memory that would be available",
        "disk_used": "share, 0 to 1, of the main file system",
        "disk_read": "bytes a second read from the main disk",
        "network_receive": "bytes a second received, and written to the main disk",
        "gpu_busy": "share, 0 to 1, of the time the GPUs are busy",
        "gpu_clock": "hertz that the GPUs do not exceed",
        "requests": "requests that a model server works on",
        "slower": "factor of the speed of generating",
        "cpu_busy": "share, 0 to 1, of the CPU time in use",
        "appears": "1: what the catalog watches for on this hardware has appeared",
        "resident": "share, 0 to 1, of the host's first, second, ... model that is in memory",
    }
)
"""What can be moved, and in which unit; ``resident`` is followed by the number of the model."""

TEXTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"driver": (), "exporter": ("answers", "refuses", "hangs"), "host": ("answers", "refuses", "hangs")}
)
"""Moves whose values are words; an empty tuple takes any."""

Value = float | str
_HOST_KEYS = frozenset({"hardware", "os", "exporter", "exporters", "model", "server"})


class Move(Struct, frozen=True):
    """One quantity's curve: (seconds since the start, value), in order."""

    points: tuple[tuple[float, Value], ...]

    def text(self, elapsed: float) -> str:
        """The word that holds ``elapsed`` seconds after the start; "" before the first."""
        passed = [value for at, value in self.points if at <= elapsed]
        return str(passed[-1]) if passed else ""

    def number(self, elapsed: float, base: float) -> float:
        """The number then; ``base`` is what it would be without the scenario."""
        before: tuple[float, float] = (0.0, base)
        for at, value in self.points:
            if elapsed < at:
                share = (elapsed - before[0]) / (at - before[0])
                return before[1] + (float(value) - before[1]) * max(share, 0)
            before = (at, float(value))
        return before[1]


class Scenario(Struct, frozen=True):
    """What happens to a host.

    ``alerts`` are those of which at least one should fire, where the fleet has them. ``hosts`` says what a
    host needs for it. With ``held`` the first values hold from the beginning of the simulation, not only
    from the start of the scenario. ``lasts`` are seconds, None for ever.
    """

    name: str
    title: str
    moves: Mapping[str, Move]
    about: str = ""
    alerts: tuple[str, ...] = ()
    hosts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    held: bool = False
    lasts: float | None = None

    def suits(self, host: Host, servers: frozenset[str]) -> bool:
        """Whether the host has what the scenario needs; ``servers`` are the kinds that serve models."""
        needs = self.hosts
        kinds = {exporter.kind for exporter in host.exporters}
        return (
            host.hardware in needs.get("hardware", [host.hardware])
            and host.os in needs.get("os", [host.os])
            and ("exporter" not in needs or not kinds.isdisjoint(needs["exporter"]))
            and len(host.exporters) >= needs.get("exporters", 1)
            and (not needs.get("server") or not kinds.isdisjoint(servers))
            and (not needs.get("model") or bool(host.models) or not kinds.isdisjoint(servers))
        )

    def needs(self) -> str:
        """What a host needs for it, in words."""
        said = (_need(key, value) for key, value in self.hosts.items())
        return ", ".join(said) or "nothing"


def _need(key: str, value: Any) -> str:
    match key:
        case "hardware" | "exporter":
            return f"the {key} {' or '.join(value)}"
        case "os":
            return f"the system {' or '.join(value)}"
        case "exporters":
            return f"{value} exporters"
        case _:
            return "a model server" if key == "server" else "a model"


@cache
def known() -> Mapping[str, Scenario]:
    """monogen's own scenarios by name."""
    found = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        found[path.stem] = parse(yaml.load(path.read_text("utf-8"), yaml.CSafeLoader), path.stem, str(path))
    return MappingProxyType(found)


def parse(data: Any, name: str, file: str) -> Scenario:
    """A scenario from YAML. Raises InputError, which names ``file``, for what is none."""
    try:
        return _parse(data, name)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        hint = f"a move is one of {', '.join([*NUMBERS, *TEXTS])}; see docs/simulate.md for the form"
        told = f"`{name}` is no scenario: {_told(error)}"
        raise InputError([Problem(file, 0, 0, told, hint)]) from None


def _told(error: Exception) -> str:
    match error:
        case KeyError():
            return f"`{error.args[0]}` is missing"
        case ValueError() if str(error).startswith("`"):
            return str(error)
        case _:
            return "it has not the form of one"


def _parse(data: Any, name: str) -> Scenario:
    moves = {str(key): _move(str(key), points) for key, points in data["moves"].items()}
    alerts = data.get("alert", ())
    hosts = dict(data.get("hosts") or {})
    if strange := sorted(hosts.keys() - _HOST_KEYS):
        raise ValueError(f"`{strange[0]}` says nothing about hosts")
    lasts = data.get("lasts")
    return Scenario(
        name=name,
        title=str(data.get("title", name)),
        moves=MappingProxyType(moves),
        about=str(data.get("about", "")),
        alerts=(alerts,) if isinstance(alerts, str) else tuple(alerts),
        hosts=MappingProxyType(hosts),
        held=data.get("before") == "hold",
        lasts=None if lasts is None else parse_duration(str(lasts)),
    )


def _move(name: str, points: Mapping[str, Any]) -> Move:
    base = name.partition(" ")[0]
    if base not in NUMBERS and name not in TEXTS:
        raise ValueError(f"`{name}` is no quantity that can be moved")
    if base == "resident" and not name.partition(" ")[2].isdigit():
        raise ValueError(f"`{name}` must end with the number of a model, as in `resident 1`")
    if allowed := TEXTS.get(name):
        for value in points.values():
            if value not in allowed:
                raise ValueError(f"`{value}` is not one of {', '.join(allowed)}")
    turn = str if name in TEXTS else float
    found = sorted((parse_duration(str(at)), turn(value)) for at, value in points.items())
    if not found:
        raise ValueError(f"`{name}` has no values")
    return Move(tuple(found))
