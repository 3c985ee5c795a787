"""Path patterns of settings: ``exclude`` and ``per-path-ignores``."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path, given with forward slashes, fits one of the patterns.

    ``*`` stands for any characters, slashes included. A pattern fits from the beginning of the path or
    from the beginning of any of its names, so ``generated`` and ``*.json`` fit wherever they stand, and
    a folder's pattern fits everything below it.
    """
    return any(_matches(path, pattern.removeprefix("./").rstrip("/")) for pattern in patterns)


def _matches(path: str, pattern: str) -> bool:
    if not pattern:
        return False
    forms = (pattern, f"*/{pattern}", f"{pattern}/*", f"*/{pattern}/*")
    return any(fnmatchcase(path, form) for form in forms)
