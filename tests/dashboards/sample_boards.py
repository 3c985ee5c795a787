"""Fleets made by hand, and which series their hosts would have: independent of the rules' templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monogen.dashboards import build
from monogen.inventory.model import Electricity, Exporter, Fleet, FrontierSettings, Host, Model
from monogen.monitoring import Series
from msgspec.structs import replace

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
SERVER = [
    "server:tokens_generated:rate5m", "server:tokens_prompt:rate5m", "server:requests_running",
    "server:requests_waiting", "server:tokens_per_request:rate5m", "server:model_resident",
]  # fmt: skip
LATENCY = ["server:kv_cache_used:ratio", "server:time_to_first_token_seconds:p95_5m"]
TIERS = ["tier:requests:rate5m", "tier:tokens:rate5m", "tier:spend_usd:rate5m", "tier:fallbacks:rate5m"]
ELECTRICITY = "monogen:electricity_price_per_kwh"
FRONTIER = "monogen:frontier_price_usd_per_million"
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
    if any(model.file is not None for model in host.models):
        names += ["host:model_budget_bytes"]
    if host.thresholds:
        names += ["monogen:threshold"]
    return names + served_on(host)


def served_on(host: Host) -> list[str]:
    """The recorded series of its model servers and its LiteLLM."""
    names = []
    if host.has("vllm") or host.has("llama-server"):
        names += SERVER
    if host.has("vllm"):
        names += LATENCY
    if host.has("litellm"):
        names += TIERS
    return names


def series_of(fleet: Fleet) -> Series:
    found: dict[str, set[str]] = {}
    for host in fleet.hosts:
        for name in names_on(host):
            found.setdefault(name, set()).add(host.name)
        if fleet.electricity is not None:
            found.setdefault(ELECTRICITY, set()).add(host.name)
        if fleet.frontier.output_price is not None:
            found.setdefault(FRONTIER, set()).add(host.name)
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


def cpu_server(name: str = "old-pc", *more: str) -> Host:
    """A host without a GPU that runs llama-server, and what else is named."""
    return Host(name, name, "linux", "generic", exporters("node", "llama-server", *more))


PRICED = Fleet(
    "priced",
    (gb10(), cpu_server("old-pc", "litellm"), mac()),
    electricity=Electricity(0.3, "EUR"),
    frontier=FrontierSettings(input_price=3.0, output_price=15.0),
)
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
    "servers and prices": PRICED,
    "proxy without prices": Fleet("proxy", (gb10(), cpu_server("old-pc", "litellm"))),
    "proxy alone": Fleet("alone", (replace(generic(), exporters=exporters("node", "litellm")),)),
    "llama-server alone": Fleet("llama", (cpu_server(),)),
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
