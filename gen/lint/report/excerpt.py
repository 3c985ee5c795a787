"""The lines of a file with the place underlined, as wide as a terminal shows them."""

from __future__ import annotations

from collections.abc import Iterator

from monogen.lint.model import Finding
from monogen.lint.report.color import paint
from monogen.lint.report.printable import printable
from msgspec import Struct

WIDTH = 120
"""Characters of a line that are shown; a board in JSON may be one line of half a megabyte."""

BEFORE = 40
"""Characters shown before the place, where the line is too long to be shown whole."""

TAB = "    "


class _Part(Struct, frozen=True):
    """The piece of a line that is shown, and the characters of it that are underlined."""

    text: str
    start: int
    end: int


def excerpt(finding: Finding, *, color: bool = False, encoding: str = "utf-8") -> Iterator[str]:
    """The lines of the finding with carets under them; nothing where it has no excerpt.

    What ``encoding`` cannot hold is shown escaped, and the carets stand where it then is.
    """
    if not finding.excerpt or not finding.start.line:
        return
    gutter = len(str(finding.excerpt[-1][0]))
    edge = paint(f"{'':>{gutter}} |", "faint", color=color)
    yield edge
    for number, line in finding.excerpt:
        start, end = _columns(finding, number, line)
        part = _window(line, start, end)
        shown = _shown(part.text, encoding)
        yield f"{paint(f'{number:>{gutter}} |', 'faint', color=color)} {shown}".rstrip()
        if line.strip() or number == finding.start.line:
            yield f"{edge} {_carets(part, finding, color=color, encoding=encoding)}"
    if finding.excerpt[-1][0] < _last_line(finding):
        yield paint(f"{'':>{gutter}} | ...", "faint", color=color)


def _last_line(finding: Finding) -> int:
    """The last line of which something is meant: ``end`` is exclusive and may be the start of the next."""
    end = finding.end
    return end.line - 1 if end.column <= 1 and end.line > finding.start.line else end.line


def _columns(finding: Finding, number: int, line: str) -> tuple[int, int]:
    """The characters of a line that are meant, from 0; never none, so that there is something to point at."""
    indent = len(line) - len(line.lstrip())
    start = finding.start.column - 1 if number == finding.start.line else indent
    end = finding.end.column - 1 if number == finding.end.line else len(line.rstrip())
    start = min(max(start, 0), len(line))
    return start, max(start + 1, min(end, len(line)))


def _window(line: str, start: int, end: int) -> _Part:
    """The whole line, or as much of a long one as is near the place."""
    if len(line) <= WIDTH:
        return _Part(line, start, end)
    first = max(0, min(start - BEFORE, len(line) - WIDTH))
    last = first + WIDTH
    before, after = "…" if first else "", "…" if last < len(line) else ""
    shift = len(before) - first
    return _Part(f"{before}{line[first:last]}{after}", start + shift, min(end, last) + shift)


def _carets(part: _Part, finding: Finding, *, color: bool, encoding: str) -> str:
    before = _width(part.text[: part.start], encoding)
    under = _width(part.text[: part.end], encoding) - before
    return " " * before + paint("^" * max(under, 1), finding.severity, color=color)


def _shown(text: str, encoding: str) -> str:
    shown = printable(text.replace("\t", TAB))
    return shown if shown.isascii() else shown.encode(encoding, "backslashreplace").decode(encoding)


def _width(text: str, encoding: str) -> int:
    """Cells that a terminal takes for the text as it is shown."""
    shown = _shown(text, encoding)
    if shown.isascii():
        return len(shown)
    from wcwidth import wcswidth  # noqa: PLC0415 - slow to import, and most lines are ASCII

    return max(wcswidth(shown), 0)
