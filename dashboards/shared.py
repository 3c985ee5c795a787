"""Panels that more than one board shows: memory pressure, GPUs, and what a host is."""

from __future__ import annotations

from grafanalib import core
from monogen.dashboards import colours, panels
from monogen.dashboards.limits import Limit, limit
from monogen.dashboards.view import Query, View

GIB = 2**30
NO_GPU = "No GPU here, or its exporter is down"
GPU_SERIES = (
    "host:gpu_utilization:ratio",
    "host:gpu_clock_hertz",
    "host:gpu_power_watts",
    "host:gpu_temperature_celsius",
)


def state(view: View) -> core.Stat:
    """The host's state as a coloured word."""
    return panels.stat(
        "State",
        "The worst alert that fires for this host; Unreachable when no exporter answers, Away when a host "
        "that may sleep does not. Metric: `host:state:worst`.",
        view.shown(Query(f"host:state:worst{{{view.host}}}")),
        mappings=[colours.words(colours.STATE)],
        absent="not in the inventory",
        size=30,
        background=True,
    )


def per_gpu(view: View, series: str) -> Query:
    """A line for each GPU of the host, called "GPU 0", "GPU 1" by its number."""
    join = f"* on (instance, gpu) group_left (gpu_index) host:gpu_info{{{view.host}}}"
    return Query(f"{series}{{{view.host}}}\n{join}", "GPU {{gpu_index}}")


def limit_queries(view: View, one: Limit | None) -> list[Query]:
    """The alert's number as a line of its own, where some host of the fleet states one."""
    if one is None or not one.by_host:
        return []
    stated = f'monogen:threshold{{{view.host}, alert="{one.alert}"}}'
    default = f"host:info{{{view.host}}} * 0 + {one.value:g}"
    return view.shown(Query(f"{stated}\nor on (instance)\n{default}", "Alert from"))


def static_limit(one: Limit | None) -> Limit | None:
    """The alert's number where it holds for all hosts, to be drawn without a query."""
    return None if one is None or one.by_host else one


def pressure(view: View) -> core.TimeSeries:
    """Swap, and the share of time in which all tasks waited for memory (Linux)."""
    queries = view.shown(
        Query(f"host:swap_used_bytes{{{view.host}}}", "Swap used"),
        Query(f"host:memory_stalled:ratio_rate5m{{{view.host}}}", "Stalled"),
    )
    stalled = view.has("host:memory_stalled:ratio_rate5m")
    where = "; not exported on macOS" if any(host.os == "darwin" for host in view.fleet.hosts) else ""
    about = (
        f" Stalled (right axis{where}) is the share of time in which every task waited for memory."
        if stalled
        else ""
    )
    names = "Metrics: `host:swap_used_bytes`, `host:memory_stalled:ratio_rate5m`." if stalled else (
        "Metric: `host:swap_used_bytes`."
    )  # fmt: skip
    return panels.timeseries(
        "Swap and memory stalls" if stalled else "Swap",
        f"Saturation. Swap that grows means too much is loaded: unload something.{about} {names}",
        queries,
        unit="bytes",
        soft_maximum=GIB,
        absent="No swap data: does node_exporter answer?",
        overrides=[
            *colours.lines({"Swap used": colours.USED}),
            colours.by_name(
                "Stalled",
                unit="percentunit",
                color=colours.fixed(colours.STALLED),
                custom__axisPlacement="right",
                custom__axisSoftMax=0.05,
                custom__fillOpacity=0,
            ),
        ],
    )


def gpu_busy(view: View) -> core.TimeSeries:
    """The GPUs' utilisation."""
    return panels.timeseries(
        "GPU busy",
        "Share of time a kernel ran. Metric: `host:gpu_utilization:ratio`.",
        view.shown(per_gpu(view, "host:gpu_utilization:ratio")),
        unit="percentunit",
        maximum=1,
        absent=NO_GPU,
        overrides=colours.gpus(view.fleet),
    )


def gpu_clock(view: View) -> core.TimeSeries:
    """The GPUs' clock, and where it counts as stuck."""
    low = "host:gpu_clock_low_hertz"
    about = " A GPU that is busy below the dashed line is stuck at low power: on a GB10 unplug it."
    return panels.timeseries(
        "GPU clock",
        f"Clock of the shaders.{about if view.has(low) else ''} Metrics: `host:gpu_clock_hertz`"
        f"{f', `{low}`' if view.has(low) else ''}.",
        view.shown(per_gpu(view, "host:gpu_clock_hertz"), Query(f"{low}{{{view.host}}}", "Stuck below")),
        unit="hertz",
        fill=0,
        absent=NO_GPU,
        overrides=[*colours.gpus(view.fleet), colours.by_name("Stuck below", **panels.limit_line("orange"))],
    )


def gpu_power(view: View) -> core.TimeSeries:
    """What the GPUs draw, as they report it."""
    gb10 = any(host.hardware == "gb10" for host in view.fleet.hosts)
    wall = " A GB10 reports its GPU rail only, 18 to 44 % below the wall." if gb10 else ""
    return panels.timeseries(
        "GPU power",
        f"As the GPU reports it.{wall} Metric: `host:gpu_power_watts`.",
        view.shown(per_gpu(view, "host:gpu_power_watts")),
        unit="watt",
        absent=NO_GPU,
        overrides=colours.gpus(view.fleet),
    )


def gpu_temperature(view: View) -> core.TimeSeries:
    """The GPUs' temperature, and where the alert begins."""
    hot = limit(view.fleet, "GpuTemperatureHigh")
    begins = f" The alert begins at {hot.value:g} degrees." if static_limit(hot) and hot else ""
    queries = view.shown(per_gpu(view, "host:gpu_temperature_celsius"))
    return panels.timeseries(
        "GPU temperature",
        f"Of the GPU itself.{begins} Hot for long: clean the fans, move the box. Metric: "
        "`host:gpu_temperature_celsius`.",
        [*queries, *(limit_queries(view, hot) if queries else [])],
        unit="celsius",
        minimum=20,
        soft_maximum=90,
        fill=0,
        absent=NO_GPU,
        limit=static_limit(hot),
        overrides=[*colours.gpus(view.fleet), colours.by_name("Alert from", **panels.limit_line("orange"))],
    )
