"""PromQL as data: tokens, a tree in which everything knows its place, and what each function does.

Knows nothing of monogen. ``read(text)`` is the way in.
"""

from monogen.promql.errors import NotPromql, NotSupported, TooBig, Unreadable
from monogen.promql.reading import read, read_ahead
from monogen.promql.tree import (
    Aggregation,
    Binary,
    Call,
    Matcher,
    Matching,
    Node,
    Number,
    Parens,
    Selector,
    String,
    Subquery,
    Unary,
    Word,
    bare,
    children,
    parents_of,
    selectors,
    walk,
)

__all__ = [
    "Aggregation",
    "Binary",
    "Call",
    "Matcher",
    "Matching",
    "Node",
    "NotPromql",
    "NotSupported",
    "Number",
    "Parens",
    "Selector",
    "String",
    "Subquery",
    "TooBig",
    "Unary",
    "Unreadable",
    "Word",
    "bare",
    "children",
    "parents_of",
    "read",
    "read_ahead",
    "selectors",
    "walk",
]
