"""Finds a stock expression in somebody's: whatever parentheses, order of terms, windows, further matchers."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from monogen.promql.matchers import values
from monogen.promql.tree import (
    Aggregation,
    Binary,
    Call,
    Matcher,
    Node,
    Number,
    Selector,
    Unary,
    bare,
)
from msgspec import Struct

SHORTEST, LONGEST = 60.0, 600.0
"""Seconds; a window from here to there asks for the rate of now, as that of a recorded series is."""

_RATES = ("rate", "irate")


class Leaf(Struct, frozen=True):
    """A selector of the author's that stands for one of the pattern, and the matchers that are its own."""

    selector: Selector
    others: tuple[Matcher, ...]


_Leaves = tuple[Leaf, ...]


class Patterns(Struct, frozen=True):
    """How strictly is compared. ``labels`` may stand in ``by (...)`` beside those of the pattern.

    ``open_windows`` are the starts of the brackets of windows that a variable decides.
    """

    labels: Collection[str]
    open_windows: Collection[int] = ()

    def leaves(self, pattern: Node, node: Node) -> _Leaves | None:
        """The author's selectors, where the expression is the one of the pattern; None where it is not."""
        pattern = bare(pattern)
        if isinstance(pattern, Selector):
            # A pattern that is nothing but a metric leaves its range and its offset as they are.
            found = self._selector(pattern, bare(node))
            return None if found is None else (found,)
        return next(self._ways(pattern, node), None)

    def _ways(self, pattern: Node, node: Node) -> Iterator[_Leaves]:
        pattern, node = bare(pattern), bare(node)
        if isinstance(pattern, Number):
            if isinstance(node, Number) and node.value == pattern.value:
                yield ()
        elif isinstance(pattern, Selector):
            found = self._selector(pattern, node)
            if found is not None and self._is_now(pattern, found.selector):
                yield (found,)
        elif isinstance(pattern, Binary) and pattern.op in ("+", "-"):
            yield from self._terms(list(_terms(pattern)), list(_terms(node)))
        elif isinstance(pattern, Binary) and isinstance(node, Binary) and pattern.op == node.op:
            yield from self._sides(pattern, node)
        elif isinstance(pattern, Call) and isinstance(node, Call) and _same_function(pattern, node):
            yield from self._all(pattern.args, node.args)
        elif isinstance(pattern, Aggregation) and isinstance(node, Aggregation):
            yield from self._ways(pattern.expr, node.expr) if self._same_grouping(pattern, node) else ()

    def _all(self, patterns: tuple[Node, ...], nodes: tuple[Node, ...]) -> Iterator[_Leaves]:
        if not patterns:
            yield ()
            return
        for first in self._ways(patterns[0], nodes[0]):
            for rest in self._all(patterns[1:], nodes[1:]):
                yield (*first, *rest)

    def _sides(self, pattern: Binary, node: Binary) -> Iterator[_Leaves]:
        if pattern.matching.group != node.matching.group:
            return
        yield from self._all((pattern.lhs, pattern.rhs), (node.lhs, node.rhs))
        if pattern.op == "*" and not pattern.matching.group:
            yield from self._all((pattern.lhs, pattern.rhs), (node.rhs, node.lhs))

    def _terms(self, patterns: list[tuple[int, Node]], nodes: list[tuple[int, Node]]) -> Iterator[_Leaves]:
        """Sums are the same whatever the order of their terms; each pattern takes one of the terms."""
        if len(patterns) != len(nodes):
            return
        if not patterns:
            yield ()
            return
        (sign, pattern), *others = patterns
        for index, (other_sign, node) in enumerate(nodes):
            if sign == other_sign:
                for first in self._ways(pattern, node):
                    for rest in self._terms(others, nodes[:index] + nodes[index + 1 :]):
                        yield (*first, *rest)

    def _selector(self, pattern: Selector, node: Node) -> Leaf | None:
        if not isinstance(node, Selector) or node.name != pattern.name or node.name_end <= node.start:
            return None
        others = list(node.matchers)
        for wanted in pattern.matchers:
            same = next((m for m in others if _same_matcher(wanted, m)), None)
            if same is None:
                return None
            others.remove(same)
        return Leaf(node, tuple(others))

    def _is_now(self, pattern: Selector, node: Selector) -> bool:
        """Whether both look at the present, over about the same window."""
        if node.offset or node.at is not None:
            return False
        if pattern.range is None or node.range is None:
            return pattern.range is node.range
        return node.range_start in self.open_windows or SHORTEST <= node.range <= LONGEST

    def _same_grouping(self, pattern: Aggregation, node: Aggregation) -> bool:
        if pattern.op != node.op or pattern.without != node.without or node.param is not None:
            return False
        wanted, there = ({word.text for word in one.labels} for one in (pattern, node))
        return wanted <= there and all(label in self.labels for label in there - wanted)


def _terms(node: Node, sign: int = 1) -> Iterator[tuple[int, Node]]:
    """The terms of a sum, each with its sign; anything else is a sum of one."""
    node = bare(node)
    if isinstance(node, Binary) and node.op in ("+", "-") and not node.matching.group:
        yield from _terms(node.lhs, sign)
        yield from _terms(node.rhs, sign if node.op == "+" else -sign)
    elif isinstance(node, Unary):
        yield from _terms(node.expr, sign if node.op == "+" else -sign)
    else:
        yield sign, node


def _same_function(pattern: Call, node: Call) -> bool:
    same = pattern.name == node.name or (pattern.name in _RATES and node.name in _RATES)
    return same and len(pattern.args) == len(node.args)


def _same_matcher(pattern: Matcher, node: Matcher) -> bool:
    if pattern.label != node.label:
        return False
    texts = values(pattern)
    return texts is not None and texts == values(node)
