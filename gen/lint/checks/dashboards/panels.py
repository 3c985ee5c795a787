"""What every panel should have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monogen.lint.check import check
from monogen.lint.checks.dashboards.examples import a_board, a_panel, example
from monogen.lint.context import Context
from monogen.lint.documents import BoardItem, PanelItem
from monogen.lint.model import Found, Keys
from monogen.lint.reading.board_parts import targets_of
from monogen.lint.reading.data_sources import DataSources, is_prometheus
from monogen.lint.reading.lenient import as_list, as_mapping

MEASURED = frozenset(("timeseries", "stat", "gauge", "bargauge", "graph", "singlestat", "barchart", "trend"))
"""Panels that show numbers with a unit."""

DATA = MEASURED | {
    "table",
    "table-old",
    "heatmap",
    "histogram",
    "piechart",
    "state-timeline",
    "status-history",
    "xychart",
    "candlestick",
}
"""Grafana's own panels that show the answers to queries."""


def _shows_data(panel: PanelItem) -> bool:
    return panel.type in DATA and "libraryPanel" not in panel.data


def place_of(panel: PanelItem) -> Keys:
    """Where to say something about a panel: at its title, which people know it by."""
    return (*panel.keys, "title") if "title" in panel.data else panel.keys


@check(
    "MG603",
    "panel-without-title",
    family="dashboards",
    severity="info",
    on="panel",
    what="A panel that shows data and has no title.",
    why="Nobody can say what it shows, link to it, or name it to someone on the phone.",
    bad=example(a_board(a_panel(title=""))),
    good=example(a_board(a_panel())),
)
def panel_without_title(panel: PanelItem, _: Context) -> Iterator[Found]:
    """Panels of data only: texts and logos need none."""
    if _shows_data(panel) and targets_of(panel) and not panel.title.strip():
        yield Found(
            place_of(panel),
            f"this {panel.type} panel has no title",
            "say in two or three words what it shows",
        )


@check(
    "MG604",
    "panel-without-description",
    family="dashboards",
    severity="info",
    on="board",
    what="A panel that shows data and has no description.",
    why="At night the one who looks has not built the board: what the number means, which metric it is and "
    "what to do belong behind the little i.",
    bad=example(a_board(a_panel(), a_panel(id=2, title="Received again", description=""))),
    good=example(a_board(a_panel())),
)
def panel_without_description(board: BoardItem, _: Context) -> Iterator[Found]:
    """One word where no panel has any; a board of a single panel may explain it in its title."""
    panels = [panel for panel in board.panels if _shows_data(panel) and targets_of(panel)]
    bare = [panel for panel in panels if not _described(panel)]
    if len(panels) > 1 and bare == panels:
        where = (*board.keys, "title") if "title" in board.data else board.keys
        message = f"none of the {len(panels)} panels has a description"
        yield Found(where, message, "say what each means and what to do")
    elif len(panels) > 1:
        for panel in bare:
            message = f"the panel `{panel.title}` has no description"
            yield Found(place_of(panel), message, "say what it means and what to do")


def _described(panel: PanelItem) -> bool:
    description = panel.data.get("description")
    return isinstance(description, str) and bool(description.strip())


@check(
    "MG605",
    "panel-without-unit",
    family="dashboards",
    severity="info",
    on="panel",
    what="A panel of numbers that states no unit.",
    why="4.2e10 on an axis is a riddle; 39 GiB is an answer.",
    bad=example(a_board(a_panel(fieldConfig={"defaults": {}, "overrides": []}))),
    good=example(a_board(a_panel())),
)
def panel_without_unit(panel: PanelItem, _: Context) -> Iterator[Found]:
    """Not where values are mapped to words, where overrides set units, or where a stat shows a label."""
    if panel.type not in MEASURED or not _shows_data(panel) or not targets_of(panel):
        return
    if not _has_unit(panel.data) and not _shows_words(panel.data):
        hint = "set `unit`, `short` for a plain number"
        yield Found(place_of(panel), f"the panel `{panel.title}` states no unit", hint)


def _has_unit(data: Mapping[str, Any]) -> bool:
    config = as_mapping(data.get("fieldConfig"))
    for override in as_list(config.get("overrides")):
        for item in as_list(as_mapping(override).get("properties")):
            if as_mapping(item).get("id") in ("unit", "mappings"):
                return True
    formats = [as_mapping(axis).get("format") for axis in as_list(data.get("yaxes"))]
    return bool(as_mapping(config.get("defaults")).get("unit") or any(formats) or data.get("format"))


def _shows_words(data: Mapping[str, Any]) -> bool:
    options = as_mapping(data.get("options"))
    defaults = as_mapping(as_mapping(data.get("fieldConfig")).get("defaults"))
    fields = as_mapping(options.get("reduceOptions")).get("fields")
    return bool(
        defaults.get("mappings") or data.get("valueMaps") or fields or options.get("textMode") == "name"
    )


@check(
    "MG606",
    "panel-without-query",
    family="dashboards",
    severity="warning",
    on="board",
    what="A panel of data without a query, or a query without an expression.",
    why="It says *No data* for ever.",
    bad=example(a_board(a_panel(), a_panel(id=2, title="Sent", targets=[]))),
    good=example(a_board(a_panel())),
)
def panel_without_query(board: BoardItem, _: Context) -> Iterator[Found]:
    """Empty expressions only where Prometheus is asked: other data sources have other keys."""
    sources = DataSources(board.data)
    for panel in board.panels:
        if not _shows_data(panel) or panel.data.get("snapshotData"):
            continue
        targets = targets_of(panel)
        if not targets:
            yield Found(place_of(panel), f"the panel `{panel.title}` asks nothing", "give it a query")
        for index, target in enumerate(targets):
            if not isinstance(target, Mapping) or target.get("hide") or _asks(target):
                continue
            if "expr" in target or is_prometheus(sources.kind(target, panel.data)):
                keys: Keys = (*panel.keys, "targets", index)
                ref = target.get("refId") or index + 1
                message = f"the query {ref} of the panel `{panel.title}` has no expression"
                yield Found(
                    (*keys, "expr") if "expr" in target else keys, message, "write one or remove the query"
                )


def _asks(target: Mapping[str, Any]) -> bool:
    expr = target.get("expr")
    return isinstance(expr, str) and bool(expr.strip())


@check(
    "MG616",
    "same-id-twice",
    family="dashboards",
    severity="warning",
    on="board",
    what="Two panels of a board with one `id`, or two queries of a panel with one `refId`.",
    why="Links to a panel lead to the other one, and Grafana gives out new ids at each load. Of two queries "
    "with one refId one wins, and transformations and overrides mean either.",
    bad=example(a_board(a_panel(), a_panel(title="Received again"))),
    good=example(a_board(a_panel(), a_panel(id=2, title="Received again"))),
)
def same_id_twice(board: BoardItem, _: Context) -> Iterator[Found]:
    """Library panels have no ids of this board."""
    seen: dict[int, str] = {}
    for panel in board.panels:
        number = panel.data.get("id")
        if isinstance(number, int) and not isinstance(number, bool) and "__elements" not in panel.keys:
            if number in seen:
                message = f"the panels `{seen[number]}` and `{panel.title}` both have the id {number}"
                yield Found((*panel.keys, "id"), message, "give each panel an id of its own")
            seen.setdefault(number, panel.title)
        yield from _same_ref_id(panel)


def _same_ref_id(panel: PanelItem) -> Iterator[Found]:
    seen = set()
    for index, target in enumerate(targets_of(panel)):
        ref = target.get("refId") if isinstance(target, Mapping) else None
        if isinstance(ref, str) and ref in seen:
            message = f"two queries of the panel `{panel.title}` have the refId `{ref}`"
            yield Found(
                (*panel.keys, "targets", index, "refId"), message, "give each query a refId of its own"
            )
        if isinstance(ref, str):
            seen.add(ref)
