"""The Host board: one host, any operating system, in USE order (utilisation, saturation, errors)."""

from __future__ import annotations

from collections.abc import Callable

from grafanalib import core
from monogen.dashboards import colours, panels, shared, variables
from monogen.dashboards.finish import finish
from monogen.dashboards.layout import STRIP_HEIGHT, Section, line, timeline_height
from monogen.dashboards.limits import limit
from monogen.dashboards.view import Query, View
from monogen.monitoring import Dashboard

LEAST_HEALTH_HEIGHT = 7


def board(view: View) -> Dashboard:
    """The board of one host, chosen at its top."""
    return finish(
        view,
        "host",
        "Host",
        "One host, any operating system, in USE order: utilisation, saturation, errors.",
        [make(view) for group, make in SECTIONS.items() if view.wants(group)],
        [variables.chosen_host(view, "host:info")],
        one_host=True,
    )


def _summary(view: View) -> Section:
    stats = [
        shared.state(view), _word(view, "System", "os", colours.OS),
        _word(view, "Hardware", "hardware", colours.HARDWARE),
        _uptime(view), _cpus(view), _memory_size(view), _alerts_firing(view), _hottest(view),
    ]  # fmt: skip
    return Section("", (line(*((3, stat) for stat in stats), height=STRIP_HEIGHT),))


def _word(view: View, title: str, label: str, texts: dict[str, tuple[str, str]]) -> core.Stat:
    return panels.stat(
        title,
        "As the inventory says. Metric: `host:info`.",
        view.shown(Query(f"host:info{{{view.host}}}")),
        mappings=[colours.words(texts)],
        absent="not in the inventory",
        size=22,
        field=label,
    )


def _uptime(view: View) -> core.Stat:
    return panels.stat(
        "Uptime",
        "Time since the last boot. Less than expected: it crashed or lost power. Metric: "
        "`host:uptime_seconds`.",
        view.shown(Query(f"host:uptime_seconds{{{view.host}}} / 86400")),
        unit="suffix: days",
        decimals=1,
        size=30,
    )


def _cpus(view: View) -> core.Stat:
    return panels.stat(
        "CPUs",
        "Logical CPUs. Metric: `host:cpu_count`.",
        view.shown(Query(f"host:cpu_count{{{view.host}}}")),
    )


def _memory_size(view: View) -> core.Stat:
    return panels.stat(
        "Memory",
        "RAM that the system sees. Metric: `host:memory_total_bytes`.",
        view.shown(Query(f"host:memory_total_bytes{{{view.host}}}")),
        unit="bytes",
        decimals=0,
    )


def _alerts_firing(view: View) -> core.Stat:
    return panels.stat(
        "Alerts firing",
        "Alerts that fire for this host; the list is at the bottom. Metric: `host:alerts_firing:count`.",
        view.shown(Query(f"sum(host:alerts_firing:count{{{view.host}}}) or vector(0)")),
        base="green",
        steps=[("orange", 1)],
    )


def _hottest(view: View) -> core.Stat:
    series = "host:temperature_celsius:max"
    return panels.stat(
        "Hottest sensor",
        "CPU, board or disk on Linux, the chip on macOS; coloured where the alert begins. Metric: "
        f"`{series}`.",
        view.shown(Query(f"{series}{{{view.host}}}")),
        unit="celsius",
        decimals=0,
        steps=panels.colour_steps(limit(view.fleet, "HostTemperatureHigh")),
        absent=view.missing(series, "not exported"),
        size=30,
    )


def _compute(view: View) -> Section:
    return Section("Compute", (line((8, _busy(view)), (8, _load(view)), (8, _temperature(view))),))


def _busy(view: View) -> core.TimeSeries:
    series = "host:gpu_utilization:ratio"
    gpu = view.has(series)
    about = " GPU: share of time a kernel ran." if gpu else ""
    return panels.timeseries(
        "CPU and GPU busy" if gpu else "CPU busy",
        f"Utilisation. CPU: share of time not idle.{about} Metrics: `host:cpu_busy:ratio_rate5m`"
        f"{f', `{series}`' if gpu else ''}.",
        view.shown(Query(f"host:cpu_busy:ratio_rate5m{{{view.host}}}", "CPU"), shared.per_gpu(view, series)),
        unit="percentunit",
        maximum=1,
        legend=gpu,
        absent="No CPU data: does node_exporter answer?",
        overrides=[*colours.lines({"CPU": colours.CPU}), *(colours.gpus(view.fleet) if gpu else [])],
    )


def _load(view: View) -> core.TimeSeries:
    return panels.timeseries(
        "Load for each CPU",
        "Saturation. Above 1 work waits for a CPU, on Linux also for a disk. Metric: "
        "`host:load1_per_cpu:ratio`.",
        view.shown(Query(f"host:load1_per_cpu:ratio{{{view.host}}}", "Load")),
        unit="none",
        decimals=2,
        soft_maximum=1.1,
        legend=False,
        absent="No load data: does node_exporter answer?",
        overrides=colours.lines({"Load": colours.CPU}),
    )


def _temperature(view: View) -> core.TimeSeries:
    series, of_gpu = "host:temperature_celsius:max", "host:gpu_temperature_celsius"
    queries = view.shown(Query(f"{series}{{{view.host}}}", "Hottest sensor"), shared.per_gpu(view, of_gpu))
    hot = limit(view.fleet, "HostTemperatureHigh")
    names = ", ".join(f"`{name}`" for name in (series, of_gpu) if view.has(name))
    begins = " The dashed line is where the host's alert begins." if hot else ""
    return panels.timeseries(
        "Temperature",
        f"Hottest sensor of the host, and its GPUs where they report one.{begins} Metrics: {names}.",
        [*queries, *(shared.limit_queries(view, hot) if queries else [])],
        unit="celsius",
        minimum=20,
        soft_maximum=90,
        fill=0,
        absent=view.missing(series, "This host exports no temperature"),
        limit=shared.static_limit(hot),
        overrides=[
            *colours.lines({"Hottest sensor": colours.CPU}),
            *(colours.gpus(view.fleet) if view.has(of_gpu) else []),
            colours.by_name("Alert from", **panels.limit_line("orange")),
        ],
    )


def _memory(view: View) -> Section:
    return Section("Memory", (line((16, _ram(view)), (8, shared.pressure(view))),))


def _ram(view: View) -> core.TimeSeries:
    return panels.timeseries(
        "RAM",
        "Utilisation. Used is what programs and models hold, cache can be given back at once. Used, cache "
        "and free add up to the RAM. Metrics: `host:memory_used_bytes`, `host:memory_cache_bytes`, "
        "`host:memory_free_bytes`.",
        view.shown(
            Query(f"host:memory_used_bytes{{{view.host}}}", "Used"),
            Query(f"host:memory_cache_bytes{{{view.host}}}", "Cache"),
            Query(f"host:memory_free_bytes{{{view.host}}}", "Free"),
        ),
        unit="bytes",
        fill=60,
        stack=True,
        absent="No memory data: does node_exporter answer?",
        overrides=[
            *colours.lines({"Used": colours.USED}),
            colours.by_name("Cache", color=colours.fixed(colours.CACHE), custom__fillOpacity=35),
            colours.by_name("Free", color=colours.fixed(colours.FREE), custom__fillOpacity=10),
        ],
    )


def _disk(view: View) -> Section:
    return Section(
        "Disk", (line((6, _filesystems(view)), (6, _inodes(view)), (6, _disk_io(view)), (6, _latency(view))),)
    )


def _filesystems(view: View) -> core.BarGauge:
    series = "host:filesystem_used:ratio"
    return panels.bar_gauge(
        "File systems",
        "Utilisation, real file systems only; on a Mac the one container that all volumes share. Red: the "
        f"alert fires, make room. Metric: `{series}`.",
        view.shown(Query(f"{series}{{{view.host}}}", "{{mountpoint}}")),
        label="mountpoint",
        absent=view.missing(series, "No file system is exported"),
        limit=limit(view.fleet, "HostDiskFull"),
    )


def _inodes(view: View) -> core.BarGauge:
    series = "host:filesystem_inodes_used:ratio"
    return panels.bar_gauge(
        "Inodes",
        "Utilisation. Without a free inode no file can be made, whatever space is left: look for a folder "
        f"with very many small files. Metric: `{series}`.",
        view.shown(Query(f"{series}{{{view.host}}}", "{{mountpoint}}")),
        label="mountpoint",
        absent=view.missing(series, "This host's file systems do not count inodes"),
        limit=limit(view.fleet, "HostInodesLow"),
    )


def _disk_io(view: View) -> core.TimeSeries:
    read, written = "host:disk_read_bytes:rate5m", "host:disk_written_bytes:rate5m"
    return panels.timeseries(
        "Disk throughput",
        f"Utilisation, each physical disk; read above, written below the axis. Metrics: `{read}`, "
        f"`{written}`.",
        view.shown(
            Query(f"{read}{{{view.host}}}", "{{device}} read"),
            Query(f"{written}{{{view.host}}}", "{{device}} written"),
        ),
        unit="Bps",
        minimum=None,
        absent=view.missing(read, "No physical disk is exported"),
        overrides=[colours.by_pattern(".* written$", custom__transform="negative-Y")],
    )


def _latency(view: View) -> core.TimeSeries:
    series = "host:disk_latency_seconds:mean5m"
    return panels.timeseries(
        "Disk latency",
        "Saturation. Mean time of a read or write; NVMe stays below a few milliseconds. A gap: nothing was "
        f"read or written. Metric: `{series}`.",
        view.shown(Query(f"{series}{{{view.host}}}", "{{device}}")),
        unit="s",
        absent=view.missing(series, "No disk was used in this period"),
    )


def _network(view: View) -> Section:
    return Section("Network", (line((16, _traffic(view)), (8, _errors(view))),))


def _traffic(view: View) -> core.TimeSeries:
    received, sent = "host:network_receive_bytes:rate5m", "host:network_transmit_bytes:rate5m"
    return panels.timeseries(
        "Network throughput",
        f"Utilisation, each physical interface; received above, sent below the axis. Metrics: `{received}`, "
        f"`{sent}`.",
        view.shown(
            Query(f"{received}{{{view.host}}}", "{{device}} received"),
            Query(f"{sent}{{{view.host}}}", "{{device}} sent"),
        ),
        unit="Bps",
        minimum=None,
        absent=view.missing(received, "No physical interface is exported"),
        overrides=[colours.by_pattern(".* sent$", custom__transform="negative-Y")],
    )


def _errors(view: View) -> core.TimeSeries:
    series = "host:network_errors:rate5m"
    return panels.timeseries(
        "Network errors per second",
        "Errors, both directions. Anything above zero for long is a cable, a switch port or a driver. "
        f"Metric: `{series}`.",
        view.shown(Query(f"{series}{{{view.host}}}", "{{device}}")),
        unit="none",
        soft_maximum=1,
        absent=view.missing(series, "No physical interface is exported"),
    )


def _gpu(view: View) -> Section:
    charts = line((8, shared.gpu_clock(view)), (8, shared.gpu_power(view)), (8, _gpu_memory(view)))
    return Section(f"GPU{view.only(*shared.GPU_SERIES)}", (charts,))


def _gpu_memory(view: View) -> core.TimeSeries:
    used, total = "host:gpu_memory_used_bytes", "host:gpu_memory_total_bytes"
    return panels.timeseries(
        "GPU memory",
        "Framebuffer of each discrete GPU in use, and how much there is (dashed). A GB10 and a Mac have "
        f"none: see their RAM. Metrics: `{used}`, `{total}`.",
        view.shown(
            shared.per_gpu(view, used),
            Query(f"max(host:gpu_memory_total_bytes{{{view.host}}})", "Size of one"),
        ),
        unit="bytes",
        absent="No framebuffer: only discrete GPUs have one",
        overrides=[
            *colours.gpus(view.fleet),
            colours.by_name("Size of one", **panels.limit_line(colours.GREY)),
        ],
    )


def _health(view: View) -> Section:
    most = max((len(host.exporters) for host in view.fleet.hosts), default=0)
    height = max(LEAST_HEALTH_HEIGHT, timeline_height(most))
    return Section("Health", (line((12, _exporters(view)), (12, _alerts(view)), height=height),))


def _exporters(view: View) -> core.StateTimeline:
    expr = f"max by (job, server) (up{{{view.host}}})"
    expected = "monogen:target_expected:info"
    if view.has(expected):
        expr += f"\nor\nmax by (job, server) ({expected}{{{view.host}}} * 0)"
    return panels.state_timeline(
        "Exporters",
        "Whether each exporter of this host answered; Down also when the inventory has it and nobody "
        f"scrapes it. Metrics: `up`, `{expected}`.",
        [Query(expr, "{{job}} {{server}}")],
        states=colours.UP,
        absent="No exporter is scraped on this host",
    )


def _alerts(view: View) -> core.Table:
    own_or_none = f'fleet=~"|{view.fleet.name}", instance=`${{instance:raw}}`'
    expr = f"max by (alertname, severity, alertstate) (ALERTS{{{own_or_none}}})"
    severity = colours.by_name(
        "Severity",
        custom__width=120,
        mappings=[colours.words(colours.SEVERITIES)],
        custom__cellOptions={"type": "color-text"},
    )
    status = colours.by_name("Status", custom__width=110, mappings=[colours.words(colours.ALERT_STATE)])
    return panels.table(
        "Alerts",
        "Alerts that fire or wait (pending) for this host; the runbook of each says what to do. Metric: "
        "`ALERTS`.",
        [Query(expr)],
        columns={"alertname": "Alert", "severity": "Severity", "alertstate": "Status"},
        overrides=[colours.by_name("Alert", custom__minWidth=200), severity, status],
        sort=[("Status", False), ("Severity", False)],
        absent="No alert for this host",
        hidden=["Value"],
    )


SECTIONS: dict[str, Callable[[View], Section]] = {
    "summary": _summary,
    "compute": _compute,
    "memory": _memory,
    "disk": _disk,
    "network": _network,
    "gpu": _gpu,
    "health": _health,
}
"""The rows of the board, by the name ``groups`` knows them."""
