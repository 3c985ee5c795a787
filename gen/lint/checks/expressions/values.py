"""Values: divisions by nothing, comparisons whose outcome is known, quantiles that are none."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator

from monogen.lint.check import check
from monogen.lint.checks.expressions.examples import alert, record
from monogen.lint.checks.expressions.parts import Parts, found, is_authors, parts_of, shorter
from monogen.lint.context import Context
from monogen.lint.documents import Expression
from monogen.lint.model import Found
from monogen.promql.functions import RATES
from monogen.promql.tree import Aggregation, Binary, Call, Node, Number, Parens, Selector, Unary, bare
from monogen.promql.types import is_scalar

_SPOILED = frozenset({"sum", "avg", "stddev", "stdvar"})
"""Aggregations whose result is NaN as soon as one of their series is."""


@check(
    "MG215",
    "nan-in-alert",
    family="expressions",
    severity="warning",
    on="expression",
    what="A division in an alert whose denominator is 0 while nothing happens, where the NaN it then gives "
    "does harm: in a `sum` or `avg` over hosts, with `!=`, or without any comparison.",
    why="0 / 0 is NaN. One host without requests makes the average of all hosts NaN, which is greater than "
    "nothing, so the alert is blind. `!=` and a missing comparison let NaN through, so it fires on idle "
    "hosts.",
    bad=alert("avg(\n  rate(failed_total[5m]) / rate(requests_total[5m])\n) > 0.1"),
    good=alert("sum(rate(failed_total[5m])) / sum(rate(requests_total[5m])) > 0.1"),
)
def nan_in_alert(expression: Expression, _context: Context) -> Iterator[Found]:
    """Only what a comparison above does not take out."""
    if expression.used_in != "alert":
        return
    parts = parts_of(expression)
    for binary in parts.binaries:
        if binary.op != "/" or not _is_often_zero(binary.rhs):
            continue
        harm = _harm(parts, binary)
        if harm:
            part = shorter(expression, binary.rhs, 40)
            message = f"this is NaN while `{part}` is 0, {harm}"
            hint = f"divide sums by sums, or ask first: `/ ({part} > 0)`"
            yield found(expression, binary.operator.start, binary.operator.end, message, hint)


def _is_often_zero(node: Node) -> bool:
    """Whether the denominator is a rate, or a sum of rates: 0 as long as nothing happens."""
    node = bare(node)
    if isinstance(node, Call):
        return node.name in RATES and not _never_rests(node)
    if isinstance(node, Aggregation):
        return node.op in ("sum", "avg", "min", "max") and _is_often_zero(node.expr)
    return False


def _never_rests(call: Call) -> bool:
    """Whether the counter counts time, which passes by itself (the CPU's, in all modes)."""
    inside = bare(call.args[0])
    return isinstance(inside, Selector) and inside.name.endswith("_seconds_total")


def _harm(parts: Parts, division: Binary) -> str:
    """What the NaN does; "" where a comparison takes it out."""
    child: Node = division
    for node in parts.above(division):
        if isinstance(node, Aggregation):
            if node.op in _SPOILED:
                return f"and then the whole `{node.op}` is NaN"
        elif isinstance(node, Binary) and node.is_comparison:
            return "and `!=` lets that through" if node.op == "!=" and not node.bool else ""
        elif (isinstance(node, Binary) and node.is_set_operation and child is node.rhs) or isinstance(
            node, Call
        ):
            return ""
        child = node
    return "and no comparison takes that out"


_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_MIRRORED = {"==": "==", "!=": "!=", ">": "<", "<": ">", ">=": "<=", "<=": ">="}
_UP = frozenset({"up", "probe_success"})


_COUNTED: tuple[float, ...] = (1.0, 2.0, *(10.0**exponent for exponent in range(1, 19)))
"""What a count can be: at least 1. Enough of them to try any comparison with."""


def _possible(node: Node) -> tuple[float, ...]:
    """The values a part can have, () where anything goes."""
    node = bare(node)
    if isinstance(node, Selector):
        return (0.0, 1.0) if node.name in _UP and node.range is None else ()
    if isinstance(node, Binary):
        return (0.0, 1.0) if node.is_comparison and node.bool else ()
    if isinstance(node, Aggregation):
        return _KNOWN.get(node.op, ())
    if isinstance(node, Call):
        return _KNOWN.get(node.name, ())
    return ()


_KNOWN: dict[str, tuple[float, ...]] = {
    "count": _COUNTED,
    "group": (1.0,),
    "absent": (1.0,),
    "absent_over_time": (1.0,),
    "present_over_time": (1.0,),
    "count_over_time": _COUNTED,
}


def _constant(node: Node) -> float | None:
    node = bare(node)
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Unary) and isinstance(node.expr, Number):
        return -node.expr.value if node.op == "-" else node.expr.value
    return None


@check(
    "MG217",
    "comparison-is-constant",
    family="expressions",
    severity="error",
    on="expression",
    what="A comparison whose outcome is known beforehand: of a `count` with 0, of `absent` or `up` or a "
    "`bool` result with a number it never is.",
    why="`count(x) == 0` never holds: where there is no `x` there is no count either, and the result is "
    "empty. An alert on it never fires.",
    bad=record("count by (job) (up == 1) == bool 0", "job:all_down:bool"),
    good=record("sum by (job) (up) == bool 0", "job:all_down:bool"),
)
def comparison_is_constant(expression: Expression, _context: Context) -> Iterator[Found]:
    """Of what has few possible values, with a number. An alert's own condition is judged with the alert."""
    parts = parts_of(expression)
    for binary in parts.binaries:
        if not binary.is_comparison or is_scalar(binary):
            continue
        if expression.used_in == "alert" and all(isinstance(node, Parens) for node in parts.above(binary)):
            continue
        number, op, node = _constant(binary.rhs), binary.op, binary.lhs
        if number is None:
            number, op, node = _constant(binary.lhs), _MIRRORED[binary.op], binary.rhs
        possible = _possible(node)
        if number is None or not possible:
            continue
        outcomes = _outcomes(possible, op, number)
        # `count(x) > 0` and `absent(x) == 1` always hold where they give something: that is how one asks.
        asks = outcomes == {True} and 0 not in possible
        if len(outcomes) == 1 and not asks and is_authors(expression, binary.operator.start, binary.end):
            yield _known_outcome(expression, binary, node, outcome=outcomes.pop())


def _outcomes(possible: tuple[float, ...], op: str, number: float) -> set[bool]:
    """What the comparison can give: True, False, or both."""
    tried = (*possible, number) if possible is _COUNTED and number >= 1 else possible
    return {_COMPARE[op](value, number) for value in tried}


def _known_outcome(expression: Expression, binary: Binary, node: Node, *, outcome: bool) -> Found:
    part = shorter(expression, node, 40)
    says = "always holds" if outcome else "never holds"
    message = f"this comparison {says}, whatever `{part}` is"
    inner = bare(node)
    counts = isinstance(inner, Aggregation) or (isinstance(inner, Call) and inner.name == "count_over_time")
    hint = "compare with a value that it can have"
    if counts and not outcome:
        hint = "where nothing is counted there is no result at all: ask `absent(...)`, or add `or vector(0)`"
    at = binary.operator
    return found(expression, at.start, at.end, message, hint, severity="warning" if outcome else None)


@check(
    "MG220",
    "quantile-out-of-range",
    family="expressions",
    severity="error",
    on="expression",
    what="A quantile above 1 or below 0.",
    why="Quantiles are given as 0.95, not as 95. Above 1 the result is +Inf, below 0 it is -Inf.",
    bad=record("quantile_over_time(95, node_load1[1h])", "instance:node_load1:p95_1h"),
    good=record("quantile_over_time(0.95, node_load1[1h])", "instance:node_load1:p95_1h"),
)
def quantile_out_of_range(expression: Expression, _context: Context) -> Iterator[Found]:
    """Where the quantile is a number."""
    parts = parts_of(expression)
    params: list[tuple[str, Node]] = [
        (call.name, call.args[0])
        for call in parts.calls
        if call.name in ("histogram_quantile", "quantile_over_time") and call.args
    ]
    params += [(a.op, a.param) for a in parts.aggregations if a.op == "quantile" and a.param is not None]
    for name, param in params:
        value = _constant(param)
        if value is None or 0 <= value <= 1 or not is_authors(expression, param.start, param.end):
            continue
        hundredth = f": `{value / 100:g}`" if 1 < value <= 100 else ""  # noqa: PLR2004 - percent
        message = f"the quantile of `{name}` is not between 0 and 1"
        yield found(expression, param.start, param.end, message, f"write it as a share of 1{hundredth}")
