"""An expression as a tree. Every node knows the characters of the text it stands for.

``start`` and ``end`` are offsets into the expression as it was written, ``end`` exclusive. Durations are
seconds. A tree is immutable; nodes compare by identity, since two equal parts stand in two places.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import Struct

MatchOp = Literal["=", "!=", "=~", "!~"]

NAME = "__name__"
"""The label that holds the metric's name."""


class Word(Struct, frozen=True, eq=False):
    """A name where it stands: a label in ``by (...)``, an operator, a function's name."""

    text: str
    start: int
    end: int


class Matcher(Struct, frozen=True, eq=False):
    """``label op "value"`` of a selector; ``value`` is unquoted, ``value_start`` where its quotes begin."""

    label: str
    op: MatchOp
    value: str
    start: int
    end: int
    value_start: int


class Selector(Struct, frozen=True, eq=False):
    """An instant or (with ``range``) a range vector selector.

    ``name`` is the metric as it stands before the braces or quoted within them, "" where only matchers
    (perhaps one of ``__name__``) say what is meant. ``name_end`` is the end of a name before the braces,
    ``braces`` where the opening brace stands, ``range_start`` where the bracket does (-1: there is none).
    ``at`` is a unix time, "start", "end" or None; ``offset`` and ``range`` are seconds.
    """

    name: str
    matchers: tuple[Matcher, ...]
    start: int
    end: int
    name_end: int
    braces: int = -1
    range: float | None = None
    range_start: int = -1
    offset: float = 0.0
    at: float | Literal["start", "end"] | None = None

    def matcher(self, label: str) -> Matcher | None:
        """The first matcher of that label."""
        return next((m for m in self.matchers if m.label == label), None)


class Number(Struct, frozen=True, eq=False):
    """A number, Inf and NaN included, or a duration that stands as a number (seconds)."""

    value: float
    start: int
    end: int


class String(Struct, frozen=True, eq=False):
    """A string literal, unquoted."""

    value: str
    start: int
    end: int


class Parens(Struct, frozen=True, eq=False):
    """``( expr )``."""

    expr: Node
    start: int
    end: int


class Unary(Struct, frozen=True, eq=False):
    """``-expr`` or ``+expr``."""

    op: str
    expr: Node
    start: int
    end: int


class Matching(Struct, frozen=True, eq=False):
    """How the sides of a binary operation find each other.

    ``on`` is True for ``on``, False for ``ignoring``; ``group`` is "left", "right" or "" (one to one);
    ``include`` are the labels of ``group_left (...)``; ``stated`` is False where neither ``on`` nor
    ``ignoring`` is written, ``fill`` what a missing side is filled in with, as it is written.
    """

    on: bool = False
    labels: tuple[Word, ...] = ()
    group: Literal["left", "right", ""] = ""
    include: tuple[Word, ...] = ()
    stated: bool = False
    fill: str = ""


class Binary(Struct, frozen=True, eq=False):
    """``lhs op rhs``; ``operator`` knows where the operator stands."""

    operator: Word
    lhs: Node
    rhs: Node
    matching: Matching
    bool: builtins.bool
    start: int
    end: int

    @property
    def op(self) -> str:
        """The operator's text, ``and`` in lower case."""
        return self.operator.text

    @property
    def is_comparison(self) -> builtins.bool:
        """Whether it is one of == != > < >= <=."""
        return self.operator.text in COMPARISONS

    @property
    def is_set_operation(self) -> builtins.bool:
        """Whether it is and, or, unless."""
        return self.operator.text in SET_OPERATIONS


class Aggregation(Struct, frozen=True, eq=False):
    """``sum by (a) (expr)``; ``param`` is the k of topk, the q of quantile, the label of count_values.

    ``without`` is True for ``without (...)``. Neither ``by`` nor ``without`` is ``by ()``.
    """

    operator: Word
    labels: tuple[Word, ...]
    without: bool
    expr: Node
    param: Node | None
    start: int
    end: int

    @property
    def op(self) -> str:
        """The operator's name in lower case."""
        return self.operator.text


class Call(Struct, frozen=True, eq=False):
    """A function and its arguments."""

    function: Word
    args: tuple[Node, ...]
    start: int
    end: int

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.text


class Subquery(Struct, frozen=True, eq=False):
    """``expr[range:step]``; ``step`` None is the server's evaluation interval."""

    expr: Node
    range: float
    step: float | None
    start: int
    end: int
    range_start: int
    offset: float = 0.0
    at: float | Literal["start", "end"] | None = None


Node: TypeAlias = Selector | Number | String | Parens | Unary | Binary | Aggregation | Call | Subquery


COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
SET_OPERATIONS = frozenset({"and", "or", "unless"})


_AROUND = (Parens, Unary, Subquery)


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a node that are expressions themselves, in the order of the text."""
    if isinstance(node, Selector):
        return ()
    if isinstance(node, Binary):
        return (node.lhs, node.rhs)
    if isinstance(node, Call):
        return node.args
    if isinstance(node, Aggregation):
        return (node.expr,) if node.param is None else (node.param, node.expr)
    return (node.expr,) if isinstance(node, _AROUND) else ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, parents first, in the order of the text."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack += children(current)[::-1]


def selectors(node: Node) -> Iterator[Selector]:
    """Every selector of the expression, in the order of the text."""
    return (found for found in walk(node) if isinstance(found, Selector))


def parents_of(tree: Node) -> dict[Node, Node]:
    """The part of a tree that each part stands in."""
    return {child: node for node in walk(tree) for child in children(node)}


def bare(node: Node) -> Node:
    """The node without the parentheses around it."""
    while isinstance(node, Parens):
        node = node.expr
    return node
