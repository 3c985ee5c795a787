"""Parts of an expression: their text to be asked, and what follows from how they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import re2
from monogen.promql import (
    Aggregation,
    Binary,
    Call,
    Matcher,
    Node,
    Number,
    Parens,
    Selector,
    String,
    Subquery,
    Unary,
    walk,
)
from truth_worlds import Labels

NAME = "__name__"


def holds(matcher: Matcher, value: str) -> bool:
    """Whether a label's value ("" where it is absent) satisfies the matcher."""
    if matcher.op in ("=", "!="):
        return (value == matcher.value) is (matcher.op == "=")
    return bool(_pattern(matcher.value).fullmatch(value)) is (matcher.op == "=~")


@cache
def _pattern(text: str) -> Any:
    """A pattern as Prometheus reads it: RE2, and the dot is any character."""
    return re2.compile(f"(?s:{text})")


def relaxed(node: Node, text: str) -> str:
    """The part's text with ``bool`` at every comparison that could drop series, so that it drops none.

    Not within absent() and not to the right of ``unless``, where fewer series mean more.
    """
    places = sorted(_filters(node), reverse=True)
    part = text[node.start : node.end]
    for place in places:
        part = part[: place - node.start] + " bool" + part[place - node.start :]
    return part


def _filters(node: Node) -> Iterator[int]:
    """Where ``bool`` would have to stand."""
    match node:
        case Binary():
            if node.is_comparison and not node.bool:
                yield node.operator.end
            yield from _filters(node.lhs)
            if node.op != "unless":
                yield from _filters(node.rhs)
        case Call() if node.name not in ("absent", "absent_over_time"):
            for arg in node.args:
                yield from _filters(arg)
        case Aggregation():
            yield from _filters(node.expr)
        case Parens() | Unary() | Subquery():
            yield from _filters(node.expr)


def pinned(node: Node, label: str) -> set[str] | None:
    """The only values a label can have by what is written, None if that says nothing."""
    found: set[str] | None = None
    match node:
        case Selector():
            found = {m.value for m in node.matchers if m.label == label and m.op == "=" and m.value} or None
        case Parens() | Unary() | Subquery():
            found = pinned(node.expr, label)
        case Aggregation() if _keeps(node, label):
            found = pinned(node.expr, label)
        case Call() if node.name not in ("label_replace", "label_join", "absent", "absent_over_time"):
            vectors = [arg for arg in node.args if not isinstance(arg, Number | String)]
            found = pinned(vectors[-1], label) if vectors else None
        case Binary() if node.op == "or":
            left, right = pinned(node.lhs, label), pinned(node.rhs, label)
            found = left | right if left is not None and right is not None else None
        case Binary() if not node.matching.include:
            found = pinned(node.lhs, label) or pinned(node.rhs, label)
    return found


def _keeps(node: Aggregation, label: str) -> bool:
    """Whether the label is what it was before."""
    if isinstance(node.param, String) and node.param.value == label:
        return False
    named = label in {word.text for word in node.labels}
    return named is not node.without or node.op in ("topk", "bottomk")


def rewritten(node: Node, label: str) -> bool:
    """Whether a function in it may give the label a text of its own."""
    for part in walk(node):
        match part:
            case Call(args=(_, String(value=target), *_)) if part.name in ("label_replace", "label_join"):
                if target == label:
                    return True
            case Aggregation(param=String(value=target)) if target == label:
                return True
    return False


def matching_labels(node: Binary, lhs: Iterable[Labels], rhs: Iterable[Labels]) -> list[str]:
    """The labels that two series have to agree on."""
    stated = {word.text for word in node.matching.labels}
    if node.matching.on:
        return sorted(stated)
    return sorted({label for side in (lhs, rhs) for labels in side for label in labels} - stated - {NAME})


def clashes(matchers: Sequence[Matcher]) -> Iterator[tuple[Matcher, Matcher]]:
    """Pairs of matchers of one label, one of them for one value that the other refuses."""
    for one in matchers:
        for other in matchers:
            if one.op == "=" and one.label == other.label and not holds(other, one.value):
                yield one, other


def written(matcher: Matcher) -> str:
    """The matcher as a person writes it."""
    return f'{matcher.label}{matcher.op}"{matcher.value}"'
