"""Quoted texts, characters and numbers of a template, as Go's parser takes them."""

from __future__ import annotations

import re

from monogen.gotemplate.functions import Type
from monogen.gotemplate.tokens import TemplateError, Token

_STRING = re.compile(
    r'"(?:[^"\\\n]|\\(?:[abfnrtv\\"]|x[0-9a-fA-F]{2}|[0-3][0-7]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}))*"'
)
_CHARACTER = re.compile(
    r"'(?:[^'\\\n]|\\(?:[abfnrtv\\']|x[0-9a-fA-F]{2}|[0-3][0-7]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}))'"
)
_DIGITS = r"\d+(?:_\d+)*"
_NUMBER = re.compile(
    rf"[+-]?(?:0[xX](?:_?[\da-fA-F])+(?:(?:\.[\da-fA-F]*)?[pP][+-]?\d+)?|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+"
    rf"|(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?\d+)?)i?",
    re.ASCII,
)
_OLD_OCTAL = re.compile(r"[+-]?0[\d_]*([89])[\d_]*", re.ASCII)
_MOST_DIGITS = 19
"""A whole number with more digits does not fit into 64 bits; nobody writes so long a fraction."""


def check_string(token: Token) -> None:
    """Raise TemplateError where Go does not take a quoted text."""
    if token.text[0] == '"' and not _STRING.fullmatch(token.text):
        raise TemplateError("the quoted text has an escape that Go does not know", token.start, token.end)


def plain(text: str) -> str | None:
    """The string that is meant; None for one with escapes, which nobody needs here."""
    return text[1:-1] if text[0] == "`" or "\\" not in text else None


def number_type(token: Token) -> Type:
    """What kind of number it is. Raises TemplateError where Go takes it for none."""
    if token.kind == "character":
        if not _CHARACTER.fullmatch(token.text):
            raise TemplateError(
                "single quotes hold one character", token.start, token.end, "use double quotes"
            )
        return "int"
    octal = _OLD_OCTAL.fullmatch(token.text)
    if not _NUMBER.fullmatch(token.text) or (octal and octal[1]) or len(token.text) > _MOST_DIGITS:
        raise TemplateError(f"`{token.text}` is no number", token.start, token.end)
    is_float = any(mark in token.text for mark in ".eEpP") and token.text[:2].lower() != "0x"
    return "any" if token.text.endswith("i") else "float" if is_float else "int"
