"""An expression taken apart once, for all checks that look at it, and what is the author's own text in it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from monogen.lint.documents import Expression
from monogen.lint.model import Found
from monogen.promql.placeholder import START
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
    children,
    parents_of,
)


class Parts:
    """All parts of a tree by kind, in the order of the text, and the part that each stands in."""

    __slots__ = ("_parents", "aggregations", "binaries", "calls", "root", "selectors", "subqueries")

    def __init__(self, root: Node) -> None:
        """Walks the tree."""
        self.root = root
        self.selectors: list[Selector] = []
        self.calls: list[Call] = []
        self.aggregations: list[Aggregation] = []
        self.binaries: list[Binary] = []
        self.subqueries: list[Subquery] = []
        self._parents: dict[Node, Node] | None = None
        stack = [root]
        # Written out, since this is done for every expression there is.
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is Selector:
                self.selectors.append(node)  # type: ignore[arg-type]
            elif kind is Aggregation:
                self.aggregations.append(node)  # type: ignore[arg-type]
                stack.extend(reversed(children(node)))
            elif kind is Call:
                self.calls.append(node)  # type: ignore[arg-type]
                stack.extend(reversed(node.args))  # type: ignore[union-attr]
            elif kind is Binary:
                self.binaries.append(node)  # type: ignore[arg-type]
                stack += (node.rhs, node.lhs)  # type: ignore[union-attr]
            elif kind is Subquery:
                self.subqueries.append(node)  # type: ignore[arg-type]
                stack.append(node.expr)  # type: ignore[union-attr]
            elif kind is Parens or kind is Unary:
                stack.append(node.expr)  # type: ignore[union-attr]

    @property
    def parents(self) -> dict[Node, Node]:
        """The part that each part stands in."""
        if self._parents is None:
            self._parents = parents_of(self.root)
        return self._parents

    def above(self, node: Node) -> Iterator[Node]:
        """What the part stands in, from the inside out."""
        parent = self.parents.get(node)
        while parent is not None:
            yield parent
            parent = self.parents.get(parent)


@lru_cache(maxsize=65536)
def parts_of_tree(tree: Node) -> Parts:
    """The parts of a tree."""
    return Parts(tree)


_NOTHING = Parts(Number(0.0, 0, 0))


def parts_of(expression: Expression) -> Parts:
    """The expression's parts; none of an expression that is not read."""
    return _NOTHING if expression.tree is None else parts_of_tree(expression.tree)


def is_authors(expression: Expression, start: int, end: int) -> bool:
    """Whether these characters stand in the file as they are, so that no variable was filled in there."""
    if START in expression.text[start:end]:
        return False
    offsets = expression.offsets
    if offsets is None:
        return True
    return all(offsets[at + 1] - offsets[at] == 1 for at in range(start, end))


def found(expression: Expression, start: int, end: int, message: str, hint: str = "", **more: Any) -> Found:
    """A Found at these characters of the expression's text."""
    return Found(expression.keys, message, hint, span=expression.origin((start, end)), **more)


def shorter(expression: Expression, node: Node, most: int = 60) -> str:
    """The part as it is written, on one line, cut where it is long."""
    text = " ".join(expression.text[node.start : node.end].split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
