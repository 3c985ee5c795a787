"""Which labels the series of an expression can carry, as far as the expression itself says so.

No data and no catalog is asked, so most selectors may carry anything: what is known comes from
``by (...)``, ``without``, ``on``, ``ignoring``, ``group_left``, ``label_replace``, ``absent`` and the like.
A label that is said to be absent is certain to be absent. ``LabelReading().of(tree)`` is the way in;
alert templates, joins and aggregations are judged by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from monogen.lint.facts.labels import ANY, EMPTY, Labels, both, either
from monogen.promql.functions import FUNCTIONS, PICKING, Function
from monogen.promql.matchers import passes
from monogen.promql.placeholder import START
from monogen.promql.tree import (
    NAME,
    Aggregation,
    Binary,
    Call,
    Matcher,
    Node,
    Parens,
    Selector,
    String,
    Subquery,
    Unary,
    bare,
)
from monogen.promql.types import is_scalar

_NONE: frozenset[str] = frozenset()


class Known(Protocol):
    """What is known of a selector's series from elsewhere: from recording rules, from a catalog."""

    def labels(self, selector: Selector) -> Labels | None:
        """The labels there can be; None where nothing is known."""

    def certain(self, selector: Selector) -> frozenset[str]:
        """Labels that each of its series has."""


class LabelReading:
    """The labels of an expression and of its parts; each part is looked at once.

    The time it takes goes with the size of the expression.
    """

    __slots__ = ("known", "seen")

    def __init__(self, known: Known | None = None) -> None:
        """``known`` says more about selectors than stands in them."""
        self.known = known
        self.seen: dict[Node, Labels] = {}

    def of(self, node: Node) -> Labels:
        """The labels that the result of this part can carry."""
        found = self.seen.get(node)
        if found is None:
            reader = _READERS.get(type(node))
            found = self.seen[node] = EMPTY if reader is None else reader(node, self)
        return found

    def is_plain(self, node: Node) -> bool:
        """Whether any label but the name may be there: a selector of which nothing is known, or its rate.

        A short cut for what most expressions are made of; False says nothing.
        """
        while type(node) is Call and node.name not in _ABOUT_LABELS and node.args:
            node = node.args[0]
        if type(node) is not Selector:
            return False
        known = self.known.labels(node) if self.known is not None else None
        return known is None and all(matcher.value or matcher.op != "=" for matcher in node.matchers)

    def certain(self, node: Node) -> frozenset[str]:
        """The labels that every series of the result carries."""
        reader = _CERTAIN.get(type(node))
        if reader is None:
            return _NONE
        possible = self.of(node)
        return frozenset(label for label in reader(node, self) if possible.may_have(label))


def _matches_empty(matcher: Matcher) -> bool:
    """Whether series without the label pass, or may pass: a board's variable can be anything."""
    return START in matcher.value or passes(matcher, "")


def _of_selector(node: Selector, reading: LabelReading) -> Labels:
    base = reading.known.labels(node) if reading.known is not None else None
    base = ANY if base is None else base
    for matcher in node.matchers:
        if not matcher.value and matcher.op == "=":
            base = base.without((matcher.label,), node)
    return base


def _of_inner(node: Parens | Subquery, reading: LabelReading) -> Labels:
    return reading.of(node.expr)


def _of_unary(node: Unary, reading: LabelReading) -> Labels:
    return reading.of(node.expr).without((NAME,), node)


def _of_call(node: Call, reading: LabelReading) -> Labels:
    if node.name in ("absent", "absent_over_time"):
        return _of_absent(node)
    function = FUNCTIONS.get(node.name)
    if function is None or node.name == "info":
        return ANY
    vector = _vector(node, function)
    if vector is None or function.result == "scalar":
        return EMPTY
    base = reading.of(vector)
    if node.name in ("label_replace", "label_join"):
        return _of_rewriting(node, base)
    if node.name in _OF_HISTOGRAMS:
        return _of_quantile(node, base)
    return base if function.keeps_name else base.without((NAME,), node)


_OF_HISTOGRAMS = frozenset({"histogram_quantile", "histogram_fraction", "histogram_quantiles"})


def _vector(node: Call, function: Function) -> Node | None:
    """The argument that is made of series."""
    place = function.series
    return node.args[place] if place is not None and place < len(node.args) else None


def _of_quantile(node: Call, base: Labels) -> Labels:
    """One series for all buckets; ``histogram_quantiles`` writes the label it is given."""
    base = base.without((NAME, "le"), node)
    label = bare(node.args[1])
    if node.name == "histogram_quantiles":
        return base.plus(label.value) if isinstance(label, String) else ANY
    return base


def _of_absent(node: Call) -> Labels:
    """What ``absent`` makes up: the labels that the selector says with ``=``, once each."""
    inside = bare(node.args[0])
    if not isinstance(inside, Selector):
        return Labels(names=_NONE, closed_by=node)
    stated = [m.label for m in inside.matchers if m.label != NAME]
    names = {m.label for m in inside.matchers if m.op == "=" and m.value and stated.count(m.label) == 1}
    return Labels(names=frozenset(names), closed_by=node)


def _of_rewriting(node: Call, base: Labels) -> Labels:
    """``label_replace`` and ``label_join`` write the label that is named second."""
    target = bare(node.args[1])
    if not isinstance(target, String):
        return ANY
    written = bare(node.args[2]) if node.name == "label_replace" else None
    removes = isinstance(written, String) and not written.value
    return base if removes else base.plus(target.value)


_ABOUT_LABELS = frozenset({"absent", "absent_over_time", "scalar", "vector", *_OF_HISTOGRAMS})
"""Functions that may take away more labels than the name, or give none."""

_SIMPLE = frozenset({"sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"})


def _of_aggregation(node: Aggregation, reading: LabelReading) -> Labels:
    labels = frozenset([word.text for word in node.labels])
    if node.op in _SIMPLE and not node.without and NAME not in labels and reading.is_plain(node.expr):
        return Labels(labels, closed_by=node)
    base = reading.of(node.expr)
    if node.op in PICKING:
        return base
    kept = base.without(labels | {NAME}, node) if node.without else base.only(labels, node)
    if node.op == "count_values":
        label = bare(node.param) if node.param is not None else None
        return kept.plus(label.value) if isinstance(label, String) else ANY
    return kept


def _of_binary(node: Binary, reading: LabelReading) -> Labels:
    keeps_name = node.is_set_operation or (node.is_comparison and not node.bool)
    lhs, rhs = is_scalar(node.lhs), is_scalar(node.rhs)
    if lhs and rhs:
        return EMPTY
    if lhs or rhs:
        side = reading.of(node.rhs if lhs else node.lhs)
        return side if keeps_name else side.without((NAME,), node)
    left, right = reading.of(node.lhs), reading.of(node.rhs)
    if node.op == "or":
        return either(left, right)
    if node.is_set_operation:
        return left
    if node.matching.fill:
        return ANY
    return _matched(node, left, right, keeps_name=keeps_name)


def _matched(node: Binary, left: Labels, right: Labels, *, keeps_name: bool) -> Labels:
    """Of pairs of series: the many side's labels, or (one to one) those that were compared."""
    matching = node.matching
    many, one = (right, left) if matching.group == "right" else (left, right)
    compared = frozenset(word.text for word in matching.labels)
    if matching.group:
        found = many if keeps_name else many.without((NAME,), node)
        for word in matching.include:
            found = found.plus(word.text) if one.may_have(word.text) else found.without((word.text,), node)
        return found
    if matching.on:
        return both(left, right).only(compared, node)
    found = both(left, right).without(compared, node)
    return found if keeps_name else found.without((NAME,), node)


def _certain_of_selector(node: Selector, reading: LabelReading) -> frozenset[str]:
    known = reading.known.certain(node) if reading.known is not None else _NONE
    return known.union(matcher.label for matcher in node.matchers if not _matches_empty(matcher))


def _certain_of_inner(node: Parens | Subquery | Unary, reading: LabelReading) -> frozenset[str]:
    return reading.certain(node.expr)


def _certain_of_call(node: Call, reading: LabelReading) -> frozenset[str]:
    function = FUNCTIONS.get(node.name)
    vector = None if function is None else _vector(node, function)
    if vector is None or node.name in ("absent", "absent_over_time"):
        return _NONE
    found = reading.certain(vector)
    if node.name in ("label_replace", "label_join"):
        target = bare(node.args[1])
        return found - {target.value} if isinstance(target, String) else _NONE
    return found


def _certain_of_aggregation(node: Aggregation, reading: LabelReading) -> frozenset[str]:
    label = bare(node.param) if node.op == "count_values" and node.param is not None else None
    found = reading.certain(node.expr)
    return found | {label.value} if isinstance(label, String) else found


def _certain_of_binary(node: Binary, reading: LabelReading) -> frozenset[str]:
    left, right = reading.certain(node.lhs), reading.certain(node.rhs)
    if node.matching.fill:
        return _NONE
    if is_scalar(node.lhs) or is_scalar(node.rhs):
        return left | right
    if node.op == "or":
        return left & right
    if node.is_set_operation:
        return left
    included = frozenset(word.text for word in node.matching.include)
    if node.matching.group:
        many, one = (right, left) if node.matching.group == "right" else (left, right)
        return (many - included) | (one & included)
    return left | right - {NAME}


_READERS: Mapping[type, Callable[[Any, LabelReading], Labels]] = MappingProxyType(
    {
        Selector: _of_selector,
        Parens: _of_inner,
        Subquery: _of_inner,
        Unary: _of_unary,
        Call: _of_call,
        Aggregation: _of_aggregation,
        Binary: _of_binary,
    }
)

_CERTAIN: Mapping[type, Callable[[Any, LabelReading], frozenset[str]]] = MappingProxyType(
    {
        Selector: _certain_of_selector,
        Parens: _certain_of_inner,
        Subquery: _certain_of_inner,
        Unary: _certain_of_inner,
        Call: _certain_of_call,
        Aggregation: _certain_of_aggregation,
        Binary: _certain_of_binary,
    }
)
