"""Smooth wandering that is the same in every run: a number between -1 and 1 for each name and moment."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from math import floor


def noise(name: str, at: float, period: float) -> float:
    """A value in [-1, 1] that drifts with ``at`` and turns about once in each ``period`` seconds."""
    place = at / period
    step = floor(place)
    part = place - step
    part = part * part * (3 - 2 * part)
    return _lattice(name, step) * (1 - part) + _lattice(name, step + 1) * part


def fixed(name: str) -> float:
    """A value in [0, 1) that belongs to the name."""
    return int.from_bytes(blake2b(name.encode(), digest_size=6).digest(), "big") / 2**48


@lru_cache(maxsize=65536)
def _lattice(name: str, step: int) -> float:
    return 2 * fixed(f"{name}/{step}") - 1
