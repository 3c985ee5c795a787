"""The kinds of panels, as grafanalib objects with the options that mattered in a real Grafana.

Every function takes the queries that are shown; a panel without a query is left out by the layout.
What grafanalib 0.7.1 cannot say goes in through ``extraJson``; ``modern`` finishes the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grafanalib import core
from monogen.dashboards import colours
from monogen.dashboards.limits import Limit
from monogen.dashboards.view import Query

REF_IDS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Json = dict[str, Any]

GAUGE_CELL: Json = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
DASHED: Json = {"fill": "dash", "dash": [8, 6]}


def stat(
    title: str,
    description: str,
    queries: Sequence[Query],
    *,
    unit: str = "none",
    decimals: int | None = None,
    steps: Sequence[tuple[str, float]] = (),
    base: str = colours.NEUTRAL,
    mappings: Sequence[Json] = (),
    absent: str = "no data",
    size: int = 36,
    title_size: int = 14,
    field: str = "",
    named: bool = False,
    sparkline: str = "",
    background: bool = False,
    links: Sequence[Json] = (),
    share: bool = False,
) -> core.Stat:
    """One number (or word) that answers a question.

    ``steps`` are (colour, from) pairs above ``base``; without any the number stays neutral. ``field``
    shows that label of the series in place of its value. ``sparkline`` is the colour of a curve
    behind the number. ``share``: the number lies between 0 and 1.
    """
    mode = "background_solid" if background else "value" if steps else "none"
    defaults: Json = {"links": list(links)} if links else {}
    if share:
        defaults |= {"min": 0, "max": 1}
    return core.Stat(
        title=title,
        description=description,
        targets=targets(queries, instant=not sparkline, table=bool(field)),
        color=colours.fixed(sparkline) if sparkline else {"mode": "thresholds"},
        colorMode=mode,
        decimals=decimals,
        format=unit,
        graphMode="area" if sparkline else "none",
        mappings=list(mappings),
        noValue=absent,
        reduceCalc="lastNotNull",
        fields=f"/^{field}$/" if field else "",
        textMode="value_and_name" if named else "value" if field else "auto",
        thresholds=_steps(base, steps),
        extraJson={
            "fieldConfig": {"defaults": defaults},
            "options": {"text": {"titleSize": title_size, "valueSize": size}},
        },
    )


def timeseries(
    title: str,
    description: str,
    queries: Sequence[Query],
    *,
    unit: str,
    absent: str,
    minimum: float | None = 0,
    maximum: float | None = None,
    soft_maximum: float | None = None,
    decimals: int | None = None,
    fill: int = 10,
    legend: bool = True,
    overrides: Sequence[Json] = (),
    limit: Limit | None = None,
    links: Sequence[Json] = (),
    ascending: bool = False,
    stack: bool = False,
) -> core.TimeSeries:
    """Lines over time. ``limit`` is drawn as a dashed line; ``stack`` piles areas up in their order."""
    custom: Json = {"axisSoftMax": soft_maximum}
    defaults: Json = {"min": minimum, "max": maximum, "noValue": absent, "custom": custom}
    if links:
        defaults["links"] = list(links)
    return core.TimeSeries(
        title=title,
        description=description,
        targets=targets(queries),
        fillOpacity=fill,
        lineWidth=0 if stack else 1,
        showPoints="never",
        legendDisplayMode="table" if stack else "list",
        legendPlacement="right" if stack else "bottom",
        legendCalcs=["lastNotNull", "max"] if stack else [],
        overrides=list(overrides),
        stacking={"group": "A", "mode": "normal"} if stack else {},
        thresholds=_steps("transparent", [(limit.colour, limit.value)]) if limit else [],
        thresholdsStyleMode="dashed" if limit else "off",
        tooltipMode="multi",
        tooltipSort="none" if stack else "asc" if ascending else "desc",
        unit=unit,
        valueDecimals=decimals,
        extraJson={
            "fieldConfig": {"defaults": defaults},
            "options": {"legend": {"showLegend": legend}, "tooltip": {"hideZeros": False}},
        },
    )


def table(
    title: str,
    description: str,
    queries: Sequence[Query],
    *,
    columns: dict[str, str],
    overrides: Sequence[Json],
    sort: Sequence[tuple[str, bool]],
    absent: str,
    hidden: Sequence[str] = (),
) -> core.Table:
    """A line a host, model or alert. ``columns`` maps fields to headings, in the order shown.

    A query's result is the field ``Value #<its name>``. ``sort`` are (heading, descending) pairs.
    """
    organise = {
        "excludeByName": dict.fromkeys(["Time", *hidden], True),
        "indexByName": {field: index for index, field in enumerate(columns)},
        "renameByName": columns,
    }
    merge = [{"id": "merge", "options": {}}] if len(queries) > 1 else []
    return core.Table(
        title=title,
        description=description,
        targets=targets(queries, instant=True, table=True),
        transformations=[*merge, {"id": "organize", "options": organise}],
        mappings=[colours.dash()],
        overrides=list(overrides),
        sortBy=[core.TableSortByField(displayName=name, desc=down) for name, down in sort],
        thresholds=_steps(colours.NEUTRAL, ()),
        unit="none",
        extraJson={
            "fieldConfig": {"defaults": {"noValue": absent}},
            "options": {"cellHeight": "sm"},
        },
    )


def bar_gauge(
    title: str,
    description: str,
    queries: Sequence[Query],
    *,
    label: str,
    absent: str,
    limit: Limit | None = None,
) -> core.BarGauge:
    """A bar from 0 to 1 for each series, named by its ``label``."""
    steps = [(limit.colour, limit.value)] if limit else []
    return core.BarGauge(
        title=title,
        description=description,
        targets=targets(queries, instant=True),
        calc="lastNotNull",
        decimals=0,
        displayMode="basic",
        format="percentunit",
        label=f"${{__field.labels.{label}}}",
        max=1,
        thresholds=_steps(colours.USED, steps),
        extraJson={
            "fieldConfig": {"defaults": {"noValue": absent}},
            "options": {"maxVizHeight": 46, "text": {"titleSize": 14, "valueSize": 18}},
        },
    )


def state_timeline(
    title: str,
    description: str,
    queries: Sequence[Query],
    *,
    states: dict[str, tuple[str, str]],
    absent: str,
) -> core.StateTimeline:
    """A bar of coloured states for each series. The legend needs palette-classic to read mappings."""
    return core.StateTimeline(
        title=title,
        description=description,
        targets=targets(queries),
        colorMode="palette-classic",
        mappings=[colours.words(states)],
        rowHeight=0.6,
        showValue="never",
        extraJson={
            "fieldConfig": {"defaults": {"noValue": absent, "unit": "none"}},
            "options": {
                "legend": {"calcs": [], "showLegend": True},
                "tooltip": {"hideZeros": False, "sort": "none"},
            },
        },
    )


def text(title: str, content: str) -> core.Text:
    """A few paragraphs of Markdown; they must fit the panel's height."""
    code = {"language": "plaintext", "showLineNumbers": False, "showMiniMap": False}
    return core.Text(title=title, content=content, extraJson={"options": {"code": code}})


def row(title: str, collapsed: bool = False) -> core.RowPanel:
    """A heading over the panels that follow; collapsed it asks nothing until it is opened."""
    return core.RowPanel(title=title, collapsed=collapsed)


def targets(queries: Sequence[Query], *, instant: bool = False, table: bool = False) -> list[core.Target]:
    """Queries as grafanalib targets; a table's refIds are the names of its columns."""
    return [
        core.Target(
            expr=query.expr,
            refId=query.name if table and query.name else REF_IDS[index],
            legendFormat="" if table else query.name,
            instant=instant,
            format="table" if table else "time_series",
        )
        for index, query in enumerate(queries)
    ]


def on_top(colour: str, dashed: bool = False) -> Json:
    """Properties of a line that is drawn over a stack and not added to it."""
    return {
        "color": colours.fixed(colour),
        "custom__stacking": {"group": "A", "mode": "none"},
        "custom__fillOpacity": 0,
        "custom__lineWidth": 2,
        "custom__lineStyle": DASHED if dashed else {"fill": "solid"},
    }


def limit_line(colour: str) -> Json:
    """Properties of a dashed line at which an alert begins."""
    return {"color": colours.fixed(colour), "custom__fillOpacity": 0, "custom__lineStyle": DASHED}


def thresholds(base: str, *limits: Limit | None) -> Json:
    """Colours of a cell, for an override: ``base``, then each alert's from its number on."""
    steps = [(limit.colour, limit.value) for limit in limits if limit]
    return {
        "mode": "absolute",
        "steps": [
            {"color": base, "value": None},
            *({"color": colour, "value": value} for colour, value in steps),
        ],
    }


def colour_steps(*limits: Limit | None) -> list[tuple[str, float]]:
    """Colours of a stat: each alert's from its number on."""
    return [(limit.colour, limit.value) for limit in limits if limit]


def _steps(base: str, steps: Sequence[tuple[str, float]]) -> list[core.Threshold]:
    """grafanalib writes the first step's null as a word; ``modern`` mends it."""
    rising = sorted(steps, key=lambda step: step[1])
    return [core.Threshold(base, 0, 0.0)] + [
        core.Threshold(colour, index, float(value)) for index, (colour, value) in enumerate(rising, 1)
    ]
