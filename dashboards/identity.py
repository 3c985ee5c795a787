"""The uid of a board: stable, so that links and alerts find it whatever its title is."""

from __future__ import annotations

from hashlib import sha256

LONGEST = 40
"""Grafana refuses longer uids."""


def uid(fleet: str, board: str) -> str:
    """``monogen-<fleet>-<board>``; a name that is too long keeps its beginning and a hash of the whole.

    ``fleet`` is a DNS label and ``board`` a slug, so every character is one that a uid may have.
    """
    whole = f"monogen-{fleet}-{board}"
    if len(whole) <= LONGEST:
        return whole
    return f"{whole[: LONGEST - 9]}-{sha256(whole.encode()).hexdigest()[:8]}"
