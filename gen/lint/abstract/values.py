"""What a label of a series may be.

A *Value* is one of

- a set of texts: the label has one of them, "" meaning that it is not there;
- ANY: the label is there, with a text that is not known;
- FREE: nothing is known, not even whether it is there;
- Own(label): the text, never "", that the host's own label has. Hosts that differ in nothing but their
  names can so be looked at once; what it is on one host is in the ``own`` that the functions take.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

from monogen.promql.placeholder import START as CHOSEN
from monogen.promql.regex import Regex, RegexError, compiled, literals
from msgspec import Struct


class Unknown(Enum):
    """A text that is not known."""

    ANY = "any"
    FREE = "free"


ANY = Unknown.ANY
FREE = Unknown.FREE


class Own(Struct, frozen=True):
    """The host's own value of this label."""

    label: str


ALIKE = frozenset({"os", "hardware", "fleet"})
"""The hosts' own labels that all hosts of one class have in common."""

Value: TypeAlias = frozenset[str] | Unknown | Own


class Watched(dict[str, str]):
    """A host's labels that tell whether one was asked for: what was found then holds for that host only."""

    asked = False

    def __init__(self, own: Mapping[str, str]) -> None:
        """A copy of the labels; that it is made is not asking."""
        super().__init__(own)

    def get(self, key: str, default: str = "") -> str:  # type: ignore[override]
        """The label's text, "" where there is none."""
        self.asked = True
        return super().get(key, default)


ABSENT: frozenset[str] = frozenset({""})
"""The label is certainly not there."""


@lru_cache(maxsize=4096)
def only(text: str) -> frozenset[str]:
    """The Value of a label whose text is known."""
    return frozenset((text,))


def both(left: Value, right: Value, own: Mapping[str, str]) -> Value | None:
    """What a label is that has both Values at once; None where it cannot."""
    if left is right or right is FREE:
        return left
    if left is FREE:
        return right
    if isinstance(left, Own):
        return _own_and(left, right, own)
    if isinstance(right, Own):
        return _own_and(right, left, own)
    if left is ANY:
        left, right = right, left
    if not isinstance(left, frozenset):
        return ANY
    common = left - ABSENT if right is ANY else left & right  # type: ignore[operator]
    return common or None


def _own_and(mine: Own, other: Value, own: Mapping[str, str]) -> Value | None:
    # Asked only where it matters: what does not depend on the host's name holds for all that are alike.
    if other == mine or other is ANY:
        return mine
    text = own.get(mine.label, "")
    if isinstance(other, Own):
        return mine if own.get(other.label, "") == text else None
    return mine if isinstance(other, frozenset) and text in other else None


def certainly_equal(left: Value, right: Value) -> bool:
    """Whether two labels that can agree do so as far as can be told: known, or unknown alike."""
    if isinstance(left, Own) or isinstance(right, Own):
        return True
    if left is ANY and right is ANY:
        return True
    if not isinstance(left, frozenset) or not isinstance(right, frozenset):
        return False
    return left == right and (len(left) == 1 or not left & ABSENT)


@lru_cache(maxsize=16384)
def _pattern(text: str) -> _Pattern:
    return _Pattern(text)


class _Pattern:
    """A regular expression of a matcher, with what is worth knowing about it once."""

    __slots__ = ("_regex", "empty", "finite", "nearly_everything")

    def __init__(self, text: str) -> None:
        self._regex: Regex | None = None  # a pattern that Prometheus would not load: nothing can be said
        with suppress(RegexError):
            self._regex = compiled(text)
        self.empty = self._regex is None or self._regex.full_match("")
        self.finite = literals(text)
        self.nearly_everything = text in (".*", ".+")

    def matches(self, text: str) -> bool:
        return self._regex is None or self._regex.full_match(text)


def narrowed(value: Value, op: str, text: str, own: Mapping[str, str]) -> tuple[Value | None, bool]:
    """What a matcher leaves of a label (None: nothing), and whether it certainly leaves something.

    ``a!="x"`` is taken to leave something of a label that is there with unknown texts.
    """
    if CHOSEN in text:
        return value, value is not FREE
    if isinstance(value, Own):
        kept = passes(own.get(value.label, ""), op, text)
        return (value if kept else None), True
    if isinstance(value, frozenset):
        left = frozenset(one for one in value if passes(one, op, text))
        return (left or None), len(left) == len(value)
    if op in ("=", "=~"):
        return _positive(value, op, text)
    return _negative(value, op, text)


def passes(text: str, op: str, wanted: str) -> bool:
    """Whether a known text passes a matcher; a pattern that Prometheus would not load is taken to match."""
    if op == "=":
        return text == wanted
    if op == "!=":
        return text != wanted
    return _pattern(wanted).matches(text) == (op == "=~")


def _positive(value: Value, op: str, text: str) -> tuple[Value | None, bool]:
    if op == "=":
        return _one_of(only(text), value)
    pattern = _pattern(text)
    if pattern.nearly_everything:
        return (value if pattern.empty else ANY), value is ANY
    if pattern.finite is None:
        return (ANY if value is ANY or not pattern.empty else FREE), False
    return _one_of(pattern.finite, value)


def _one_of(texts: frozenset[str], value: Value) -> tuple[Value | None, bool]:
    left = texts - ABSENT if value is ANY else texts
    return (left or None), False


def _negative(value: Value, op: str, text: str) -> tuple[Value | None, bool]:
    if op == "!=":
        return (ANY if text == "" else value), value is ANY
    pattern = _pattern(text)
    if pattern.nearly_everything:
        return (None if value is ANY or pattern.empty else ABSENT), False
    return (ANY if pattern.empty else value), value is ANY


SHOWN_TEXTS = 6
"""How many texts a sentence lists."""


def shown(value: Value, own: Mapping[str, str]) -> str:
    """A Value in a sentence: `"a"`, `"a" or "b"`, "anything"."""
    if isinstance(value, Own):
        return f'"{own.get(value.label, "")}"'
    if not isinstance(value, frozenset):
        return "anything"
    texts = [f'"{text}"' for text in sorted(value)]
    more = ["..."] if len(texts) > SHOWN_TEXTS else []
    return " or ".join([*texts[:SHOWN_TEXTS], *more])
