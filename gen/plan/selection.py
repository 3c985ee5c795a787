"""Which hosts a rule is meant for: the ``needs`` of the templates, answered host class by host class.

Fleets have thousands of hosts and a dozen classes (same OS, hardware, exporters and versions), so the
cost of a question goes with the classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monogen.inventory.model import Exporter, Fleet, Host
from monogen.plan.budgets import budget_bytes
from msgspec import Struct

Version = tuple[int, ...]


class Needs(Struct, frozen=True):
    """What a host must have. Every field that is not empty must hold, each by one of its values.

    ``before`` and ``since`` bound the version of the exporter; an exporter whose version the
    inventory does not state may be either. ``states`` asks for something the inventory states for
    the host (``reserved``, ``gpu_memory_limit``, ``intermittent``, ``exclusive``, ``budget``), ``threshold``
    for a threshold of that alert. ``also`` are exporters that the host must run beside.
    """

    exporter: frozenset[str] = frozenset()
    os: frozenset[str] = frozenset()
    hardware: frozenset[str] = frozenset()
    before: Version | None = None
    since: Version | None = None
    states: str = ""
    threshold: str = ""
    also: frozenset[str] = frozenset()


class HostClass(Struct, frozen=True):
    """What ``Needs`` can ask about; hosts of one class get the same rules."""

    os: str
    hardware: str
    exporters: frozenset[tuple[str, Version | None]]
    states: frozenset[str]
    thresholds: frozenset[str]

    def meets(self, needs: Needs) -> bool:
        """Whether hosts of this class have all that is needed."""
        return (
            (not needs.os or self.os in needs.os)
            and (not needs.hardware or self.hardware in needs.hardware)
            and (not needs.states or needs.states in self.states)
            and (not needs.threshold or needs.threshold in self.thresholds)
            and (not needs.exporter or any(_runs(e, needs) for e in self.exporters))
            and needs.also <= {kind for kind, _ in self.exporters}
        )


def _runs(exporter: tuple[str, Version | None], needs: Needs) -> bool:
    kind, version = exporter
    if kind not in needs.exporter:
        return False
    if version is None:
        return True
    return (needs.before is None or version < needs.before) and (
        needs.since is None or version >= needs.since
    )


def parse_needs(data: Any) -> tuple[Needs, ...]:
    """The ``needs:`` of a template: one mapping, or a list of alternatives.

    >>> parse_needs({"exporter": "node", "os": "linux"})[0].os
    frozenset({'linux'})
    """
    alternatives = data if isinstance(data, list) else [data or {}]
    return tuple(_parse_alternative(item) for item in alternatives)


def _parse_alternative(data: Mapping[str, Any]) -> Needs:
    unknown = set(data) - {"exporter", "os", "hardware", "before", "from", "states", "threshold", "also"}
    if unknown:
        raise ValueError(f"unknown needs: {', '.join(sorted(unknown))}")
    return Needs(
        exporter=_words(data.get("exporter")),
        os=_words(data.get("os")),
        hardware=_words(data.get("hardware")),
        before=_version(data.get("before")),
        since=_version(data.get("from")),
        states=data.get("states", ""),
        threshold=data.get("threshold", ""),
        also=_words(data.get("also")),
    )


def _words(value: str | list[str] | None) -> frozenset[str]:
    if value is None:
        return frozenset()
    return frozenset([value] if isinstance(value, str) else value)


def _version(text: str | None) -> Version | None:
    return None if text is None else tuple(int(part) for part in text.split("."))


class HostClasses:
    """The fleet's hosts by class."""

    def __init__(self, fleet: Fleet) -> None:
        """Sort the hosts into classes; one pass over the fleet."""
        members: dict[HostClass, list[str]] = {}
        for host in fleet.hosts:
            members.setdefault(_class_of(host), []).append(host.name)
        self._members = {host_class: frozenset(names) for host_class, names in members.items()}
        self._answers: dict[tuple[Needs, ...], frozenset[str]] = {}

    def __iter__(self) -> Iterator[HostClass]:
        """The classes that the fleet has."""
        return iter(self._members)

    def meeting(self, alternatives: tuple[Needs, ...]) -> frozenset[str]:
        """The names of the hosts that meet at least one of the alternatives."""
        if alternatives not in self._answers:
            groups = [
                names
                for host_class, names in self._members.items()
                if any(host_class.meets(needs) for needs in alternatives)
            ]
            # A single class is shared, not copied: with 100,000 hosts that is most of the memory.
            self._answers[alternatives] = groups[0] if len(groups) == 1 else frozenset().union(*groups)
        return self._answers[alternatives]


def _class_of(host: Host) -> HostClass:
    states = {
        name
        for name, stated in (
            ("reserved", host.states_reserved),
            ("gpu_memory_limit", host.gpu_memory_limit is not None),
            ("intermittent", host.intermittent),
            ("exclusive", host.exclusive),
            ("budget", any(budget_bytes(model) is not None for model in host.models)),
            ("on_demand", any(exporter.on_demand for exporter in host.exporters)),
        )
        if stated
    }
    return HostClass(
        os=host.os,
        hardware=host.hardware,
        exporters=frozenset(map(_kind_and_version, host.exporters)),
        states=frozenset(states),
        thresholds=frozenset(host.thresholds),
    )


def _kind_and_version(exporter: Exporter) -> tuple[str, Version | None]:
    return exporter.kind, exporter.version
