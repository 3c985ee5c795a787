"""Text from files, made safe for terminals, logs and parsers."""

from __future__ import annotations

import re

_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_LATIN = 0xFF
_BASIC = 0xFFFF


def printable(text: str) -> str:
    """One line that any terminal shows as it is.

    Control characters, line ends, marks that turn the direction of writing, lone surrogates and whatever
    else has no shape of its own are shown escaped: ``\\x1b``, ``\\u202e``.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escape(character) for character in text)


def printable_lines(text: str) -> list[str]:
    """The lines of a text, each printable."""
    return [printable(line) for line in text.splitlines()]


def unicode_text(text: str) -> str:
    """The text with lone surrogates replaced: they are no characters, and no UTF-8 or JSON may hold them."""
    return text if text.isascii() else _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def shown_path(path: str) -> str:
    """A path at the beginning of a line; one that a CI system would take for a command gets ``./``."""
    shown = printable(path)
    return f"./{shown}" if shown.lstrip().startswith("::") else shown


def _escape(character: str) -> str:
    code = ord(character)
    if character in _NAMED:
        return _NAMED[character]
    if code <= _LATIN:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _BASIC else f"\\U{code:08x}"
