"""A series in time, and what can be told of it: peak, median, share above a limit, integral, gaps.

Times are Unix seconds and grow. Nothing is made up: a gap is no zero and no straight line.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

GAP = 2.5
"""Samples that are further apart than this many usual distances have a gap between them."""


class Curve(Struct, frozen=True):
    """Samples in the order of their times. ``extremes`` are ``values`` where every sample was had; where
    several were taken together, the highest (or lowest, by the series) of those that a value stands for."""

    times: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    extremes: tuple[float, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any sample."""
        return bool(self.times)

    def between(self, first: float, last: float) -> Curve:
        """The samples from ``first`` to ``last``, both inside."""
        start, end = bisect_left(self.times, first), bisect_right(self.times, last)
        return Curve(self.times[start:end], self.values[start:end], self.extremes[start:end])

    def where(self, keep: Callable[[float, float], bool]) -> Curve:
        """The samples for which ``keep(time, value)`` holds."""
        kept = [
            i for i, (at, value) in enumerate(zip(self.times, self.values, strict=True)) if keep(at, value)
        ]
        return Curve(*(tuple(column[i] for i in kept) for column in (self.times, self.values, self.extremes)))

    @property
    def highest(self) -> tuple[float, float]:
        """The highest extreme, and when it was reached first. ValueError without samples."""
        value = max(self.extremes)
        return value, self.times[self.extremes.index(value)]

    @property
    def lowest(self) -> tuple[float, float]:
        """The lowest extreme, and when it was reached first. ValueError without samples."""
        value = min(self.extremes)
        return value, self.times[self.extremes.index(value)]

    def quantile(self, share: float) -> float:
        """As Prometheus' ``quantile_over_time``: between two samples on a straight line."""
        ordered = sorted(self.values)
        rank = share * (len(ordered) - 1)
        low, high = math.floor(rank), math.ceil(rank)
        return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)

    @property
    def distance(self) -> float:
        """Seconds from one sample to the next, as they usually are; 0 with fewer than two."""
        steps = [later - earlier for earlier, later in pairwise(self.times)]
        return median(steps) if steps else 0.0

    def gaps(self, distance: float) -> list[tuple[float, float]]:
        """From the last sample before each gap to the first after it."""
        return [(a, b) for a, b in pairwise(self.times) if b - a > GAP * distance]

    def covered(self, distance: float) -> float:
        """Seconds between its samples, gaps left out."""
        if not self.times:
            return 0.0
        return self.times[-1] - self.times[0] - sum(b - a for a, b in self.gaps(distance))

    def integral(self, distance: float) -> float:
        """The area below it in value seconds, by trapezoids; gaps count nothing."""
        points = tuple(zip(self.times, self.values, strict=True))
        return math.fsum(
            (later - earlier) * (before + after) / 2
            for (earlier, before), (later, after) in pairwise(points)
            if later - earlier <= GAP * distance
        )


def curve(points: Iterable[tuple[float, float]], extremes: dict[float, float] | None = None) -> Curve:
    """A curve from samples in any order; NaN and infinity are no measurement, of two at a time one counts."""
    kept = {at: value for at, value in points if math.isfinite(value)}
    times = tuple(sorted(kept))
    values = tuple(kept[at] for at in times)
    return Curve(
        times, values, values if extremes is None else tuple(extremes.get(t, kept[t]) for t in times)
    )


def merged(curves: Sequence[Curve]) -> Curve:
    """Several copies of one series (replicas, a host whose labels changed) as one; the first counts."""
    if len(curves) == 1:
        return curves[0]
    points: dict[float, tuple[float, float]] = {}
    for each in reversed(curves):
        points |= {at: (v, e) for at, v, e in zip(each.times, each.values, each.extremes, strict=True)}
    times = tuple(sorted(points))
    return Curve(times, tuple(points[t][0] for t in times), tuple(points[t][1] for t in times))


def together(curves: Iterable[Curve], join: Callable[[list[float]], float]) -> Curve:
    """Several series as one, joined time by time: ``sum`` of the power of all GPUs, ``max`` of their heat."""
    values: dict[float, list[float]] = {}
    extremes: dict[float, list[float]] = {}
    for each in curves:
        for at, value, extreme in zip(each.times, each.values, each.extremes, strict=True):
            values.setdefault(at, []).append(value)
            extremes.setdefault(at, []).append(extreme)
    times = tuple(sorted(values))
    return Curve(times, tuple(join(values[t]) for t in times), tuple(join(extremes[t]) for t in times))
