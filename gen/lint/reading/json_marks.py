"""Where the values of a JSON text stand, looked up level by level.

A board has thousands of values, and few of them are asked for. What lies within a value is skipped by the
standard library, which reads it once more, in C. The text was read as JSON before: nothing is checked here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from monogen.lint.model import Key, Keys
from monogen.lint.reading.marks import Entry, Mark

_DECODER = json.JSONDecoder()
_BLANK = r"[ \t\r\n]*"
_KEY = re.compile(rf'("[^"\\]*(?:\\.[^"\\]*)*"){_BLANK}:{_BLANK}', re.DOTALL)
_COMMA = re.compile(rf"{_BLANK},?{_BLANK}")
_OPENING = re.compile(rf"[{{\[]{_BLANK}")


def mark_at(text: str, start: int) -> Mark:
    """The Mark of the value that begins there, not opened. ValueError where the text is no JSON."""
    value, end = _DECODER.raw_decode(text, start)
    if isinstance(value, str):
        return Mark(start, end, style='"', text=value)
    if isinstance(value, dict | list):
        return Mark(start, end, flow=True)
    return Mark(start, end, text=text[start:end])


def open_mark(text: str, mark: Mark) -> None:
    """Give a Mark what is directly within it; its ``entries`` or ``items`` are None before."""
    if mark.is_scalar or mark.entries is not None or mark.items is not None:
        return
    if text[mark.start] == "[":
        mark.items = [value for _, value in _members(text, mark)]
    else:
        mark.entries = {
            _unquoted(text[key.start : key.end]): key for key, _ in _members(text, mark) if key is not None
        }


def repeated(text: str, mark: Mark, keys: Keys = ()) -> Iterator[tuple[Keys, int]]:
    """Keys that stand in their object once more, as paths; and the offset of the time before."""
    if mark.is_scalar:
        return
    before: dict[Key, int] = {}
    for number, (entry, value) in enumerate(_members(text, mark)):
        name: Key = number if entry is None else _unquoted(text[entry.start : entry.end])
        if name in before:
            yield (*keys, name), before[name]
        before[name] = value.start if entry is None else entry.start
        yield from repeated(text, value, (*keys, name))


def _members(text: str, mark: Mark) -> Iterator[tuple[Entry | None, Mark]]:
    """The values directly within an object or a list, those of an object each with its key."""
    at = _end(_OPENING, text, mark.start)
    while at < mark.end - 1:
        key = _KEY.match(text, at) if text[mark.start] == "{" else None
        value = mark_at(text, key.end() if key else at)
        yield (Entry(*key.span(1), value) if key else None), value
        at = _end(_COMMA, text, value.end)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _unquoted(token: str) -> str:
    if "\\" not in token:
        return token[1:-1]
    text: str = json.loads(token, strict=False)
    return text
