"""Regular expressions as Prometheus reads them: RE2, and always matched against the whole text.

Prometheus is written in Go, whose regexp is RE2; google-re2 is the same language in C++. So a pattern is
accepted, refused and matched here as there, and none can run away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import Any

import re2  # type: ignore[import-untyped]

LITERALS = 1024
"""More strings than this are no list of names any more: ``literals`` gives up."""

_DEEPEST = 40
"""Groups within groups that ``literals`` still follows."""

_LONGEST = 50_000
"""Characters of a pattern that are still read; a matcher that lists a large fleet has some thousands."""

_SHOWN = 40
"""Characters of a pattern that a message repeats."""

_MEMORY = 64 << 20
"""What one pattern may need, in bytes: more than Go allows, so that Go is always the stricter."""

_IN_PLAIN_WORDS = {
    "missing )": "a parenthesis is not closed",
    "unexpected )": "a parenthesis is closed that was never opened",
    "missing ]": "a character class is not closed",
    "no argument for repetition operator": "there is nothing to repeat",
    "bad repetition operator": "a repetition is repeated",
    "invalid perl operator": "RE2 has no such group (look-around and the like)",
    "invalid named capture group": "the group's name is not valid",
    "invalid escape sequence": "there is no such escape",
    "invalid character class range": "a range runs backwards or names no characters",
    "invalid repetition size": "a repetition of more than 1000 in all",
    "pattern too large - compile failed": "the pattern is too large",
    "trailing \\": "it ends in a lone backslash",
}


_REFERENCE = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))", re.ASCII)


class RegexError(ValueError):
    """A pattern that Prometheus refuses; its text says in a few words what is wrong."""


class Regex:
    """A compiled pattern. ``groups`` is the number of its groups, ``names`` are those that have a name."""

    __slots__ = ("_re", "groups", "names")

    def __init__(self, compiled: Any) -> None:
        """``compiled`` is google-re2's own object."""
        self._re = compiled
        self.groups: int = compiled.groups
        self.names: frozenset[str] = frozenset(compiled.groupindex)

    def full_match(self, text: str) -> bool:
        """Whether the whole text matches."""
        try:
            return self._re.fullmatch(text) is not None
        except UnicodeEncodeError:  # half a surrogate pair: no label's value can be that
            return False

    def expand(self, text: str, template: str) -> str | None:
        """The template with ``$1``, ``${1}``, ``$name`` filled in from the match; None where nothing matches.

        As in Go a name is as long as it can be (``$1x`` is the group "1x"), a group that does not exist is
        empty, and ``$$`` is a dollar.
        """
        match = self._re.fullmatch(text)
        if match is None:
            return None

        def group(reference: re.Match[str]) -> str:
            name = reference[1] or reference[2]
            if name is None:
                return "$"
            if name.isdigit():
                return (match[int(name)] or "") if int(name) <= self.groups else ""
            return (match[name] or "") if name in self.names else ""

        return _REFERENCE.sub(group, template)


@lru_cache(maxsize=1)
def _options() -> Any:
    options = re2.Options()
    options.dot_nl = True
    options.log_errors = False
    options.max_mem = _MEMORY
    return options


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Regex:
    """The pattern, ready to match as Prometheus 3 does: ``^(?s:pattern)$``.

    Raises RegexError for a pattern that Prometheus refuses.
    """
    if len(pattern) > _LONGEST:
        raise RegexError(f"the pattern has {len(pattern):,} characters")
    if _has_escape(pattern, "C"):
        raise RegexError("there is no such escape: `\\C`")  # C++ has it, Go has not
    try:
        return Regex(re2.compile(pattern, _options()))
    except UnicodeEncodeError as error:
        raise RegexError("the pattern is not valid Unicode") from error
    except re2.error as error:
        raise RegexError(_plain_words(error)) from error


def full_match(pattern: str, text: str) -> bool:
    """Whether the whole text matches the pattern. Raises RegexError for a pattern that Prometheus refuses."""
    return compiled(pattern).full_match(text)


@lru_cache(maxsize=4096)
def literals(pattern: str) -> frozenset[str] | None:
    """The strings that a pattern like ``a|b|c(d|e)?`` means.

    None if it means infinitely many, or more than LITERALS, or is written in a way that is not followed
    here (flags, classes such as ``\\d``, counted repetitions), or is no valid pattern.
    """
    try:
        compiled(pattern)
    except RegexError:
        return None
    reader = _Reader(pattern)
    try:
        found = reader.alternatives(depth=0)
    except _NotFiniteError:
        return None
    return frozenset(found) if reader.at == len(pattern) else None


def _has_escape(pattern: str, letter: str) -> bool:
    at = pattern.find("\\")
    while 0 <= at < len(pattern) - 1:
        if pattern[at + 1] == letter:
            return True
        if pattern[at + 1] == "Q":  # quoted until \E
            at = pattern.find("\\E", at)
            if at < 0:
                return False
        at = pattern.find("\\", at + 2)
    return False


def _plain_words(error: Exception) -> str:
    raw = error.args[0] if error.args else b""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    what, _, argument = text.partition(": ")
    words = _IN_PLAIN_WORDS.get(what, what)
    if not argument or what in ("missing )", "unexpected )", "trailing \\"):  # these repeat the whole pattern
        return words
    return f"{words}: `{argument[:_SHOWN]}`"


class _NotFiniteError(Exception):
    """The pattern means too many strings, or is written in a way that is not followed."""


_ESCAPED_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_SPECIAL = frozenset("*+{.^$")
_PLAIN_CLASS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class _Reader:
    """Reads a valid pattern from left to right, with the set of strings that each part means."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def alternatives(self, depth: int) -> set[str]:
        """``a|b|c``, up to the end or the parenthesis that closes it."""
        if depth > _DEEPEST:
            raise _NotFiniteError
        found = self.sequence(depth)
        while self.peek() == "|":
            self.at += 1
            found |= self.sequence(depth)
            _at_most(len(found))
        return found

    def sequence(self, depth: int) -> set[str]:
        """What stands between two bars. Anchors at its ends say nothing new in a whole match."""
        found = {""}
        if depth == 0 and self.peek() == "^":
            self.at += 1
            if self.peek() in ("*", "+", "{", "?"):
                raise _NotFiniteError
        while (character := self.peek()) and character not in "|)":
            if character == "$" and depth == 0 and self.text[self.at + 1 : self.at + 2] in ("", "|"):
                self.at += 1
                break
            part = self.atom(depth)
            if self.peek() == "?":
                self.at += 2 if self.text[self.at : self.at + 2] == "??" else 1
                part = {*part, ""}
            if self.peek() in ("*", "+", "{", "?"):
                raise _NotFiniteError
            _at_most(len(found) * len(part))
            found = {before + after for before, after in product(found, part)}
        return found

    def atom(self, depth: int) -> set[str]:
        """A character, a group, a small class."""
        character = self.peek()
        if character == "(":
            return self.group(depth)
        if character == "[":
            return self.character_class()
        if character in _SPECIAL:
            raise _NotFiniteError
        self.at += 1
        return {self.escaped()} if character == "\\" else {character}

    def escaped(self) -> str:
        """The character after a backslash."""
        character = self.peek()
        self.at += 1
        if character in _ESCAPED_LETTERS:
            return _ESCAPED_LETTERS[character]
        if character.isalnum() or character == "":
            raise _NotFiniteError
        return character

    def group(self, depth: int) -> set[str]:
        """``(a|b)``, ``(?:a|b)``, ``(?P<name>a|b)``."""
        self.at += 1
        if self.text.startswith("?:", self.at):
            self.at += 2
        elif self.text.startswith(("?P<", "?<"), self.at):
            self.at = self.text.index(">", self.at) + 1
        elif self.peek() == "?":
            raise _NotFiniteError
        found = self.alternatives(depth + 1)
        if self.peek() != ")":
            raise _NotFiniteError
        self.at += 1
        return found

    def character_class(self) -> set[str]:
        """``[abc]`` and ``[0-3]``; classes of anything but letters, digits and _ are not followed."""
        end = self.text.find("]", self.at + 1)
        inside = self.text[self.at + 1 : end]
        if end < 0 or not inside or not set(inside) <= _PLAIN_CLASS | {"-"}:
            raise _NotFiniteError
        self.at = end + 1
        return set(_members(inside))


def _members(inside: str) -> Iterator[str]:
    at = 0
    while at < len(inside):
        if inside[at + 1 : at + 2] == "-" and at + 2 < len(inside):
            yield from map(chr, range(ord(inside[at]), ord(inside[at + 2]) + 1))
            at += 3
        else:
            yield inside[at]
            at += 1


def _at_most(count: int) -> None:
    if count > LITERALS:
        raise _NotFiniteError
