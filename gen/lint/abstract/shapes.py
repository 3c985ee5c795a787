"""Which series may be there: shapes of series, and the vector they make up. Plain immutable data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from monogen.lint.abstract.values import ABSENT, FREE, Value
from monogen.promql.tree import NAME
from msgspec import Struct
from msgspec.structs import replace

ReasonKind = Literal[
    "never",  # no host of that kind has the metric
    "exporter",  # the host runs no exporter that has it
    "label",  # a label of the exporter cannot have that value
    "target",  # a label of the target (job, instance, os, ...) has another value: perhaps meant for others
    "match",  # no series of one side can meet one of the other
    "record",  # a recorded series that is empty there
]


class Reason(Struct, frozen=True):
    """Why nothing is left. ``text`` is half a sentence: "`x` does not exist on Darwin".

    ``instead`` names the recorded series that answers the question, ``matcher`` is the one that leaves
    nothing, as it is written, and ``texts`` what its label can have instead, where that is known. ``start``
    and ``end`` are the characters that are to blame.
    """

    kind: ReasonKind
    text: str
    metric: str = ""
    instead: str = ""
    matcher: str = ""
    texts: frozenset[str] = frozenset()
    start: int = 0
    end: int = 0


class Shape(Struct, frozen=True, eq=False):
    """Series that look alike: one metric of one target, or what an operator made of some.

    ``labels`` are those that may be there; of all others an ``open`` shape may have any, another has none.
    ``certain`` series are there while all is well; others need ``needs`` too, or depend on a number.
    An ``unknown`` shape is of a metric that no catalog knows. Shapes compare by identity.
    """

    name: str
    labels: Mapping[str, Value]
    open: bool = False
    certain: bool = True
    needs: str = ""
    unknown: bool = False

    def label(self, name: str) -> Value:
        """What the label may be."""
        if name == NAME:
            return frozenset((self.name,)) if self.name or not self.open else FREE
        return self.labels.get(name, FREE if self.open else ABSENT)

    def uncertain(self, needs: str = "") -> Shape:
        """The same series, if a condition holds."""
        if not self.certain:
            return self
        return replace(self, certain=False, needs=self.needs or needs)


class Vector(Struct, frozen=True, eq=False):
    """What an expression may give: shapes, or ``reasons`` why there are none.

    A vector with shapes may have reasons too: why some series of it are missing.
    """

    shapes: tuple[Shape, ...]
    reasons: tuple[Reason, ...] = ()


class Scalar(Struct, frozen=True, eq=False):
    """A single number, whatever it is."""


EMPTY = Vector(())
NUMBER = Scalar()
ONE = Vector((Shape("", {}),))
"""One series without labels: ``vector(1)``."""

ANYTHING = Vector((Shape("", {}, open=True, certain=False, unknown=True),))
"""What nobody can tell."""

MOST_SHAPES = 2000
"""More are not looked at one by one: they become ANYTHING."""


def vector_of(shapes: Iterable[Shape], reasons: Iterable[Reason] = ()) -> Vector:
    """The vector of these shapes, those that look alike taken together."""
    shapes = tuple(shapes)
    if len(shapes) <= 1:
        return Vector(shapes, tuple(dict.fromkeys(reasons)))
    found: dict[tuple[object, ...], Shape] = {}
    for shape in shapes:
        key = (shape.name, shape.open, shape.unknown, *sorted(shape.labels.items(), key=_label_name))
        known = found.get(key)
        if known is None or (shape.certain and not known.certain):
            found[key] = shape
        if len(found) > MOST_SHAPES:
            return ANYTHING
    return Vector(tuple(found.values()), tuple(dict.fromkeys(reasons)))


def _label_name(item: tuple[str, Value]) -> str:
    return item[0]
