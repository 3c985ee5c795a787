"""Line and column of a character of a text."""

from __future__ import annotations

import re
from bisect import bisect_right

from monogen.lint.model import Position

BYTE_ORDER_MARK = "\ufeff"

_LINE_END = re.compile(r"\r\n|\n|\r")


class Lines:
    """The lines of a text, as editors count them: they end with LF, CRLF or CR."""

    def __init__(self, text: str) -> None:
        """Look for the line ends."""
        self._text = text
        ends = [match.span() for match in _LINE_END.finditer(text)]
        self._starts = [0, *(after for _, after in ends)]
        self._ends = [*(before for before, _ in ends), len(text)]
        self._invisible = 1 if text.startswith(BYTE_ORDER_MARK) else 0

    def __len__(self) -> int:
        """How many lines there are; the last may be empty."""
        return len(self._starts)

    def position(self, offset: int) -> Position:
        """Where the character at ``offset`` stands. A byte order mark takes no column."""
        line = bisect_right(self._starts, offset)
        column = offset - self._starts[line - 1] + 1
        return Position(line, max(1, column - self._invisible) if line == 1 else column)

    def nearest(self, position: Position) -> Position:
        """The position, or the last one before it that there is; 0, 0 stays the file as a whole.

        libyaml complains about the line after the last, and counts some characters as line ends
        that editors do not.
        """
        if not position.line:
            return position
        line = min(position.line, len(self))
        longest = len(self.line(line)) + 1
        return Position(line, longest if line < position.line else min(position.column, longest))

    def line(self, number: int) -> str:
        """A line, counted from 1, without its end and without a byte order mark."""
        start = self._starts[number - 1] or self._invisible
        return self._text[start : self._ends[number - 1]]

    def start(self, number: int) -> int:
        """The offset at which a line begins."""
        return self._starts[number - 1]

    def end_of_line(self, offset: int) -> int:
        """The offset at which the line of the character at ``offset`` ends, its line end left out."""
        return self._ends[bisect_right(self._starts, offset) - 1]
