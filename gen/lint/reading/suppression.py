"""Comments that silence a finding: `# monogen: ignore[MG201] reason`, and `ignore-file` for a whole file.

`# monogen: expects-empty reason` says of a rule that no data is its good news, as of an alert on a metric
that should not exist; then it is an error if there is data (MG113).

Behind something, such a comment holds for its line, and where a text of several lines begins there for all of
it. On a line of its own it holds for the rule, key or entry that begins below it; above `apiVersion` for the
whole object. Within a block scalar, as a comment of PromQL, it holds for its line or, on a line of its own,
for the whole expression. `ignore-file` stands above everything else.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from monogen.lint.model import Finding, Position
from monogen.lint.reading.marks import BLOCK_STYLES, Mark, children
from monogen.lint.reading.source import Placed
from monogen.lint.reading.yaml_text import YamlSource
from msgspec import Struct, field

EXPECTS_EMPTY = "expects-empty"

_WORDS = ("ignore", "ignore-file", EXPECTS_EMPTY)
_OTHERS_WORDS = frozenset(("allow", "disable", "disable-file", "nolint", "noqa", "off", "skip", "suppress"))
"""How other linters call it."""

# It begins with the #, and looks back then: so a file of megabytes is skipped through quickly.
_COMMENT = re.compile(r"#(?<!\S#)\s*(?P<tool>(?i:monogen)):\s*(?P<word>[a-zA-Z][a-zA-Z-]*)(?P<rest>[^\n\r]*)")
_CODES = re.compile(r"\s*\[(?P<codes>[^\]]*)\](?P<reason>.*)")
_OBJECT_KEYS = ("apiVersion", "kind")


class Suppression(Struct, eq=False):
    """One comment, from ``start`` to ``end``. It holds for what begins between ``begin`` and ``until``.

    ``until`` is exclusive. ``line`` is the line it also holds for, 0 if none.
    ``codes`` are codes or beginnings of them, empty where the comment states none. ``misplaced`` is an
    `ignore-file` that does not stand at the top: it holds for nothing. One that ``expects_empty`` silences
    nothing by itself, and neither does one that is ``misspelt``: that is how it was probably meant.
    """

    codes: tuple[str, ...]
    reason: str
    start: Position
    end: Position
    begin: Position
    until: Position
    line: int = 0
    misplaced: bool = False
    expects_empty: bool = False
    misspelt: str = ""
    used: set[str] = field(default_factory=set)

    def silences(self, finding: Finding) -> bool:
        """Whether it holds for the finding; remembers that it was needed."""
        code = next((code for code in self.codes if finding.code.startswith(code)), "")
        if not code or not self.holds_for(finding.start, finding.end):
            return False
        self.used.add(code)
        return True

    def holds_for(self, start: Position, end: Position) -> bool:
        """Whether what stands there is what the comment is about."""
        on_line = self.line and start.line <= self.line <= max(start.line, end.line)
        return bool(on_line) or self.begin <= start < self.until


_NOWHERE = Position(0, 0)
_EVERYWHERE = Position(10**9, 1)
"""Below the last line of any file."""


def suppressions_in(source: Placed) -> list[Suppression]:
    """The comments of a file, from top to bottom."""
    if source.path.endswith(".json") or not _COMMENT.search(source.text):
        return []
    comments = _Comments(source)
    found = (comments.suppression(match) for match in _COMMENT.finditer(source.text))
    return [suppression for suppression in found if suppression is not None]


class _Comments:
    """The text of one file, and what stands where in it."""

    def __init__(self, source: Placed) -> None:
        self._lines = source.lines
        self._roots: Sequence[Mark] = source.roots if isinstance(source, YamlSource) else ()
        self._full = [number for number in range(1, len(self._lines) + 1) if self._says(number)]
        """The lines that hold more than a comment."""
        self._first = next(
            (number for number in self._full if not self._begins_document(number)), _EVERYWHERE.line
        )

    def suppression(self, match: re.Match[str]) -> Suppression | None:
        """What a comment silences; None if it is none, but a sentence or a part of a quoted text."""
        offset = match.start()
        meant = _meant(match)
        scalar = self._scalar_around(offset) if meant is not None else None
        if meant is None or (scalar is not None and scalar.style not in BLOCK_STYLES):
            return None
        if meant:
            return self._misspelt(match, meant)
        expects_empty = match["word"] == EXPECTS_EMPTY
        stated = None if expects_empty else _CODES.match(match["rest"])
        codes = stated["codes"].split(",") if stated else []
        reason = match["rest"] if expects_empty else stated["reason"] if stated else ""
        start = self._lines.position(offset)
        suppression = Suppression(
            codes=tuple(code.strip() for code in codes if code.strip()),
            reason=reason.strip(),
            expects_empty=expects_empty,
            start=start,
            end=self._lines.position(offset + len(match[0].rstrip())),
            begin=_NOWHERE,
            until=_NOWHERE,
        )
        own_line = not self._lines.line(start.line)[: start.column - 1].strip()
        if match["word"] == "ignore-file":
            suppression.misplaced = start.line >= self._first
            suppression.until = _NOWHERE if suppression.misplaced else _EVERYWHERE
            return suppression
        if not own_line:
            suppression.line = start.line
        extent = self._extent(start.line, scalar, own_line=own_line)
        if extent is not None:
            suppression.begin, suppression.until = (self._lines.position(at) for at in extent)
        return suppression

    def _misspelt(self, match: re.Match[str], meant: str) -> Suppression:
        """A comment that silences nothing."""
        start = self._lines.position(match.start())
        end = self._lines.position(match.start() + len(match[0].rstrip()))
        return Suppression((), "", start, end, _NOWHERE, _NOWHERE, misspelt=meant)

    def _says(self, number: int) -> bool:
        line = self._lines.line(number).lstrip()
        return bool(line) and line[0] != "#"

    def _begins_document(self, number: int) -> bool:
        line = self._lines.line(number)
        return line.startswith("%") or line.partition("#")[0].strip() == "---"

    def _extent(self, line: int, scalar: Mark | None, *, own_line: bool) -> tuple[int, int] | None:
        """The offsets of what a comment holds for beside its line."""
        if scalar is not None:
            return (scalar.start, scalar.end) if own_line else None
        if not own_line:
            scalars = [extent for extent, is_text in self._beginning_on(line) if is_text]
            return scalars[-1] if scalars else None
        below = bisect_right(self._full, line)
        while below < len(self._full) and self._begins_document(self._full[below]):
            below += 1
        if below == len(self._full):
            return None
        return next((extent for extent, _ in self._beginning_on(self._full[below])), None)

    def _scalar_around(self, offset: int) -> Mark | None:
        """The scalar that the character at ``offset`` belongs to."""
        waiting = list(self._roots)
        while waiting:
            mark = waiting.pop()
            if not mark.start <= offset < mark.end:
                continue
            if not mark.is_scalar:
                waiting.extend(children(mark))
            # What stands behind the header of a block scalar is a comment of YAML.
            elif mark.style not in BLOCK_STYLES or offset > self._lines.end_of_line(mark.start):
                return mark
        return None

    def _beginning_on(self, line: int) -> Iterator[tuple[tuple[int, int], bool]]:
        """What begins on a line, the outermost first, and whether it is a key with a scalar."""
        first = self._lines.start(line)
        last = self._lines.end_of_line(first)
        for root in self._roots:
            if first <= root.start <= last and _begins_object(root):
                yield (root.start, root.end), False
        waiting = list(reversed(self._roots))
        while waiting:
            mark = waiting.pop()
            if mark.start > last or mark.end < first:
                continue
            for item in mark.items or ():
                if first <= item.start <= last:
                    yield (item.start, item.end), False
            for entry in (mark.entries or {}).values():
                if first <= entry.start <= last:
                    yield (entry.start, max(entry.end, entry.value.end)), entry.value.is_scalar
            waiting.extend(reversed(list(children(mark))))


def _meant(match: re.Match[str]) -> str | None:
    """How a comment was meant to begin, "" where it does; None where it is no word to the linter."""
    word = match["word"].lower()
    if word in _WORDS:
        right = match["word"] == word and match["tool"] == "monogen"
        return "" if right else f"monogen: {word}"
    near = difflib.get_close_matches(word, _WORDS, n=1, cutoff=0.75)
    if near or word in _OTHERS_WORDS or match["rest"].startswith("["):
        return f"monogen: {near[0] if near else 'ignore'}"
    return None


def _begins_object(root: Mark) -> bool:
    return next(iter(root.entries or ()), "") in _OBJECT_KEYS
