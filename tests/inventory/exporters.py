"""A few kinds of exporters, so that the answers to mistakes do not change with the catalog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LINUX, DARWIN = frozenset({"linux"}), frozenset({"darwin"})
NVIDIA, APPLE = frozenset({"gb10", "nvidia"}), frozenset({"apple-silicon"})


@dataclass(frozen=True)
class Kind:
    """What the inventory asks of a kind."""

    kind: str
    port: int
    job: str
    os: frozenset[str] = LINUX | DARWIN
    hardware: frozenset[str] | None = None
    server: bool = False
    path: str = "/metrics"


KINDS = {
    kind.kind: kind
    for kind in (
        Kind("node", 9100, "node-exporter"),
        Kind("dcgm", 9400, "dcgm-exporter", LINUX, NVIDIA),
        Kind("macmon", 9090, "macmon", DARWIN, APPLE),
        Kind("vllm", 8000, "vllm", server=True),
        Kind("trtllm-serve", 8000, "trtllm-serve", LINUX, server=True, path="/prometheus/metrics"),
    )
}


def kinds(own_catalogs: Sequence[Path]) -> Mapping[str, Kind]:
    """The kinds above, whatever catalogs the inventory brings."""
    return KINDS
