"""A fleet with one host of every class: its pages served, its output built, a real Prometheus running it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine import Prometheus
from monogen.build import Built, build
from monogen.output.writing import write
from pages import PageServer

HERE = Path(__file__).parent
PAGES_FOLDER = HERE.parent / "pages"
PAGES = {
    "/linux/node": "linux_node",
    "/nas/node": "nas_node",
    "/spark/node": "gb10_node",
    "/spark/dcgm": "gb10_dcgm",
    "/spark-smi/node": "gb10_node",
    "/spark-smi/nvidia-smi": "gb10_nvidia_smi",
    "/gpu/node": "nvidia_node",
    "/gpu/dcgm": "nvidia_dcgm",
    "/gpu-49/node": "nvidia_node",
    "/gpu-49/dcgm": "nvidia_dcgm_4_9",
    "/gpu-smi/node": "nvidia_node",
    "/gpu-smi/nvidia-smi": "nvidia_smi",
    "/mac/node": "darwin_arm64_node",
    "/mac/macmon": "macmon",
    "/mac-mactop/node": "darwin_arm64_node",
    "/mac-mactop/mactop": "mactop",
    "/mac-old/node": "darwin_old_node",
    "/mac-10-14/node": "darwin_10_14_node",
    "/serve/node": "nvidia_node",
    "/serve/nvidia-smi": "nvidia_smi",
    "/serve/vllm": "vllm",
    "/serve/llama-server": "llama_server",
    "/serve/sglang": "sglang",
    "/serve/trtllm-serve": "trtllm_serve",
    "/serve/ollama-exporter": "ollama_lucavb",
    "/serve/ollama-proxy": "ollama_maravexa",
    "/serve/lmstudio": "lmstudio",
    "/proxy/node": "linux_node",
    "/proxy/litellm": "litellm",
}


@dataclass(frozen=True, slots=True)
class World:
    """What a test can ask: the server, the pages it scrapes, and what monogen built."""

    server: Prometheus
    pages: PageServer
    built: Built
    output: Path

    def page(self, path: str) -> str:
        """The text of a page as it stands in tests/pages."""
        return (PAGES_FOLDER / f"{PAGES[path]}.prom").read_text("utf-8")


@contextmanager
def world(binary: Path, folder: Path) -> Iterator[World]:
    """The plain output of hosts.yaml, run as it is but for the constants' interval: a minute is long."""
    files = {path: PAGES_FOLDER / f"{name}.prom" for path, name in PAGES.items()}
    with PageServer(files) as pages:
        inventory = folder / "hosts.yaml"
        inventory.write_text((HERE / "hosts.yaml").read_text().replace("$PORT", str(pages.port)))
        built = build(inventory, "prometheus")
        output = folder / "out"
        write(built.artifacts, output, built.fleet.name)
        for file in (output / "rules").glob("*-inventory*.yml"):
            file.write_text(file.read_text().replace("interval: 1m", "interval: 1s"))
        with Prometheus(binary, output / "prometheus.yml", folder / "data") as server:
            server.wait_for(f"count(host:state:worst) == {len(built.fleet.hosts)}")
            server.wait_for(f"count(host:cpu_busy:ratio_rate5m) == {len(built.fleet.hosts)}")
            server.wait_for("host:model_pool_headroom_bytes and host:model_used:ratio or vector(1)")
            server.wait_for("min(count_over_time(host:network_errors:rate5m[1m])) > 5")
            yield World(server, pages, built, output)
