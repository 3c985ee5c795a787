"""Small fleets made in code, for tests of what is planned from them."""

from __future__ import annotations

from typing import Any

from monogen.inventory.model import Exporter, Fleet, Host, Model

JOBS = {
    "node": "node-exporter",
    "dcgm": "dcgm-exporter",
    "nvidia-smi": "nvidia-gpu-exporter",
    "macmon": "macmon",
    "mactop": "mactop",
    "vllm": "vllm",
    "llama-server": "llama-server",
    "litellm": "litellm",
    "blackbox": "blackbox-exporter",
}
PORTS = {
    "node": 9100,
    "dcgm": 9400,
    "nvidia-smi": 9835,
    "macmon": 9090,
    "mactop": 2112,
    "vllm": 8000,
    "llama-server": 8080,
    "litellm": 4000,
    "blackbox": 9115,
}


def exporter(kind: str, host: str, **more: Any) -> Exporter:
    """An exporter at its usual port."""
    return Exporter(kind, f"{host}:{PORTS[kind]}", **more)


def gb10(name: str = "spark", **more: Any) -> Host:
    """A GB10 with node_exporter and dcgm-exporter."""
    exporters = more.pop("exporters", (exporter("node", name), exporter("dcgm", name)))
    return Host(name, name, "linux", "gb10", exporters, **more)


def mac(name: str = "mac", **more: Any) -> Host:
    """An Apple Silicon Mac with node_exporter and macmon."""
    exporters = more.pop("exporters", (exporter("node", name), exporter("macmon", name)))
    return Host(name, name, "darwin", "apple-silicon", exporters, **more)


def gpu_server(name: str = "gpu", **more: Any) -> Host:
    """A Linux server with discrete GPUs."""
    exporters = more.pop("exporters", (exporter("node", name), exporter("dcgm", name)))
    return Host(name, name, "linux", "nvidia", exporters, **more)


def linux(name: str = "nas", **more: Any) -> Host:
    """A plain Linux host."""
    return Host(name, name, "linux", "generic", more.pop("exporters", (exporter("node", name),)), **more)


def fleet(*hosts: Host, **more: Any) -> Fleet:
    """A fleet with the usual job names."""
    return Fleet(more.pop("name", "lab"), hosts, jobs=JOBS, **more)


BUDGETED = Model("qwen", file=10 * 2**30, kv_cache=4 * 2**30, overhead=2**30)
