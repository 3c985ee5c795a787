"""Splits an expression into tokens, each with its place."""

from __future__ import annotations

import re

from msgspec import Struct

_DURATION = r"[0-9]+(?:ms|[smhdwy])(?:[0-9]+(?:ms|[smhdwy]))*"
# Possessive: what is blank or a comment is never looked at again as something else.
_BLANK = r"(?:\s++|\#[^\n]*+)*+"
# Names come first, since most tokens are names; nothing else begins as they do. Something always matches.
_TOKEN = re.compile(
    rf"""
      {_BLANK}
      (?: (?P<name>[a-zA-Z_][a-zA-Z0-9_:]* | :[a-zA-Z_][a-zA-Z0-9_:]*)
        | (?P<symbol>=~|!~|==|!=|<=|>=|</|>/|[-+*/%^@(){{}}\[\],=<>:])
        | (?P<string>"(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | `[^`]*`)
        | (?P<duration>{_DURATION})(?![0-9A-Za-z_.])
        | (?P<number>0[xX][0-9a-fA-F_]+ | (?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
        | (?P<end>\Z)
        | (?P<unknown>.)
      )
    """,
    re.VERBOSE | re.ASCII,
)


class Token(Struct, frozen=True, gc=False):
    """A token and its place. ``kind``: string, duration, number, name, symbol, end or unknown."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The tokens without blanks and comments, the last one of kind "end".

    Reading stops at the first thing that is no token: it is the last but one, of kind "unknown".
    """
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        start, end = match.span(kind)
        found.append(Token(kind, match[kind], start, end))
        if kind in ("end", "unknown"):
            break
    if found[-1].kind != "end":
        found.append(Token("end", "", len(text), len(text)))
    return found


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_PART = re.compile(r"([0-9]+)(ms|[smhdwy])")


def seconds(duration: str) -> float:
    """Seconds of ``1h30m``. A week has 7 days and a year 365, as in Prometheus."""
    total = sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(duration))
    return float(f"{total:.3f}")


_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unquoted(literal: str) -> str:
    """The text a string literal means; within backticks everything stands for itself."""
    body = literal[1:-1]
    if literal[0] == "`" or "\\" not in body:
        return body
    return _ESCAPE.sub(_escaped, body)


def _escaped(match: re.Match[str]) -> str:
    hexadecimal = match[1] or match[2] or match[3]
    if hexadecimal or match[4]:
        code = int(hexadecimal, 16) if hexadecimal else int(match[4], 8)
        return chr(code) if code <= 0x10FFFF else "\ufffd"  # noqa: PLR2004 - the last character there is
    return _SIMPLE.get(match[5], match[5])
