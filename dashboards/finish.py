"""What the boards have in common: from sections of panels to a Dashboard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from grafanalib import core
from monogen.dashboards import links, variables
from monogen.dashboards.identity import tag
from monogen.dashboards.layout import Section, place
from monogen.dashboards.modern import modernise
from monogen.dashboards.view import View
from monogen.monitoring import Dashboard


def finish(
    view: View,
    name: str,
    title: str,
    description: str,
    sections: Iterable[Section],
    templates: Sequence[core.Template],
    one_host: bool,
    step: str = "",
    since: str = "now-3h",
) -> Dashboard:
    """The board as it is written. The fleet's name stands in the title: one folder, unique titles.

    ``step`` is the finest step its panels ask for, by default the fleet's evaluation interval;
    ``since`` the start of the period that is shown at first.
    """
    full_title = f"{title} ({view.fleet.name})"
    board = core.Dashboard(
        title=full_title,
        description=description,
        uid=view.uid(name),
        tags=["monogen", tag(view.fleet.name)],
        editable=False,
        graphTooltip=core.GRAPH_TOOLTIP_MODE_SHARED_CROSSHAIR,
        timezone="browser",
        refresh=view.refresh,
        time=core.Time(since, "now"),
        annotations=variables.shown_events(view, one_host),
        links=[links.boards(view)],
        templating=core.Templating(list=[variables.datasource(), *templates]),
        panels=place(sections),
    )
    return Dashboard(
        name=name, uid=view.uid(name), title=full_title, json=modernise(board, step or view.step)
    )
