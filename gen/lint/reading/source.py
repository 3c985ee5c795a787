"""A text that was read, and where its values stand: what YAML, JSON, and a text within a text share."""

# One interface for all; a text within another is always its only document.
# ruff: noqa: ARG002

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property

from monogen.lint.model import Keys, Position
from monogen.lint.reading.lines import Lines
from monogen.lint.reading.marks import BLOCK_STYLES, Mark, Way, follow
from monogen.lint.reading.spelling import Spelling

Extent = tuple[int, int]
"""Offsets in the text of a file, the end exclusive."""


class Stop(Exception):  # noqa: N818 - not always an error: of a folder's files, most are nobody's business here
    """Why a text cannot be read (any further), and where."""

    def __init__(self, message: str, hint: str = "", position: Position = Position()) -> None:  # noqa: B008
        """``position`` 0, 0 means the text as a whole."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.position = position


class Placed(ABC):
    """A Source that also tells offsets, for those who edit the file. ``path`` is as the user gave it."""

    path: str
    text: str

    @property
    @abstractmethod
    def lines(self) -> Lines:
        """The lines of ``text``."""

    @property
    def file(self) -> Placed:
        """The file as a whole, for a text within one."""
        return self

    @abstractmethod
    def offsets(
        self, document: int, keys: Keys, span: tuple[int, int] | None = None, *, on_key: bool = False
    ) -> Extent:
        """Where the value (or its key, or some characters of it) begins and ends in ``text``."""

    @abstractmethod
    def style(self, document: int, keys: Keys) -> str:
        """How a scalar is written: '"', "'", "|", ">" or "" (plain), as in YAML; JSON's strings are '"'."""

    @abstractmethod
    def written(self, document: int, keys: Keys) -> str:
        """What a scalar says as it is written: ``yes`` where its value is True; "" for anything else."""

    @abstractmethod
    def repeated(self, document: int) -> list[tuple[Keys, int]]:
        """Keys that stand in their mapping once more, as paths; and the offset of the time before."""

    def place(
        self, document: int, keys: Keys, span: tuple[int, int] | None = None, *, on_key: bool = False
    ) -> tuple[Position, Position]:
        """The same as ``offsets``, as lines and columns."""
        start, end = self.offsets(document, keys, span, on_key=on_key)
        return self.lines.position(start), self.lines.position(end)


class MarkedSource(Placed):
    """A text whose values are looked up in Marks, which are made when the first place is asked for."""

    def __init__(self, path: str, text: str) -> None:
        """Keep the text."""
        self.path = path
        self.text = text
        self._last_spelled: tuple[Mark, Spelling | None] | None = None

    @cached_property
    def lines(self) -> Lines:
        """The lines of ``text``."""
        return Lines(self.text)

    @property
    @abstractmethod
    def roots(self) -> list[Mark]:
        """The Mark of each document."""

    def follow(self, document: int, keys: Keys) -> Way:
        """Where keys lead in a document, as far as they do."""
        return follow(self.roots[document], keys)

    @abstractmethod
    def spell(self, mark: Mark) -> Spelling | None:
        """The spelling of a scalar, None where it is not understood."""

    def offsets(
        self, document: int, keys: Keys, span: tuple[int, int] | None = None, *, on_key: bool = False
    ) -> Extent:
        """Where the value (or its key, or some characters of it) begins and ends in ``text``."""
        if document >= len(self.roots):
            return 0, 0
        if on_key and not keys:
            return self.head(document)
        way = self.follow(document, keys)
        if way.depth == len(keys) and way.mark.is_scalar and not on_key:
            return self._of_scalar(way, span)
        if way.key is not None:
            return way.key.start, way.key.end
        if way.mark.is_scalar:
            return self._of_scalar(way, None)
        return way.mark.start, min(way.mark.end, self.lines.end_of_line(way.mark.start))

    def head(self, document: int) -> Extent:
        """What stands before a document as its key would: nothing, but for the `---` of YAML."""
        start = self.roots[document].start
        return start, start

    def style(self, document: int, keys: Keys) -> str:
        """How the scalar is written."""
        return self.follow(document, keys).mark.style

    def written(self, document: int, keys: Keys) -> str:
        """What the scalar says as it is written."""
        way = self.follow(document, keys)
        return (way.mark.text or "") if way.depth == len(keys) else ""

    def _of_scalar(self, way: Way, span: tuple[int, int] | None) -> Extent:
        mark = way.mark
        if span is None and mark.style not in BLOCK_STYLES:
            empty = mark.start == mark.end and way.key is not None
            return (way.key.start, way.key.end) if empty and way.key else (mark.start, mark.end)
        spelling = self._spelled(mark)
        length = len((mark.text or "").rstrip("\n"))
        extent = spelling.span(*(span or (0, length))) if spelling else None
        return extent or (mark.start, self.lines.end_of_line(mark.start))

    def _spelled(self, mark: Mark) -> Spelling | None:
        """The last one is kept: findings come in crowds, and a board may be one scalar of a ConfigMap."""
        if self._last_spelled is None or self._last_spelled[0] is not mark:
            self._last_spelled = (mark, self.spell(mark))
        return self._last_spelled[1]


class Part(Placed):
    """A value of a document as a document of its own: an object of a List."""

    def __init__(self, outer: Placed, document: int, prefix: Keys) -> None:
        """The value that ``prefix`` leads to in a document of ``outer``."""
        self.path = outer.path
        self.text = outer.text
        self._outer = outer
        self._document = document
        self._prefix = prefix

    @property
    def stands(self) -> tuple[Placed, int, Keys]:
        """The text that the value stands in, the document of it, and the keys that lead there."""
        return self._outer, self._document, self._prefix

    @property
    def lines(self) -> Lines:
        """The lines of the file."""
        return self._outer.lines

    def offsets(
        self, document: int, keys: Keys, span: tuple[int, int] | None = None, *, on_key: bool = False
    ) -> Extent:
        """The place in the file."""
        return self._outer.offsets(self._document, (*self._prefix, *keys), span, on_key=on_key)

    @property
    def file(self) -> Placed:
        """The file that the value stands in."""
        return self._outer.file

    def repeated(self, document: int) -> list[tuple[Keys, int]]:
        """Repeated keys below the value."""
        length = len(self._prefix)
        found = self._outer.repeated(self._document)
        return [(keys[length:], before) for keys, before in found if keys[:length] == self._prefix]

    def style(self, document: int, keys: Keys) -> str:
        """How the scalar is written."""
        return self._outer.style(self._document, (*self._prefix, *keys))

    def written(self, document: int, keys: Keys) -> str:
        """What the scalar says as it is written."""
        return self._outer.written(self._document, (*self._prefix, *keys))


class Inner(Placed):
    """A text that is a scalar of another one: a board in a ConfigMap. Its places are places of the file."""

    def __init__(self, outer: Placed, document: int, keys: Keys, inner: MarkedSource) -> None:
        """The text ``inner`` is the scalar that ``keys`` lead to in a document of ``outer``."""
        self.path = outer.path
        self.text = outer.text
        self.outer = outer
        self.inner = inner
        self._document = document
        self._keys = keys

    @property
    def stands(self) -> tuple[Placed, int, Keys]:
        """The text that the scalar stands in, the document of it, and the keys that lead there."""
        return self.outer, self._document, self._keys

    @property
    def lines(self) -> Lines:
        """The lines of the file."""
        return self.outer.lines

    def offsets(
        self, document: int, keys: Keys, span: tuple[int, int] | None = None, *, on_key: bool = False
    ) -> Extent:
        """The place in the file."""
        return self.outer.offsets(
            self._document, self._keys, self.inner.offsets(document, keys, span, on_key=on_key)
        )

    @property
    def file(self) -> Placed:
        """The file that the text stands in."""
        return self.outer.file

    def repeated(self, document: int) -> list[tuple[Keys, int]]:
        """Repeated keys of the inner text, with places of the file."""
        return [
            (keys, self.outer.offsets(self._document, self._keys, (before, before))[0])
            for keys, before in self.inner.repeated(document)
        ]

    def style(self, document: int, keys: Keys) -> str:
        """How the scalar is written in the inner text."""
        return self.inner.style(document, keys)

    def written(self, document: int, keys: Keys) -> str:
        """What the scalar says as it is written."""
        return self.inner.written(document, keys)


class Unread(Placed):
    """A file, or the rest of one, that could not be read: every place is where reading stopped."""

    def __init__(self, path: str, text: str, position: Position, lines: Lines | None = None) -> None:
        """``position`` is where reading stopped; 0, 0 where the file as a whole is meant."""
        self.path = path
        self.text = text
        self._position = position
        self._lines = lines

    @property
    def lines(self) -> Lines:
        """The lines of what could be decoded."""
        self._lines = self._lines or Lines(self.text)
        return self._lines

    def place(
        self, document: int, keys: Keys, span: tuple[int, int] | None = None, *, on_key: bool = False
    ) -> tuple[Position, Position]:
        """Where reading stopped."""
        return self._position, self._position

    def offsets(
        self, document: int, keys: Keys, span: tuple[int, int] | None = None, *, on_key: bool = False
    ) -> Extent:
        """Where reading stopped; the beginning where the file as a whole is meant."""
        if not 0 < self._position.line <= len(self.lines):
            return 0, 0
        offset = self.lines.start(self._position.line) + self._position.column - 1
        return offset, offset

    def style(self, document: int, keys: Keys) -> str:
        """Nothing was read."""
        return ""

    def written(self, document: int, keys: Keys) -> str:
        """Nothing was read."""
        return ""

    def repeated(self, document: int) -> list[tuple[Keys, int]]:
        """Nothing was read."""
        return []
