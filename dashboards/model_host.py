"""The Model host board: what sits in the memory of a host that serves models, and what still fits?"""

from __future__ import annotations

from collections.abc import Callable

from grafanalib import core
from monogen.dashboards import colours, panels, shared, variables
from monogen.dashboards.finish import finish
from monogen.dashboards.layout import STRIP_HEIGHT, Cell, Line, Section, line
from monogen.dashboards.limits import limit
from monogen.dashboards.view import Query, View
from monogen.monitoring import Dashboard

STACK_HEIGHT = 12
MODELS_HEIGHT = 5
MOST_PROCESSES = 8
NO_MODELS = "The inventory gives this host no memory for models"


def board(view: View) -> Dashboard:
    """The board of one host that holds models, chosen at its top."""
    return finish(
        view,
        "model-host",
        "Model host",
        "What sits in the memory of a host that serves models, and what still fits?",
        [make(view) for group, make in SECTIONS.items() if view.wants(group)],
        [variables.chosen_host(view, "host:model_capacity_bytes")],
        one_host=True,
    )


def _summary(view: View) -> Section:
    stats = [
        shared.state(view), _gpu_name(view), _models_hold(view), _headroom_now(view), _budgets(view),
        _gpu_busy(view), _gpu_power(view), _gpu_temperature(view),
    ]  # fmt: skip
    return Section("", (line(*((3, stat) for stat in stats), height=STRIP_HEIGHT),))


def _gpu_name(view: View) -> core.Stat:
    return panels.stat(
        "GPU",
        "As its exporter names it. Metric: `host:gpu_info`.",
        view.shown(Query(f"count by (gpu_name) (host:gpu_info{{{view.host}}})")),
        absent="no GPU data",
        size=22,
        field="gpu_name",
    )


def _models_hold(view: View) -> core.Stat:
    series = "host:model_footprint_bytes"
    return panels.stat(
        "Models hold",
        f"RAM in use minus the reserve, or framebuffer in use. Metric: `{series}`.",
        view.shown(Query(f"{series}{{{view.host}}}")),
        unit="bytes",
        decimals=1,
        sparkline=colours.MODELS,
        size=30,
    )


def _headroom_now(view: View) -> core.Stat:
    series = "host:model_headroom_bytes"
    return panels.stat(
        "Headroom",
        "What is left for models. Little left on unified memory: unload one, a full one freezes the host. "
        f"Metric: `{series}`.",
        view.shown(Query(f"{series}{{{view.host}}}")),
        unit="bytes",
        decimals=1,
        size=30,
    )


def _budgets(view: View) -> core.Stat:
    budget, capacity = "host:model_budget_bytes", "host:model_capacity_bytes"
    return panels.stat(
        "Budgets",
        "Sum of the budgets of the inventory over the capacity. Above 100 % not all models fit at once. "
        f"Metrics: `{budget}`, `{capacity}`.",
        view.shown(Query(f"sum({budget}{{{view.host}}}) / sum({capacity}{{{view.host}}})")),
        unit="percentunit",
        decimals=0,
        steps=[("orange", 1)],
        absent="none",
    )


def _gpu_busy(view: View) -> core.Stat:
    return panels.stat(
        "GPU busy",
        "Mean of the GPUs of this host. Metric: `host:gpu_utilization:ratio`.",
        view.shown(Query(f"avg(host:gpu_utilization:ratio{{{view.host}}})")),
        unit="percentunit",
        decimals=0,
        sparkline=colours.GPUS[0],
        share=True,
    )


def _gpu_power(view: View) -> core.Stat:
    return panels.stat(
        "GPU power",
        "Sum of the GPUs, as they report it. Metric: `host:gpu_power_watts`.",
        view.shown(Query(f"sum(host:gpu_power_watts{{{view.host}}})")),
        unit="watt",
        decimals=0,
        sparkline=colours.GPUS[0],
    )


def _gpu_temperature(view: View) -> core.Stat:
    return panels.stat(
        "GPU temp",
        "Hottest GPU; coloured where the alert begins. Metric: `host:gpu_temperature_celsius`.",
        view.shown(Query(f"max(host:gpu_temperature_celsius{{{view.host}}})")),
        unit="celsius",
        decimals=0,
        steps=panels.colour_steps(limit(view.fleet, "GpuTemperatureHigh")),
    )


def _memory(view: View) -> Section:
    beside = Cell(8, ((MODELS_HEIGHT, _models(view)), (STACK_HEIGHT - MODELS_HEIGHT, _explanation(view))))
    stack = Cell(16, ((STACK_HEIGHT, _stack(view)),))
    return Section("", (Line(STACK_HEIGHT, (stack, beside)),))


def _stack(view: View) -> core.TimeSeries:
    budget = "host:model_budget_bytes"
    over = " Above the dashed budget line more is loaded than was planned." if view.has(budget) else ""
    return panels.timeseries(
        "What sits in memory",
        "Models at the bottom, read from zero against the capacity line; then cache (given back at once), "
        f"free memory, and the reserve of the system on top.{over} Metrics: `host:model_footprint_bytes`, "
        "`host:model_cache_bytes`, `host:model_free_bytes`, `host:model_reserved_bytes`, "
        f"`host:model_capacity_bytes`{f', `{budget}`' if view.has(budget) else ''}.",
        view.shown(
            Query(f"host:model_footprint_bytes{{{view.host}}}", "Models"),
            Query(f"host:model_cache_bytes{{{view.host}}}", "Cache"),
            Query(f"host:model_free_bytes{{{view.host}}}", "Free"),
            Query(f"host:model_reserved_bytes{{{view.host}}}", "Reserved"),
            Query(f"host:model_capacity_bytes{{{view.host}}}", "Capacity"),
            Query(f"sum({budget}{{{view.host}}})", "Budgets"),
        ),
        unit="bytes",
        fill=70,
        stack=True,
        absent=NO_MODELS,
        overrides=[
            *colours.lines({"Models": colours.MODELS}),
            colours.by_name("Cache", color=colours.fixed(colours.CACHE), custom__fillOpacity=35),
            colours.by_name("Free", color=colours.fixed(colours.FREE), custom__fillOpacity=10),
            colours.by_name("Reserved", color=colours.fixed(colours.RESERVED), custom__fillOpacity=45),
            colours.by_name("Capacity", **panels.on_top(colours.NEUTRAL)),
            colours.by_name("Budgets", **panels.on_top(colours.BUDGET, dashed=True)),
        ],
    )


FITS = {"0": ("Never", "orange"), "1": ("Alone", ""), "2": ("Now", "green")}


def _models(view: View) -> core.Table:
    budget = f"max by (model) (host:model_budget_bytes{{{view.host}}})"
    capacity = f"on () group_left () host:model_capacity_bytes{{{view.host}}}"
    room = f"on () group_left () host:model_headroom_bytes{{{view.host}}}"
    fits = f"({budget} <= bool {capacity})\n+\n({budget} <= bool {room})"
    share = colours.by_name(
        "Share of capacity",
        unit="percentunit",
        decimals=0,
        min=0,
        max=1,
        custom__cellOptions=panels.GAUGE_CELL,
        color=colours.fixed(colours.BUDGET),
        custom__minWidth=90,
    )
    return panels.table(
        "Models in the inventory",
        "What each model was planned to take: file, KV cache and overhead. Share: of the capacity of this "
        "host. Fits: Now, beside all that is loaded; Alone, in the capacity but not beside what is loaded "
        "(which may be itself); Never, it is larger than the capacity. Metrics: `host:model_budget_bytes`, "
        "`host:model_capacity_bytes`, `host:model_headroom_bytes`.",
        view.shown(Query(budget, "Budget"), Query(f"{budget} / {capacity}", "Share"), Query(fits, "Fits")),
        columns={
            "model": "Model",
            "Value #Budget": "Budget",
            "Value #Share": "Share of capacity",
            "Value #Fits": "Fits",
        },
        overrides=[
            colours.by_name("Model", custom__minWidth=130),
            colours.by_name("Budget", unit="bytes", decimals=1, custom__width=88),
            share,
            colours.by_name(
                "Fits",
                custom__width=66,
                mappings=[colours.words(FITS)],
                custom__cellOptions={"type": "color-text"},
            ),
        ],
        sort=[("Budget", True)],
        absent="No model with a size in the inventory of this host",
    )


def _explanation(view: View) -> core.Text | core.Stat:
    """Why unified memory has no framebuffer panel; nothing where every model host has a framebuffer."""
    kinds = {host.hardware for host in view.model_hosts if host.unified_memory}
    if not kinds:
        return panels.stat("", "", [])
    names = [f"a **{colours.HARDWARE[kind][0]}**" for kind in ("gb10", "apple-silicon") if kind in kinds]
    who = " or ".join(names)
    checked = (
        " (So it is with dcgm-exporter 4.5.3 and driver 580; look again from driver 585 on.)"
        if "gb10" in kinds
        else ""
    )
    return panels.text(
        "Why no framebuffer panel?",
        f"On {who} CPU and GPU share the RAM. There is no framebuffer to measure, and a panel on it would "
        f"stay empty for ever.{checked}\n\n"
        "Models hold here *RAM in use minus the reserve*; on a discrete GPU the same series come from its "
        "framebuffer.\n\n"
        "RSS, `docker stats` and cgroup limits do not see this memory.",
    )


def _pressure(view: View) -> Section:
    return Section(
        "Room and pressure",
        (line((8, _headroom(view)), (8, _processes(view)), (8, shared.pressure(view))),),
    )


def _headroom(view: View) -> core.TimeSeries:
    pool, low = "host:model_pool_headroom_bytes", "host:model_headroom_low_bytes"
    about = (
        " Below the red line (unified memory only) the alert fires and the host may freeze without an OOM "
        "kill: unload a model."
        if view.has(low)
        else " A model that does not fit fails to load."
    )
    return panels.timeseries(
        "Headroom",
        f"Room left for models: of the unified memory, or of each GPU.{about} Metrics: `{pool}`"
        f"{f', `{low}`' if view.has(low) else ''}.",
        view.shown(
            Query(f"{pool}{{{view.host}}}", "{{pool}}"), Query(f"{low}{{{view.host}}}", "Alert below")
        ),
        unit="bytes",
        soft_maximum=16 * shared.GIB,
        absent=NO_MODELS,
        overrides=[
            *colours.lines({"Unified memory": colours.MODELS}),
            *colours.gpus(view.fleet),
            colours.by_name("Alert below", **panels.limit_line("red")),
        ],
    )


def _processes(view: View) -> core.TimeSeries:
    series = "host:process_gpu_memory_bytes"
    selected = f"{series}{{{view.host}}}"
    pick = f"topk({MOST_PROCESSES}, max_over_time({selected}[$__range] @ end()))"
    return panels.timeseries(
        f"GPU memory by process{view.only(series)}",
        "The processes that held most GPU memory, each once over all GPUs; on a GB10 the one way to see a "
        "single model. Needs nvidia_gpu_exporter with `--collect.compute-apps` in the host's PID namespace. "
        f"Metric: `{series}`.",
        view.shown(Query(f"{selected}\nand\n{pick}", "{{process_name}} {{pid}}")),
        unit="bytes",
        stack=True,
        fill=50,
        absent="Not exported: see the description",
    )


def _gpu(view: View) -> Section:
    charts = line(
        (6, shared.gpu_busy(view)),
        (6, shared.gpu_clock(view)),
        (6, shared.gpu_power(view)),
        (6, shared.gpu_temperature(view)),
    )
    return Section("GPU", (charts,))


SECTIONS: dict[str, Callable[[View], Section]] = {
    "summary": _summary,
    "memory": _memory,
    "pressure": _pressure,
    "gpu": _gpu,
}
"""The rows of the board, by the name ``groups`` knows them. Rows of model servers go here too."""
