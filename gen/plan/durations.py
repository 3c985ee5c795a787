"""Durations as Prometheus writes them."""

from __future__ import annotations

UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))


def duration(seconds: float) -> str:
    """The shortest exact form: 90.0 is "90s", 3600 is "1h", 0.25 is "250ms".

    Seconds are the smallest unit that people mix, so 90 seconds stay "90s" and are not "1m30s".
    """
    milliseconds = round(seconds * 1000)
    for unit, size in UNITS:
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return "0s"
