"""What kind of value an expression gives."""

from __future__ import annotations

from functools import lru_cache

from monogen.promql.functions import FUNCTIONS
from monogen.promql.tree import Aggregation, Binary, Call, Node, Number, Selector, Unary, bare

_SERIES = (Selector, Aggregation)


@lru_cache(maxsize=65536)
def is_scalar(node: Node) -> bool:
    """Whether an expression gives a number and no series."""
    if isinstance(node, _SERIES):
        return False
    node = bare(node)
    if isinstance(node, Number):
        return True
    if isinstance(node, Call):
        function = FUNCTIONS.get(node.name)
        return function is not None and function.result == "scalar"
    if isinstance(node, Unary):
        return is_scalar(node.expr)
    return isinstance(node, Binary) and is_scalar(node.lhs) and is_scalar(node.rhs)
