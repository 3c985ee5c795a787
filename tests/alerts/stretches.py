"""Series told as stretches of minutes, as samples: the notation of cases.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator

STEP = 30.0
"""Seconds between samples, and between evaluations."""

STRETCH = re.compile(r"^(?P<value>.+?) x(?P<minutes>[0-9.]+)$")


def samples(text: str, start: float) -> Iterator[tuple[float, float]]:
    """Time and value of each sample of ``"0.9 x20, 1 -> 5 x10, _ x5"``, from ``start`` on."""
    time = start
    for stretch in text.split(","):
        match = STRETCH.match(stretch.strip())
        if match is None:
            raise ValueError(f"no stretch: {stretch!r}")
        count = round(float(match["minutes"]) * 60 / STEP)
        for number in range(count):
            value = _value(match["value"], number / count, time)
            if value is not None:
                yield time, value
            time += STEP


def minutes(text: str) -> float:
    """How long the series is."""
    return sum(float(stretch.rsplit("x", 1)[1]) for stretch in text.split(","))


def _value(text: str, share: float, time: float) -> float | None:
    if text == "_":
        return None
    if text.startswith("now"):
        return time + float(text[3:])
    if "->" in text:
        first, last = map(float, text.split("->"))
        return first + (last - first) * share
    return float(text)
