"""Did a run fit? By the same measure as `monogen fit`, and by what memory pressure showed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monogen.fit.verdict import MARGIN, Verdict, judged
from monogen.live.card.curve import Curve
from monogen.live.card.history import History
from monogen.live.card.measure import Measure, missing
from monogen.live.card.memory import CAPACITY, HEADROOM
from monogen.live.card.subject import Subject
from monogen.live.card.text import code, gib, percent
from monogen.live.card.window import clock
from msgspec import Struct

STALLED = 0.1
"""Above this share of time in which all tasks waited for memory a host freezes soon: HostMemoryStalled."""

SWAPPED = 2**30
"""Swap that grows by more than this says that things do not fit together: HostSwapGrowing."""

ENOUGH = 0.95
"""The share of a window that must have data before somebody may say that all was well in it."""

FEWEST = 10
"""Samples of a window below which nobody may say that all was well: they may all lie beside the peak."""

_ORDER = (Verdict.UNKNOWN, Verdict.FITS, Verdict.BARELY, Verdict.DOES_NOT_FIT)


class Judgement(Struct, frozen=True):
    """The verdict, and the sentences it follows from, the gravest first."""

    verdict: Verdict
    because: tuple[str, ...]


class Seen(Struct, frozen=True):
    """How much of a window was seen: ``coverage`` is the share with data, ``samples`` how many there are;
    ``absent`` says why the model in question may not have been there at all, "" where it was."""

    coverage: float
    samples: int
    absent: str = ""


def judge(history: History, subject: Subject, measures: Mapping[str, Measure], seen: Seen) -> Judgement:
    """The worst of what was seen.

    Unknown where nothing says how much stayed free, where a part of the window in which the host may have
    been full was not seen, and where nothing says that the model in question was there.
    """
    found = [*_memory(history, _reserved_more(history, subject)), *_pressure(measures)]
    if not found:
        return Judgement(Verdict.UNKNOWN, (missing(history, HEADROOM),))
    found.sort(key=lambda each: _ORDER.index(each[0]), reverse=True)
    verdict, because = found[0][0], tuple(sentence for _, sentence in found)
    if verdict is Verdict.FITS and seen.absent:
        return Judgement(Verdict.UNKNOWN, (seen.absent, *because))
    if verdict is Verdict.FITS and (unseen := _unseen(history, seen)):
        told = f"{unseen}, so that nobody saw whether it fitted all the time"
        return Judgement(Verdict.UNKNOWN, (told, *because))
    return Judgement(verdict, because)


def _reserved_more(history: History, subject: Subject) -> float:
    """Bytes that the inventory given here reserves more than was deployed.

    Of a GB10 only: elsewhere another limit than the reservation may bound the memory for models.
    """
    if history.hardware != "gb10" or subject.reserved is None:
        return 0.0
    deployed, file = subject.reserved
    return file - deployed


def _unseen(history: History, seen: Seen) -> str:
    if any(value == 0 for value in history.during(history.one("host:up")).values):
        return "the host did not answer for a part of the window"
    if seen.coverage < ENOUGH:
        return f"only {percent(seen.coverage)} of the window have data"
    number = f"{seen.samples} sample{'' if seen.samples == 1 else 's'}"
    return f"the window has only {number}" if seen.samples < FEWEST else ""


def _memory(history: History, reserved_more: float) -> Iterator[tuple[Verdict, str]]:
    """Each pool of memory at its fullest: a sum would hide one full GPU."""
    pools = sorted(history.of("host:gpu_memory_free_bytes").items()) if history.hardware == "nvidia" else []
    for (gpu,), curve in pools:
        free = history.during(curve)
        used = history.during(history.of("host:gpu_memory_used_bytes").get((gpu,), Curve()))
        if free and used:
            value, at = free.lowest
            size = max(f + u for f, u in zip(free.values, used.values, strict=False))
            yield _pool(f"the GPU {code(gpu)}", value, size, at)
    headroom, capacity = history.during(history.one(HEADROOM)), history.during(history.one(CAPACITY))
    if not pools and headroom and capacity:
        value, at = headroom.lowest
        size = capacity.quantile(0.5) - reserved_more
        # Of what nobody used models can have no more than the reservation leaves.
        yield _pool("the memory for models", min(value, size), size, at)


def _pool(name: str, free: float, size: float, at: float) -> tuple[Verdict, str]:
    verdict = judged(round(size - free), round(size))
    share = percent(free / size) if size > 0 else "nothing"
    left = f"{gib(free)} ({share}) of {name} stayed free at {clock(at)}"
    if verdict is Verdict.FITS:
        return verdict, left
    if verdict is Verdict.BARELY:
        margin = f"{MARGIN * 100:.0f} %"
        return verdict, f"{left}, less than the {margin} that should: barely fits means it does not fit"
    return verdict, f"{gib(-free)} more than {name} has were held at {clock(at)}"


def _pressure(measures: Mapping[str, Measure]) -> Iterator[tuple[Verdict, str]]:
    stalled, swapped = measures["stalled_peak_ratio"], measures["swap_grown_bytes"]
    if stalled.value is not None and stalled.value > STALLED and stalled.at is not None:
        told = f"all tasks waited for memory for {percent(stalled.value)} of the time at {clock(stalled.at)}"
        yield Verdict.DOES_NOT_FIT, f"{told}; hosts freeze soon after {STALLED * 100:.0f} %"
    if swapped.value is not None and swapped.value > SWAPPED:
        yield Verdict.BARELY, f"swap grew by {gib(swapped.value)}: something had to make room"
