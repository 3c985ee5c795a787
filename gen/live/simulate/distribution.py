"""Observations of a histogram on a fine grid of its own, from which any list of buckets can be told.

The grid's counts only grow, and a bucket's count is read off the grid, so no bucket ever falls.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from math import erf, log, sqrt

_FINENESS = 12
"""Grid points a decade."""
_LOWEST, _HIGHEST = -4, 6
_EDGES = tuple(10 ** (_LOWEST + i / _FINENESS) for i in range((_HIGHEST - _LOWEST) * _FINENESS + 1))
_SPREAD = 0.55
"""Of the logarithm: most observations are within a factor of two of the middle."""


class Distribution:
    """What was observed so far: count, sum, and how many were at or below each edge of the grid."""

    def __init__(self) -> None:
        """Nothing was observed yet."""
        self.count = 0.0
        self.sum = 0.0
        self._below = [0.0] * len(_EDGES)

    def observe(self, count: float, mean: float) -> None:
        """Add ``count`` observations, spread around ``mean`` (above 0) as waiting times are."""
        if count <= 0 or mean <= 0:
            return
        self.count += count
        self.sum += count * mean
        for place, share in enumerate(_shares(round(log(mean), 2))):
            self._below[place] += count * share

    def at_or_below(self, edge: float) -> float:
        """How many observations were not above ``edge``."""
        if edge < _EDGES[0]:
            return 0.0
        if edge >= _EDGES[-1]:
            return self.count
        place = bisect_right(_EDGES, edge) - 1
        low, high = _EDGES[place], _EDGES[place + 1]
        part = (edge - low) / (high - low)
        return self._below[place] * (1 - part) + self._below[place + 1] * part


@lru_cache(maxsize=4096)
def _shares(log_mean: float) -> tuple[float, ...]:
    """The share of observations at or below each edge; ``log_mean`` is the logarithm of their mean."""
    middle = log_mean - _SPREAD**2 / 2
    return tuple(0.5 * (1 + erf((log(edge) - middle) / (_SPREAD * sqrt(2)))) for edge in _EDGES)
