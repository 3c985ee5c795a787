"""How a scalar is written whose value has changed: in its own style where that can say the new value.

Only the characters that change are replaced. Where the new value does not fit the style (``: `` in a plain
scalar, a line break between quotes), the scalar, and nothing around it, is written in another one. What
YAML makes of it is asked before it is offered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from monogen.lint.model import Keys
from monogen.lint.reading import yaml_text
from monogen.lint.reading.json_text import JsonSource
from monogen.lint.reading.marks import BLOCK_STYLES, Mark, follow
from monogen.lint.reading.source import MarkedSource
from monogen.lint.reading.spelling import Spelling
from msgspec import Struct


class CannotEdit(Exception):  # noqa: N818 - not an error: the fix is left to its reader
    """Why something cannot be edited, in half a sentence."""


class Replacement(Struct, frozen=True, order=True):
    """The characters from ``start`` to ``end`` of a text become ``text``."""

    start: int
    end: int
    text: str

    def overlaps(self, other: Replacement) -> bool:
        """Whether both want the same characters, or the same place."""
        return (self.start < other.end and other.start < self.end) or self.start == other.start


def replaced(text: str, replacements: Sequence[Replacement]) -> str:
    """The text with all of these made; they do not overlap."""
    parts, position = [], 0
    for one in sorted(replacements):
        parts += [text[position : one.start], one.text]
        position = one.end
    return "".join([*parts, text[position:]])


def rewriting(
    source: MarkedSource, document: int, keys: Keys, replacements: Sequence[Replacement]
) -> list[Replacement]:
    """The same replacements, made in a scalar's value, as ones of the source's text. Raises CannotEdit."""
    roots = source.roots
    way = source.follow(document, keys) if document < len(roots) else None
    mark = way.mark if way and way.depth == len(keys) else None
    if mark is None or mark.text is None:
        raise CannotEdit("its place in the file is not known")
    spelling = source.spell(mark)
    if spelling is None or spelling.value != mark.text:
        raise CannotEdit("the way it is written is not understood")
    scalar = _Scalar(source, mark, spelling, _is_in_brackets(roots[document], keys))
    if isinstance(source, JsonSource):
        return scalar.in_its_style(replacements)
    new = replaced(mark.text, replacements)
    for edits in scalar.ways(replacements, new):
        if scalar.reads_as(edits, new):
            return edits
    raise CannotEdit("the new text cannot be written there")


def _is_in_brackets(root: Mark, keys: Keys) -> bool:
    """Whether the scalar stands in a flow collection, where commas and brackets end it."""
    return any(follow(root, keys[:depth]).mark.flow for depth in range(len(keys)))


class _Scalar(Struct, frozen=True):
    source: MarkedSource
    mark: Mark
    spelling: Spelling
    in_brackets: bool

    def ways(self, replacements: Sequence[Replacement], new: str) -> Iterator[list[Replacement]]:
        """Edits that may say the new value, the least first."""
        yield self.in_its_style(replacements)
        start, end = self.mark.start, self.mark.end
        if self.mark.style in BLOCK_STYLES:
            begin, end = self._body
            if self.mark.style == ">":
                lines = self._escaped(new.rstrip("\n"), "|")
                yield [Replacement(start, start + 1, "|"), Replacement(begin, end, lines)]
            if "#" in self.source.text[start:begin]:
                return  # a comment behind the indicator has no other place
        quoted = ["'", '"'] if "'" not in new or '"' in new else ['"', "'"]
        for quote in quoted:
            yield [Replacement(start, end, f"{quote}{self._escaped(new, quote)}{quote}")]

    def in_its_style(self, replacements: Sequence[Replacement]) -> list[Replacement]:
        """Only the characters that change, spelled as the others are."""
        edits = []
        for one in replacements:
            extent = self.spelling.span(one.start, one.end)
            if extent is None:
                raise CannotEdit("it is empty")
            edits.append(Replacement(*extent, self._escaped(one.text, self.mark.style)))
        return edits

    def reads_as(self, edits: Sequence[Replacement], new: str) -> bool:
        """Whether YAML reads the edited scalar as the new value; the scalar is read by itself."""
        start, end = self.mark.start, self.mark.end
        inside = [Replacement(one.start - start, one.end - start, one.text) for one in edits]
        written = replaced(self.source.text[start:end], inside)
        if written[:1] in BLOCK_STYLES and any(sign.isdigit() for sign in written.split("\n", 1)[0]):
            return True  # its indentation counts from its parent's; the file is read again as a whole
        text = f"[{written}]" if self.in_brackets else f"- {written}\n"
        read = yaml_text.read("", text)
        return read.stop is None and read.documents == [[new]]

    @property
    def _body(self) -> tuple[int, int]:
        """Where the first line of a block begins and where the last one ends, line break not included."""
        spelling, text = self.spelling, self.source.text
        last = len("".join(spelling.characters).rstrip("\n"))
        if not last:
            raise CannotEdit("it is empty")
        first = text.rfind("\n", 0, spelling.starts[0]) + 1
        return min(first + self._indent, spelling.starts[0]), spelling.ends[last - 1]

    @property
    def _indent(self) -> int:
        """How far a block is indented."""
        spelling = self.spelling
        for character, start in zip(spelling.characters, spelling.starts, strict=True):
            if character != "\n":
                return start - (self.source.text.rfind("\n", 0, start) + 1)
        raise CannotEdit("it is empty")

    def _escaped(self, text: str, style: str) -> str:
        """Text as it is spelled within a scalar of this style."""
        if style == '"':
            plain = text.isprintable() and not (
                isinstance(self.source, JsonSource) and self.source.text.isascii()
            )
            return json.dumps(text, ensure_ascii=not plain)[1:-1]
        if style == "'":
            return text.replace("'", "''")
        if style in BLOCK_STYLES and "\n" in text:
            line_break = "\r\n" if "\r\n" in self.source.text else "\n"
            breaks = line_break * (2 if style == ">" else 1)
            return text.replace("\n", breaks + " " * self._indent)
        return text
