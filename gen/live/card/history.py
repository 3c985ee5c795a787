"""What a Prometheus remembers of one host: the recorded series of a window and of the time around it.

Samples are taken as they were stored, so that no peak is missed and no gap is papered over by Prometheus'
looking back. Only where that would be too many, several are taken together on the server: their mean, and
where it matters the highest or the lowest of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NoReturn

from monogen.live.card.counters import Counter, counters, metrics
from monogen.live.card.curve import Curve, curve, merged
from monogen.live.card.window import Window, clock
from monogen.live.errors import HttpStatusError, TimedOutError, TooLargeError
from monogen.live.prometheus import Line, NotOfferedError, Prometheus, RefusedError
from monogen.problems import InputError, Problem
from monogen.quantities import format_duration
from msgspec import Struct, field

MOST_SAMPLES = 10_000
"""Of one series; Prometheus gives at most 11,000 points, and a chart has far fewer."""

SHOWN_NAMES = 5

GPU = ("gpu",)
SERVER = ("model", "job", "server")

GENERATED = "server:tokens_generated:rate5m"
PROMPT = "server:tokens_prompt:rate5m"
FIRST_TOKEN = "server:time_to_first_token_seconds:p95_5m"  # noqa: S105  no password
RATES = (GENERATED, PROMPT, FIRST_TOKEN)
"""What is recorded of counters, and looks back five minutes."""

DETAILS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "host:info": (),
    "host:up": (),
    "host:memory_used_bytes": (),
    "host:memory_reserved_bytes": (),
    "host:model_footprint_bytes": (),
    "host:model_capacity_bytes": (),
    "host:model_headroom_bytes": (),
    "host:swap_used_bytes": (),
    "host:memory_stalled:ratio_rate5m": (),
    "host:gpu_clock_low_hertz": (),
    "host:gpu_utilization:ratio": GPU,
    "host:gpu_power_watts": GPU,
    "host:gpu_temperature_celsius": GPU,
    "host:gpu_clock_hertz": GPU,
    "host:gpu_memory_used_bytes": GPU,
    "host:gpu_memory_free_bytes": GPU,
    "host:process_gpu_memory_bytes": ("pid", "process_name"),
    "host:model_budget_bytes": ("model",),
    "server:model_resident": SERVER,
    GENERATED: SERVER,
    PROMPT: SERVER,
    FIRST_TOKEN: SERVER,
})  # fmt: skip
"""The series that a card reads, and the labels that tell those of one host apart."""

EXTREMES: Mapping[str, str] = MappingProxyType({
    "host:up": "min",
    "host:memory_used_bytes": "max",
    "host:model_footprint_bytes": "max",
    "host:model_headroom_bytes": "min",
    "host:swap_used_bytes": "max",
    "host:memory_stalled:ratio_rate5m": "max",
    "host:gpu_temperature_celsius": "max",
    "host:gpu_power_watts": "max",
    "host:gpu_clock_hertz": "min",
    "host:gpu_memory_used_bytes": "max",
    "host:gpu_memory_free_bytes": "min",
    "host:process_gpu_memory_bytes": "max",
})  # fmt: skip
"""Which way a series is bad, where one value stands for many samples."""

Detail = tuple[str, ...]
Part = Callable[[Curve], Curve]
"""What takes the part of a curve that is before, in or after the window."""


def _empty() -> Mapping[str, Any]:
    return MappingProxyType({})


class History(Struct, frozen=True):
    """The series of one host, by name and detail, with their samples from before to after the window.

    ``distance`` is the usual time from one sample to the next, ``step`` how many seconds one sample stands
    for where several were taken together, 0 where all were had. ``price`` is (currency a kWh, currency).
    ``counters`` are the servers' own behind each of RATES, where they can be had.
    """

    host: str
    fleet: str
    hardware: str
    os: str
    window: Window
    distance: float
    step: float = 0.0
    curves: Mapping[str, Mapping[Detail, Curve]] = field(default_factory=_empty)
    price: tuple[float, str] | None = None
    notes: tuple[str, ...] = ()
    counters: Mapping[str, tuple[Counter, ...]] = field(default_factory=_empty)

    def of(self, name: str) -> Mapping[Detail, Curve]:
        """The series of that name by detail; empty where the server has none."""
        return self.curves.get(name, {})

    def one(self, name: str) -> Curve:
        """The series of that name where a host has one; an empty curve where it has none."""
        return next(iter(self.of(name).values()), Curve())

    def during(self, curve: Curve) -> Curve:
        """The part in the window."""
        return curve.between(self.window.start, self.window.end)

    def before(self, curve: Curve) -> Curve:
        """The part just before the window; its end is the window's first moment already."""
        return curve.between(*self.window.before).where(lambda at, _: at < self.window.start)

    def after(self, curve: Curve) -> Curve:
        """The part just after the window, its first sample left out: that is the window's last."""
        return curve.between(*self.window.after).where(lambda at, _: at > self.window.end)


def read(server: Prometheus, host: str, window: Window, fleet: str = "") -> History:
    """Ask for everything a card needs.

    Raises InputError where no such host is known, LiveError where the server does not answer.
    """
    first, last = window.before[0], window.after[1]
    fleets, samples = _presence(server, host, fleet, first, last)
    if len(fleets) > 1:
        names = ", ".join(f"`{name}`" for name in sorted(fleets))
        _refuse("--host", f"`{host}` is a host of several fleets: {names}", "say which one with --fleet")
    if not fleets:
        _unknown(server, host, window, fleet, first, last)
    (found,) = fleets
    selector = f"instance={_quoted(host)}, fleet={_quoted(found)}"
    step = 0.0 if samples <= MOST_SAMPLES else math.ceil((last - first) / MOST_SAMPLES)
    series = _coarse(server, selector, first, last, step) if step else _raw(server, selector, first, last)
    curves = _curves(series)
    info = next((s.labels for s in series if s.labels.get("hardware")), {})
    return History(
        host, found, info.get("hardware", ""), info.get("os", ""), window, step or _distance(curves), step,
        curves, _price(server, found, window), _retention(server, first, window.now),
        {} if step else _counters(server, selector, first, last, series),
    )  # fmt: skip


def _presence(server: Prometheus, host: str, fleet: str, first: float, last: float) -> tuple[set[str], float]:
    """The fleets that have the host in that time, and how many samples the longest series may have."""
    only = f", fleet={_quoted(fleet)}" if fleet else ""
    names = "host:info|host:up|host:memory_used_bytes|host:model_footprint_bytes"
    expr = " or ".join(
        f"label_replace(count_over_time({name}{{instance={_quoted(host)}{only}}}[{_range(first, last)}]), "
        f'"series", "{name}", "", "")'
        for name in names.split("|")
    )
    counts = server.query(expr, at=last)
    return {s.labels.get("fleet", "") for s in counts}, max((s.value for s in counts), default=0)


def _raw(server: Prometheus, selector: str, first: float, last: float) -> list[Line]:
    names = "|".join(DETAILS)
    asked = f'{{__name__=~"{names}", {selector}}}[{_range(first, last)}]'
    return [
        Line(found.labels, tuple(point for point in found.points if point[0] >= first))
        for found in server.samples(asked, last)
    ]


def _counters(
    server: Prometheus, selector: str, first: float, last: float, series: Iterable[Line]
) -> dict[str, tuple[Counter, ...]]:
    """The counters behind the recorded rates of the host; none where the server has them no more."""
    rates = [each.labels for each in series if each.labels.get("__name__") in RATES]
    names = metrics(server, sorted({labels["__name__"] for labels in rates}))
    if not names:
        return {}
    asked = "|".join(sorted({"up"}.union(*names.values())))
    try:
        lines = server.samples(f'{{__name__=~"{asked}", {selector}}}[{_range(first, last)}]', last)
    except (RefusedError, TooLargeError, TimedOutError):
        return {}
    found = counters(lines, first, _replica_labels(rates))
    return {
        record: own
        for record, of_record in names.items()
        if (own := tuple(each for each in found if each.name in of_record))
    }


def _replica_labels(rates: Iterable[Mapping[str, str]]) -> frozenset[str]:
    """The labels in which two series differ that are about the same server and model."""
    labels: dict[Detail, list[Mapping[str, str]]] = {}
    for each in rates:
        key = (each["__name__"], *(each.get(label, "") for label in SERVER))
        labels.setdefault(key, []).append(each)
    return frozenset(
        name
        for same in labels.values()
        for name in set().union(*same)
        if len({each.get(name, "") for each in same}) > 1
    )


def _coarse(server: Prometheus, selector: str, first: float, last: float, step: float) -> list[Line]:
    """Means over ``step`` seconds; extremes come as series of their own, marked by the label ``extreme``."""
    found: list[Line] = []
    for name in DETAILS:
        for function in filter(None, ("avg", EXTREMES.get(name, ""))):
            expr = f"{function}_over_time({name}{{{selector}}}[{int(step)}s])"
            mark = {"extreme": function} if function != "avg" else {}
            found += (
                Line({**s.labels, "__name__": name, **mark}, s.points)
                for s in server.query_range(expr, first + step, last, step)
            )
    return found


def _curves(series: Iterable[Line]) -> dict[str, dict[Detail, Curve]]:
    """Series by name and detail; copies of one become one."""
    extremes: dict[tuple[str, Detail], dict[float, float]] = {}
    plain: list[tuple[str, Detail, Line]] = []
    for each in sorted(series, key=lambda s: sorted(s.labels.items())):
        name = each.labels.get("__name__", "")
        if name not in DETAILS:
            continue
        detail = tuple(each.labels.get(label, "") for label in DETAILS[name])
        if "extreme" in each.labels:
            extremes.setdefault((name, detail), dict(each.points))
        else:
            plain.append((name, detail, each))
    copies: dict[str, dict[Detail, list[Curve]]] = {}
    for name, detail, each in plain:
        found = curve(each.points, extremes.get((name, detail)))
        if found or name.startswith("server:"):
            copies.setdefault(name, {}).setdefault(detail, []).append(found)
    return {
        name: {detail: merged(found) for detail, found in of_name.items()} for name, of_name in copies.items()
    }


def _distance(curves: Mapping[str, Mapping[Detail, Curve]]) -> float:
    """Of the series that most hosts have; what is constant is recorded less often and says nothing."""
    for name in ("host:model_footprint_bytes", "host:memory_used_bytes", "host:up", "host:info"):
        for found in curves.get(name, {}).values():
            if found.distance:
                return found.distance
    return 0.0


def _price(server: Prometheus, fleet: str, window: Window) -> tuple[float, str] | None:
    """The price that the inventory stated at the end of the window."""
    price = f"monogen:electricity_price_per_kwh{{fleet={_quoted(fleet)}}}"
    found = server.query(f"last_over_time({price}[{_range(window.start, window.end)}])", at=window.end)
    return (found[0].value, found[0].labels.get("currency", "")) if found else None


def _retention(server: Prometheus, first: float, now: float) -> tuple[str, ...]:
    """A note where the window begins before what the server still has. Not every server tells."""
    try:
        kept = server.retention()
    except (NotOfferedError, HttpStatusError):
        return ()
    if kept is None or now - first <= kept:
        return ()
    return (f"the server keeps {format_duration(kept)}: what was before {clock(now - kept)} UTC is gone",)


def _unknown(
    server: Prometheus, host: str, window: Window, fleet: str, first: float, last: float
) -> NoReturn:
    """Say why there is nothing: no such host, or none at that time."""
    range_ = _range(first, last)
    then = " or ".join(f"count_over_time({name}[{range_}])" for name in ("host:info", "host:up"))
    known = (
        *server.query(f"group by (instance, fleet) ({then})", at=last),
        *server.query("group by (instance, fleet) (host:info or host:up)", at=window.now),
    )
    pairs = {(s.labels.get("instance", ""), s.labels.get("fleet", "")) for s in known}
    if not pairs:
        hint = "load what `monogen build` writes, or look with `monogen verify`"
        _refuse("--prometheus", f"{server.url} has no series of monogen (`host:info`)", hint)
    named = sorted({name for name, of in pairs if fleet in ("", of)})
    if host in named:
        notes = _retention(server, first, window.now)
        hint = notes[0] if notes else "were monogen's rules loaded then? `monogen verify` tells about now"
        _refuse("--host", f"no data of `{host}` from {clock(first)} to {clock(last)} UTC", hint)
    of_fleet = f" in the fleet `{_shown(fleet)}`" if fleet else ""
    message = f"`{_shown(host)}` is no host that {server.url} knows{of_fleet}"
    names = ", ".join(f"`{_shown(name)}`" for name in named[:SHOWN_NAMES])
    more = f" and {len(named) - SHOWN_NAMES} more" if len(named) > SHOWN_NAMES else ""
    _refuse(
        "--host", message, f"it knows {names}{more}" if named else "leave `--fleet` away to see all hosts"
    )


def _range(first: float, last: float) -> str:
    """A second longer than the time: Prometheus 3 leaves out a sample right at the beginning."""
    return f"{math.ceil(last - first) + 1}s"


def _quoted(text: str) -> str:
    """A label's value in PromQL; whatever it holds stays inside the quotes."""
    escapes: dict[str, str] = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(escapes.get(c, c if c >= " " else "?") for c in text) + '"'


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _refuse(option: str, message: str, hint: str) -> NoReturn:
    raise InputError([Problem(option, 0, 0, message, hint)])
