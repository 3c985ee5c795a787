"""An hour of recorded series of model servers and LiteLLM, on real Prometheus servers.

Constant values, so that what the boards compute can be computed by hand:

- spark (GB10, 100 W): vLLM with a busy model that answers, and an idle one whose latency is NaN.
- old-pc (no GPU): llama-server, whose model was unloaded half an hour ago; LiteLLM.
- mac (50 W): serves nothing, so its power counts for nobody.
- Local tokens 90 in and 10 out a second, frontier 20 and 5. In the fleet "cloud" nothing is local.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import Prometheus, backfill
from monogen.dashboards.interpolation import fill

HOUR = 3600
EVERY = 30
OFFSET = 100
"""Seconds after a full five minutes: at one, Prometheus 2 sums a step more than 3 does."""

SPARK = 'instance="spark-1",os="linux",hardware="gb10",fleet="priced"'
OLD_PC = 'instance="old-pc",os="linux",hardware="generic",fleet="priced"'
MAC = 'instance="mac-studio",os="darwin",hardware="apple-silicon",fleet="priced"'
BUSY = f'{SPARK},job="vllm",server="big",model="qwen"'
IDLE = f'{SPARK},job="vllm",server="small",model="gemma"'
LLAMA = f'{OLD_PC},job="llama-server",server="llama-server",model="phi"'
PROXY = f'{OLD_PC},job="litellm",server="litellm"'
CLOUD = 'instance="vm",os="linux",hardware="generic",fleet="cloud",job="litellm",server="litellm"'

VALUES: dict[str, dict[str, float]] = {
    "server:tokens_generated:rate5m": {BUSY: 40, IDLE: 0, LLAMA: 5},
    "server:tokens_prompt:rate5m": {BUSY: 400, IDLE: 0, LLAMA: 50},
    "server:requests_running": {BUSY: 4, IDLE: 0, LLAMA: 1},
    "server:requests_waiting": {BUSY: 2, IDLE: 0, LLAMA: 0},
    "server:kv_cache_used:ratio": {BUSY: 0.7, IDLE: 0.1},
    "server:time_to_first_token_seconds:p95_5m": {BUSY: 1.5, IDLE: float("nan")},
    "server:tokens_per_request:rate5m": {BUSY: 10, LLAMA: 5},
    "server:model_resident": {BUSY: 1, IDLE: 1, LLAMA: 1},
    "tier:requests:rate5m": {
        f'{PROXY},tier="local"': 0.9, f'{PROXY},tier="frontier"': 0.1, f'{CLOUD},tier="frontier"': 1,
    },
    "tier:tokens:rate5m": {
        f'{PROXY},tier="local",direction="input"': 90, f'{PROXY},tier="local",direction="output"': 10,
        f'{PROXY},tier="frontier",direction="input"': 20, f'{PROXY},tier="frontier",direction="output"': 5,
        f'{CLOUD},tier="frontier",direction="output"': 7,
    },
    "tier:spend_usd:rate5m": {
        f'{PROXY},tier="local"': 0, f'{PROXY},tier="frontier"': 0.001, f'{CLOUD},tier="frontier"': 0.002,
    },
    "tier:fallbacks:rate5m": {f'{PROXY},fallback_model="frontier/opus"': 0.01},
    "monogen:electricity_price_per_kwh": {'fleet="priced",currency="EUR"': 0.3},
    "monogen:frontier_price_usd_per_million": {
        'fleet="priced",direction="input"': 3, 'fleet="priced",direction="output"': 15,
    },
    "host:gpu_power_watts": {f'{SPARK},gpu="0"': 100, f'{MAC},gpu="0"': 50},
    "host:gpu_utilization:ratio": {f'{SPARK},gpu="0"': 0.9},
    "host:gpu_info": {f'{SPARK},gpu="0",gpu_name="GB10",gpu_index="0"': 1},
    "host:memory_available_bytes": {SPARK: 2e10, OLD_PC: 1e9},
    "host:model_headroom_bytes": {SPARK: 1e10},
    "host:model_headroom_low_bytes": {SPARK: 5e9},
}  # fmt: skip
UNLOADED = ("server:model_resident", LLAMA)


@dataclass(frozen=True, slots=True)
class Asked:
    """A board, asked as Grafana would at the end of the hour."""

    server: Prometheus
    end: int

    def panel(self, board: dict[str, Any], title: str, host: str = "", **values: str) -> dict[str, Any]:
        """What each query of the panel gives, by refId: the series of an instant query."""
        (panel,) = [one for one in board["panels"] if one["title"] == title]
        known = {"instance": host, "server": "$__all", "model": "$__all", "__range": "1h", **values}
        return {
            target["refId"]: self.server.query(fill(target["expr"], known), self.end)
            for target in panel["targets"]
        }

    def number(self, board: dict[str, Any], title: str, host: str = "", **values: str) -> float:
        """The one number of a panel with one query."""
        (result,) = self.panel(board, title, host, **values).values()
        (one,) = result
        return float(one["value"][1])


def _history(end: int) -> Iterator[str]:
    for name, found in VALUES.items():
        yield f"# TYPE {name} gauge"
        for labels, value in found.items():
            last = end - HOUR // 2 if (name, labels) == UNLOADED else end
            for at in range(end - HOUR, last + 1, EVERY):
                yield f"{name}{{{labels}}} {value} {at}"
    yield "# EOF\n"


@contextmanager
def an_hour(binary: Path, folder: Path) -> Iterator[Asked]:
    """A server that knows the hour and scrapes nothing."""
    end = int(time.time()) // 300 * 300 - 300 + OFFSET
    config = folder / "prometheus.yml"
    config.write_text("global: {scrape_interval: 1h}\n")
    backfill(folder / "data", "\n".join(_history(end)))
    with Prometheus(binary, config, folder / "data") as server:
        yield Asked(server, end)
