"""Names by which Grafana and the alerts know a board. Imports nothing heavy: the rules use it too."""

from __future__ import annotations

import hashlib
import re

BOARDS = ("fleet", "host", "model-host", "serving", "tiers")
"""The boards that monogen generates."""

LONGEST = 40
"""Grafana refuses a longer uid, and anything outside [A-Za-z0-9_-]."""

HASH = 8
"""Hexadecimal digits of a hashed tail: enough for the boards of one Grafana."""


def uid(fleet: str, board: str) -> str:
    """``monogen-<fleet>-<board>``: stable, so that links and alerts find the board.

    Where that is too long, has letters Grafana refuses, or could also be read as another fleet's
    board (fleet "x-model", board "host"), a hash of both names takes the place of the tail.
    """
    plain = f"monogen-{fleet}-{board}"
    safe = re.sub(r"[^A-Za-z0-9_-]", "-", plain)
    if safe == plain and len(plain) <= LONGEST and not _ambiguous(fleet, board):
        return plain
    tail = hashlib.sha256(f"{fleet}\n{board}".encode()).hexdigest()[:HASH]
    return f"{safe[: LONGEST - HASH - 1]}-{tail}"


def _ambiguous(fleet: str, board: str) -> bool:
    """Whether the end of the fleet's name makes another board's name of this one."""
    longer = (name.removesuffix(f"-{board}") for name in BOARDS if name.endswith(f"-{board}"))
    return any(fleet.endswith(f"-{head}") for head in longer)


def tag(fleet: str) -> str:
    """The tag that the boards of one fleet share, and by which they link to each other.

    At most 48 letters, as a fleet's name has at most 40: Grafana's column takes 50.
    """
    return f"monogen-{fleet}"
