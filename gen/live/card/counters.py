"""The servers' own counters behind the recorded rates: what grew in exactly this window.

A rate of five minutes tells at a moment what was before it, so that the area below it misses what was served
last and counts what was served before the window. The counters have neither fault. Which ones they are is
taken from the rules that the server has loaded, since each kind of server names its own.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from monogen.live.card.curve import GAP
from monogen.live.errors import LiveError
from monogen.live.prometheus import Line, Prometheus
from msgspec import Struct

_COUNTED = re.compile(r"\brate\s*\(\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{|\[)")


class Counter(Struct, frozen=True):
    """How far a counter had grown by each time, from 0 at its first sample on; a restart loses nothing.

    ``detail`` is (model, job, server), ``bound`` the upper bound of a histogram's bucket, NaN for no bucket.
    """

    name: str
    detail: tuple[str, ...]
    bound: float
    times: tuple[float, ...]
    grown: tuple[float, ...]
    distance: float

    def by(self, at: float, *, end: bool) -> float:
        """How far it had grown by then. Between two samples on a straight line; a gap has none, and what
        grew in it is left out at either edge: the ``end`` of a time sees the last sample before the gap."""
        later = bisect_right(self.times, at)
        if later == 0:
            return self.grown[0]
        if later == len(self.times):
            return self.grown[-1]
        (t0, t1), (v0, v1) = self.times[later - 1 : later + 1], self.grown[later - 1 : later + 1]
        if t1 - t0 > GAP * self.distance and at > t0:
            return v0 if end else v1
        return v0 + (v1 - v0) * (at - t0) / (t1 - t0)

    def between(self, first: float, last: float) -> float:
        """What it grew by from ``first`` to ``last``."""
        return max(0.0, self.by(last, end=True) - self.by(first, end=False))

    def seen(self, first: float, last: float) -> bool:
        """Whether it has samples in that time."""
        return any(first <= at <= last for at in self.times)

    def growing(self, first: float, last: float) -> list[tuple[float, float]]:
        """From one sample to the next, where it grew, cut to that time."""
        points = zip(self.times, self.grown, strict=True)
        return [
            (max(t0, first), min(t1, last))
            for (t0, v0), (t1, v1) in pairwise(points)
            if v1 > v0 and t1 > first and t0 < last and t1 - t0 <= GAP * self.distance
        ]


def metrics(server: Prometheus, records: Iterable[str]) -> dict[str, frozenset[str]]:
    """The counters that each of these recorded series is made of, as the server's rules tell.

    Empty where it does not tell its rules, or has none of these.
    """
    wanted = tuple(records)
    try:
        groups = server.rules(wanted)
    except LiveError:
        # Not every server tells its rules, or to everybody; the recorded series are there all the same.
        return {}
    found: dict[str, set[str]] = {}
    for rule in (rule for group in groups for rule in group.rules):
        if rule.name in wanted and not rule.alert:
            found.setdefault(rule.name, set()).update(_COUNTED.findall(rule.expr))
    return {record: frozenset(names) for record, names in found.items() if names}


def counters(lines: Sequence[Line], first: float, replica: frozenset[str]) -> tuple[Counter, ...]:
    """Counters from their samples, and from those of ``up``, read from ``first`` on.

    ``replica`` are labels that tell copies of one series apart. A counter that is not there when its target
    is scraped for the first times, and is later, began at 0; else nobody knows what came before its first
    sample.
    """
    scraped: dict[tuple[str, str], set[float]] = {}
    copies: dict[tuple[tuple[str, str], ...], list[Line]] = {}
    for line in lines:
        if line.labels.get("__name__") == "up":
            scraped.setdefault(_target(line.labels), set()).update(at for at, _ in line.points)
        else:
            own = tuple(sorted((k, v) for k, v in line.labels.items() if k not in replica))
            copies.setdefault(own, []).append(line)
    made = (_counter(dict(own), found, first, scraped) for own, found in copies.items())
    return tuple(each for each in made if each is not None)


def _counter(
    labels: Mapping[str, str], copies: list[Line], first: float, scraped: Mapping[tuple[str, str], set[float]]
) -> Counter | None:
    points = _joined(copies)
    if not points:
        return None
    steps = sorted(later[0] - earlier[0] for earlier, later in pairwise(points))
    distance = steps[len(steps) // 2] if steps else 0.0
    start = points[0][0]
    if start - first > GAP * distance > 0 and any(
        start - GAP * distance <= at < start - distance / 2 for at in scraped.get(_target(labels), ())
    ):
        points = [(start - distance, 0.0), *points]
    grown = [0.0]
    for (_, before), (_, after) in pairwise(points):
        grown.append(grown[-1] + (after - before if after >= before else after))
    times = tuple(at for at, _ in points)
    name, server = labels.get("__name__", ""), (labels.get("job", ""), labels.get("server", ""))
    model = labels.get("model_name") or labels.get("model", "")
    return Counter(name, (model, *server), _bound(labels.get("le", "")), times, tuple(grown), distance)


def _joined(copies: list[Line]) -> list[tuple[float, float]]:
    """One copy, and of the others what is before and after it: two in turn would look like restarts."""
    joined: list[tuple[float, float]] = []
    for line in sorted(copies, key=lambda each: len(each.points), reverse=True):
        points = [(at, value) for at, value in line.points if math.isfinite(value)]
        if joined:
            points = [each for each in points if not joined[0][0] <= each[0] <= joined[-1][0]]
        joined = sorted([*joined, *points])
    return joined


def _target(labels: Mapping[str, str]) -> tuple[str, str]:
    return labels.get("job", ""), labels.get("server", "")


def _bound(le: str) -> float:
    try:
        return float(le) if le else math.nan
    except ValueError:
        return math.nan


def stretch(counters: Iterable[Counter], first: float, last: float) -> tuple[float, float] | None:
    """From when the counters first grew to when they last did, in that time; None where none did."""
    growing = [piece for each in counters for piece in each.growing(first, last)]
    return (min(a for a, _ in growing), max(b for _, b in growing)) if growing else None


def total(counters: Iterable[Counter], first: float, last: float) -> float:
    """What all of them grew by in that time."""
    return math.fsum(each.between(first, last) for each in counters)


def quantile(share: float, buckets: Iterable[Counter], first: float, last: float) -> tuple[float, float]:
    """The quantile of what a histogram took in that time, as Prometheus' ``histogram_quantile``, and how many
    it took; NaN where it took none or has no last bucket."""
    counts: dict[float, float] = {}
    for bucket in buckets:
        if not math.isnan(bucket.bound):
            counts[bucket.bound] = counts.get(bucket.bound, 0.0) + bucket.between(first, last)
    bounds = sorted(counts)
    number = counts.get(math.inf, 0.0)
    if number <= 0 or len(bounds) < 2:  # noqa: PLR2004
        return math.nan, 0.0
    rank, below, lower = share * number, 0.0, 0.0
    for bound in bounds:
        if counts[bound] >= rank:
            if math.isinf(bound):
                return bounds[-2], number
            inside = counts[bound] - below
            return lower + (bound - lower) * ((rank - below) / inside if inside > 0 else 1.0), number
        below, lower = counts[bound], bound
    return bounds[-2], number
