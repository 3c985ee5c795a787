"""Measure what looking costs, in samples: the number a server reads, the same on every machine.

The series of each host class are taken from a real Prometheus that runs the proof's world. They are then
written as one hour of history, for as many hosts as a case has, and the boards' panels are asked over it
by a real server that counts (``stats=all``, totalQueryableSamples): one hour, a step of 15 seconds. Values
stay the same for the hour; what a query reads does not depend on them. Needs tests/prometheus and
tests/proof on the path of modules, as ``make bench`` sets it.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from boards import everything, filled
from engine import HOW_TO_GET_ONE, Prometheus, backfill, prometheus_binaries, version
from monogen.build import Built, build
from page import machine, put, table
from world import world

TESTS = Path(__file__).parent.parent
STEP = 15
HOUR = 3600
RECORDED_EVERY = 30
"""Seconds between two evaluations, monogen's default."""

LOOK_BACKS = ((HOUR + 1800, 0), (6 * HOUR + 600, 6 * HOUR - 600))
"""Stretches of history, in seconds before now: the hour with its ranges, and what ``offset 6h`` reads."""

AT_END = re.compile(r"\nand(?: on \(instance\))?\n(?=.*@ end\(\))")
"""Before a part that holds for the whole hour. Prometheus evaluates it once, and counts it at each step."""

RECORDED = ("host:", "server:", "tier:", "monogen:", "ALERTS", "up")
Labels = dict[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """A fleet: hosts by name, each of the class of a host of the proof's inventory."""

    hosts: Mapping[str, str]
    raw: bool
    """Whether the exporters' own series are written too: the rules read them, the boards do not."""


def live_series(binary: Path) -> list[Labels]:
    """All series of the proof's world, which has a host of every class."""
    with tempfile.TemporaryDirectory() as folder, world(binary, Path(folder)) as running:
        return [series["metric"] for series in running.server.query('{fleet="proof"}')]


def built(case: Case, folder: Path) -> Built:
    """What monogen writes for the case's fleet."""
    text = (TESTS / "proof" / "hosts.yaml").read_text("utf-8").replace("$PORT", "9100")
    inventory: dict[str, Any] = yaml.safe_load(text)
    classes = {host["name"]: host for host in inventory["hosts"]}
    inventory["prometheus"] = {"scrape_interval": f"{STEP}s"}
    inventory["hosts"] = [_host(name, classes[kind]) for name, kind in case.hosts.items()]
    file = folder / "hosts.yaml"
    file.write_text(yaml.safe_dump(inventory))
    return build(file, "prometheus")


def _host(name: str, like: Mapping[str, Any]) -> dict[str, Any]:
    """The host under another name; its targets must differ too."""
    exporters = {
        kind: {**settings, "endpoint": f"{name}.lan:9100"} for kind, settings in like["exporters"].items()
    }
    return {**like, "name": name, "exporters": exporters}


def history(case: Case, series: Sequence[Labels], now: int) -> Iterator[str]:
    """OpenMetrics lines: every series of the case's hosts, over the hour that is asked for."""
    by_class: dict[str, list[Labels]] = {}
    for labels in series:
        by_class.setdefault(labels.get("instance", ""), []).append(labels)
    for labels in by_class.get("", []):
        yield from _samples(labels, now)
    for name, kind in case.hosts.items():
        for labels in by_class[kind]:
            if case.raw or labels["__name__"].startswith(RECORDED):
                yield from _samples({**labels, "instance": name}, now)
    yield "# EOF\n"


def _samples(labels: Labels, now: int) -> Iterator[str]:
    recorded = labels["__name__"].startswith(RECORDED) and labels["__name__"] != "up"
    text = _written(labels)
    for start, end in LOOK_BACKS:
        for moment in range(now - start, now - end + 1, RECORDED_EVERY if recorded else STEP):
            yield f"{text} 1 {moment}\n"


def _written(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f"{name}={_quoted(value)}" for name, value in labels.items() if name != "__name__")
    return f"{labels['__name__']}{{{pairs}}}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def board_cost(server: Prometheus, board: Mapping[str, Any], now: int, host: str) -> int:
    """The samples of all panels of a board, opened once for the last hour, 15 seconds a step or coarser."""
    values = {**everything(board), "instance": host, "__range": "1h", "__interval": f"{STEP}s"}
    total = 0
    for panel, target in _queries(board["panels"]):
        start = now if target.get("instant") else now - HOUR
        lines, *once = AT_END.split(filled(target["expr"], values))
        step = max(STEP, _seconds(panel.get("interval", "")))
        total += server.samples_touched(lines, start, now, step)
        total += sum(server.samples_touched(part, now, now, STEP) for part in once)
    return total


def _queries(panels: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Every query with its panel, those of collapsed rows included."""
    for panel in panels:
        yield from ((panel, target) for target in panel.get("targets", []))
        yield from _queries(panel.get("panels", []))


def _seconds(interval: str) -> int:
    """A panel's least interval, ``30s`` or ``1m``; 0 where it states none."""
    return int(interval[:-1]) * {"s": 1, "m": 60, "h": HOUR}[interval[-1]] if interval else 0


def rules_cost(server: Prometheus, case: Built, now: int) -> int:
    """The samples of one evaluation of all rules."""
    return sum(server.samples_touched(rule.expr, now, now, STEP) for rule in case.monitoring.rules)


def measure(binary: Path, case: Case, series: Sequence[Labels]) -> dict[str, tuple[int, int]]:
    """The cost of each board by its name: at 15 seconds, and at the steps that its panels ask for.

    Where the case has raw series, also of the ``rules``: one evaluation, the same in both columns.
    """
    now = int(time.time()) // RECORDED_EVERY * RECORDED_EVERY
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fleet = built(case, folder)
        backfill(folder / "data", "".join(history(case, series, now)))
        config = folder / "prometheus.yml"
        config.write_text("global: {}\n")
        with Prometheus(binary, config, folder / "data") as server:
            host = next(iter(case.hosts))
            costs = {
                board.name: (
                    board_cost(server, {**board.json, "panels": _without_interval(board.json)}, now, host),
                    board_cost(server, board.json, now, host),
                )
                for board in fleet.monitoring.dashboards
            }
            if case.raw:
                spent = rules_cost(server, fleet, now)
                costs["rules"] = (spent, spent)
    return costs


def _without_interval(board: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The board's panels without their least intervals, so that all are asked at 15 seconds."""
    return [
        {**panel, "interval": "", "panels": _without_interval({"panels": panel.get("panels", [])})}
        for panel in board["panels"]
    ]


def main() -> None:
    binaries = prometheus_binaries()
    if not binaries:
        raise SystemExit(HOW_TO_GET_ONE)
    binary = binaries[-1]
    series = live_series(binary)
    classes = ("linux", "spark", "gpu", "mac")
    linux = measure(binary, Case({"linux": "linux"}, raw=True), series)
    spark = measure(binary, Case({"spark": "spark"}, raw=True), series)
    tour = measure(binary, Case({name: name for name in classes}, raw=True), series)
    many = measure(binary, Case({f"linux-{i}": "linux" for i in range(100)}, raw=False), series)
    mixed = measure(binary, Case({f"host-{i}": classes[i % 4] for i in range(100)}, raw=False), series)
    four_kinds = "Linux, GB10, GPU servers, Macs"
    boards = [
        _row("Host, one Linux host", linux["host"], "3,300"),
        _row("Host, one GB10", spark["host"]),
        _row("Model host, one GB10", spark["model-host"]),
        _row("Fleet, 100 Linux hosts", many["fleet"], "103,000"),
        _row(f"Fleet, 100 hosts: {four_kinds}", mixed["fleet"], "103,000"),
    ]
    rules = [
        ["one Linux host", f"{linux['rules'][0]:,}"],
        ["one GB10", f"{spark['rules'][0]:,}"],
        [f"a host of {four_kinds}, on average", f"{tour['rules'][0] // len(classes):,}"],
    ]
    told = machine().replace("Python", f"Prometheus {version(binary)}, Python")
    tables = [
        table(["board, opened for one hour", "at 15 s", "at its own steps", "limit"], boards),
        table(["rules, evaluated once", "samples"], rules),
    ]
    put("samples", "\n\n".join([told, *tables]))


def _row(name: str, cost: tuple[int, int], limit: str = "") -> list[str]:
    return [name, f"{cost[0]:,}", f"{cost[1]:,}", limit]


if __name__ == "__main__":
    main()
