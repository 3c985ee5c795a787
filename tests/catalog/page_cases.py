"""Which exporter, on which host, each page in tests/pages is of.

The catalog is held against these pages, and so is the simulation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from exposition import Page
from monogen.catalog.metrics import version_of

PAGES = Path(__file__).parent.parent / "pages"


class Case(NamedTuple):
    """A page in tests/pages, and the host and the exporter that it is of."""

    page: str
    kind: str
    os: str
    hardware: str
    version: tuple[int, ...] | None
    collectors: Mapping[str, bool] = MappingProxyType({})


TRTLLM_OPTIONS = MappingProxyType({"perf-metrics": True, "iteration-stats": True})
CASES = [
    Case("linux_node.prom", "node", "linux", "generic", None),
    Case("gb10_node.prom", "node", "linux", "gb10", None),
    Case("nas_node.prom", "node", "linux", "generic", None),
    Case("nvidia_node.prom", "node", "linux", "nvidia", None),
    Case("darwin_arm64_node.prom", "node", "darwin", "apple-silicon", None),
    Case("darwin_old_node.prom", "node", "darwin", "generic", (1, 2, 0)),
    Case("darwin_10_14_node.prom", "node", "darwin", "generic", (1, 2, 0)),
    Case("gb10_dcgm.prom", "dcgm", "linux", "gb10", (4, 4, 0)),
    Case("nvidia_dcgm.prom", "dcgm", "linux", "nvidia", (4, 4, 0)),
    Case("nvidia_dcgm_4_9.prom", "dcgm", "linux", "nvidia", (4, 9, 0)),
    Case("gb10_nvidia_smi.prom", "nvidia-smi", "linux", "gb10", (1, 14, 0), {"compute-apps": True}),
    Case("nvidia_smi.prom", "nvidia-smi", "linux", "nvidia", (1, 14, 0), {"compute-apps": True}),
    Case("macmon.prom", "macmon", "darwin", "apple-silicon", (0, 8, 2)),
    Case("mactop.prom", "mactop", "darwin", "apple-silicon", (2, 1, 3)),
    Case("vllm.prom", "vllm", "linux", "gb10", (0, 33, 0), {"mfu-metrics": True}),
    Case("llama_server.prom", "llama-server", "linux", "generic", (0, 7, 0)),
    Case("sglang.prom", "sglang", "linux", "nvidia", (0, 5, 23)),
    Case("litellm.prom", "litellm", "linux", "generic", (1, 109, 1)),
    Case("trtllm_serve.prom", "trtllm-serve", "linux", "nvidia", None, TRTLLM_OPTIONS),
    Case("ollama_lucavb.prom", "ollama-exporter", "linux", "generic", None),
    Case("ollama_maravexa.prom", "ollama-proxy", "linux", "generic", None),
    Case("lmstudio.prom", "lmstudio", "darwin", "apple-silicon", None),
    Case("llama_swap.prom", "llama-swap", "linux", "nvidia", None),
    Case("blackbox.prom", "blackbox", "linux", "generic", (0, 23, 0)),
]


def told_version(page: Page) -> tuple[int, ...] | None:
    """The version in node_exporter_build_info, cut to its numbers."""
    for labels in page.labels.get("node_exporter_build_info", []):
        if number := re.match(r"\d+(\.\d+)+", labels["version"]):
            return version_of(number[0])
    return None
