"""Which labels the series of an expression can carry, as far as the expression itself says so.

No data and no catalog is asked, so most selectors may carry anything: what is known comes from
``by (...)``, ``without``, ``on``, ``ignoring``, ``group_left``, ``label_replace``, ``absent`` and the like.
A label that is said to be absent is certain to be absent. ``labels_of(tree)`` is the way in; alert templates,
joins and aggregations are judged by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from monogen.promql.functions import FUNCTIONS, OPERATORS, Function
from monogen.promql.placeholder import START
from monogen.promql.regex import RegexError, full_match
from monogen.promql.tree import (
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
    bare,
)

NAME = "__name__"
_NONE: frozenset[str] = frozenset()


_NOTHING_GONE: Mapping[str, Node] = MappingProxyType({})


class Labels(NamedTuple):
    """The labels of a result's series.

    ``names`` are the only ones there can be, None where any can. ``gone`` are labels that have been
    removed, each with the part of the expression that did it, and ``closed_by`` is the part after which only
    ``names`` are left.
    """

    names: frozenset[str] | None = None
    gone: Mapping[str, Node] = _NOTHING_GONE
    closed_by: Node | None = None

    def may_have(self, label: str) -> bool:
        """False where the label is certain to be absent."""
        if self.names is not None:
            return label in self.names
        return label not in self.gone

    @property
    def is_open(self) -> bool:
        """Whether any label may be there."""
        return self.names is None and not self.gone

    def removed_by(self, label: str) -> Node | None:
        """The part of the expression that took an absent label away; None if it was never there."""
        return self.gone.get(label, self.closed_by)


ANY = Labels()
"""Nothing is known."""

EMPTY = Labels(names=_NONE)
"""A scalar, ``vector(1)``: no labels at all."""


class Known(Protocol):
    """What is known of a selector's series from elsewhere: from recording rules, from a catalog."""

    def labels(self, selector: Selector) -> Labels | None:
        """The labels there can be; None where nothing is known."""

    def certain(self, selector: Selector) -> frozenset[str]:
        """Labels that each of its series has."""


def labels_of(node: Node, known: Known | None = None) -> Labels:
    """The labels that the result of an expression can carry; the time it takes goes with its size."""
    return LabelReading(known).of(node)


class LabelReading:
    """The labels of an expression and of its parts; each part is looked at once."""

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


def is_scalar(node: Node) -> bool:
    """Whether an expression gives a number and no series."""
    if isinstance(node, Selector | Aggregation):
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


def matches_empty(matcher: Matcher) -> bool:
    """Whether series without the label pass, or may pass: a board's variable can be anything."""
    if START in matcher.value:
        return True
    if matcher.op in ("=", "!="):
        return (matcher.value == "") == (matcher.op == "=")
    if not matcher.value:
        return matcher.op == "=~"
    try:
        return full_match(matcher.value, "") == (matcher.op == "=~")
    except RegexError:
        return True


def _of_selector(node: Selector, reading: LabelReading) -> Labels:
    base = reading.known.labels(node) if reading.known is not None else None
    base = ANY if base is None else base
    for matcher in node.matchers:
        if not matcher.value and matcher.op == "=":
            base = _without(base, (matcher.label,), node)
    return base


def _without(base: Labels, labels: Iterable[str], by: Node) -> Labels:
    """The same without some labels."""
    if base is ANY:
        return Labels(None, dict.fromkeys(labels, by))
    lost = [label for label in labels if base.may_have(label)]
    if not lost:
        return base
    names = None if base.names is None else base.names.difference(lost)
    return Labels(names, {**base.gone, **dict.fromkeys(lost, by)}, base.closed_by)


def _only(base: Labels, labels: frozenset[str], by: Node) -> Labels:
    """The same with some labels only."""
    if base.names is None and base.gone.keys().isdisjoint(labels):
        return Labels(labels, _NOTHING_GONE, by)
    names = frozenset(label for label in labels if base.may_have(label))
    gone = {label: base.removed_by(label) or by for label in labels - names}
    return Labels(names, gone, by)


def _and(base: Labels, label: str) -> Labels:
    """The same with one label more."""
    if base.may_have(label):
        return base
    names = None if base.names is None else base.names | {label}
    return Labels(names, {name: by for name, by in base.gone.items() if name != label}, base.closed_by)


def _of_inner(node: Parens | Subquery, reading: LabelReading) -> Labels:
    return reading.of(node.expr)


def _of_unary(node: Unary, reading: LabelReading) -> Labels:
    return _without(reading.of(node.expr), (NAME,), node)


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
    return base if function.keeps_name else _without(base, (NAME,), node)


_OF_HISTOGRAMS = frozenset({"histogram_quantile", "histogram_fraction", "histogram_quantiles"})


def _vector(node: Call, function: Function) -> Node | None:
    """The argument that is made of series."""
    place = function.series
    return node.args[place] if place is not None and place < len(node.args) else None


def _of_quantile(node: Call, base: Labels) -> Labels:
    """One series for all buckets; ``histogram_quantiles`` writes the label it is given."""
    base = _without(base, (NAME, "le"), node)
    label = bare(node.args[1])
    if node.name == "histogram_quantiles":
        return _and(base, label.value) if isinstance(label, String) else ANY
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
    return base if removes else _and(base, target.value)


_ABOUT_LABELS = frozenset({"absent", "absent_over_time", "scalar", "vector", *_OF_HISTOGRAMS})
"""Functions that may take away more labels than the name, or give none."""

_SIMPLE = frozenset({"sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"})


def _of_aggregation(node: Aggregation, reading: LabelReading) -> Labels:
    labels = frozenset([word.text for word in node.labels])
    if node.op in _SIMPLE and not node.without and NAME not in labels and reading.is_plain(node.expr):
        return Labels(labels, _NOTHING_GONE, node)
    base = reading.of(node.expr)
    operator = OPERATORS.get(node.op)
    if operator is not None and operator.picks:
        return base
    kept = _without(base, labels | {NAME}, node) if node.without else _only(base, labels, node)
    if node.op == "count_values":
        label = bare(node.param) if node.param is not None else None
        return _and(kept, label.value) if isinstance(label, String) else ANY
    return kept


def _of_binary(node: Binary, reading: LabelReading) -> Labels:
    keeps_name = node.is_set_operation or (node.is_comparison and not node.bool)
    lhs, rhs = is_scalar(node.lhs), is_scalar(node.rhs)
    if lhs and rhs:
        return EMPTY
    if lhs or rhs:
        side = reading.of(node.rhs if lhs else node.lhs)
        return side if keeps_name else _without(side, (NAME,), node)
    left, right = reading.of(node.lhs), reading.of(node.rhs)
    if node.op == "or":
        return _either(left, right)
    if node.is_set_operation:
        return left
    if node.matching.fill:
        return ANY
    return _matched(node, left, right, keeps_name=keeps_name)


def _either(left: Labels, right: Labels) -> Labels:
    """Of series that come from the one or the other."""
    names = None if left.names is None or right.names is None else left.names | right.names
    gone = {label: by for label, by in left.gone.items() if not right.may_have(label)}
    gone |= {label: by for label, by in right.gone.items() if not left.may_have(label)}
    return Labels(names, gone, left.closed_by or right.closed_by)


def _matched(node: Binary, left: Labels, right: Labels, *, keeps_name: bool) -> Labels:
    """Of pairs of series: the many side's labels, or (one to one) those that were compared."""
    matching = node.matching
    many, one = (right, left) if matching.group == "right" else (left, right)
    compared = frozenset(word.text for word in matching.labels)
    if matching.group:
        found = many if keeps_name else _without(many, (NAME,), node)
        for word in matching.include:
            found = _and(found, word.text) if one.may_have(word.text) else _without(found, (word.text,), node)
        return found
    if matching.on:
        return _only(_both(left, right), compared, node)
    found = _without(_both(left, right), compared, node)
    return found if keeps_name else _without(found, (NAME,), node)


def _both(left: Labels, right: Labels) -> Labels:
    """Of series whose compared labels are equal: a label is there only if both sides can have it.

    ``__name__`` is never compared: it is the left side's.
    """
    if right.is_open:
        return left
    gone = {**{label: by for label, by in right.gone.items() if label != NAME}, **left.gone}
    if right.names is None:
        names = None if left.names is None else left.names.difference(gone)
    else:
        names = right.names | {NAME} if left.may_have(NAME) else right.names - {NAME}
        names = frozenset(label for label in names if left.may_have(label))
    return Labels(names, gone, left.closed_by or right.closed_by)


def _certain_of_selector(node: Selector, reading: LabelReading) -> frozenset[str]:
    known = reading.known.certain(node) if reading.known is not None else _NONE
    return known.union(matcher.label for matcher in node.matchers if not matches_empty(matcher))


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
