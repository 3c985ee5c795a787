"""What an exporter exposes and where: kinds of exporters, metrics, presence.

Plain immutable data, filled by ``monogen.catalog.loading`` from the YAML files beside this module.
A *place* is a key a catalog file may state something for: an operating system (``linux``,
``darwin``), a device (``gb10``, ``nvidia``, ``apple-silicon``) or ``any``. The device is the most
specific one, then the operating system, then ``any``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Version = tuple[int, ...]
"""An exporter's version as numbers, (1, 12, 1)."""

PresenceKind = Literal["always", "default", "optional", "never"]
Evidence = Literal["page", "source", "claim"]
MetricType = Literal["gauge", "counter", "untyped", "histogram", "summary"]


def _empty() -> Mapping[str, Any]:
    """An empty mapping that nobody can fill; dataclasses refuse a shared one as a default."""
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ExporterKind:
    """The header of a catalog file: where an exporter of this kind answers, and where it can run.

    ``job`` is the default label ``job`` of its targets, ``hardware`` the devices it needs (None:
    any), ``server`` says that it is a model server. ``file`` is the catalog file it was read from.
    ``baseline`` is the version a host is taken to run *at least* when the inventory states none.
    """

    kind: str
    title: str
    port: int
    path: str
    job: str
    os: frozenset[str]
    hardware: frozenset[str] | None = None
    server: bool = False
    about: str = ""
    baseline: Version | None = None
    file: str = ""

    def runs_on(self, os: str, hardware: str) -> bool:
        """Whether the exporter exists for that operating system and that device."""
        return os in self.os and (self.hardware is None or hardware in self.hardware)
