"""Measure what looking costs, in samples: the number a server reads, the same on every machine.

The series of each host class are taken from a real Prometheus that runs the proof's world. They are then
written as one hour of history, for as many hosts as a case has, and the boards' panels are asked over it
by a real server that counts (``stats=all``, totalQueryableSamples): one hour, a step of 15 seconds. Values
stay the same for the hour; what a query reads does not depend on them. Needs tests/prometheus and
tests/proof on the path of modules, as ``make bench`` sets it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from boards import everything, filled, questions
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

RECORDED = ("host:", "monogen:", "ALERTS", "up")
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
        by_class.setdefault(labels["instance"], []).append(labels)
    for name, kind in case.hosts.items():
        for labels in by_class[kind]:
            recorded = labels["__name__"].startswith(RECORDED)
            if recorded or case.raw:
                text = _written({**labels, "instance": name})
                every = RECORDED_EVERY if recorded and labels["__name__"] != "up" else STEP
                for start, end in LOOK_BACKS:
                    for moment in range(now - start, now - end + 1, every):
                        yield f"{text} 1 {moment}\n"
    yield "# EOF\n"


def _written(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f"{name}={_quoted(value)}" for name, value in labels.items() if name != "__name__")
    return f"{labels['__name__']}{{{pairs}}}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def board_cost(server: Prometheus, board: Mapping[str, Any], now: int, host: str) -> int:
    """The samples of all panels of a board, opened once for the last hour."""
    values = {**everything(board), "instance": host, "__range": "1h", "__interval": f"{STEP}s"}
    total = 0
    for question in questions(board):
        start = now if question.instant else now - HOUR
        total += server.samples_touched(filled(question.expr, values), start, now, STEP)
    return total


def rules_cost(server: Prometheus, case: Built, now: int) -> int:
    """The samples of one evaluation of all rules."""
    return sum(server.samples_touched(rule.expr, now, now, STEP) for rule in case.monitoring.rules)


def measure(binary: Path, case: Case, series: Sequence[Labels]) -> dict[str, int]:
    """The cost of each board by its name, and of the rules where the case has raw series."""
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
                board.name: board_cost(server, board.json, now, host) for board in fleet.monitoring.dashboards
            }
            if case.raw:
                costs["rules"] = rules_cost(server, fleet, now)
    return costs


def main() -> None:
    binaries = prometheus_binaries()
    if not binaries:
        raise SystemExit(HOW_TO_GET_ONE)
    series = live_series(binaries[-1])
    classes = ("linux", "spark", "gpu", "mac")
    hundred_linux = {f"linux-{i}": "linux" for i in range(100)}
    hundred_mixed = {f"host-{i}": classes[i % 4] for i in range(100)}
    one = measure(binaries[-1], Case({"linux": "linux"}, raw=True), series)
    tour = measure(binaries[-1], Case({name: name for name in classes}, raw=True), series)
    spark = measure(binaries[-1], Case({"spark": "spark"}, raw=True), series)
    linux = measure(binaries[-1], Case(hundred_linux, raw=False), series)
    mixed = measure(binaries[-1], Case(hundred_mixed, raw=False), series)
    rows = [
        ["Host board, one Linux host", f"{one['host']:,}", "3,300"],
        ["Host board, one GB10", f"{spark['host']:,}", ""],
        ["Model host board, one GB10", f"{spark['model-host']:,}", ""],
        ["Fleet board, 100 Linux hosts", f"{linux['fleet']:,}", "103,000"],
        ["Fleet board, 100 hosts: Linux, GB10, GPU servers, Macs", f"{mixed['fleet']:,}", "103,000"],
        ["rules, one Linux host, one evaluation", f"{one['rules']:,}", "557"],
        ["rules, a host of the four kinds on average, one evaluation", f"{tour['rules'] // 4:,}", "557"],
    ]
    told = machine().replace("Python", f"Prometheus {version(binaries[-1])}, Python")
    put("samples", told + "\n\n" + table(["asked", "samples", "limit"], rows))


if __name__ == "__main__":
    main()
