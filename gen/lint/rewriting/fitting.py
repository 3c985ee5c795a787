"""Whether new series can stand where the old ones stood: what is around them reads labels.

The proof (``monogen.lint.rewriting.proving``) tells whether something is given, not whether it is the same.
Sides of ``or`` and ``unless`` that differ in labels go past each other, and a label that is not there makes
one group of many.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from monogen.promql.tree import Aggregation, Binary, Call, Node, String, Word, selectors
from msgspec import Struct

_SOURCES = {"label_replace": slice(3, 4), "label_join": slice(3, None)}
"""Which arguments of a function name labels that it reads."""

ABSENT = ("absent", "absent_over_time")
"""They make their labels of the very selector."""


class NewSeries(Struct, frozen=True):
    """Recorded series that are to stand for ``node``.

    ``labels`` are those they have, ``target`` those of scraping, ``forgotten`` those by which the old ones
    told apart what is one thing here. ``beside`` says that the old ones stay where they are.
    """

    node: Node
    labels: Collection[str]
    target: Collection[str]
    forgotten: Collection[str]
    beside: bool


def fit(new: NewSeries, parents: Mapping[Node, Node]) -> bool:
    """Whether everything around them finds the labels that it reads."""
    below, above = new.node, parents.get(new.node)
    while above is not None:
        if isinstance(above, Aggregation):
            if not above.without and not _keeps_apart(new, [word.text for word in above.labels]):
                return False
        elif isinstance(above, Binary):
            if not _is_met(new, above, is_one=below is _one_side(above)):
                return False
        elif isinstance(above, Call) and above.name in ABSENT:
            return False
        elif isinstance(above, Call) and above.name in _SOURCES:
            read = above.args[_SOURCES[above.name]]
            if any(isinstance(label, String) and label.value not in new.labels for label in read):
                return False
        below, above = above, parents.get(above)
    return True


def _one_side(operation: Binary) -> Node | None:
    """The side of which labels are taken over."""
    return {"left": operation.rhs, "right": operation.lhs}.get(operation.matching.group)


def _is_met(new: NewSeries, operation: Binary, *, is_one: bool) -> bool:
    """Whether the other side finds them by the labels that are named, and takes over only what is there."""
    matching = operation.matching
    if is_one and not _has(new, matching.include):
        return False
    if not matching.on or not matching.labels:
        return True
    return _has(new, matching.labels)


def _keeps_apart(new: NewSeries, grouped: Collection[str]) -> bool:
    """Whether groups stay groups of one host where they were: by what scraping attaches there are none.

    What the old ones are told apart by on one host (a sensor, a GPU) may be missing beside its name.
    """
    missing = [label for label in grouped if label not in new.labels]
    if not missing:
        return True
    of_one_host = "instance" in grouped and (new.beside or all(label in new.forgotten for label in missing))
    return of_one_host and not any(label in new.target for label in missing)


def _has(new: NewSeries, words: Collection[Word]) -> bool:
    return all(word.text in new.labels for word in words)


def alike(operation: Binary, ours: Collection[Node], beside: Collection[Node]) -> bool:
    """Whether the sides of a set operation still have the same labels.

    ``ours`` are the selectors that recorded series take the place of, ``beside`` those that they
    join.
    """
    if operation.op not in ("or", "unless") or operation.matching.on:
        return True
    leaves = list(selectors(operation))
    replaced = sum(leaf in ours for leaf in leaves)
    return replaced in (0, len(leaves)) and not any(leaf in beside for leaf in leaves)
