"""The Grafana dashboards of a fleet: built with grafanalib, finished for today's Grafana.

``build`` and ``load_own`` import grafanalib when they are called: it takes a tenth of a second.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from monogen.dashboards.identity import tag, uid

if TYPE_CHECKING:
    from monogen.inventory.model import Fleet
    from monogen.monitoring import Dashboard, Series

__all__ = ["build", "load_own", "tag", "uid"]


def build(fleet: Fleet, series: Series, groups: tuple[str, ...] = ()) -> tuple[Dashboard, ...]:
    """The boards of a fleet: fleet and host, and those that some host has series for.

    model-host needs memory for models, serving a model server, tiers a LiteLLM proxy.

    ``series`` decides which panels, columns and rows there are: what no host records is left out.
    ``groups`` names the rows to show (see ``SECTIONS`` of each board); empty means all of them.
    The result is the same to the byte for the same fleet.
    """
    from monogen.dashboards import fleet as fleet_board  # noqa: PLC0415 - grafanalib is slow to import
    from monogen.dashboards import host, model_host, serving, tiers  # noqa: PLC0415
    from monogen.dashboards.view import View  # noqa: PLC0415

    view = View(fleet, series, groups)
    boards = [fleet_board.board(view), host.board(view)]
    if view.has_model_hosts:
        boards.append(model_host.board(view))
    boards.extend(one.board(view) for one in (serving, tiers) if one.wanted(view))
    return tuple(boards)


def load_own(path: str | Path, fleet: str = "") -> list[Dashboard]:
    """A dashboard that people wrote themselves: ``.json``, or grafanalib's ``.dashboard.py``.

    A Python file is executed, as grafanalib's own loader does. ``fleet`` makes the uid of a board
    that states none unique over fleets. Raises InputError where the file cannot be used.
    """
    from monogen.dashboards.own import load  # noqa: PLC0415 - only people with own boards pay for it

    return load(Path(path), fleet)
