"""Colours for a terminal; plain text where nobody asked for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

_CODES = {"error": "1;31", "warning": "1;33", "info": "1;36", "bold": "1", "faint": "2"}


def paint(text: str, style: str, *, color: bool) -> str:
    """The text in a style: a severity, "bold" or "faint"; unchanged without ``color``."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if color and text else text


def wanted(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether colours belong on ``stream``: only a terminal that is not dumb, and never with NO_COLOR."""
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    return stream.isatty()
