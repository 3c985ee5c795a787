"""Fleets made by hand, and which series their hosts would have: independent of the rules' templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from monogen.dashboards import build
from monogen.inventory.model import Exporter, Fleet, Host, Model
from monogen.monitoring import Series

GIB = 2**30

EVERY = [
    "host:info", "host:up", "host:alerts_firing:count", "host:state:worst",
    "monogen:target_expected:info", "host:memory_total_bytes", "host:memory_available_bytes",
    "host:memory_free_bytes", "host:memory_cache_bytes", "host:memory_used_bytes",
    "host:memory_used:ratio", "host:swap_used_bytes", "host:cpu_count", "host:cpu_busy:ratio_rate5m",
    "host:load1_per_cpu:ratio", "host:filesystem_size_bytes", "host:filesystem_available_bytes",
    "host:filesystem_used:ratio", "host:filesystem_inodes_used:ratio", "host:disk_read_bytes:rate5m",
    "host:disk_written_bytes:rate5m", "host:disk_latency_seconds:mean5m",
    "host:network_receive_bytes:rate5m", "host:network_transmit_bytes:rate5m",
    "host:network_errors:rate5m", "host:uptime_seconds",
]  # fmt: skip
LINUX = ["host:memory_stalled:ratio_rate5m", "host:temperature_celsius:max"]
GPU = [
    "host:gpu_info", "host:gpu_utilization:ratio", "host:gpu_power_watts",
    "host:gpu_temperature_celsius", "host:gpu_clock_hertz",
]  # fmt: skip
MODELS = [
    "host:model_capacity_bytes", "host:model_footprint_bytes", "host:model_headroom_bytes",
    "host:model_cache_bytes", "host:model_free_bytes", "host:model_reserved_bytes",
    "host:model_used:ratio", "host:model_pool_headroom_bytes",
]  # fmt: skip
UNIFIED = ["host:memory_reserved_bytes", "host:model_headroom_low_bytes"]
FRAMEBUFFER = ["host:gpu_memory_used_bytes", "host:gpu_memory_total_bytes", "host:gpu_memory_free_bytes"]


def names_on(host: Host) -> list[str]:
    """The recorded series of one host, after what its exporters can measure."""
    names = list(EVERY)
    if host.os == "linux":
        names += LINUX
    if host.has("dcgm") or host.has("macmon"):
        names += GPU
    if host.has("macmon"):
        names += ["host:temperature_celsius:max"]
    if host.hardware == "gb10" and host.has("dcgm"):
        names += ["host:gpu_clock_low_hertz"]
    if host.has("nvidia-smi"):
        names += ["host:process_gpu_memory_bytes"]
    if host.unified_memory:
        names += MODELS + UNIFIED
    elif host.hardware == "nvidia" and host.has("dcgm"):
        names += MODELS + FRAMEBUFFER
    if any(model.budget for model in host.models):
        names += ["host:model_budget_bytes"]
    if host.thresholds:
        names += ["monogen:threshold"]
    return names


def series_of(fleet: Fleet) -> Series:
    found: dict[str, set[str]] = {}
    for host in fleet.hosts:
        for name in names_on(host):
            found.setdefault(name, set()).add(host.name)
    return Series({name: frozenset(hosts) for name, hosts in found.items()})


def exporters(*kinds: str) -> tuple[Exporter, ...]:
    return tuple(Exporter(kind, f"localhost:{9000 + index}") for index, kind in enumerate(kinds))


def gb10(name: str = "spark-1", **more: Any) -> Host:
    models = (Model("qwen3-coder-30b-a3b", 18 * GIB, 6 * GIB, 2 * GIB),)
    more = {"models": models, **more}
    return Host(name, name, "linux", "gb10", exporters("node", "dcgm", "nvidia-smi", "vllm"), **more)


def mac(name: str = "mac-studio", **more: Any) -> Host:
    return Host(name, name, "darwin", "apple-silicon", exporters("node", "macmon"), **more)


def nvidia(name: str = "gpu-box", **more: Any) -> Host:
    return Host(name, name, "linux", "nvidia", exporters("node", "dcgm"), **more)


def generic(name: str = "nas", **more: Any) -> Host:
    return Host(name, name, "linux", "generic", exporters("node"), **more)


MIXED = Fleet(
    "homelab",
    (
        gb10(labels={"rack": "a", "site": "home"}),
        mac(labels={"rack": "b", "site": "home"}, intermittent=True),
        nvidia(labels={"site": "home"}),
        generic(labels={"rack": "a", "site": "home"}),
    ),
)
FLEETS: dict[str, Fleet] = {
    "mixed": MIXED,
    "one mac": Fleet("macs", (mac(),)),
    "old mac without gpu": Fleet("old", (replace(mac(), exporters=exporters("node")),)),
    "one gb10": Fleet("spark", (gb10(models=()),)),
    "plain linux": Fleet("plain", tuple(generic(f"web-{i}") for i in range(3))),
    "gpu servers": Fleet("gpus", (nvidia("one"), nvidia("two", thresholds={"GpuTemperatureHigh": 70.0}))),
    "two hundred": Fleet(
        "big",
        tuple(gb10(f"spark-{i:03}") if i % 3 else generic(f"web-{i:03}", labels={"tier": f"t{i % 4}"})
              for i in range(200)),
    ),
}  # fmt: skip


def boards(fleet: Fleet) -> dict[str, dict[str, Any]]:
    return {board.name: dict(board.json) for board in build(fleet, series_of(fleet))}


def panels_of(board: dict[str, Any]) -> list[dict[str, Any]]:
    """All panels, rows included, and those inside collapsed rows."""
    return [one for panel in board["panels"] for one in (panel, *panel.get("panels", ()))]


def shown(board: dict[str, Any]) -> list[dict[str, Any]]:
    """The panels that ask something."""
    return [panel for panel in panels_of(board) if panel["type"] not in ("row", "text")]


def expressions(board: dict[str, Any]) -> list[str]:
    """Every expression of a board: targets, variables, annotations."""
    found = [target["expr"] for panel in shown(board) for target in panel["targets"]]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            found.append(variable["definition"].removeprefix("label_values(").rsplit(", ", 1)[0])
    return found + [entry["expr"] for entry in board["annotations"]["list"] if "expr" in entry]


def titles(board: dict[str, Any]) -> Sequence[str]:
    return [panel["title"] for panel in panels_of(board)]
