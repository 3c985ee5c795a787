"""Which data source a board asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monogen.lint.check import check
from monogen.lint.checks.dashboards.examples import a_board, a_panel, example
from monogen.lint.context import Context
from monogen.lint.documents import BoardItem
from monogen.lint.model import Found, Keys
from monogen.lint.reading.board_parts import listed, targets_of
from monogen.lint.reading.data_sources import DataSources, is_prometheus
from monogen.lint.reading.filling import inputs_of, uses, variables_of

CHART_UID = "prometheus"
"""The uid that kube-prometheus-stack gives its Prometheus."""

BUILT_IN = ("-- Grafana --", "-- Mixed --", "-- Dashboard --", "grafana", "__expr__", "default", "")

_HINT = 'add a variable of type `datasource` and write `{"type": "prometheus", "uid": "${datasource}"}`'

_FIXED = {"type": "prometheus", "uid": "P1809F7CD0C75ACF3"}


@check(
    "MG602",
    "fixed-data-source",
    family="dashboards",
    severity="warning",
    on="board",
    what="A data source that is not chosen by a variable: a uid or a name of one Grafana, or `${DS_...}` of "
    "an export.",
    why="In any other Grafana the uid does not exist and the panels say so. `${DS_...}` is filled in only by "
    "the import dialog; a board that comes through the sidecar, a file or the API keeps it as it is.",
    bad=example(a_board(a_panel(datasource=_FIXED))),
    good=example(a_board(a_panel())),
)
def fixed_data_source(board: BoardItem, _: Context) -> Iterator[Found]:
    """Each data source once, at the first place that names it."""
    places: dict[str, list[Keys]] = {}
    for keys, name in _references(board):
        places.setdefault(name, []).append(keys)
    inputs = {data["name"] for data in inputs_of(board.data)}
    variables = variables_of(board.data)
    for name, where in places.items():
        times = f" ({len(where)} places)" if len(where) > 1 else ""
        used = [use for use, _ in uses(name)]
        if any(use in inputs and use not in variables for use in used):
            message = f"`{name}` is filled in by Grafana's import dialog only{times}"
            yield Found(where[0], message, _HINT)
        elif not used:
            message = f"the data source `{name}` is fixed; other Grafanas do not have it{times}"
            yield Found(where[0], message, _HINT, severity="info" if name == CHART_UID else None)


def _references(board: BoardItem) -> Iterator[tuple[Keys, str]]:
    """Every data source that is named where Prometheus is asked, or may be."""
    sources = DataSources(board.data)
    for keys, holder in _holders(board):
        reference = holder.get("datasource")
        kind = sources.kind(holder)
        if kind and not is_prometheus(kind):
            continue
        if isinstance(reference, Mapping):
            keys, reference = (*keys, "datasource", "uid"), reference.get("uid")  # noqa: PLW2901 - the uid's
        else:
            keys = (*keys, "datasource")  # noqa: PLW2901 - the name's
        if isinstance(reference, str) and reference not in BUILT_IN:
            yield keys, reference


def _holders(board: BoardItem) -> Iterator[tuple[Keys, Mapping[str, Any]]]:
    for panel in board.panels:
        yield panel.keys, panel.data
        for index, target in enumerate(targets_of(panel)):
            if isinstance(target, Mapping):
                yield (*panel.keys, "targets", index), target
    for part in ("templating", "annotations"):
        yield from listed(board.keys, board.data, part)
