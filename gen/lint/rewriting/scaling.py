"""Units in an expression: where the factor between an old and a new unit falls away."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping

from monogen.promql.tree import Aggregation, Binary, Node, Number, Parens, Unary, bare, walk

_OPERATIONS: Mapping[str, Callable[[float, float], float]] = {
    "*": operator.mul,
    "/": operator.truediv,
    "^": math.pow,
}


_LINEAR = ("sum", "avg", "min", "max")
"""Aggregations whose result has the unit of what they aggregate."""


def whole(node: Node, factor: float, parents: Mapping[Node, Node]) -> Node:
    """The part around ``node`` that multiplies it back: with FB_USED the whole of ``FB_USED * 1024 * 1024``.

    ``node`` itself where nothing around it makes up for the factor.
    """
    current = node
    while (parent := parents.get(current)) is not None:
        if isinstance(parent, Binary) and parent.op in ("*", "/"):
            other = constant(parent.rhs if parent.lhs is current else parent.lhs)
            if other is None or (parent.op == "/" and parent.rhs is current):
                break
            factor = factor * other if parent.op == "*" else factor / other if other else 0.0
        elif not isinstance(parent, Parens):
            break
        current = parent
        if math.isclose(factor, 1.0):
            return current
    return node


def constant(node: Node) -> float | None:
    """The value of a part that is made of numbers only."""
    node = bare(node)
    if isinstance(node, Number):
        return node.value
    if not isinstance(node, Binary):
        return None
    left, right = constant(node.lhs), constant(node.rhs)
    if left is None or right is None:
        return None
    try:
        return float(_OPERATIONS[node.op](left, right)) if node.op in _OPERATIONS else None
    except (ArithmeticError, ValueError):
        return None


def unscaled(tree: Node, factors: Mapping[Node, float]) -> frozenset[Node]:
    """Of the parts with a factor those that are divided by others with the same one."""
    found: set[Node] = set()
    scaled = {node: factor for node, factor in factors.items() if factor != 1.0}
    for node in walk(tree):
        if isinstance(node, Binary) and node.op == "/":
            inside = [part for part in walk(node) if part in scaled]
            same = len({scaled[part] for part in inside}) == 1
            if same and _degree(node.lhs, scaled) == 1 and _degree(node.rhs, scaled) == 1:
                found.update(inside)
    return frozenset(found)


def _degree(node: Node, scaled: Mapping[Node, float]) -> int | None:
    """How often the factor is in a part: 1 in a sum of such values, 0 in anything without them."""
    if node in scaled:
        return 1
    if isinstance(node, Parens | Unary) or (isinstance(node, Aggregation) and node.op in _LINEAR):
        return _degree(node.expr, scaled)
    if not isinstance(node, Binary) or node.op not in ("+", "-", "*", "/"):
        return None if any(part in scaled for part in walk(node)) else 0
    left, right = _degree(node.lhs, scaled), _degree(node.rhs, scaled)
    if left is None or right is None:
        return None
    if node.op in ("+", "-"):
        return left if left == right else None
    return left + right if node.op == "*" else left - right
