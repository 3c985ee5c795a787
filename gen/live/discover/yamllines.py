"""An entry of the inventory as lines that people read: a key, a value, and where that is from.

Values may come from strangers (labels of a page, a file of somebody else), so nothing stands plain that any
reader of YAML could take for something else, and a comment is always one printable line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from monogen.inventory.reading import WORDS
from monogen.live.telling import cleaned
from msgspec import Struct

WIDTH = 110
"""A comment that would go beyond it stands on a line of its own."""

_WORD = r"[A-Za-z_/][A-Za-z0-9_./-]*"
_PLAIN = re.compile(rf"{_WORD}( [A-Za-z0-9_./-]+)*")
_NOT_PLAIN = frozenset({word.lower() for word in WORDS} | {"y", "n", "nan", "inf"})
_SIZE = re.compile(r"[0-9]+(\.[0-9]+)?(GB|GiB|MiB)")
_IPV4 = re.compile(r"[0-9]+(\.[0-9]+){3}")
_BASIC = 0xFFFF


class Line(Struct, frozen=True):
    """A key with its value; ``comment`` says where it is from. ``off`` writes it as a comment.

    A value is a scalar, a mapping or a list (written on one line), a tuple of Lines (a block below the
    key), or ``Items`` (a list below the key, an entry a line).
    """

    key: str
    value: Any
    comment: str = ""
    off: bool = False


class Items(Struct, frozen=True):
    """A list, an entry a line."""

    entries: tuple[Any, ...]


def plain(lines: Sequence[Line]) -> dict[str, Any]:
    """The lines as the data that a reader gets."""
    return {line.key: _plain(line.value) for line in lines if not line.off}


def block(lines: Sequence[Line], indent: int, heading: Sequence[str] = ()) -> str:
    """An entry of a list: ``heading`` as comments above, then ``- `` and the lines."""
    before = " " * indent
    text = [f"{before}# {_comment(words)}" for words in heading]
    body = _mapping(lines, indent + 2)
    first = next(number for number, line in enumerate(body) if not line.lstrip().startswith("#"))
    # What stands above the first key stands above the dash, too.
    text += [before + line[indent + 2 :] for line in body[:first]]
    text.append(f"{before}- {body[first][indent + 2 :]}")
    return "\n".join([*text, *body[first + 1 :]]) + "\n"


def flow(value: Any) -> str:
    """The value on one line."""
    if isinstance(value, Items):
        value = list(value.entries)
    if isinstance(value, tuple):
        value = plain(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """Text as it is where no reader could misread it, else in quotes, with escapes for the invisible."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if (_PLAIN.fullmatch(text) and text.lower() not in _NOT_PLAIN) or _SIZE.fullmatch(text):
        return text
    if _IPV4.fullmatch(text):
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in json.dumps(text, ensure_ascii=False))


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= _BASIC else f"\\U{code:08x}"


def _plain(value: Any) -> Any:
    if isinstance(value, Items):
        return [_plain(entry) for entry in value.entries]
    if isinstance(value, tuple):
        return plain(value)
    return value


def _mapping(lines: Sequence[Line], indent: int) -> list[str]:
    text = []
    for line in lines:
        written = _written(line, indent)
        if line.off:
            before = " " * indent
            written = [before + "# " + one[indent:] for one in written]
        text += written
    return text


def _written(line: Line, indent: int) -> list[str]:
    before = " " * indent
    head = f"{before}{scalar(line.key)}:"
    if isinstance(line.value, tuple) and line.value:
        return [*_commented(head, line.comment, before), *_mapping(line.value, indent + 2)]
    if isinstance(line.value, Items) and line.value.entries:
        entries = [f"{before}  - {flow(entry)}" for entry in line.value.entries]
        return [*_commented(head, line.comment, before), *entries]
    return _commented(f"{head} {flow(line.value)}", line.comment, before)


def _commented(text: str, comment: str, before: str) -> list[str]:
    words = _comment(comment)
    if not words:
        return [text]
    line = f"{text} # {words}"
    return [line] if len(line) <= WIDTH else [f"{before}# {words}", text]


def _comment(words: str) -> str:
    return cleaned(words, longest=160)
