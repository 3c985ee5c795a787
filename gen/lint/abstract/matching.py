"""How the two sides of a binary operation meet: which pairs of series can agree on the labels that count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monogen.lint.abstract.shapes import ANYTHING, Reason, ReasonKind, Shape, Vector, vector_of
from monogen.lint.abstract.values import ABSENT, ANY, FREE, Own, Value, both, certainly_equal, shown
from monogen.promql.tree import NAME, Binary, Matching

MOST_PAIRS = 20_000
"""More pairs of shapes are not looked at one by one."""

Labels = dict[str, Value]


class Meeting:
    """The pairs of one binary operation on one host.

    ``own`` are the host's own labels, see ``monogen.lint.abstract.values``.
    """

    def __init__(self, node: Binary, left: Vector, right: Vector, own: Mapping[str, str]) -> None:
        """The operation, what its sides give, and where."""
        self.node = node
        self.left = left
        self.right = right
        self.own = own
        self.too_many = len(left.shapes) * len(right.shapes) > MOST_PAIRS
        self._named = frozenset(word.text for word in node.matching.labels)

    def pairs(self) -> Iterator[tuple[Shape, Shape, Labels, bool]]:
        """Shapes that can meet, what the labels they meet on then are, and whether they certainly do."""
        for left in self.left.shapes:
            for right in self.right.shapes:
                met = self.meet(left, right)
                if met is not None:
                    yield left, right, *met

    def meet(self, left: Shape, right: Shape) -> tuple[Labels, bool] | None:
        """The labels that both agree on and whether they surely do; None where they cannot agree on one."""
        common: Labels = {}
        sure = True
        for label in self._counting(left, right):
            mine, other = left.label(label), right.label(label)
            value = both(mine, other, self.own)
            if value is None:
                return None
            sure = sure and certainly_equal(mine, other)
            if value != ABSENT:
                common[label] = value
        return common, sure

    def _counting(self, left: Shape, right: Shape) -> frozenset[str]:
        """The labels that must agree. Of open shapes only the known ones can be looked at."""
        if self.node.matching.on:
            return self._named
        return frozenset(left.labels).union(right.labels) - self._named - {NAME}

    def why_not(self) -> Reason:
        """Why no pair can meet."""
        left, right = self.left.shapes[0], self.right.shapes[0]
        # In alphabetical order, so that the same label is blamed each time.
        sides = (
            (label, left.label(label), right.label(label)) for label in sorted(self._counting(left, right))
        )
        label, mine, other = next(side for side in sides if both(side[1], side[2], self.own) is None)
        operator = self.node.operator
        text = f"the sides of `{operator.text}` never meet: {self._told(label, mine, other)}"
        # A side that a matcher keeps to other hosts is perhaps meant for those.
        kind: ReasonKind = "target" if isinstance(mine, Own) or isinstance(other, Own) else "match"
        return Reason(kind, text, start=operator.start, end=operator.end)

    def _told(self, label: str, mine: Value, other: Value) -> str:
        sides = (("left", mine), ("right", other))
        for (side, value), (opposite, another) in (sides, sides[::-1]):
            if value == ABSENT:
                having = f" ({shown(another, self.own)})" if another not in (ANY, FREE) else ""
                return f"the {side} one has no label `{label}`, the {opposite} one has{having}"
        return f"`{label}` is {shown(mine, self.own)} on the left and {shown(other, self.own)} on the right"


def joined(meeting: Meeting) -> Vector:
    """What arithmetic or a comparison of two vectors gives."""
    if meeting.too_many:
        return ANYTHING
    node = meeting.node
    filters = node.is_comparison and not node.bool
    drops_name = not filters
    shapes = []
    for left, right, common, sure in meeting.pairs():
        many, one = (right, left) if node.matching.group == "right" else (left, right)
        labels, name, is_open = _result(node.matching, many, one, common, drops_name)
        certain = left.certain and right.certain and sure and not filters
        needs = left.needs or right.needs or ("a number that passes" if filters else "labels that agree")
        shapes.append(
            Shape(name, labels, is_open, certain, "" if certain else needs, left.unknown or right.unknown)
        )
    reasons = (*meeting.left.reasons, *meeting.right.reasons)
    if not shapes:
        return Vector((), (meeting.why_not(),))
    return vector_of(shapes, reasons)


def _result(
    matching: Matching, many: Shape, one: Shape, common: Labels, drops_name: bool
) -> tuple[Labels, str, bool]:
    """Labels, name and openness of what a pair gives."""
    if not matching.group:
        if matching.on:
            return common, "", False
        # What agrees is what is left: on both sides the labels that are not ignored.
        return common, "" if drops_name else many.name, many.open and one.open
    labels = {**many.labels, **{label: value for label, value in common.items() if label in many.labels}}
    for word in matching.include:
        labels[word.text] = one.label(word.text)
    return labels, "" if drops_name else many.name, many.open


def intersected(meeting: Meeting) -> Vector:
    """What ``and`` gives: series of the left side that meet one of the right."""
    if meeting.too_many:
        return meeting.left
    best: dict[Shape, tuple[Labels, bool]] = {}
    for left, right, common, sure in meeting.pairs():
        certain = left.certain and right.certain and sure
        known = best.get(left)
        if known is None:
            best[left] = (common, certain)
        else:
            # Several partners: the labels are what they were.
            best[left] = ({}, certain or known[1])
    if not best:
        return Vector((), (meeting.why_not(),))
    shapes = []
    for left, (common, certain) in best.items():
        labels = {**left.labels, **{k: v for k, v in common.items() if k in left.labels}}
        needs = left.needs or "series on the right side, too"
        shapes.append(Shape(left.name, labels, left.open, certain, "" if certain else needs, left.unknown))
    return vector_of(shapes, (*meeting.left.reasons, *meeting.right.reasons))


def unmatched(meeting: Meeting) -> Vector:
    """What ``unless`` gives: the left side's series, those in doubt that may meet one of the right."""
    if meeting.too_many:
        return Vector(tuple(shape.uncertain() for shape in meeting.left.shapes), meeting.left.reasons)
    met = {left for left, _, _, _ in meeting.pairs()}
    shapes = [
        shape.uncertain("no series on the right side") if shape in met else shape
        for shape in meeting.left.shapes
    ]
    return Vector(tuple(shapes), meeting.left.reasons)
