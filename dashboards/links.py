"""Links between the boards of one fleet; time, data source and host go along."""

from __future__ import annotations

from typing import Any

from grafanalib import core
from monogen.dashboards.identity import tag
from monogen.dashboards.view import View

CONTEXT = "${datasource:queryparam}&${__url_time_range}"


def boards(view: View) -> core.DashboardLink:
    """A link to every board that carries the fleet's tag."""
    return core.DashboardLink(
        tags=[tag(view.fleet.name)], title=view.fleet.name, includeVars=True, keepTime=True
    )


def from_cell(view: View, board: str, title: str, column: str = "") -> dict[str, Any]:
    """A link in a table cell: to the host the cell names, or to the one in another column."""
    name = f"${{__data.fields.{column}:percentencode}}" if column else "${__value.text:percentencode}"
    return _link(view, board, title, name)


def from_line(view: View, board: str) -> dict[str, Any]:
    """A link from a line of a graph, or a stat, to the host it belongs to."""
    return _link(view, board, "Open ${__field.labels.instance}", "${__field.labels.instance:percentencode}")


def _link(view: View, board: str, title: str, name: str) -> dict[str, Any]:
    url = f"/d/{view.uid(board)}?var-instance={name}&{CONTEXT}"
    return {"title": title, "url": url, "targetBlank": False}
