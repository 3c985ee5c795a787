"""What a check found, before anybody looks up where in the file it stands."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from msgspec import Struct

Key = str | int
"""A step into the document: a key of a mapping or an index of a list."""

_SENSITIVE = re.compile(r"pass|token|secret|credential|authorization|api_?key|^auth$|^params$", re.IGNORECASE)


class Finding(Struct, frozen=True):
    """Something wrong at ``keys`` of the document; ``on_key`` where the key itself is meant.

    ``other`` leads to the second place where two things contradict each other.
    Kept apart from Problem because positions cost time and are only needed once something is wrong.
    """

    keys: tuple[Key, ...]
    message: str
    hint: str = ""
    on_key: bool = False
    other: tuple[Key, ...] = ()


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that ``word`` was probably meant to be; empty if none is near."""
    matches = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else ""


def nearest_or_all(word: str, known: Iterable[str]) -> str:
    """A hint for an unknown word: the nearest one, else everything that is allowed."""
    words = sorted(known)
    near = nearest(word, words)
    return f"did you mean `{near}`?" if near else f"allowed: {', '.join(words)}"


def is_sensitive(keys: Iterable[Key], value: object) -> bool:
    """Whether a value may hold a credential, so that no message may repeat it."""
    if any(isinstance(key, str) and _SENSITIVE.search(key) for key in keys):
        return True
    return isinstance(value, str) and ("@" in value or "?" in value)


def quoted(text: str, limit: int = 60) -> str:
    """Text for a message: between backticks, printable, shortened."""
    shown = "".join(character if character.isprintable() else "?" for character in text)
    return f"`{shown if len(shown) <= limit else shown[: limit - 3] + '...'}`"
