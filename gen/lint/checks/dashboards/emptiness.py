"""Panels that stay empty whichever host is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from monogen.lint.check import check
from monogen.lint.checks.dashboards.examples import a_board, a_panel, example
from monogen.lint.checks.dashboards.panels import place_of
from monogen.lint.context import Context
from monogen.lint.documents import Expression, PanelItem
from monogen.lint.model import Found
from monogen.lint.reading.board_parts import targets_of

if TYPE_CHECKING:
    from monogen.lint.abstract.shapes import Reason
    from monogen.lint.world import World

_MAC = """fleet: homelab
hosts:
  - name: mac-studio
    hardware: apple-silicon
    memory: 192GB
"""

SERVER_SIDE = "__expr__"
"""The data source of Grafana's own calculations, which have nothing where the queries have nothing."""


@check(
    "MG608",
    "empty-panel",
    family="dashboards",
    severity="error",
    on="panel",
    needs_inventory=True,
    what="A panel none of whose queries gives anything on any host of the inventory.",
    why="It says *No data*, and nobody can tell whether that is good news. Stock boards are made for Linux "
    "with discrete GPUs: on Macs and on a GB10 they ask for metrics that do not exist there.",
    bad=example(a_board(a_panel('node_memory_MemAvailable_bytes{instance=~"$instance"}')), _MAC),
    good=example(a_board(a_panel('node_memory_total_bytes{instance=~"$instance"}')), _MAC),
)
def empty_panel(panel: PanelItem, context: Context) -> Iterator[Found]:
    """Only where every query is understood; one that may give something is enough."""
    if context.world is None or not panel.expressions or not _all_read(panel):
        return
    reasons: list[tuple[str, Reason]] = []
    for expression in panel.expressions:
        found = _why_empty(expression, context.world)
        if found is None:
            return
        reasons += found
    told = min(reasons, key=lambda found: found[1].kind == "exporter", default=None)
    because = f"; on {told[0]}: {told[1].text}" if told else ""
    instead = next((reason.instead for _, reason in reasons if reason.instead), "")
    yield Found(
        place_of(panel),
        f"the panel `{panel.title}` is empty on every host of the inventory{because}",
        f"use `{instead}`" if instead else "leave the panel out, or ask for what these hosts have",
    )


def _why_empty(expression: Expression, world: World) -> list[tuple[str, Reason]] | None:
    """Hosts and why it is empty there; None where it is not, or where nobody can tell."""
    tree = expression.tree
    if tree is None:
        return None
    answers = world.answers(tree)
    if not answers or any(answer.kind != "empty" for answer in answers):
        return None
    # What hosts lack one by one they may have together, as in `a - on () b`.
    if world.together(tree).kind != "empty":
        return None
    return [(answer.hosts[0], reason) for answer in answers for reason in answer.reasons]


def _all_read(panel: PanelItem) -> bool:
    """Whether all that the panel asks for are these expressions, and Grafana's calculations with them."""
    read = {expression.keys[-2] for expression in panel.expressions}
    for index, target in enumerate(targets_of(panel)):
        source = target.get("datasource") if isinstance(target, Mapping) else None
        calculated = isinstance(source, Mapping) and source.get("type") == SERVER_SIDE
        if index not in read and not calculated:
            return False
    return True
