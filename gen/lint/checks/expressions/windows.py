"""Ranges and offsets: against how often samples come, and against how long they are kept."""

from __future__ import annotations

from collections.abc import Iterator

from monogen.lint.check import check
from monogen.lint.checks.expressions.examples import record
from monogen.lint.checks.expressions.parts import Parts, found, is_authors, parts_of
from monogen.lint.context import Context
from monogen.lint.documents import Expression
from monogen.lint.facts.series import Intervals
from monogen.lint.model import Found
from monogen.promql.tree import Call, Selector, Subquery
from monogen.quantities import format_duration

ENOUGH = 4
"""Intervals in a window: then one scrape may fail, and another come late, and there are two samples still."""

NEEDED = 2
"""Samples of which a rate can be made."""

_OF_TWO_SAMPLES = frozenset({"rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear"})


@check(
    "MG203",
    "window-too-short",
    family="expressions",
    severity="warning",
    on="expression",
    what="A range under 4 scrape intervals for `rate` and its like, or under one for anything else. Of "
    "recorded series the interval of the rule counts.",
    why="`rate` needs two samples within its range. With less than two intervals there are mostly none, "
    "with less than four one failed scrape makes a hole in the line, and an alert starts to wait from "
    "the beginning.",
    bad=record("sum by (instance) (rate(node_network_receive_bytes_total[30s]))", "instance:network:rate30s"),
    good=record("sum by (instance) (rate(node_network_receive_bytes_total[2m]))", "instance:network:rate2m"),
    needs_inventory=True,
)
def window_too_short(expression: Expression, context: Context) -> Iterator[Found]:
    """Compare each range with the intervals at which the inventory's hosts give the series."""
    parts = parts_of(expression)
    for selector in parts.selectors:
        if selector.range is None or not selector.name:
            continue
        intervals = context.facts.intervals(selector)
        if intervals is None or selector.range >= intervals.longest * ENOUGH:
            continue
        call = parts.parents.get(selector)
        if isinstance(call, Call) and is_authors(expression, selector.range_start, selector.end):
            yield from _judged(expression, selector, call, intervals)


def _judged(expression: Expression, selector: Selector, call: Call, intervals: Intervals) -> Iterator[Found]:
    window = selector.range or 0.0
    two = call.name in _OF_TWO_SAMPLES
    enough = intervals.longest * (ENOUGH if two else 1)
    if window >= enough:
        return
    verb = "recorded" if intervals.recorded else "scraped"
    every = f"`{selector.name}` is {verb} every {format_duration(intervals.longest)}"
    width, wanted = f"`[{format_duration(window)}]`", format_duration(enough)
    hint = f"take at least `[{wanted}]`"
    severity = None
    if not two:
        message = f"{every}: {width} holds no sample at times"
    elif window < intervals.shortest * NEEDED:
        message = f"{every}: `{call.name}` over {width} does not find the two samples it needs"
        severity = "error"
    else:
        message = f"{every}: `{call.name}` over {width} has a hole when a scrape fails"
    yield found(expression, selector.range_start, selector.end, message, hint, severity=severity)


@check(
    "MG204",
    "beyond-retention",
    family="expressions",
    severity="warning",
    on="expression",
    what="A range or an offset that looks further back than Prometheus keeps samples "
    "(`prometheus.retention` of the inventory).",
    why="An offset beyond the retention always gives nothing; a range is cut, so that a maximum over 30 "
    "days is one over 15, and nobody is told.",
    bad=record("max_over_time(node_load1[30d])", "instance:node_load1:max30d"),
    good=record("max_over_time(node_load1[7d])", "instance:node_load1:max7d"),
    needs_inventory=True,
)
def beyond_retention(expression: Expression, context: Context) -> Iterator[Found]:
    """Add up what a selector and the subqueries around it look back."""
    if context.fleet is None:
        return
    parts = parts_of(expression)
    kept = context.prometheus.retention
    for selector in parts.selectors:
        if selector.range is None and not selector.offset and not parts.subqueries:
            continue
        back, reach, fixed = _looks_back(parts, selector)
        if fixed or back + reach <= kept or not is_authors(expression, selector.start, selector.end):
            continue
        keeps = f"Prometheus keeps {format_duration(kept)}"
        start = selector.range_start if selector.range is not None else selector.start
        if back >= kept:
            message = f"this looks {format_duration(back)} back, and {keeps}: it always gives nothing"
            yield found(expression, start, selector.end, message, _LONGER, severity="error")
        else:
            message = f"this looks {format_duration(back + reach)} back, and {keeps}"
            yield found(expression, start, selector.end, message, _LONGER)


_LONGER = "look less far back, keep samples longer (`prometheus.retention`), or record what you need later"


def _looks_back(parts: Parts, selector: Selector) -> tuple[float, float, bool]:
    """The sum of offsets, the sum of ranges, and whether ``@`` pins the time."""
    back, reach, fixed = selector.offset, selector.range or 0.0, selector.at is not None
    for node in parts.above(selector) if parts.subqueries else ():
        if isinstance(node, Subquery):
            back += node.offset
            reach += node.range
            fixed = fixed or node.at is not None
    return back, reach, fixed
