"""Boards of a Grafana that is no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monogen.lint.check import check
from monogen.lint.checks.dashboards.examples import a_board, a_panel, example
from monogen.lint.context import Context
from monogen.lint.documents import BoardItem
from monogen.lint.model import Found

CURRENT = 42
"""The last schemaVersion of boards of this kind; Grafana 10 to 13 all read it."""

OLD = 36
"""Below it a board comes from before Grafana 9: data sources by name, the first defaults."""

ROWS_END = 16
"""Below it Grafana turns ``rows`` into panels; from it on nothing looks at them."""

REPLACED_PANELS = {
    "graph": "timeseries",
    "singlestat": "stat",
    "grafana-singlestat-panel": "stat",
    "table-old": "table",
    "grafana-piechart-panel": "piechart",
    "grafana-worldmap-panel": "geomap",
}
"""Panels of Angular's days, and what Grafana turns them into."""

DEAD_KEYS = ("gnetId", "hideControls", "sharedCrosshair", "style")
"""Keys of a board that Grafana no longer reads."""


@check(
    "MG601",
    "old-board",
    family="dashboards",
    severity="info",
    on="board",
    what="A board of an old Grafana: an old `schemaVersion`, keys that nothing reads any more, panels of "
    "Angular's days, alerts in panels.",
    why="Grafana turns an old board into a new one each time it is opened, and drops what it no longer "
    "knows without a word. Under a new `schemaVersion` old keys are not even turned: `rows` are gone, "
    "panels and all.",
    bad=example(a_board(a_panel(type="graph"), schemaVersion=22, style="dark")),
    good=example(a_board(a_panel())),
)
def old_board(board: BoardItem, _: Context) -> Iterator[Found]:
    """The board's version and keys, then its panels."""
    version = board.data.get("schemaVersion")
    if isinstance(version, bool) or not isinstance(version, int):
        yield Found(
            board.keys,
            "the board has no `schemaVersion`, so Grafana takes it for one of its oldest",
            f"write `schemaVersion: {CURRENT}` if its keys are of today",
        )
    elif version < OLD:
        yield Found(
            (*board.keys, "schemaVersion"),
            f"the board's `schemaVersion` is {version}, of a Grafana before 9",
            f"open it in a Grafana of today, save it and export it again (now {CURRENT})",
        )
    yield from _dead_keys(board, version)
    yield from _old_panels(board)
    yield from _panel_alerts(board)


def _dead_keys(board: BoardItem, version: Any) -> Iterator[Found]:
    if board.data.get("rows") and isinstance(version, int) and version >= ROWS_END:
        yield Found(
            (*board.keys, "rows"),
            f"Grafana looks into `rows` only below schemaVersion {ROWS_END}: none of these panels is shown",
            "move the panels to `panels`, each with a `gridPos`",
            on_key=True,
            severity="error",
        )
    dead = [key for key in DEAD_KEYS if board.data.get(key) is not None]
    if dead:
        yield Found(
            (*board.keys, dead[0]),
            f"Grafana no longer reads {' and '.join(f'`{key}`' for key in dead)}",
            "leave them out",
            on_key=True,
        )


def _old_panels(board: BoardItem) -> Iterator[Found]:
    for old, new in REPLACED_PANELS.items():
        panels = [panel for panel in board.panels if panel.type == old]
        if panels:
            count = "a panel is" if len(panels) == 1 else f"{len(panels)} panels are"
            yield Found(
                (*panels[0].keys, "type"),
                f"{count} of type `{old}`, which Grafana 12 no longer has; it turns them into `{new}`",
                "save the board in a Grafana of today, and look at what became of these panels",
            )


def _panel_alerts(board: BoardItem) -> Iterator[Found]:
    for panel in board.panels:
        if isinstance(panel.data.get("alert"), dict):
            yield Found(
                (*panel.keys, "alert"),
                f"the alert in the panel `{panel.title}` never fires in Grafana 11 or later",
                "write it as an alerting rule",
                on_key=True,
                severity="warning",
            )
