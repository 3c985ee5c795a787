"""The labels that the series of a result can carry, and what operators make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from monogen.promql.tree import NAME, Node

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

    def without(self, labels: Iterable[str], by: Node) -> Labels:
        """The same without some labels, which ``by`` takes away."""
        if self is ANY:
            return Labels(None, dict.fromkeys(labels, by))
        lost = [label for label in labels if self.may_have(label)]
        if not lost:
            return self
        names = None if self.names is None else self.names.difference(lost)
        return Labels(names, {**self.gone, **dict.fromkeys(lost, by)}, self.closed_by)

    def only(self, labels: frozenset[str], by: Node) -> Labels:
        """The same with some labels only, since ``by`` keeps no others."""
        if self.names is None and self.gone.keys().isdisjoint(labels):
            return Labels(labels, _NOTHING_GONE, by)
        names = frozenset(label for label in labels if self.may_have(label))
        gone = {label: self.removed_by(label) or by for label in labels - names}
        return Labels(names, gone, by)

    def plus(self, label: str) -> Labels:
        """The same with one label more."""
        if self.may_have(label):
            return self
        names = None if self.names is None else self.names | {label}
        gone = {name: by for name, by in self.gone.items() if name != label}
        return Labels(names, gone, self.closed_by)


ANY = Labels()
"""Nothing is known."""

EMPTY = Labels(names=frozenset())
"""A scalar, ``vector(1)``: no labels at all."""


def either(left: Labels, right: Labels) -> Labels:
    """Of series that come from the one or the other."""
    names = None if left.names is None or right.names is None else left.names | right.names
    gone = {label: by for label, by in left.gone.items() if not right.may_have(label)}
    gone |= {label: by for label, by in right.gone.items() if not left.may_have(label)}
    return Labels(names, gone, left.closed_by or right.closed_by)


def both(left: Labels, right: Labels) -> Labels:
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
