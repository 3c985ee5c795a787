"""Evaluates an expression without data: which series it can give on one class of hosts.

Everything is said as if the host had been scraped for at least two range windows. Nothing here claims that a
result is empty unless it follows from a metric that is never there, from a label that cannot have the value,
or from sides that cannot meet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from monogen.lint.abstract.matching import Meeting, intersected, joined, unmatched
from monogen.lint.abstract.relabeling import concatenated, replaced
from monogen.lint.abstract.selecting import Series, select, written
from monogen.lint.abstract.shapes import (
    ANYTHING,
    NUMBER,
    ONE,
    Reason,
    Scalar,
    Shape,
    Vector,
    vector_of,
)
from monogen.lint.abstract.values import ABSENT, ANY, FREE, Value, Watched, only
from monogen.promql.functions import FUNCTIONS, PICKING
from monogen.promql.tree import (
    NAME,
    Aggregation,
    Binary,
    Call,
    Node,
    Parens,
    Selector,
    String,
    Subquery,
    Unary,
    bare,
)
from msgspec.structs import replace

Result = Vector | Scalar
_MEETINGS: dict[str, Callable[[Meeting], Vector]] = {"and": intersected, "unless": unmatched}


Memory = dict[tuple[object, ...], Vector]
"""Results of operations by what they are and what they were given. Vectors are compared by identity."""


class Evaluation:
    """Evaluates expressions on one class of hosts.

    ``given`` may hold results of parts that are known already (the selectors, which many hosts share), and
    ``memory`` those of operations: the same sum of the same vector stands in many expressions.
    """

    def __init__(
        self, series: Series, given: Mapping[Selector, Vector] | None = None, memory: Memory | None = None
    ) -> None:
        """``series`` is what the host has; ``given`` are results of selectors."""
        self._series = series
        self._given = given or {}
        self._memory = {} if memory is None else memory

    def _remembered(self, key: tuple[object, ...], make: Callable[[], Vector]) -> Vector:
        """The result of an operation. Reasons carry places, so what has any is not remembered."""
        found = self._memory.get(key)
        if found is None:
            found = make()
            if not found.reasons:
                self._memory[key] = found
        return found

    def vector(self, node: Node) -> Vector:
        """What an expression gives; a scalar is one series without labels."""
        result = self.result(node)
        return ONE if isinstance(result, Scalar) else result

    def result(self, node: Node) -> Result:  # noqa: PLR0911 - a case each
        """What a part of an expression gives."""
        match node:
            case Selector():
                return self._selected(node)
            case Call():
                return self._call(node)
            case Aggregation():
                return self._aggregation(node)
            case Binary():
                return self._binary(node)
            case Parens() | Subquery():
                return self.result(node.expr)
            case Unary():
                inner = self.result(node.expr)
                return self._nameless(inner) if isinstance(inner, Vector) and node.op == "-" else inner
        return NUMBER

    def _selected(self, node: Selector) -> Vector:
        known = self._given.get(node)
        found = select(node, self._series) if known is None else known
        if found.shapes or not found.reasons:
            return found
        return Vector((), tuple(_placed(reason, node) for reason in found.reasons))

    def _aggregation(self, node: Aggregation) -> Vector:
        inner = self.vector(node.expr)
        if node.op in PICKING:
            return inner
        names = tuple([word.text for word in node.labels])
        added = node.param.value if isinstance(node.param, String) else ""
        key = ("aggregated", names, node.without, added, inner)
        return self._remembered(key, lambda: _aggregated(inner, names, node.without, added))

    def _binary(self, node: Binary) -> Result:
        left, right = self.result(node.lhs), self.result(node.rhs)
        if isinstance(left, Scalar):
            return NUMBER if isinstance(right, Scalar) else self._with_number(node, right)
        if isinstance(right, Scalar):
            return self._with_number(node, left)
        if node.op == "or":
            return vector_of((*left.shapes, *right.shapes), (*left.reasons, *right.reasons))
        if node.matching.fill:
            return ANYTHING
        if not left.shapes or (not right.shapes and node.op != "unless"):
            # One reason is enough, and the left side is read first.
            return Vector((), left.reasons if not left.shapes else right.reasons)
        return self._met(node, left, right)

    def _with_number(self, node: Binary, vector: Vector) -> Vector:
        if node.is_comparison and not node.bool:
            return self._remembered(("filtered", vector), lambda: _filtered(vector))
        return self._nameless(vector)

    def _met(self, node: Binary, left: Vector, right: Vector) -> Vector:
        """The sides brought together. What a host's own labels decide holds for that host alone."""
        matching = node.matching
        key = (
            node.op,
            node.bool,
            matching.on,
            matching.group,
            tuple([word.text for word in matching.labels]),
            tuple([word.text for word in matching.include]),
            left,
            right,
        )
        found = self._memory.get(key)
        if found is None:
            own = Watched(self._series.own)
            operation = _MEETINGS.get(node.op, joined)
            found = operation(Meeting(node, left, right, own))
            if own.asked:
                self._series.own.get("")  # so that who watches the whole expression hears of it
            elif not found.reasons:
                self._memory[key] = found
        return found

    def _call(self, node: Call) -> Result:
        special = _SPECIAL.get(node.name)
        if special is not None:
            return special(self, node)
        function = FUNCTIONS.get(node.name)
        if function is None:
            return ANYTHING
        if function.result == "scalar":
            return NUMBER
        vectors = [i for i, kind in enumerate(function.args) if kind in ("instant", "range")]
        if not vectors or vectors[0] >= len(node.args):
            return ONE  # hour() and its like look at the present time
        inner = self.vector(node.args[vectors[0]])
        if function.wants == "histogram":
            return Vector(
                tuple(s.uncertain("native histograms") for s in nameless(inner).shapes), inner.reasons
            )
        return inner if function.keeps_name else self._nameless(inner)

    def _nameless(self, vector: Vector) -> Vector:
        return self._remembered(("nameless", vector), lambda: nameless(vector))

    def absent(self, node: Call) -> Vector:
        """One series where the argument has none, with the labels that its matchers state."""
        argument = bare(node.args[0])
        inner = self.vector(argument)
        labels = _stated_labels(argument)
        if not inner.shapes:
            return Vector((Shape("", labels),))
        unknown = all(shape.unknown for shape in inner.shapes)
        needs = "the series to be gone"
        return Vector((Shape("", labels, certain=False, needs=needs, unknown=unknown),))

    def histogram_quantile(self, node: Call) -> Vector:
        """Buckets become one series; what has no label ``le`` falls away."""
        inner = self.vector(node.args[-1])
        shapes, reasons = [], list(inner.reasons)
        for shape in inner.shapes:
            bound = shape.label("le")
            if bound == ABSENT and not shape.unknown:
                name = f"`{shape.name}`" if shape.name else "what it is given"
                text = f"`{node.name}` needs buckets, and {name} has no label `le`"
                reasons.append(Reason("label", text, shape.name, start=node.start, end=node.function.end))
                continue
            labels = {label: value for label, value in shape.labels.items() if label != "le"}
            certain = shape.certain and bound is not FREE
            shapes.append(Shape("", labels, shape.open, certain, shape.needs, shape.unknown))
        return vector_of(shapes, reasons)

    def label_replace(self, node: Call) -> Vector:
        """``label_replace(v, dst, replacement, src, regex)``."""
        return replaced(self.vector(node.args[0]), node, self._series)

    def label_join(self, node: Call) -> Vector:
        """``label_join(v, dst, separator, src...)``."""
        return concatenated(self.vector(node.args[0]), node)

    def info(self, node: Call) -> Vector:
        """``info(v)`` adds labels nobody can name."""
        inner = self.vector(node.args[0])
        shapes = [Shape(s.name, s.labels, True, False, s.needs, s.unknown) for s in inner.shapes]
        return vector_of(shapes, inner.reasons)

    def to_vector(self, _: Call) -> Vector:
        """``vector(s)``: always one series without labels."""
        return ONE


_SPECIAL: dict[str, Callable[[Evaluation, Call], Result]] = {
    "absent": Evaluation.absent,
    "absent_over_time": Evaluation.absent,
    "histogram_quantile": Evaluation.histogram_quantile,
    "histogram_fraction": Evaluation.histogram_quantile,
    "label_replace": Evaluation.label_replace,
    "label_join": Evaluation.label_join,
    "info": Evaluation.info,
    "vector": Evaluation.to_vector,
}


def _placed(reason: Reason, node: Selector) -> Reason:
    """The reason with its place in this expression: the selector's, or that of the matcher to blame."""
    for matcher in node.matchers if reason.matcher else ():
        if written(matcher) == reason.matcher:
            return replace(reason, start=matcher.start, end=matcher.end)
    end = node.name_end if node.name_end > node.start else node.end
    return replace(reason, start=node.start, end=end)


def nameless(vector: Vector) -> Vector:
    """The same series without their names."""
    if all(not shape.name for shape in vector.shapes):
        return vector
    shapes = [Shape("", s.labels, s.open, s.certain, s.needs, s.unknown) for s in vector.shapes]
    return vector_of(shapes, vector.reasons)


def _kept_by(shape: Shape, names: Sequence[str]) -> dict[str, Value]:
    asked = (name for name in names if name != NAME)
    return {name: value for name in asked if (value := shape.label(name)) != ABSENT}


def _kept_without(shape: Shape, names: Sequence[str]) -> dict[str, Value]:
    kept = {name: value for name, value in shape.labels.items() if name not in names}
    # What is aggregated away is certainly gone, also of an open shape.
    gone: dict[str, Value] = dict.fromkeys(names, ABSENT) if shape.open else {}
    return {**kept, **gone}


def _aggregated(inner: Vector, names: Sequence[str], without: bool, added: str) -> Vector:
    """One series a group; ``added`` is the label that count_values adds, "" if none."""
    keep = _kept_without if without else _kept_by
    shapes = []
    for shape in inner.shapes:
        labels = keep(shape, names)
        if added:
            labels[added] = ANY
        name = shape.name if NAME in names and not without else ""
        still_open = without and shape.open
        shapes.append(Shape(name, labels, still_open, shape.certain, shape.needs, shape.unknown))
    return vector_of(shapes, inner.reasons)


def _filtered(vector: Vector) -> Vector:
    """What a comparison with a number leaves: series whose number passes."""
    return Vector(tuple(shape.uncertain("a number that passes") for shape in vector.shapes), vector.reasons)


def _stated_labels(argument: Node) -> dict[str, Value]:
    """The labels that ``absent`` gives: those that a selector states with ``=``.

    Where another matcher of the label stands beside it, it depends on the storage whether the label stays.
    """
    if not isinstance(argument, Selector):
        return {}
    named = [m.label for m in argument.matchers]
    return {
        m.label: only(m.value) if named.count(m.label) == 1 else only(m.value) | ABSENT
        for m in argument.matchers
        if m.op == "=" and m.label != NAME and m.value
    }
