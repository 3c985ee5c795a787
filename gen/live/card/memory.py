"""What was held: the footprint against the budget, before and after, what stayed free, swap and stalls."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from monogen.live.card.curve import Curve
from monogen.live.card.history import History
from monogen.live.card.measure import Measure, Sheet, missing
from monogen.live.card.subject import Subject, listed
from monogen.live.card.text import code, gib, percent

FOOTPRINT = "host:model_footprint_bytes"
USED = "host:memory_used_bytes"
HEADROOM = "host:model_headroom_bytes"
CAPACITY = "host:model_capacity_bytes"
SWAP = "host:swap_used_bytes"
STALLED = "host:memory_stalled:ratio_rate5m"
PROCESS = "host:process_gpu_memory_bytes"

RELEASED = 0.05
"""Of what a run added, as much may still be held afterwards and count as given back: caches and the noise of
whatever else runs."""


def memory(history: History, subject: Subject) -> tuple[Measure, ...]:
    """Every line of the section, in its order."""
    sheet = Sheet(history, "Memory")
    return (
        *_footprint(history, sheet),
        *_against_budget(history, sheet, subject),
        *_around(history, sheet, subject),
        *_room(history, sheet),
        *_pressure(history, sheet),
        _process(history, sheet),
    )


def held(history: History) -> tuple[str, Curve]:
    """The series whose growth is what a run added, and its samples.

    On unified memory that is RAM in use, not the footprint, which is cut off below the reservation.
    """
    name = FOOTPRINT if history.hardware == "nvidia" else USED
    return name, history.one(name)


def added(history: History, subject: Subject) -> tuple[float | None, str]:
    """What the run added to what was held before, or why that cannot be told."""
    name, curve = held(history)
    if subject.loaded_before:
        loaded = subject.model if subject.model in subject.before else ""
        return None, f"{listed([loaded])} was loaded before the window: begin the window earlier"
    before, during = history.before(curve), history.during(curve)
    if not during:
        return None, missing(history, name)
    if not before:
        return None, f"no samples of `{name}` before the window to compare with"
    return during.highest[0] - median(before.values), ""


def _footprint(history: History, sheet: Sheet) -> Iterator[Measure]:
    curve = history.one(FOOTPRINT)
    yield sheet.peak("footprint_peak_bytes", "Footprint, peak", "bytes", curve, FOOTPRINT)
    yield sheet.quantile("footprint_median_bytes", "Footprint, median", "bytes", curve, FOOTPRINT, 0.5)
    yield sheet.quantile("footprint_p95_bytes", "Footprint, 95th percentile", "bytes", curve, FOOTPRINT, 0.95)


def _against_budget(history: History, sheet: Sheet, subject: Subject) -> Iterator[Measure]:
    """A model against its budget; without one model in question, the host against all budgets."""
    key, title = "budget_bytes", "Declared budget"
    size, why = added(history, subject)
    note = f"with {listed(subject.newcomers - {subject.model})}" if len(subject.newcomers) > 1 else ""
    yield (
        sheet.none("added_bytes", "Added by the run", "bytes", why)
        if size is None
        else sheet.number("added_bytes", "Added by the run", "bytes", size, note=note)
    )
    budgets = dict(subject.budgets)
    chosen = {subject.model: budgets[subject.model]} if subject.model in budgets else budgets
    if subject.model and subject.model not in budgets:
        was = dict(subject.deployed).get(subject.model)
        stated = f"; deployed: {gib(was)}" if was is not None else ""
        stated += f"; it has one for {listed(budgets)}" if budgets else ""
        chosen, no_budget = {}, f"the inventory states no budget for {code(subject.model)}{stated}"
    else:
        no_budget = "the inventory states no budget for a model of this host"
    if not chosen:
        yield sheet.none(key, title, "bytes", no_budget)
        yield sheet.none("budget_used_ratio", "Measured against it", "ratio", no_budget)
        return
    total = sum(chosen.values())
    told = "; ".join(filter(None, (listed(chosen), *(subject.difference(name) for name in sorted(chosen)))))
    yield sheet.number(key, title, "bytes", total, note=told)
    measured = _measured(history, subject, size)
    if measured is None or not total:
        yield sheet.none("budget_used_ratio", "Measured against it", "ratio", why or "nothing was measured")
        return
    yield sheet.number(
        "budget_used_ratio", "Measured against it", "ratio", measured[0] / total, note=measured[1]
    )


def _measured(history: History, subject: Subject, size: float | None) -> tuple[float, str] | None:
    if subject.model:
        return None if size is None else (size, "what the run added")
    curve = history.during(history.one(FOOTPRINT))
    return (curve.highest[0], "the peak of the footprint, whatever was in it") if curve else None


def _around(history: History, sheet: Sheet, subject: Subject) -> Iterator[Measure]:
    curve = history.one(FOOTPRINT)
    before, after = history.before(curve), history.after(curve)
    told = listed(subject.before) if subject.before else ("no model" if subject.reported else "")
    key, title = "held_before_bytes", "Held before"
    if before:
        note = f"resident: {told}" if told else ""
        yield sheet.number(key, title, "bytes", median(before.values), note=note)
    else:
        yield sheet.none(key, title, "bytes", f"no samples of `{FOOTPRINT}` before the window")
    key, title = "held_after_bytes", "Held after"
    if after:
        yield sheet.number(key, title, "bytes", median(after.values))
    else:
        yield sheet.none(key, title, "bytes", _no_after(history, FOOTPRINT))
    yield _kept(history, sheet, subject)


def _kept(history: History, sheet: Sheet, subject: Subject) -> Measure:
    """Was it released? The difference of what is held after and before."""
    key, title = "kept_bytes", "Not given back"
    name, curve = held(history)
    before, after = history.before(curve), history.after(curve)
    size, why = added(history, subject)
    if size is None:
        return sheet.none(key, title, "bytes", why)
    if not after:
        return sheet.none(key, title, "bytes", _no_after(history, name))
    left = median(after.values) - median(before.values)
    still = sorted(subject.after & (subject.newcomers or {subject.model}))
    if still:
        note = f"{listed(still)} still in memory after the window"
    elif size <= 0:
        note = ""
    elif left <= RELEASED * size:
        note = "released"
    else:
        note = f"not released: {percent(left / size)} of what was added"
    return sheet.number(key, title, "bytes", left, note=note)


def _no_after(history: History, name: str) -> str:
    if history.window.end >= history.window.now:
        return "the window ends now, nothing comes after it yet"
    return f"no samples of `{name}` after the window"


def _room(history: History, sheet: Sheet) -> Iterator[Measure]:
    curve, capacity = history.during(history.one(HEADROOM)), history.during(history.one(CAPACITY))
    if capacity:
        yield sheet.number("capacity_bytes", "Memory for models", "bytes", median(capacity.values))
    else:
        yield sheet.none("capacity_bytes", "Memory for models", "bytes", missing(history, CAPACITY))
    key, title = "headroom_lowest_bytes", "Headroom at the worst moment"
    if not curve:
        yield sheet.none(key, title, "bytes", missing(history, HEADROOM))
        return
    value, at = curve.lowest
    yield sheet.number(key, title, "bytes", value, at=at, note=_share(value, capacity))


def _share(value: float, capacity: Curve) -> str:
    total = median(capacity.values) if capacity else 0
    return f"{percent(value / total)} of the memory for models" if total > 0 else ""


def _pressure(history: History, sheet: Sheet) -> Iterator[Measure]:
    swap = history.one(SWAP)
    yield sheet.peak("swap_peak_bytes", "Swap, peak", "bytes", swap, SWAP)
    before, during = history.before(swap), history.during(swap)
    key, title = "swap_grown_bytes", "Swap, grown by"
    if not during:
        yield sheet.none(key, title, "bytes", missing(history, SWAP))
    elif not before:
        yield sheet.none(key, title, "bytes", f"no samples of `{SWAP}` before the window to compare with")
    else:
        yield sheet.number(key, title, "bytes", max(0.0, during.highest[0] - median(before.values)))
    stalled = history.one(STALLED)
    yield sheet.peak("stalled_peak_ratio", "Everything waited for memory, worst", "ratio", stalled, STALLED)
    title = "Everything waited for memory, median"
    yield sheet.quantile("stalled_median_ratio", title, "ratio", stalled, STALLED, 0.5)


def _process(history: History, sheet: Sheet) -> Measure:
    """The biggest process: on a GB10 the one way to see a single model."""
    key, title = "process_peak_bytes", "Biggest process on the GPU"
    found = [(history.during(curve), detail) for detail, curve in history.of(PROCESS).items()]
    found = [(curve, detail) for curve, detail in found if curve]
    if not found:
        return sheet.none(key, title, "bytes", missing(history, PROCESS))
    curve, (pid, name) = max(found, key=lambda each: each[0].highest[0])
    value, at = curve.highest
    return sheet.number(key, title, "bytes", value, at=at, note=f"{code(name)}, pid {code(pid)}")
