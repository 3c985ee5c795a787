"""How a scalar is spelled in its file: for each character of its value, the characters that stand for it.

What libyaml makes of quotes, escapes, folded lines and indentation is done again here, only with offsets.
The result is held against the value that libyaml gave, so a difference costs a place its exactness and never
its truth.
"""

from __future__ import annotations

import re

from msgspec import Struct, field

_BLANKS = " \t"
_BREAKS = "\n\r\x85\u2028\u2029"
_KEPT_BREAKS = "\u2028\u2029"
_WHITE = frozenset(_BLANKS + _BREAKS)
_UNICODE_DIGITS = {"x": 2, "u": 4, "U": 8}
_SIMPLE_ESCAPES = dict(
    zip('0abt\tnvfre "/\\N_LP', '\0\a\b\t\t\n\v\f\r\x1b "/\\\x85\xa0\u2028\u2029', strict=True)
)
_BREAK = re.compile(r"[\n\r\x85\u2028\u2029]")
_SPECIAL = re.compile(r"[ \t\n\r\x85\u2028\u2029'\\]")
_HEADER = re.compile(r"[|>]([-+0-9]*)[^\n\r\x85\u2028\u2029]*")
_JSON_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)
_JSON_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Spelling(Struct):
    """The value's characters, and for each the offsets of the file's characters that stand for it."""

    characters: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def add(self, character: str, start: int, end: int) -> None:
        """One more character, spelled by those from ``start`` to ``end``."""
        self.characters.append(character)
        self.starts.append(start)
        self.ends.append(end)

    def run(self, text: str, start: int, end: int) -> None:
        """Characters that stand for themselves."""
        self.characters.extend(text[start:end])
        self.starts.extend(range(start, end))
        self.ends.extend(range(start + 1, end + 1))

    @property
    def value(self) -> str:
        """The value as spelled."""
        return "".join(self.characters)

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """The offsets in the file of some characters of the value; None where it is empty."""
        if not self.starts:
            return None
        last = len(self.starts)
        start, end = min(max(start, 0), last), min(end, last)
        begin = self.starts[start] if start < last else self.ends[-1]
        return begin, self.ends[end - 1] if end > start else begin


def yaml_spelling(text: str, start: int, end: int, style: str, value: str) -> Spelling | None:
    """The spelling of the YAML scalar between two offsets of ``text``; None if it is not understood."""
    if style in ("|", ">"):
        return _block(text, start, end, value)
    if style and text[start : start + 1] == style:
        start, end = start + 1, end - 1
    spelling = _flow(text, start, end, style)
    return spelling if spelling.value == value else None


def json_spelling(text: str, start: int, end: int) -> Spelling:
    """The spelling of the JSON string between two offsets, its quotes included."""
    spelling = Spelling()
    for match in _JSON_CHARACTER.finditer(text, start + 1, end - 1):
        spelled = match[0]
        if spelled[0] != "\\":
            character = spelled
        elif spelled[1] == "u":
            units = [int(unit, 16) for unit in spelled.split("\\u")[1:]]
            code = units[0] if len(units) == 1 else 0x10000 + ((units[0] & 0x3FF) << 10) + (units[1] & 0x3FF)
            character = chr(code)
        else:
            character = _JSON_ESCAPES.get(spelled[1], spelled[1])
        spelling.add(character, *match.span())
    return spelling


def _line_end(text: str, at: int, end: int) -> int:
    line_break = _BREAK.search(text, at, end)
    return line_break.start() if line_break else end


def _break_width(text: str, at: int) -> int:
    return 2 if text.startswith("\r\n", at) else 1


def _break_value(text: str, at: int) -> str:
    return text[at] if text[at] in _KEPT_BREAKS else "\n"


def _flow(text: str, at: int, end: int, style: str) -> Spelling:
    """Plain and quoted scalars: their lines are folded, and double quotes know escapes."""
    spelling = Spelling()
    while at < end:
        character = text[at]
        if character in _WHITE:
            at = _white(spelling, text, at, end, escaped=False)
        elif style == "'" and character == "'":
            spelling.add("'", at, at + 2)
            at += 2
        elif style == '"' and character == "\\":
            at = _escape(spelling, text, at, end)
        else:
            special = _SPECIAL.search(text, at + 1, end)
            after = special.start() if special else end
            spelling.run(text, at, after)
            at = after
    return spelling


def _white(spelling: Spelling, text: str, at: int, end: int, *, escaped: bool) -> int:
    """Blanks and line breaks: one break becomes a blank, more become one less. Returns where they end."""
    blanks: list[int] = []
    breaks: list[int] = []
    while at < end and text[at] in _WHITE:
        if text[at] in _BLANKS:
            if not breaks and not escaped:
                blanks.append(at)
            at += 1
        else:
            breaks.append(at)
            at += _break_width(text, at)
    if not breaks and not escaped:
        for blank in blanks:
            spelling.add(text[blank], blank, blank + 1)
    elif breaks and not escaped and text[breaks[0]] not in _KEPT_BREAKS:
        first = breaks.pop(0)
        if not breaks:
            spelling.add(" ", first, first + _break_width(text, first))
    for place in breaks:
        spelling.add(_break_value(text, place), place, place + _break_width(text, place))
    return at


def _escape(spelling: Spelling, text: str, at: int, end: int) -> int:
    letter = text[at + 1 : at + 2]
    if letter in _BREAKS and letter:
        return _white(spelling, text, at + 1 + _break_width(text, at + 1), end, escaped=True)
    digits = _UNICODE_DIGITS.get(letter, 0)
    after = min(at + 2 + digits, end)
    if digits:
        code = int(text[at + 2 : after] or "0", 16)
        spelling.add(chr(code), at, after)
    else:
        spelling.add(_SIMPLE_ESCAPES.get(letter, letter), at, after)
    return after


def _block(text: str, start: int, end: int, value: str) -> Spelling | None:
    """Literal and folded scalars. The indentation is the one that gives the value."""
    header = _HEADER.match(text, start, end)
    if header is None:
        return None
    folded = text[start] == ">"
    begin = min(header.end() + _break_width(text, header.end()), end) if header.end() < end else end
    widest = _first_indent(text, begin, end)
    stated = any(character.isdigit() for character in header[1])
    for indent in range(widest, -1, -1) if stated else (widest,):
        spelling = _unindented(text, begin, end, indent, folded=folded, chomping=header[1])
        if spelling.value == value:
            return spelling
    return None


def _first_indent(text: str, begin: int, end: int) -> int:
    """How far the first line that is not empty is indented; the longest of empty ones if there is none."""
    longest = 0
    at = begin
    while at < end:
        content = at
        while content < end and text[content] == " ":
            content += 1
        if content < end and text[content] not in _BREAKS:
            return content - at
        longest = max(longest, content - at)
        at = content + (_break_width(text, content) if content < end else 0)
    return longest


def _unindented(text: str, at: int, end: int, indent: int, *, folded: bool, chomping: str) -> Spelling:
    spelling = Spelling()
    line_break: list[int] = []
    at, empty = _empty_lines(text, at, end, indent)
    was_blank = False
    while at < end and _is_indented(text, at, indent):
        at += indent
        is_blank = at < end and text[at] in _BLANKS
        joined = folded and line_break and text[line_break[0]] not in _KEPT_BREAKS
        if joined and not was_blank and not is_blank:
            if not empty:
                spelling.add(" ", line_break[0], line_break[0] + _break_width(text, line_break[0]))
        else:
            _add_breaks(spelling, text, line_break)
        _add_breaks(spelling, text, empty)
        was_blank = is_blank
        line_end = _line_end(text, at, end)
        spelling.run(text, at, line_end)
        at = line_end
        line_break = [at] if at < end else []
        at += _break_width(text, at) if at < end else 0
        at, empty = _empty_lines(text, at, end, indent)
    if "-" not in chomping:
        _add_breaks(spelling, text, line_break)
    if "+" in chomping:
        _add_breaks(spelling, text, empty)
    return spelling


def _is_indented(text: str, at: int, indent: int) -> bool:
    return text.startswith(" " * indent, at)


def _empty_lines(text: str, at: int, end: int, indent: int) -> tuple[int, list[int]]:
    """Where the next line with content begins, and the breaks of the empty ones before it."""
    breaks: list[int] = []
    while at < end:
        content = at
        while content < end and content - at < indent and text[content] == " ":
            content += 1
        if content >= end or text[content] not in _BREAKS:
            break
        breaks.append(content)
        at = content + _break_width(text, content)
    return at, breaks


def _add_breaks(spelling: Spelling, text: str, breaks: list[int]) -> None:
    for place in breaks:
        spelling.add(_break_value(text, place), place, place + _break_width(text, place))
