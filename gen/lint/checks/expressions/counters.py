"""Counters, gauges, and the functions that are for the one or the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monogen.lint.check import check
from monogen.lint.checks.expressions.examples import alert, record
from monogen.lint.checks.expressions.parts import Parts, found, is_authors, parts_of, shorter
from monogen.lint.context import Context
from monogen.lint.documents import Expression
from monogen.lint.facts.series import Facts
from monogen.lint.model import Change, Fix, Found
from monogen.promql.functions import PICKING, RATES
from monogen.promql.tree import (
    Aggregation,
    Binary,
    Call,
    Node,
    Number,
    Parens,
    Selector,
    Subquery,
    Unary,
    bare,
    selectors,
    walk,
)

_OF_GAUGES = {"delta": "increase", "idelta": "irate", "deriv": "rate"}
_OF_COUNTERS = {"rate": "deriv", "increase": "delta", "irate": "idelta"}

_PASSES = frozenset(
    (
        "abs",
        "ceil",
        "clamp",
        "clamp_max",
        "clamp_min",
        "floor",
        "histogram_quantile",
        "info",
        "label_join",
        "label_replace",
        "round",
        "scalar",
        "sort",
        "sort_by_label",
        "sort_by_label_desc",
        "sort_desc",
    )
)
"""Functions whose result is as much a counter as their argument."""

_LINES_OVER_TIME = frozenset({"timeseries", "graph", "heatmap", "barchart", "state-timeline"})


@check(
    "MG201",
    "counter-without-rate",
    family="expressions",
    severity="warning",
    on="expression",
    what="A counter that is summed, compared or drawn as it is, without `rate` or `increase`.",
    why="A counter counts since the exporter was started. Its value says how long that is ago as much as "
    "anything else, and a restart makes it fall to 0: an alert on it fires for ever or goes away by "
    "itself.",
    bad=alert("sum by (instance) (node_network_receive_errs_total) > 100"),
    good=alert("sum by (instance) (increase(node_network_receive_errs_total[10m])) > 100"),
)
def counter_without_rate(expression: Expression, context: Context) -> Iterator[Found]:
    """Climb from each counter to where its value is used up."""
    if expression.used_in in ("variable", "annotation"):
        return
    parts = parts_of(expression)
    facts = context.facts
    for selector in parts.selectors:
        if selector.range is not None or facts.nature(selector.name) != "counter":
            continue
        use = _Use(parts, selector, facts)
        if not use.matters(expression):
            continue
        name = selector.name
        is_one = "is a counter" if facts.is_known(name) else "is a counter by its name"
        end = selector.name_end if selector.name_end > selector.start else selector.end
        message = f"`{name}` {is_one}, and its value is used without `rate` or `increase`"
        yield found(expression, selector.start, end, message, use.hint)


class _Use:
    """What becomes of a counter's value on its way to the result."""

    def __init__(self, parts: Parts, selector: Selector, facts: Facts) -> None:
        self.facts = facts
        self.selector = selector
        self.aggregated = False
        self.compared = False
        self.ratio = False
        self.hint = f"write `rate({selector.name or 'x'}[5m])`, or `increase` for a number of events"
        self.ends = self._ends(parts)

    def matters(self, expression: Expression) -> bool:
        """Whether the result, or an alert's condition, is the counter's value."""
        if self.ends:
            return False
        if expression.used_in == "alert":
            return self.compared  # without a comparison it is there or not, whatever its value
        if self.ratio:
            return False
        if expression.used_in == "record":
            return self.aggregated  # another name or unit for a counter is a counter still
        return expression.used_in != "panel" or _draws_lines(expression)

    def _ends(self, parts: Parts) -> bool:
        """Whether something on the way asks for nothing but existence, or is for counters."""
        child: Node = self.selector
        for node in parts.above(child):
            if isinstance(node, Subquery):
                return True
            if isinstance(node, Call) and node.name not in _PASSES:
                return True
            if isinstance(node, Aggregation):
                if node.op in ("count", "group", "count_values") or child is node.param:
                    return True
                self.aggregated = self.aggregated or node.op not in PICKING
            elif isinstance(node, Binary) and self._ends_at(node, child):
                return True
            child = node
        return False

    def _ends_at(self, node: Binary, child: Node) -> bool:
        other = bare(node.rhs if child is node.lhs else node.lhs)
        if node.is_set_operation:
            return node.op != "or" and child is node.rhs
        number = other.value if isinstance(other, Number) else None
        if node.is_comparison:
            self.compared = True
            return number is None or number == 0 or (number == 1 and node.op in (">=", "<", "=="))
        if number is not None:
            return number == 0
        return self._ends_beside(node, other)

    def _ends_beside(self, node: Binary, other: Node) -> bool:
        """In arithmetic with other series."""
        if node.op in ("-", "+"):
            same = [s for s in selectors(other) if s.name == self.selector.name and s.range is None]
            if node.op == "-" and any(s.offset != self.selector.offset for s in same):
                self.hint = f"`increase({self.selector.name}[...])` gives the difference and sees restarts"
                return False
            return node.op == "-"  # what has begun less what has ended
        if node.op == "/":
            if any(isinstance(part, Call) and part.name == "time" for part in walk(other)):
                return True
            self.ratio = self.ratio or self._has_counter(other)
            return False
        return node.op != "*"

    def _has_counter(self, node: Node) -> bool:
        return any(s.range is None and self.facts.nature(s.name) == "counter" for s in selectors(node))


def _draws_lines(expression: Expression) -> bool:
    """Whether the panel shows values over time; one number on a stat panel may well be a total."""
    data: Any = expression.document.data
    panel: Any = None
    for key in expression.keys:
        if key == "targets":
            panel = data
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return False
    return isinstance(panel, dict) and panel.get("type") in _LINES_OVER_TIME


def _argument(call: Call) -> Selector | None:
    """The one selector whose samples the function looks at."""
    if not call.args:
        return None
    node = bare(call.args[0])
    if isinstance(node, Subquery):
        node = bare(node.expr)
    return node if isinstance(node, Selector) else None


@check(
    "MG202",
    "wrong-kind-of-metric",
    family="expressions",
    severity="warning",
    on="expression",
    what="`rate`, `irate` or `increase` of a gauge, or `delta`, `idelta` or `deriv` of a counter.",
    why="`rate` takes every fall of a value for a restart and adds what was there before: of a gauge that "
    "goes up and down it makes large numbers out of nothing. `delta` and `deriv` take a counter's "
    "restart for a fall.",
    bad=record("rate(node_memory_active_bytes[5m])", "instance:memory_active:deriv5m"),
    good=record("deriv(node_memory_active_bytes[5m])", "instance:memory_active:deriv5m"),
    fix="unsafe",
)
def wrong_kind_of_metric(expression: Expression, context: Context) -> Iterator[Found]:
    """Ask the catalog and the rules what the argument is."""
    for call in parts_of(expression).calls:
        if call.name not in _OF_COUNTERS and call.name not in _OF_GAUGES:
            continue
        selector = _argument(call)
        if selector is None or not selector.name:
            continue
        facts = context.facts
        nature = facts.nature(selector.name)
        fix = None
        if call.name in _OF_COUNTERS and nature == "gauge":
            message = f"`{call.name}` is for counters, and `{selector.name}` is a gauge"
            hint = f"`{_OF_COUNTERS[call.name]}` is for gauges; what is a rate already needs neither"
        elif call.name in _OF_GAUGES and nature == "counter":
            better = _OF_GAUGES[call.name]
            message = f"`{call.name}` is for gauges, and `{selector.name}` is a counter"
            hint = f"`{better}` is for counters"
            if better != "irate" and facts.is_known(selector.name):
                fix = _renamed(expression, call, better)
        else:
            continue
        yield found(expression, call.function.start, call.function.end, message, hint, fix=fix)


def _renamed(expression: Expression, call: Call, better: str) -> Fix | None:
    start, end = call.function.start, call.function.end
    if not is_authors(expression, start, end):
        return None
    change = Change(expression.keys, *expression.origin((start, end)), better)
    return Fix(f"write `{better}` for `{call.name}`", "unsafe", (change,))


@check(
    "MG205",
    "sum-before-rate",
    family="expressions",
    severity="warning",
    on="expression",
    what="`rate` or `increase` of counters that were added up before.",
    why="When one of the counters restarts, the sum falls by what it had counted. `rate` takes that for a "
    "restart of the whole sum and shows a spike of everything that was ever counted.",
    bad=record(
        "rate(sum by (instance) (node_network_receive_bytes_total)[5m:30s])", "instance:network:rate5m"
    ),
    good=record("sum by (instance) (rate(node_network_receive_bytes_total[5m]))", "instance:network:rate5m"),
)
def sum_before_rate(expression: Expression, context: Context) -> Iterator[Found]:
    """Look below each rate: an aggregation in a subquery, or a recorded sum."""
    for call in parts_of(expression).calls:
        if call.name not in RATES or not call.args:
            continue
        node = bare(call.args[0])
        if isinstance(node, Subquery):
            summed = _sum_of_counters(node.expr, context.facts)
            if summed is not None:
                inner = shorter(expression, summed.expr)
                message = f"`{call.name}` of a `{summed.op}`: restarts of the single counters are lost in it"
                hint = f"aggregate last: `{summed.op}({call.name}({inner}[...]))`"
                yield found(expression, call.function.start, call.function.end, message, hint)
        elif isinstance(node, Selector) and context.facts.nature(node.name) == "summed":
            message = (
                f"`{node.name}` is recorded as a sum of counters: `{call.name}` cannot see their restarts"
            )
            hint = "record `sum(rate(...))` and read that"
            yield found(expression, call.function.start, call.function.end, message, hint)


def _sum_of_counters(node: Node, facts: Facts) -> Aggregation | None:
    while isinstance(node, Parens | Unary):
        node = node.expr
    if not isinstance(node, Aggregation) or node.op not in ("sum", "avg", "max", "min"):
        return None
    inner = bare(node.expr)
    is_counter = isinstance(inner, Selector) and facts.nature(inner.name) == "counter"
    return node if is_counter else None
