"""What the GPU did: busy, power, heat, clock; the energy it took and what that cost."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum

from monogen.live.card.curve import Curve, together
from monogen.live.card.history import History
from monogen.live.card.measure import Measure, Sheet, missing
from monogen.live.card.window import span

BUSY = "host:gpu_utilization:ratio"
POWER = "host:gpu_power_watts"
HEAT = "host:gpu_temperature_celsius"
CLOCK = "host:gpu_clock_hertz"
CLOCK_LOW = "host:gpu_clock_low_hertz"

WORKING = 0.5
"""A GPU that is busier than this should not be at a low clock; the alert GpuClockStuckLow has the same."""

HOUR = 3600.0
GB10_READS_LOW = "a GB10's driver reports 18 to 44 % less than its firmware measures"


def gpu(history: History) -> tuple[Measure, ...]:
    """Every line of the sections GPU and Energy."""
    return (*_doing(history, Sheet(history, "GPU")), *_energy(history, Sheet(history, "Energy")))


def busiest(history: History) -> Curve:
    """How busy the busiest GPU was, time by time."""
    return together(history.of(BUSY).values(), max)


def power(history: History) -> Curve:
    """What all GPUs drew, time by time."""
    return together(history.of(POWER).values(), sum)


def _doing(history: History, sheet: Sheet) -> Iterator[Measure]:
    busy, drawn = busiest(history), power(history)
    several = len(history.of(BUSY)) > 1
    of_all = " of all GPUs" if several else ""
    which = " of the busiest GPU" if several else ""
    yield sheet.quantile("gpu_busy_median_ratio", f"Busy, median{which}", "ratio", busy, BUSY, 0.5)
    yield sheet.peak("gpu_busy_peak_ratio", f"Busy, peak{which}", "ratio", busy, BUSY)
    yield sheet.quantile("gpu_power_median_watts", f"Power, median{of_all}", "watts", drawn, POWER, 0.5)
    yield sheet.peak("gpu_power_peak_watts", f"Power, peak{of_all}", "watts", drawn, POWER)
    heat = together(history.of(HEAT).values(), max)
    hottest = " of the hottest GPU" if several else ""
    yield sheet.quantile(
        "gpu_heat_median_celsius", f"Temperature, median{hottest}", "celsius", heat, HEAT, 0.5
    )
    yield sheet.peak("gpu_heat_peak_celsius", f"Temperature, peak{hottest}", "celsius", heat, HEAT)
    yield from _clock(history, sheet)


def _clock(history: History, sheet: Sheet) -> Iterator[Measure]:
    """The clock while the GPU worked: a low one then is throttling, at rest it is thrift."""
    working = [
        _working(history.during(curve), history.of(BUSY).get(detail, Curve()))
        for detail, curve in history.of(CLOCK).items()
    ]
    key, title = "gpu_clock_lowest_hertz", "Clock while working, lowest"
    share_key, share_title = "gpu_throttled_ratio", "Throttled, share of the time it worked"
    clock = together(working, min)
    if not clock:
        why = missing(history, CLOCK)
        if any(history.during(curve) for curve in history.of(CLOCK).values()):
            why = (
                f"the GPU was never busier than {WORKING * 100:.0f} % in the window"
                if history.during(busiest(history))
                else f"how busy the GPU was is not known: {missing(history, BUSY)}"
            )
        yield sheet.none(key, title, "hertz", why)
        yield sheet.none(share_key, share_title, "ratio", why)
        return
    value, at = clock.lowest
    yield sheet.number(key, title, "hertz", value, at=at, note=f"median {clock.quantile(0.5) / 1e6:.0f} MHz")
    limit = history.during(history.one(CLOCK_LOW))
    if not limit:
        why = "no clock is known below which this GPU is stuck; state `thresholds: {GpuClockStuckLow: ...}`"
        yield sheet.none(share_key, share_title, "ratio", why)
        return
    low = limit.values[-1]
    slow = sum(each < low for each in clock.extremes)
    note = f"below {low / 1e6:.0f} MHz"
    yield sheet.number(share_key, share_title, "ratio", slow / len(clock.values), note=note)


def _working(clock: Curve, busy: Curve) -> Curve:
    """The clock at the times at which its GPU was busy."""
    when = {at for at, value in zip(busy.times, busy.values, strict=True) if value > WORKING}
    return clock.where(lambda at, _: at in when)


def _energy(history: History, sheet: Sheet) -> Iterator[Measure]:
    parts = [history.during(curve) for curve in history.of(POWER).values()]
    parts = [part for part in parts if part]
    distance = history.distance
    covered = max((part.covered(distance) for part in parts), default=0.0)
    if not covered:
        why = "one sample of power is no energy" if parts else missing(history, POWER)
        yield sheet.none("energy_watthours", "Energy of the GPU", "watthours", why)
        yield sheet.none("energy_cost", "Its cost", "currency", why)
        return
    energy = fsum(part.integral(distance) for part in parts) / HOUR
    note = f"over the {span(covered)} of the window that have data"
    if history.hardware == "gb10":
        note += f"; {GB10_READS_LOW}"
    yield sheet.number("energy_watthours", "Energy of the GPU", "watthours", energy, note=note)
    if history.price is None:
        why = "the inventory stated no price then; `electricity: {price: 0.30}`"
        yield sheet.none("energy_cost", "Its cost", "currency", why)
        return
    price, currency = history.price
    note = f"at {price:g} {currency} a kWh"
    yield sheet.number("energy_cost", "Its cost", currency, energy / 1000 * price, note=note)
