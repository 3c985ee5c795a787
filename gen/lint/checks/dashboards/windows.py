"""The windows of rates in panels: Grafana's intervals, and fixed ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monogen.lint.check import check
from monogen.lint.checks.dashboards.examples import a_board, a_panel, example
from monogen.lint.context import Context
from monogen.lint.documents import Expression, PanelItem
from monogen.lint.model import Change, Fix, Found
from monogen.promql import Call, Node, Selector, Subquery, walk
from monogen.promql.functions import RATES

LONG = 3600.0
"""Seconds; a fixed window from here on is a period somebody means, such as "in the last day"."""

_RATE_INTERVAL = re.compile(r"\$(?:__rate_interval\b|\{__rate_interval\b[^}]*\})|\[\[__rate_interval\]\]")
_INTERVAL = re.compile(r"\$(?:__interval\b|\{__interval\b[^}]*\})|\[\[__interval\]\]")


def _sent(window: str) -> str:
    return 'rate(node_network_transmit_bytes_total{instance=~"$instance", device!="lo"}' + f"[{window}])"


@check(
    "MG607",
    "rate-interval",
    family="dashboards",
    severity="info",
    on="panel",
    fix="unsafe",
    what="A rate in a panel whose window does not follow the zoom (`[5m]`) or may be too short "
    "(`[$__interval]`), and `$__rate_interval` where no rate is.",
    why="`$__interval` becomes shorter than two scrapes when somebody zooms in, and the panel is empty. A "
    "fixed window leaves out what lies between two points when somebody zooms out. `$__rate_interval` is "
    "neither: never under four scrapes, never under a step. For other functions it is longer than the "
    "step, so that each sample counts more than once.",
    bad=example(a_board(a_panel(_sent("$__interval")))),
    good=example(a_board(a_panel(_sent("$__rate_interval")))),
)
def rate_interval(panel: PanelItem, _: Context) -> Iterator[Found]:
    """Every call over a window, as the author wrote the window."""
    for expression in panel.expressions:
        if expression.tree is None:
            continue
        text = expression.authors_text
        instant = _is_instant(panel, expression)
        for node in walk(expression.tree):
            if isinstance(node, Call):
                for argument in node.args:
                    yield from _window(expression, text, node.name, argument, instant)


def _window(expression: Expression, text: str, function: str, node: Node, instant: bool) -> Iterator[Found]:
    if not isinstance(node, Selector | Subquery) or node.range is None:
        return
    start, end = expression.origin((node.range_start, node.end))
    window = text[start : text.find("]", start, end + 1) + 1]
    span = (start, start + len(window))
    found = _RATE_INTERVAL.search(window)
    if function in RATES and isinstance(node, Selector):
        yield from _rate(expression, function, window, span, None if instant else node.range)
    elif found and function.endswith("_over_time") and isinstance(node, Selector):
        says = f"`$__rate_interval` is meant for rates; `{function}` counts samples twice with it"
        yield Found(expression.keys, says, "take `$__interval`", (start + found.start(), start + found.end()))


def _rate(
    expression: Expression, function: str, window: str, span: tuple[int, int], fixed: float | None
) -> Iterator[Found]:
    """``fixed`` is the window in seconds if a fixed one is to be reported."""
    interval = _INTERVAL.search(window)
    if interval:
        start, end = span[0] + interval.start(), span[0] + interval.end()
        change = Change(expression.keys, start, end, "$__rate_interval")
        yield Found(
            expression.keys,
            f"`$__interval` in `{function}` is shorter than two scrapes when zoomed in, and gives nothing",
            "take `$__rate_interval`",
            (start, end),
            severity="warning",
            fix=Fix("take `$__rate_interval` as the window", "unsafe", (change,)),
        )
    elif fixed is not None and fixed < LONG and "$" not in window and "[[" not in window:
        yield Found(
            expression.keys,
            f"the window {window} of `{function}` does not follow the zoom of the board",
            "take `$__rate_interval`, unless this very window is meant",
            span,
        )


def _is_instant(panel: PanelItem, expression: Expression) -> bool:
    """Whether the target asks for one moment only, where nothing is zoomed."""
    target = panel.data["targets"][expression.keys[-2]]
    return bool(target.get("instant")) and not target.get("range")
