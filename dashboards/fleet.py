"""The Fleet board: is everything fine, and where does the next model fit?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grafanalib import core
from monogen.dashboards import colours, links, panels, variables
from monogen.dashboards.finish import finish
from monogen.dashboards.layout import STRIP_HEIGHT, Line, Section, line, timeline_height
from monogen.dashboards.limits import limit
from monogen.dashboards.panels import GAUGE_CELL, Json
from monogen.dashboards.view import Query, View
from monogen.monitoring import Dashboard

MOST_LINES = 6
"""Hosts in a graph: ten or more lines are unreadable."""

MOST_STATES = 8
"""Hosts in the state timeline: more, and long names overlap."""

COARSE = "5m"
"""Step at which the leaders of a graph are looked for: a tenth of the cost of every sample."""

FINE = "1m"
"""Step at which trouble is looked for, and of the graphs of a fleet with many hosts."""

MOST_TABLE_HEIGHT = 16
LETTER_WIDTH = 8.2
NAME_PADDING = 24
LEAST_NAME_WIDTH = 90
LONG_NAME = 22
"""Letters of a name that fit beside a stat's number at 14 px; longer ones are written smaller."""


def board(view: View) -> Dashboard:
    """The board of the whole fleet."""
    return finish(
        view,
        "fleet",
        "Fleet",
        "Is everything fine, and where does the next model fit?",
        [
            Section("", tuple(lines))
            for group, lines in SECTIONS.items()
            if view.wants(group)
            for lines in [lines(view)]
        ],
        variables.fleet_filters(view),
        one_host=False,
        step=FINE if len(view.fleet.hosts) > MOST_LINES else "",
    )


def _summary(view: View) -> Iterator[Line]:
    found = [
        _hosts(view), _unreachable(view), _exporters_down(view), _firing(view, "critical", "Critical alerts"),
        _firing(view, "warning", "Warnings"), _model_memory(view), _most_headroom(view), _fullest(view),
    ]  # fmt: skip
    yield line(*((3, stat) for stat in found), height=STRIP_HEIGHT)


def _hosts(view: View) -> core.Stat:
    return panels.stat(
        "Hosts",
        "Hosts of the inventory that match the filters. Metric: `host:info`.",
        view.shown(Query(f"count(host:info{{{view.hosts}}})")),
        absent="0",
    )


def _unreachable(view: View) -> core.Stat:
    return panels.stat(
        "Unreachable",
        "Hosts of which no exporter answers; those that may sleep are not counted. Look at power and "
        "network first, then at the exporter. Metric: `host:state:worst`.",
        view.shown(Query(f"count(host:state:worst{{{view.hosts}}} == 3) or vector(0)")),
        base="green",
        steps=[("red", 1)],
    )


def _exporters_down(view: View) -> core.Stat:
    fleet = f'fleet="{view.fleet.name}"'
    expr = (
        f"count(\n  (monogen:target_expected:info{{{view.hosts}}}\n"
        f"    unless on (instance, job, server) (up{{{fleet}}} == 1))\n"
        f"  and on (instance) (host:up{{{fleet}}} == 1)\n) or vector(0)"
    )
    return panels.stat(
        "Exporters down",
        "Exporters of the inventory that do not answer, or are not scraped, on hosts that do answer. Their "
        "columns show a dash. Metrics: `monogen:target_expected:info`, `up`.",
        view.shown(Query(expr)),
        base="green",
        steps=[("orange", 1)],
    )


def _firing(view: View, severity: str, title: str) -> core.Stat:
    expr = f'sum(host:alerts_firing:count{{severity="{severity}", {view.hosts}}}) or vector(0)'
    return panels.stat(
        title,
        f"Alerts that fire with severity {severity}; the table says where. Metric: "
        "`host:alerts_firing:count`.",
        view.shown(Query(expr)),
        base="green",
        steps=[(colours.SEVERITY[severity], 1)],
    )


def _model_memory(view: View) -> core.Stat:
    footprint, capacity = "host:model_footprint_bytes", "host:model_capacity_bytes"
    return panels.stat(
        "Model memory",
        "Footprint of all models over the capacity of all hosts that can hold one. Metrics: "
        f"`{footprint}`, `{capacity}`.",
        view.shown(Query(f"sum({footprint}{{{view.hosts}}}) / sum({capacity}{{{view.hosts}}})")),
        unit="percentunit",
        decimals=0,
        sparkline=colours.MODELS,
        absent="no model host",
        share=True,
    )


def _most_headroom(view: View) -> core.Stat:
    return panels.stat(
        "Most headroom",
        "The host with the most room left for models: the next one fits there, if anywhere. Metric: "
        "`host:model_headroom_bytes`.",
        view.shown(Query(f"topk(1, host:model_headroom_bytes{{{view.hosts}}})", "{{instance}}")),
        unit="bytes",
        decimals=0,
        absent="no model host",
        size=30,
        title_size=_name_size(view),
        named=True,
        links=[links.from_line(view, "model-host")] if view.has_model_hosts else [],
    )


def _fullest(view: View) -> core.Stat:
    return panels.stat(
        "Fullest disk",
        "The host with the fullest file system; its board says which. The colour begins where the alert "
        "does. Metric: `host:filesystem_used:ratio`.",
        view.shown(Query(f"topk(1, host:filesystem_used:ratio{{{view.hosts}}})", "{{instance}}")),
        unit="percentunit",
        decimals=0,
        steps=panels.colour_steps(limit(view.fleet, "HostDiskFull")),
        size=30,
        title_size=_name_size(view),
        named=True,
        links=[links.from_line(view, "host")],
    )


def _name_size(view: View) -> int:
    return 14 if view.longest_name <= LONG_NAME else 11


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: its query (by instance), heading, and the properties of its cells.

    ``series`` decides between a gauge, where every host has the value, and a plain number: a gauge
    draws its empty track for a value that is missing.
    """

    ref: str
    heading: str
    expr: str
    properties: Json
    series: str = ""


def _table_line(view: View) -> Iterator[Line]:
    columns = [column for column in _columns(view) if view.shown(Query(column.expr))]
    overrides = [_host_column(view), _state_column(), *_word_columns(), _worst_column()]
    overrides += [colours.by_name(c.heading, **_cells(view, c)) for c in columns if c.heading != "State"]
    fields = {
        "instance": "Host",
        "Value #State": "State",
        "alertname": "Worst alert",
        "Value #Alerts": "Alerts",
    }
    fields |= {"os": "OS", "hardware": "Hardware"}
    fields |= {f"Value #{c.ref}": c.heading for c in columns}
    table = panels.table(
        "Hosts, worst first",
        "One line a host of the inventory; the name opens the host. State is the worst alert that fires, "
        "Unreachable when no exporter answers, Away when a host that may sleep does not. Model columns mean "
        "RAM on unified memory (GB10, Apple Silicon) and framebuffer on a discrete GPU. A dash: this host "
        "has no such thing, or its exporter is down. Metrics: `host:state:worst` and the series of each "
        "column.",
        [*(Query(c.expr, c.ref) for c in columns), *view.shown(Query(_worst_alert(view), "Worst"))],
        columns=fields,
        overrides=overrides,
        sort=[("State", True), ("Alerts", True), ("Memory", True)],
        absent="No host matches the filters",
        hidden=["Value #Worst"],
    )
    height = min(len(view.fleet.hosts) + 3, MOST_TABLE_HEIGHT)
    yield line((24, table), height=height)


def _columns(view: View) -> list[Column]:
    """All columns, the least important last: below 1500 px they scroll out of sight."""
    s = view.hosts
    share = {"unit": "percentunit", "decimals": 0}
    size = {"unit": "bytes", "decimals": 1, "custom__width": 104}
    model_link = links.from_cell(view, "model-host", "What sits in its memory", "Host")
    alerts = (
        f"sum by (instance) (host:alerts_firing:count{{{s}}}) or max by (instance) (host:info{{{s}}} * 0)"
    )
    return [
        Column("State", "State", f"max by (instance, os, hardware) (host:state:worst{{{s}}})", {}),
        Column("Alerts", "Alerts", alerts, {"custom__width": 80, "decimals": 0}),
        Column("CPU", "CPU", f"max by (instance) (host:cpu_busy:ratio_rate5m{{{s}}})", share,
               "host:cpu_busy:ratio_rate5m"),
        Column("Memory", "Memory", f"max by (instance) (host:memory_used:ratio{{{s}}})", share,
               "host:memory_used:ratio"),
        Column("Footprint", "Footprint", f"max by (instance) (host:model_footprint_bytes{{{s}}})",
               size | {"links": [model_link]}),
        Column("Headroom", "Headroom", f"max by (instance) (host:model_headroom_bytes{{{s}}})", size),
        Column("GPU", "GPU", f"avg by (instance) (host:gpu_utilization:ratio{{{s}}})",
               share | {"custom__width": 66}),
        Column("Temp", "Hottest", _hottest(view), _temperature_cells(view)),
        Column("Disk", "Fullest disk", f"max by (instance) (host:filesystem_used:ratio{{{s}}})",
               share | {"thresholds": panels.thresholds(colours.USED, limit(view.fleet, "HostDiskFull")),
                        "color": {"mode": "thresholds"}},
               "host:filesystem_used:ratio"),
    ]  # fmt: skip


def _hottest(view: View) -> str:
    """Sensors and GPUs, as far as the fleet has them."""
    names = [n for n in ("host:temperature_celsius:max", "host:gpu_temperature_celsius") if view.has(n)]
    parts = [f"{name}{{{view.hosts}}}" for name in names or ["host:temperature_celsius:max"]]
    return f"max by (instance) ({' or '.join(parts)})"


def _temperature_cells(view: View) -> Json:
    warm = [limit(view.fleet, name) for name in ("GpuTemperatureHigh", "HostTemperatureHigh")]
    first = min((one for one in warm if one), key=lambda one: one.value, default=None)
    return {
        "unit": "celsius",
        "decimals": 0,
        "custom__width": 88,
        "thresholds": panels.thresholds(colours.NEUTRAL, first),
        "custom__cellOptions": {"type": "color-text"},
    }


def _cells(view: View, column: Column) -> Json:
    """A gauge where every host has the value, else a number with the width of its heading."""
    if not column.series:
        return column.properties
    if len(view.series.on(column.series)) < len(view.fleet.hosts):
        plain: Json = {"custom__width": 110, "custom__cellOptions": {"type": "color-text"}}
        plain |= column.properties
        if "thresholds" in plain:
            plain["thresholds"] = panels.thresholds(colours.NEUTRAL, limit(view.fleet, "HostDiskFull"))
        return plain
    gauge: Json = {
        "min": 0,
        "max": 1,
        "custom__cellOptions": GAUGE_CELL,
        "color": colours.fixed(colours.USED),
        "custom__minWidth": 104,
    }
    return gauge | column.properties


def _host_column(view: View) -> Json:
    width = max(LEAST_NAME_WIDTH, round(view.longest_name * LETTER_WIDTH) + NAME_PADDING)
    open_host = links.from_cell(view, "host", "Open ${__value.text}")
    return colours.by_name("Host", custom__width=width, links=[open_host], custom__filterable=True)


def _state_column() -> Json:
    return colours.by_name(
        "State",
        custom__width=116,
        custom__align="left",
        mappings=[colours.words(colours.STATE)],
        custom__cellOptions={"type": "color-background", "mode": "basic", "applyToRow": False},
    )


def _word_columns() -> list[Json]:
    return [
        colours.by_name(
            "OS", custom__width=76, mappings=[colours.words(colours.OS)], custom__filterable=True
        ),
        colours.by_name(
            "Hardware", custom__width=118, mappings=[colours.words(colours.HARDWARE)], custom__filterable=True
        ),
    ]


def _worst_column() -> Json:
    return colours.by_name("Worst alert", custom__width=190)


def _worst_alert(view: View) -> str:
    """One alert a host, critical before warning, and a dash for a host without: the column is never absent.

    Alerts of others lack the fleet's labels, so they are joined to the hosts by instance.
    """
    hosts = f"host:info{{{view.hosts}}}"
    firing = f'ALERTS{{alertstate="firing", fleet=~"|{view.fleet.name}"'
    return (
        "topk by (instance) (1,\n"
        f'  max by (instance, alertname) ({firing}, severity="critical"}} * 2 and on (instance) {hosts})\n'
        "  or\n"
        f'  max by (instance, alertname) ({firing}, severity="warning"}} and on (instance) {hosts})\n'
        "  or\n"
        f'  max by (instance, alertname) (label_replace({hosts} * 0, "alertname", "–", "", ""))\n'  # noqa: RUF001
        ")"
    )


def _trouble(view: View) -> Iterator[Line]:
    states = f"host:state:worst{{{view.hosts}}}"
    few = len(view.fleet.hosts) <= MOST_STATES
    pick = f"max_over_time({states}[$__range:{FINE}] @ end()) > 0 or {states} @ end() > 0"
    picked = pick if few else f"topk({MOST_STATES}, {pick})"
    panel = panels.state_timeline(
        "Hosts in trouble",
        f"State of every host that was not OK in this period, at most {MOST_STATES}. Metric: "
        "`host:state:worst`.",
        view.shown(Query(f"{states}\nand on (instance)\n({picked})", "{{instance}}")),
        states=colours.STATE,
        absent="Every host was OK in this period",
    )
    yield line((24, panel), height=timeline_height(min(len(view.fleet.hosts), MOST_STATES)))


@dataclass(frozen=True, slots=True)
class Ranking:
    """A graph of the hosts that lead in one series."""

    title: str
    series: str
    leaders: str
    advice: str
    unit: str
    how: str = "max"
    lowest: bool = False
    top: float | None = None
    absent: str = "No host has this"
    bottom: float | None = 0


RANKINGS = (
    Ranking("Memory used", "host:memory_used:ratio", "that used most of their RAM in this period",
            "High is normal on a host that serves a model: read the headroom beside it.", "percentunit",
            top=1),
    Ranking("Headroom for models", "host:model_headroom_bytes", "with the least room left for models",
            "A full unified memory freezes a host, often without an OOM kill: unload a model.", "bytes",
            how="min", lowest=True),
    Ranking("GPU busy", "host:gpu_utilization:ratio", "with the busiest GPU, the mean of its GPUs",
            "Idle while requests wait: look at the server.", "percentunit", how="avg", top=1),
    Ranking("CPU busy", "host:cpu_busy:ratio_rate5m", "with the busiest CPUs",
            "All the time near 1: see the load on the host's board.", "percentunit", top=1),
    Ranking("Hottest sensor", "host:temperature_celsius:max", "that were hottest",
            "CPU, board or disk sensor on Linux, the chip on macOS; the GPU has its own series.", "celsius",
            bottom=20),
    Ranking("Swap used", "host:swap_used_bytes", "with most swap in use",
            "Growth is the sign of trouble, on a Mac the clearest one.", "bytes"),
)  # fmt: skip


def _rankings(view: View) -> Iterator[Line]:
    shown = [ranking for ranking in RANKINGS if view.has(ranking.series)]
    for first in range(0, len(shown), 3):
        yield line(*((8, _ranking(view, ranking)) for ranking in shown[first : first + 3]))


def _ranking(view: View, ranking: Ranking) -> core.TimeSeries:
    series = f"{ranking.series}{{{view.hosts}}}"
    by = "avg" if ranking.how == "avg" else "max"
    expr = f"{by} by (instance) ({series})"
    who = "The hosts"
    if len(view.series.on(ranking.series)) > MOST_LINES:
        who = "The six hosts"
        best = "bottomk" if ranking.lowest else "topk"
        # Once for the whole range, at a coarse step; the last value where the range is shorter than it.
        over = f"{ranking.how}_over_time({series}[$__range:{COARSE}] @ end()) or {series} @ end()"
        expr += f"\nand\n{best}({MOST_LINES}, {by} by (instance) ({over}))"
    return panels.timeseries(
        ranking.title,
        f"{who} {ranking.leaders}. {ranking.advice} Metric: `{ranking.series}`.",
        view.shown(Query(expr, "{{instance}}")),
        unit=ranking.unit,
        minimum=ranking.bottom,
        maximum=ranking.top,
        fill=0,
        absent=ranking.absent,
        links=[links.from_line(view, "host")],
        overrides=colours.hosts(view.fleet),
        ascending=ranking.lowest,
    )


SECTIONS: dict[str, Any] = {
    "summary": _summary,
    "hosts": _table_line,
    "trouble": _trouble,
    "rankings": _rankings,
}
"""The parts of the board, by the name ``groups`` knows them."""
