"""What ``label_replace`` and ``label_join`` make of labels."""

from __future__ import annotations

from collections.abc import Sequence

from monogen.lint.abstract.selecting import Series
from monogen.lint.abstract.shapes import Shape, Vector, vector_of
from monogen.lint.abstract.values import ABSENT, ALIKE, ANY, FREE, Own, Value, only
from monogen.promql.regex import RegexError, compiled
from monogen.promql.tree import NAME, Call, Node, String, bare


def replaced(inner: Vector, node: Call, series: Series) -> Vector:
    """``label_replace(v, dst, replacement, src, regex)``, of which ``inner`` is the ``v``."""
    texts = _texts(node.args[1:])
    if texts is None:
        return _any_label(inner)
    target, replacement, source, pattern = texts
    shapes = [_replaced(s, target, replacement, source, pattern, series) for s in inner.shapes]
    return vector_of(shapes, inner.reasons)


def concatenated(inner: Vector, node: Call) -> Vector:
    """``label_join(v, dst, separator, src...)``, of which ``inner`` is the ``v``."""
    texts = _texts(node.args[1:])
    if texts is None:
        return _any_label(inner)
    target, separator, *sources = texts
    value: Value = ANY if separator and len(sources) > 1 else FREE
    if len(sources) == 1:
        shapes = [_with_label(shape, target, shape.label(sources[0])) for shape in inner.shapes]
    else:
        shapes = [_with_label(shape, target, value if sources else ABSENT) for shape in inner.shapes]
    return vector_of(shapes, inner.reasons)


def _texts(nodes: Sequence[Node]) -> list[str] | None:
    """The string arguments; None where one is something else."""
    found = [node.value for node in map(bare, nodes) if isinstance(node, String)]
    return found if len(found) == len(nodes) else None


def _any_label(vector: Vector) -> Vector:
    shapes = [Shape(s.name, s.labels, True, s.certain, s.needs, s.unknown) for s in vector.shapes]
    return vector_of(shapes, vector.reasons)


def _with_label(shape: Shape, label: str, value: Value) -> Shape:
    if label == NAME:
        known = isinstance(value, frozenset) and len(value) == 1
        name = next(iter(value)) if known and isinstance(value, frozenset) else ""
        return Shape(name, shape.labels, shape.open or not known, shape.certain, shape.needs, shape.unknown)
    labels = {**shape.labels, label: value}
    return Shape(shape.name, labels, shape.open, shape.certain, shape.needs, shape.unknown)


def _replaced(
    shape: Shape, target: str, replacement: str, source: str, pattern: str, series: Series
) -> Shape:
    """One shape after ``label_replace``; where the pattern does not match, it stays as it was."""
    value = shape.label(source)
    before = shape.label(target)
    if isinstance(value, Own) and replacement == "$1" and pattern == "(.*)":
        return _with_label(shape, target, value)
    texts = _own_texts(value, series) if isinstance(value, Own) else value
    if not isinstance(texts, frozenset):
        return _with_label(shape, target, _guessed(texts, before, replacement, pattern))
    after: set[str] = set()
    for text in texts:
        made = _expanded(replacement, pattern, text)
        if made is _UNREADABLE:
            return _with_label(shape, target, FREE)
        if made is None:
            if not isinstance(before, frozenset):
                # Some keep what they had, and what that is is not known.
                return _with_label(shape, target, before if len(texts) == 1 else FREE)
            after |= before
        else:
            after.add(made)
    return _with_label(shape, target, frozenset(after))


def _own_texts(value: Own, series: Series) -> Value:
    """The text of the host's own label; ANY where several hosts are looked at that may differ in it."""
    return only(series.own.get(value.label, "")) if series.alone or value.label in ALIKE else ANY


def _guessed(value: Value, before: Value, replacement: str, pattern: str) -> Value:
    """The target label where the source label's text is not known."""
    if replacement == "$1" and pattern == "(.*)":
        return value
    if "$" not in replacement and pattern in ("(.*)", ".*"):
        return only(replacement)
    if "$" not in replacement and isinstance(before, frozenset):
        return before | only(replacement)
    return FREE


_UNREADABLE = "\ue002"


def _expanded(replacement: str, pattern: str, text: str) -> str | None:
    """The replacement for a text; None where it does not match, _UNREADABLE where nobody knows."""
    try:
        regex = compiled(pattern)
    except RegexError:
        return _UNREADABLE
    if not regex.full_match(text):
        return None
    if "$" not in replacement:
        return replacement
    if pattern == "(.*)" and replacement == "$1":
        return text
    return regex.expand(text, replacement)
