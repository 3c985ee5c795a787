"""Hosts by likeness: those that differ in nothing that a metric depends on are looked at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monogen.catalog import ExporterKind
from monogen.inventory.model import Exporter, Fleet, Host
from monogen.lint.abstract.values import Value
from msgspec import Struct

_OS = {"darwin": "macOS", "linux": "Linux"}
_HARDWARE = {"gb10": "a GB10", "nvidia": "a host with NVIDIA GPUs"}

Constant = tuple[str, tuple[tuple[str, Value], ...]]
"""A series that the inventory states for a host: its name and its labels, those of the host as Own."""


class Target(Struct, frozen=True):
    """What presence and labels of a metric depend on, of one exporter of one host."""

    kind: str
    job: str
    server: str
    model: str
    version: tuple[int, ...] | None
    collectors: tuple[tuple[str, bool], ...]
    labels: tuple[tuple[str, str], ...]
    cluster: bool


class Likeness(Struct, frozen=True):
    """What the hosts of a class have in common."""

    os: str
    hardware: str
    targets: tuple[Target, ...]
    label_names: tuple[str, ...]
    constants: frozenset[Constant]

    @property
    def words(self) -> str:
        """The class in a sentence: "macOS", "a GB10"."""
        return _HARDWARE.get(self.hardware) or _OS.get(self.os, self.os)


class HostClass(Struct, frozen=True):
    """Hosts that are alike, by name. ``own`` are the labels that all targets of the first one carry."""

    likeness: Likeness
    names: tuple[str, ...]
    own: Mapping[str, str]


def own_labels(fleet: Fleet, host: Host) -> dict[str, str]:
    """The labels that all series of a host carry, whoever exposes them."""
    return {
        "instance": host.name,
        "os": host.os,
        "hardware": host.hardware,
        "fleet": fleet.name,
        **host.labels,
    }


def classes_of(
    fleet: Fleet, kinds: Mapping[str, ExporterKind], constants: Mapping[str, Sequence[Constant]]
) -> list[HostClass]:
    """The hosts of a fleet by class, in the order of the inventory. ``constants`` are by host."""
    usual = {kind: header.job for kind, header in kinds.items()}
    stated = {**usual, **fleet.jobs}
    members: dict[Likeness, list[Host]] = {}
    for host in fleet.hosts:
        # What the cluster scrapes keeps its job, whatever the inventory calls its own.
        targets = tuple(_target(e, (usual if e.cluster else stated)[e.kind]) for e in host.exporters)
        label_names = tuple(sorted(host.labels))
        stated_for = frozenset(constants.get(host.name, ()))
        likeness = Likeness(host.os, host.hardware, targets, label_names, stated_for)
        members.setdefault(likeness, []).append(host)
    return [
        HostClass(likeness, tuple(host.name for host in hosts), own_labels(fleet, hosts[0]))
        for likeness, hosts in members.items()
    ]


def _target(exporter: Exporter, job: str) -> Target:
    return Target(
        exporter.kind,
        job,
        exporter.server,
        exporter.model,
        exporter.version,
        tuple(sorted(exporter.collectors.items())),
        tuple(sorted(exporter.labels.items())),
        exporter.cluster,
    )
