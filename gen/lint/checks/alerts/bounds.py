"""Between which values the result of an expression lies, whatever happens.

It knows little on purpose: counters are not negative, ``up`` is 0 or 1, a count is at least 1, a
comparison lets through what it says. Where nothing is known, everything is possible. NaN passes no
comparison but ``!=``, so bounds say nothing of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from monogen.lint.facts.series import Facts
from monogen.promql.tree import Aggregation, Binary, Call, Node, Number, Parens, Selector, Subquery, Unary
from monogen.promql.types import is_scalar
from msgspec import Struct

_INFINITY = math.inf


class Bounds(Struct, frozen=True):
    """The least and the greatest value, both possible themselves. ``low`` above ``high``: no value at all."""

    low: float = -_INFINITY
    high: float = _INFINITY

    @property
    def nothing(self) -> bool:
        """Whether no value is left."""
        return self.low > self.high

    def __and__(self, other: Bounds) -> Bounds:
        """What lies in both."""
        return Bounds(max(self.low, other.low), min(self.high, other.high))

    def __or__(self, other: Bounds) -> Bounds:
        """What lies in either, or between them."""
        if self.nothing or other.nothing:
            return other if self.nothing else self
        return Bounds(min(self.low, other.low), max(self.high, other.high))


ANY = Bounds()
NOTHING = Bounds(_INFINITY, -_INFINITY)
_NOT_NEGATIVE = Bounds(0.0)
_ONE = Bounds(1.0, 1.0)
_ZERO_OR_ONE = Bounds(0.0, 1.0)
_AT_LEAST_ONE = Bounds(1.0)

SERIES: Mapping[str, Bounds] = MappingProxyType(
    {
        "up": _ZERO_OR_ONE,
        "probe_success": _ZERO_OR_ONE,
        "ALERTS": _ONE,
        "host:up": _ZERO_OR_ONE,
        "host:info": _ONE,
        "host:state:worst": Bounds(0.0, 3.0),
        "host:memory_used:ratio": _ZERO_OR_ONE,
        "host:filesystem_used:ratio": _ZERO_OR_ONE,
        "host:filesystem_inodes_used:ratio": _ZERO_OR_ONE,
        "host:gpu_utilization:ratio": _ZERO_OR_ONE,
        "server:kv_cache_used:ratio": _ZERO_OR_ONE,
    }
)
"""Series whose values are known: Prometheus' own, the blackbox exporter's, and monogen's."""

CALLS: Mapping[str, Bounds] = MappingProxyType(
    {
        **dict.fromkeys(("absent", "absent_over_time", "present_over_time"), _ONE),
        **dict.fromkeys(
            ("rate", "irate", "increase", "changes", "resets", "abs", "sqrt", "exp"), _NOT_NEGATIVE
        ),
        **dict.fromkeys(
            ("stddev_over_time", "stdvar_over_time", "mad_over_time", "timestamp"), _NOT_NEGATIVE
        ),
        "count_over_time": _AT_LEAST_ONE,
        "hour": Bounds(0.0, 23.0),
        "minute": Bounds(0.0, 59.0),
        "day_of_week": Bounds(0.0, 6.0),
        "day_of_month": Bounds(1.0, 31.0),
        "day_of_year": Bounds(1.0, 366.0),
        "days_in_month": Bounds(28.0, 31.0),
        "month": Bounds(1.0, 12.0),
        "sgn": Bounds(-1.0, 1.0),
    }
)
_KEEPING = frozenset(
    {
        "min_over_time", "max_over_time", "avg_over_time", "last_over_time", "first_over_time",
        "quantile_over_time", "label_replace", "label_join", "sort", "sort_desc", "sort_by_label",
        "sort_by_label_desc", "vector", "scalar",
    }
)  # fmt: skip
"""Functions whose results lie between the values they are given."""

_OPERATORS: Mapping[str, Bounds] = MappingProxyType(
    {"count": _AT_LEAST_ONE, "group": _ONE, "stddev": _NOT_NEGATIVE, "stdvar": _NOT_NEGATIVE}
)
_KEEPING_OPERATORS = frozenset({"min", "max", "avg", "quantile", "topk", "bottomk", "limitk", "limit_ratio"})


def bounds(node: Node, facts: Facts) -> Bounds:
    """The bounds of an expression's values; of a filter, those of the values that pass."""
    reader = _READERS.get(type(node))
    return ANY if reader is None else reader(node, facts)


def _of_number(node: Number, facts: Facts) -> Bounds:  # noqa: ARG001 - all readers are called alike
    return ANY if math.isnan(node.value) else Bounds(node.value, node.value)


def _of_inner(node: Parens | Subquery, facts: Facts) -> Bounds:
    return bounds(node.expr, facts)


def _of_unary(node: Unary, facts: Facts) -> Bounds:
    inner = bounds(node.expr, facts)
    return _negative(inner) if node.op == "-" else inner


def _negative(inner: Bounds) -> Bounds:
    return inner if inner.nothing else Bounds(-inner.high, -inner.low)


def _of_selector(node: Selector, facts: Facts) -> Bounds:
    known = SERIES.get(node.name)
    if known is not None and not ("host:" in node.name and node.name not in facts.records):
        return known
    return _NOT_NEGATIVE if facts.nature(node.name) == "counter" else ANY


def _of_call(node: Call, facts: Facts) -> Bounds:
    known = CALLS.get(node.name)
    if known is not None or not node.args:
        return known or ANY
    vector = node.args[1] if node.name == "quantile_over_time" else node.args[0]
    if node.name == "sum_over_time":
        return _summed(bounds(vector, facts))
    return bounds(vector, facts) if node.name in _KEEPING else ANY


def _summed(inner: Bounds) -> Bounds:
    """One or more values of these bounds added up."""
    if inner.nothing:
        return NOTHING
    return Bounds(
        inner.low if inner.low >= 0 else -_INFINITY,
        inner.high if inner.high <= 0 else _INFINITY,
    )


def _of_aggregation(node: Aggregation, facts: Facts) -> Bounds:
    inner = bounds(node.expr, facts)
    if inner.nothing:
        return NOTHING
    if node.op == "sum":
        return _summed(inner)
    if node.op == "quantile" and not _is_quantile(node.param):
        return ANY
    return inner if node.op in _KEEPING_OPERATORS else _OPERATORS.get(node.op, ANY)


def _is_quantile(param: Node | None) -> bool:
    return isinstance(param, Number) and 0 <= param.value <= 1


def _of_binary(node: Binary, facts: Facts) -> Bounds:
    left, right = bounds(node.lhs, facts), bounds(node.rhs, facts)
    if node.op == "or":
        return left | right
    if left.nothing or (right.nothing and node.op != "unless"):
        return NOTHING
    if node.is_set_operation:
        return left
    if node.is_comparison:
        return _ZERO_OR_ONE if node.bool else _passing(node, left, right)
    computed = _ARITHMETIC.get(node.op)
    return ANY if computed is None else computed(left, right)


def _passing(node: Binary, left: Bounds, right: Bounds) -> Bounds:
    """The values that a filter lets through: those of its left side, or of its only vector."""
    if not can_pass(node.op, left, right):
        return NOTHING
    limited = {
        ">": Bounds(right.low, _INFINITY),
        ">=": Bounds(right.low, _INFINITY),
        "<": Bounds(-_INFINITY, right.high),
        "<=": Bounds(-_INFINITY, right.high),
        "==": right,
        "!=": ANY,
    }[node.op]
    if is_scalar(node.lhs):
        return right
    return left & limited


def can_pass(op: str, left: Bounds, right: Bounds) -> bool:
    """Whether some pair of values fulfils the comparison."""
    return {
        ">": left.high > right.low,
        "<": left.low < right.high,
        ">=": left.high >= right.low,
        "<=": left.low <= right.high,
        "==": not (left & right).nothing,
    }.get(op, True)


def must_pass(op: str, left: Bounds, right: Bounds) -> bool:
    """Whether every pair of values fulfils the comparison, NaN left aside."""
    return {
        ">": left.low > right.high,
        "<": left.high < right.low,
        ">=": left.low >= right.high,
        "<=": left.high <= right.low,
        "==": left.low == left.high == right.low == right.high,
        "!=": (left & right).nothing,
    }[op]


def _plus(left: Bounds, right: Bounds) -> Bounds:
    low, high = left.low + right.low, left.high + right.high
    return ANY if math.isnan(low) or math.isnan(high) else Bounds(low, high)


def _minus(left: Bounds, right: Bounds) -> Bounds:
    return _plus(left, _negative(right))


def _times(left: Bounds, right: Bounds) -> Bounds:
    if left.low < 0 or right.low < 0:
        return ANY
    low, high = left.low * right.low, left.high * right.high
    return Bounds(0.0 if math.isnan(low) else low, _INFINITY if math.isnan(high) else high)


def _over(left: Bounds, right: Bounds) -> Bounds:
    if left.low < 0 or right.low < 0:
        return ANY
    if right.low == right.high and 0 < right.low < _INFINITY:
        return Bounds(left.low / right.low, left.high / right.low)
    return _NOT_NEGATIVE


_ARITHMETIC: Mapping[str, Callable[[Bounds, Bounds], Bounds]] = {
    "+": _plus,
    "-": _minus,
    "*": _times,
    "/": _over,
}

_READERS: Mapping[type, Callable[[Any, Facts], Bounds]] = {
    Number: _of_number,
    Parens: _of_inner,
    Subquery: _of_inner,
    Unary: _of_unary,
    Selector: _of_selector,
    Call: _of_call,
    Aggregation: _of_aggregation,
    Binary: _of_binary,
}
