"""Tokens of a window: in all, typical and at most, from the servers' counters or from the recorded rates.

The recorded rates look back five minutes. What they cannot tell of this window without what was before it is
not told: a number that is wrong by a half ranks runs by chance.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from statistics import median

from monogen.live.card.counters import Counter, stretch, total
from monogen.live.card.curve import GAP, Curve
from monogen.live.card.history import History
from monogen.live.card.text import percent, quantity
from monogen.live.card.window import Window, span
from msgspec import Struct

LOOK_BACK = 300.0
"""Seconds that a recorded rate tells of at each moment."""

MINUTE = 60.0
FEW = 4
"""A rate of fewer scrapes than this would show when they came, not how fast the server was."""

TOO_SHORT = (
    "the recorded series look back five minutes, and no moment has five minutes {of} behind it; the servers' "
    "own counters could not be read"
)


class Told(Struct, frozen=True):
    """A number with its note, or None with the reason; ``at`` is the moment of a peak."""

    value: float | None
    words: str = ""
    at: float | None = None


class Speed(Struct, frozen=True):
    """What is known about the tokens of a window."""

    typical: Told
    peak: Told
    total: Told


NONE = Told(None, "none in the window")


def counted(window: Window, counters: Sequence[Counter]) -> Speed:
    """From the counters: what they grew by, and how fast from minute to minute while they grew."""
    summed = total(counters, window.start, window.end)
    growing = stretch(counters, window.start, window.end)
    if growing is None:
        return Speed(NONE, Told(0.0), Told(summed, "counted by the servers"))
    first, last = growing
    usual = max(MINUTE, FEW * max(each.distance for each in counters))
    # Cut evenly, so that no rate is that of a half-empty minute at either end.
    number = max(1, round((last - first) / usual))
    size = (last - first) / number
    ends = [first + size * (index + 1) for index in range(number)]
    rates = [(total(counters, end - size, end) / size, end) for end in ends]
    busy = [rate for rate, _ in rates if rate > 0]
    highest, at = max(rates, key=lambda each: each[0])
    mean = summed / (len(busy) * size)
    share = percent(min(1.0, len(busy) * size / window.seconds))
    return Speed(
        Told(median(busy), f"median of rates over {span(size)}, in the {share} of the time with any"),
        Told(highest, f"over {span(size)}", at),
        Told(summed, f"counted by the servers; {quantity(mean, 'tokens/second')} on average in that time"),
    )


def recorded(history: History, rates: Curve) -> Speed:
    """From the recorded rates of all servers together, as far as they are about the window only."""
    inside = rates.between(history.window.start + LOOK_BACK, history.window.end)
    if inside:
        value, at = inside.highest
        peak = Told(value, "over five minutes", at)
    else:
        peak = Told(None, TOO_SHORT.format(of="of the window"))
    served = [value for at, value in _served(history, rates) if at >= history.window.start + LOOK_BACK]
    if served:
        typical = Told(median(served), "median of the moments with five minutes of serving behind them")
    elif any(value > 0 for value in history.during(rates).values):
        typical = Told(None, TOO_SHORT.format(of="of serving"))
    else:
        typical = NONE
    return Speed(typical, peak, _summed(history, rates))


def _served(history: History, rates: Curve) -> Iterator[tuple[float, float]]:
    """The moments of the window at which a server had been serving for all of the look-back."""
    for run in _runs(history, rates):
        # A rate is above 0 from the first token until five minutes after the last one.
        first = run.times[0] - history.distance + LOOK_BACK
        going_on = run.times[-1] == rates.times[-1]
        last = run.times[-1] if going_on else run.times[-1] + history.distance - LOOK_BACK
        part = history.during(run).between(first, last)
        yield from zip(part.times, part.values, strict=True)


def _runs(history: History, rates: Curve) -> Iterator[Curve]:
    """The parts above 0, between gaps and zeros."""
    begun = 0
    for index, (at, value) in enumerate(zip(rates.times, rates.values, strict=True)):
        cut = index > 0 and at - rates.times[index - 1] > GAP * history.distance
        if (cut or value <= 0) and index > begun:
            yield rates.between(rates.times[begun], rates.times[index - 1])
        begun = index + 1 if value <= 0 else index if cut else begun
    if begun < len(rates.times):
        yield rates.between(rates.times[begun], rates.times[-1])


def _summed(history: History, rates: Curve) -> Told:
    """Rate by five minutes, at moments five minutes apart backwards from the end: each second counts once."""
    window = history.window
    if history.step:
        return Told(history.during(rates).integral(history.distance), "the area below the recorded rate")
    whole, rest = divmod(window.seconds, LOOK_BACK)
    ends = [window.end - LOOK_BACK * index for index in range(int(whole))]
    size = sum(LOOK_BACK * _value(history, rates, end) for end in ends)
    note = "recorded rates, summed every five minutes backwards from the window's end"
    if rest <= history.distance:
        return Told(size, note)
    oldest = _value(history, rates, window.start + rest)
    if oldest == 0 or _value(history, rates, window.start) == 0:
        # Nothing came in the five minutes before the window: all that is seen now came in it.
        return Told(size + LOOK_BACK * oldest, note)
    if not ends:
        return Told(None, TOO_SHORT.format(of="of the window"))
    return Told(size + rest * oldest, f"{note}; of its first {span(rest)} about")


def _value(history: History, rates: Curve, at: float) -> float:
    """The rate at a moment, 0 where none was recorded just before it."""
    index = bisect_right(rates.times, at) - 1
    near = index >= 0 and at - rates.times[index] <= GAP * history.distance
    return rates.values[index] if near else 0.0
