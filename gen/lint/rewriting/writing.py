"""Writes what takes the place of a part: new series with the author's matchers, range, offset and unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monogen.lint.documents import Expression
from monogen.lint.rewriting.finding import Match
from monogen.lint.rewriting.matchers import Piece, Span, Written
from monogen.lint.rewriting.proving import Place
from monogen.lint.rewriting.scaling import whole
from monogen.promql import Aggregation, Binary, Call, Node, Parens, Selector, bare, read, selectors
from msgspec import Struct


class Writer(Struct, frozen=True):
    """An author's expression, and what each of its parts stands in."""

    expression: Expression
    parents: Mapping[Node, Node]

    def place(self, match: Match, *, is_bare_unit: bool) -> Place:
        """What takes the place of a match.

        ``is_bare_unit`` says that the unit does not matter there, as in a ratio.
        """
        entry, node = match.entry, match.node
        if match.either:
            names = "|".join([*(leaf.name for leaf in selectors(node)), *entry.series])
            return Place(node, tuple(_in_braces([(f'__name__=~"{names}"',), *match.kept])), entry)
        if match.beside:
            new = self._new(match, entry.new)
            if match.range is not None:
                new = [(node.start, match.range.start), *new, (match.range.end, node.end)]
            pieces: list[Piece] = [self._old(node), " or on (instance) ", *new]
            alone = self._in_parentheses(node, new, binds=False)
            written = self._in_parentheses(node, pieces, binds=False)
            return Place(node, tuple(written), entry, tuple(alone))
        if entry.factor == 1.0:
            is_one = isinstance(bare(entry.template), Selector)
            pieces = self._new(match, entry.new)
            return Place(
                node, tuple(pieces if is_one else self._in_parentheses(node, pieces, binds=False)), entry
            )
        outer = node if is_bare_unit else whole(node, entry.factor, self.parents)
        if is_bare_unit or outer is not node:
            return Place(outer, tuple(self._new(match, entry.series[0])), entry)
        return Place(node, tuple(self._in_parentheses(node, self._new(match, entry.new), binds=True)), entry)

    def _old(self, node: Node) -> Span:
        """The old part without parentheses around it, which it needs no more; with them around a comment."""
        inside = bare(node)
        edges = self.expression.text[node.start : inside.start], self.expression.text[inside.end : node.end]
        is_simple = not "".join(edges).strip("() \n\t")
        return (inside.start, inside.end) if is_simple else (node.start, node.end)

    def _new(self, match: Match, text: str) -> list[Piece]:
        """The new text, its selectors with the author's matchers, range and offset."""
        pieces: list[Piece] = []
        position = 0
        for leaf in selectors(read(text)):
            pieces += [text[position : leaf.end], *_in_braces(match.kept), match.tail]
            position = leaf.end
        return [*pieces, text[position:]]

    def _in_parentheses(self, node: Node, pieces: list[Piece], *, binds: bool) -> list[Piece]:
        """The pieces as an operand of what they stand in; ``binds`` says that they are a product."""
        parent = self.parents.get(node)
        if parent is None or isinstance(parent, Parens | Call | Aggregation):
            return pieces
        if binds and isinstance(parent, Binary):
            weaker = parent.op in ("+", "-") or parent.is_comparison or parent.is_set_operation
            if weaker or (parent.op in ("*", "/") and parent.lhs is node):
                return pieces
        return ["(", *pieces, ")"]

    def written(self, place: Place) -> str:
        """What takes the place of a part, in the author's words."""
        text = self.expression.authors_text
        pieces = (
            piece if isinstance(piece, str) else text[slice(*self.expression.origin(piece))]
            for piece in place.pieces
        )
        return "".join(pieces)


def _in_braces(kept: Sequence[Written]) -> list[Piece]:
    pieces: list[Piece] = []
    for matcher in kept:
        pieces += [", " if pieces else "{", *matcher]
    return [*pieces, "}"] if pieces else []
