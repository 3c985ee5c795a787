"""Whether an expression gives nothing, or always something, whatever the values of its series."""

from __future__ import annotations

from monogen.lint.checks.alerts.bounds import Bounds, bounds, can_pass, must_pass
from monogen.lint.checks.alerts.quiet import never_quiet
from monogen.lint.facts.series import Facts
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
    children,
)
from monogen.promql.types import is_scalar


def is_never(node: Node, facts: Facts) -> bool:
    """Whether the expression gives nothing, whatever the values of its series."""
    node = bare(node)
    if isinstance(node, Binary):
        return _binary_is_never(node, facts)
    if isinstance(node, Aggregation | Unary | Subquery):
        return is_never(node.expr, facts)
    if isinstance(node, Call) and node.name not in _GIVES_FOR_NOTHING:
        return any(is_never(argument, facts) for argument in node.args)
    return False


_GIVES_FOR_NOTHING = frozenset({"absent", "absent_over_time", "vector", "scalar", "info"})
"""Functions that give something although their argument gives nothing."""


def _binary_is_never(node: Binary, facts: Facts) -> bool:
    left = is_never(node.lhs, facts)
    if node.op == "unless":
        return left
    right = is_never(node.rhs, facts)
    if node.op == "or":
        return left and right
    if left or right:
        return True
    if node.op == "and":
        return _contradict(node, facts)
    if not node.is_comparison or node.bool:
        return False
    return not can_pass(node.op, bounds(node.lhs, facts), bounds(node.rhs, facts))


def _contradict(node: Binary, facts: Facts) -> bool:
    """``x > 5 and x < 3``: two limits of the same thing that leave nothing between them."""
    if node.matching.stated:
        return False
    left, right = _limit(node.lhs, facts), _limit(node.rhs, facts)
    if left is None or right is None or left[0] != right[0]:
        return False
    (_, op, one), (_, other_op, two) = left, right
    both = one & two
    # The limits themselves count only where both let them through.
    return both.nothing or (both.low == both.high and not {op, other_op} <= {">=", "<=", "=="})


def _limit(node: Node, facts: Facts) -> tuple[str, str, Bounds] | None:
    """What is limited (as text without blanks), by which operator, to what."""
    node = bare(node)
    if not (isinstance(node, Binary) and node.is_comparison and not node.bool and node.op != "!="):
        return None
    number = bounds(node.rhs, facts)
    if not is_scalar(node.rhs) or number.low != number.high:
        return None
    limited = Bounds(low=number.low) if node.op in (">", ">=") else Bounds(high=number.high)
    return _canonical(node.lhs), node.op, number if node.op == "==" else limited


def _canonical(node: Node) -> str:
    """Equal for parts that mean the same, spelling and places aside."""
    node = bare(node)
    own = [type(node).__name__]
    if isinstance(node, Selector):
        own += [node.name, *sorted(f"{m.label}{m.op}{m.value!r}" for m in node.matchers)]
        own += [str(node.range), str(node.offset), str(node.at)]
    elif isinstance(node, Number):
        own.append(repr(node.value))
    elif isinstance(node, Call):
        own.append(node.name)
    elif isinstance(node, Unary):
        own.append(node.op)
    elif isinstance(node, Subquery):
        own += [str(node.range), str(node.step), str(node.offset), str(node.at)]
    elif isinstance(node, Aggregation):
        own += [node.op, str(node.without), *sorted(word.text for word in node.labels)]
    elif isinstance(node, Binary):
        matching = node.matching
        words = [word.text for word in (*matching.labels, *matching.include)]
        own += [node.op, str(node.bool), str(matching.on), matching.group, *words]
    elif not isinstance(node, Parens):
        own.append(repr(node.value))
    return f"({' '.join(own)} {' '.join(_canonical(child) for child in children(node))})"


def always(node: Node, facts: Facts) -> Node | None:
    """A part that gives data whatever the values of its series, so that the whole does; None without one.

    A count that is compared is left alone: ``count(x) > 0`` asks whether there is an x at all.
    """
    node = bare(node)
    if is_scalar(node) or (isinstance(node, Call) and node.name == "vector"):
        return node
    if isinstance(node, Aggregation | Unary):
        return always(node.expr, facts) and node
    if not isinstance(node, Binary) or node.bool:
        return None
    if node.op in ("or", "and"):
        left, right = always(node.lhs, facts), always(node.rhs, facts)
        return (left or right) if node.op == "or" else (left and right and node)
    return node if node.is_comparison and _is_trivial(node, facts) else None


def _is_trivial(node: Binary, facts: Facts) -> bool:
    """Whether a comparison lets everything through that its series give."""
    sides = [side for side in (node.lhs, node.rhs) if not is_scalar(side)]
    if any(never_quiet(side, facts) is None for side in sides) or any(_counts(side) for side in sides):
        return False
    if (
        node.op in ("==", ">=", "<=")
        and not node.matching.stated
        and _canonical(node.lhs) == _canonical(node.rhs)
    ):
        return True
    if len(sides) > 1:
        return False
    return must_pass(node.op, bounds(node.lhs, facts), bounds(node.rhs, facts))


def _counts(node: Node) -> bool:
    node = bare(node)
    names = ("count", "group", "count_over_time", "present_over_time", "changes", "timestamp")
    if isinstance(node, Aggregation):
        return node.op in names or _counts(node.expr)
    return isinstance(node, Call) and node.name in names
