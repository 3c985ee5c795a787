"""The tokens of a template, as Go's lexer cuts them, one after the other until one is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

Kind = Literal[
    "text", "left", "right", "space", "name", "keyword", "field", "variable", "dot", "string",
    "character", "number", "bool", "nil", "declare", "assign", "pipe", "open", "close", "other", "end",
]  # fmt: skip

KEYWORDS = frozenset(
    {"block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"}
)

_LEFT, _RIGHT = "{{", "}}"
_LEFT_TRIM = re.compile(r"\{\{-(?=[ \t\r\n])")
_SPACE = re.compile(r"[ \t\r\n]+")
_COMMENT_END = re.compile(r"\*/([ \t\r\n]-)?\}\}")
_QUOTED: dict[str, tuple[re.Pattern[str], Kind]] = {
    '"': (re.compile(r'"(?:\\.|[^"\\\n])*"'), "string"),
    "`": (re.compile(r"`[^`]*`"), "string"),
    "'": (re.compile(r"'(?:\\.|[^'\\\n])*'"), "character"),
}
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(
    r"[+-]?(?:0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?|0[bBoO][\d_]*"
    r"|[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?[\d_]*)?)i?",
    re.ASCII,
)
_SYMBOLS: tuple[tuple[str, Kind], ...] = (
    (":=", "declare"),
    ("=", "assign"),
    ("|", "pipe"),
    ("(", "open"),
    (")", "close"),
)
_ENDS_A_WORD = frozenset(" \t\r\n.,|:()")


class TemplateError(Exception):
    """A template that Go refuses to parse; ``start`` and ``end`` are the characters to blame."""

    def __init__(self, message: str, start: int, end: int, hint: str = "") -> None:
        """Say what is wrong, where, and perhaps what to do."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.start = start
        self.end = end


class Token(Struct, frozen=True):
    """A piece of a template; ``start`` and ``end`` are offsets into it."""

    kind: Kind
    text: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens, the last of kind "end". Raises TemplateError where there is none."""
    at = 0
    while True:
        left = text.find(_LEFT, at)
        if left < 0:
            yield Token("text", text[at:], at, len(text))
            yield Token("end", "", len(text), len(text))
            return
        if left > at:
            yield Token("text", text[at:left], at, left)
        trim = _LEFT_TRIM.match(text, left)
        at = trim.end() if trim else left + len(_LEFT)
        comment = at
        if trim and (space := _SPACE.match(text, at)):
            comment = space.end()
        if text.startswith("/*", comment):
            at = _after_comment(text, left, comment)
            continue
        yield Token("left", text[left:at], left, at)
        for token in _action(text, at, left):
            yield token
            at = token.end


def _after_comment(text: str, left: int, start: int) -> int:
    close = text.find("*/", start + 2)
    if close < 0:
        raise TemplateError("a comment is not closed", left, start + 2, "close it with `*/}}`")
    end = _COMMENT_END.match(text, close)
    if end is None:
        says = "a comment has to fill its braces: `{{/* ... */}}`"
        raise TemplateError(says, left, close + 2)
    return end.end()


def _action(text: str, at: int, left: int) -> Iterator[Token]:
    """The tokens after ``{{`` up to and with ``}}``."""
    while True:
        space = _SPACE.match(text, at)
        if space:
            yield Token("space", space[0], at, space.end())
            at = space.end()
        if text.startswith(_RIGHT, at) or (space and text.startswith("-" + _RIGHT, at)):
            end = text.index(_RIGHT, at) + len(_RIGHT)
            yield Token("right", text[at:end], at, end)
            return
        if at >= len(text):
            hint = "every `{{` needs its `}}`"
            raise TemplateError("`{{` is never closed", left, left + len(_LEFT), hint)
        token = _token(text, at)
        yield token
        at = token.end


def _token(text: str, at: int) -> Token:
    character, following = text[at], text[at + 1 : at + 2]
    symbol = next((pair for pair in _SYMBOLS if text.startswith(pair[0], at)), None)
    if symbol is not None:
        found = Token(symbol[1], symbol[0], at, at + len(symbol[0]))
    elif character in "\"`'":
        found = _quoted(text, at)
    elif character == "$":
        found = _word(text, at, "variable")
    elif character == "." and not following.isdecimal():
        found = _word(text, at, "field")
    elif character in "+-." or "0" <= character <= "9":
        found = _number(text, at)
    elif character.isalnum() or character == "_":
        found = _word(text, at, "name")
    elif character == ":":
        raise TemplateError("`:` stands where `:=` is expected", at, at + 1)
    elif character.isascii() and character.isprintable():
        found = Token("other", character, at, at + 1)
    else:
        says = f"the character U+{ord(character):04X} cannot stand in a template's braces"
        raise TemplateError(says, at, at + 1)
    return found


def _quoted(text: str, at: int) -> Token:
    pattern, kind = _QUOTED[text[at]]
    found = pattern.match(text, at)
    if found is None:
        raise TemplateError("a quoted text does not end", at, at + 1)
    return Token(kind, found[0], at, found.end())


def _word(text: str, at: int, kind: Kind) -> Token:
    first = at + (kind != "name")
    found = _WORD.match(text, first)
    end = found.end() if found else first
    if end < len(text) and text[end] not in _ENDS_A_WORD and not text.startswith(_RIGHT, end):
        says = f"`{text[end]}` cannot stand behind `{text[at:end]}`"
        hint = (
            'a label with such a character is read by `{{ index $labels "..." }}`' if kind == "field" else ""
        )
        raise TemplateError(says, at, end + 1, hint)
    word = text[at:end]
    if word == ".":
        kind = "dot"
    elif word in KEYWORDS:
        kind = "keyword"
    elif word in ("true", "false"):
        kind = "bool"
    elif word == "nil":
        kind = "nil"
    return Token(kind, word, at, end)


def _number(text: str, at: int) -> Token:
    found = _NUMBER.match(text, at)
    end = found.end() if found else at
    if text[end : end + 1].isalnum() or text[end : end + 1] == "_":
        longer = _WORD.match(text, end)
        end = longer.end() if longer else end
        raise TemplateError(f"`{text[at:end]}` is no number", at, end)
    return Token("number", text[at:end], at, end)
