"""What looking at a board costs, in samples that Prometheus touches: the same on every machine.

One hour, and the boards' own finest step, over recorded series with a value every 30 s. The part of an
expression at ``@ end()`` does not change from step to step; Prometheus evaluates it once, but counts
it in its statistics at every step again. It is measured here by itself, as the instant query it is.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine import Prometheus, backfill
from monogen.dashboards.interpolation import fill
from monogen.inventory.model import Fleet
from sample_boards import boards, generic, names_on, shown

HOUR = 3600
EVERY = 30
FLEET = Fleet("f", tuple(generic(f"host-{number:03}") for number in range(100)))
DETAIL = {
    "host:filesystem": ',mountpoint="/",fstype="ext4"',
    "host:disk": ',device="nvme0n1"',
    "host:network": ',device="eth0"',
    "monogen:target": ',job="node-exporter"',
    "host:alerts": ',severity="warning"',
    "up": ',job="node-exporter"',
    "ALERTS": ',alertname="HostDiskFull",severity="critical",alertstate="firing"',
}


def history(end: int) -> Iterator[str]:
    """Every series of every host, one sample each 30 s for an hour and five minutes."""
    for name in [*names_on(FLEET.hosts[0]), "up", "ALERTS"]:
        yield f"# TYPE {name} gauge"
        detail = next((text for start, text in DETAIL.items() if name.startswith(start)), "")
        for number, host in enumerate(FLEET.hosts):
            labels = f'instance="{host.name}",os="linux",hardware="generic",fleet="f"{detail}'
            value = number / 100 if "ratio" in name else number % 10 == 0 if "state" in name else 1
            for at in range(end - HOUR - 300, end + 1, EVERY):
                yield f"{name}{{{labels}}} {float(value)} {at}"
    yield "# EOF\n"


@pytest.fixture
def server(prometheus_binary: Path, tmp_path: Path) -> Iterator[tuple[Prometheus, int]]:
    end = int(time.time()) // 60 * 60
    config = tmp_path / "prometheus.yml"
    config.write_text("global: {scrape_interval: 1h}\n")
    backfill(tmp_path / "data", "\n".join(history(end)))
    with Prometheus(prometheus_binary, config, tmp_path / "data") as running:
        yield running, end


def cost(server: tuple[Prometheus, int], board: dict[str, Any]) -> int:
    prometheus, end = server
    total = 0
    for panel in shown(board):
        step = {"30s": 30, "1m": 60}[panel["interval"]]
        values = {"instance": "host-000", "hardware": "$__all", "hosts": "$__all", "__range": "1h"}
        for target in panel["targets"]:
            expression = fill(target["expr"], values)
            lines, *once = re.split(r"\nand(?: on \(instance\))?\n(?=.*@ end\(\))", expression)
            start = end if target.get("instant") else end - HOUR
            total += prometheus.samples_touched(lines, start, end, step)
            total += sum(prometheus.samples_touched(part, end, end, step) for part in once)
    return total


@pytest.mark.prometheus
@pytest.mark.parametrize(("kind", "at_most"), [("fleet", 103_000), ("host", 3_300)])
def test_boards_are_cheap_to_look_at(server: tuple[Prometheus, int], kind: str, at_most: int) -> None:
    spent = cost(server, boards(FLEET)[kind])
    assert 0 < spent <= at_most
    print(f"{kind}: {spent} samples")


@pytest.mark.prometheus
def test_every_panel_of_plain_hosts_answers(server: tuple[Prometheus, int]) -> None:
    prometheus, end = server
    values = {"instance": "host-000", "hardware": "$__all", "hosts": "$__all", "__range": "3m"}
    for board in boards(FLEET).values():
        for panel in shown(board):
            for target in panel["targets"]:
                expression = fill(target["expr"], values)
                assert prometheus.query(expression, end), f"{panel['title']}: {expression}"


@pytest.mark.prometheus
def test_filters_with_awkward_values_select_the_right_hosts(server: tuple[Prometheus, int]) -> None:
    """Raw strings and ``:regex`` reach a real Prometheus as they should."""
    prometheus, end = server
    (panel,) = [one for one in shown(boards(FLEET)["fleet"]) if one["title"] == "Hosts"]
    chosen = {"hardware": "$__all", "hosts": ["host-001", 'a"b', "it's", "a\\d", "x.y/z|$instance", "{[("]}
    (one,) = prometheus.query(fill(panel["targets"][0]["expr"], chosen), end)
    assert one["value"][1] == "1"
