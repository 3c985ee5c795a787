"""``for`` applied to the history of an expression, as Prometheus applies it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(duration: str) -> float:
    """A duration of Prometheus, "" is 0."""
    return sum(float(number) * UNITS[unit] for number, unit in re.findall(r"([0-9]+)(ms|[smhd])", duration))


def firing(true_at: Iterable[float], evaluations: Sequence[float], hold: float) -> list[tuple[float, float]]:
    """The stretches in which an alert fires: from when it has been true for ``hold`` until it is not.

    ``true_at`` are the evaluations at which the expression had a result, ``evaluations`` all of them.
    """
    true = set(true_at)
    stretches: list[tuple[float, float]] = []
    since: float | None = None
    start: float | None = None
    for time in evaluations:
        if time not in true:
            if start is not None:
                stretches.append((start, time))
            since = start = None
            continue
        since = time if since is None else since
        if start is None and time - since >= hold:
            start = time
    if start is not None:
        stretches.append((start, evaluations[-1]))
    return stretches
