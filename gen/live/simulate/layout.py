"""Which series a page has: the catalog's metrics that are there, with their labels, on the rows of a host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from monogen.catalog import ExporterCatalog, Metric
from monogen.catalog.model import PresenceKind, Version, at
from monogen.live.simulate.manners import Manner, placed
from monogen.live.simulate.tables import Row, Tables
from msgspec import Struct

USUAL_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Those of the client libraries."""


class Series(Struct, frozen=True):
    """One series' labels, and what it shows: a number, or a quantity of a scope in the base unit."""

    labels: tuple[tuple[str, str], ...]
    scope: str
    shows: str | float


class Family(Struct, frozen=True):
    """A metric with its series. A value in the base unit is divided by ``factor``; ``buckets`` are edges."""

    name: str
    type: str
    help: str
    unit: str
    factor: float
    series: tuple[Series, ...]
    buckets: tuple[float, ...] = ()


class Place(Struct, frozen=True):
    """Where an exporter runs: what the catalog is asked with, and what fills in its labels."""

    os: str
    hardware: str
    version: Version | None
    collectors: Mapping[str, bool]
    tables: Tables
    facts: Mapping[str, str]
    scope: str = "host"
    appeared: bool = False


def layout(catalog: ExporterCatalog, manner: Manner, place: Place) -> tuple[Family, ...]:
    """The families of a page, in the order of the catalog (sorted by name, as Go's library does it)."""
    there = {metric.name for metric in catalog.metrics.values() if is_there(metric, manner, place)}
    families = [
        _family(metric, manner, place)
        for metric in catalog.metrics.values()
        if metric.name in there and _has_base(metric.name, there)
    ]
    with_series = [family for family in families if family.series]
    if manner.style == "go":
        return tuple(sorted(with_series, key=lambda family: family.name))
    return tuple(with_series)


def _has_base(name: str, there: set[str]) -> bool:
    """Whether what tells the beginning of a counter or histogram has that metric beside it."""
    stem = name.removesuffix("_created")
    return stem == name or stem in there or f"{stem}_total" in there


def is_there(metric: Metric, manner: Manner, place: Place) -> bool:
    """Whether the page has the metric: what is certain, what is usual though optional, what appeared."""
    flags = {**manner.collectors, **place.collectors}
    presence = metric.presence_on(place.os, place.hardware, place.version, flags)
    if presence.certain:
        return True
    if presence.kind == "optional":
        return manner.shows(metric, place.os, place.hardware)
    return place.appeared and _has_appeared(metric, place, flags)


def _has_appeared(metric: Metric, place: Place, flags: Mapping[str, bool]) -> bool:
    """Whether it is watched for here, and usual on the hardware that has it."""
    if not metric.watch & {place.os, place.hardware}:
        return False
    usual: set[PresenceKind] = {"always", "default"}
    elsewhere = ("nvidia", "gb10") if place.hardware == "gb10" else (place.hardware,)
    return any(metric.presence_on(place.os, other, place.version, flags).kind in usual for other in elsewhere)


def _family(metric: Metric, manner: Manner, place: Place) -> Family:
    spec = _spec(metric, manner, place)
    buckets: tuple[float, ...] = ()
    if metric.type == "histogram":
        buckets = manner.buckets.get(metric.name) or manner.buckets.get(metric.unit) or USUAL_BUCKETS
    return Family(
        name=metric.name,
        type=metric.type,
        help=metric.help,
        unit=metric.unit,
        factor=metric.factor,
        series=tuple(_series(metric, spec, manner, place)),
        buckets=buckets,
    )


class _Spec(Struct, frozen=True):
    """What the manner says of one metric."""

    value: str | float
    rows: str
    labels: Mapping[str, Any]


def _spec(metric: Metric, manner: Manner, place: Place) -> _Spec:
    stated = placed(manner.values.get(metric.name), place.os, place.hardware)
    stated = stated if isinstance(stated, dict) else {"value": stated}
    value = stated.get("value")
    if value is None:
        value = _unstated(metric, manner)
    if place.hardware in metric.zero_on:
        value = 0.0
    rows = str(stated.get("rows") or _table(metric, manner, place))
    return _Spec(value if isinstance(value, str) else float(value), rows, stated.get("labels", {}))


def _unstated(metric: Metric, manner: Manner) -> str | float:
    """What a metric shows that no file says anything of: 1 for information, when it began, else 0."""
    if metric.unit == "info":
        return 1.0
    if metric.name.endswith("_created"):
        return "start_time"
    if not manner.values:
        return "seconds" if metric.type == "counter" else 1.0
    return 0.0


def _table(metric: Metric, manner: Manner, place: Place) -> str:
    """The table with the metric's rows: by its collector, else by the first label that has one."""
    collector = at(metric.collectors, place.os, place.hardware)
    if collector is not None and (found := placed(manner.rows.get(collector.name), place.os, place.hardware)):
        return str(found)
    labels = metric.label_names(place.os, place.hardware, place.version).possible
    for label, table in manner.rows.items():
        if label in labels:
            return str(placed(table, place.os, place.hardware))
    return ""


def _series(metric: Metric, spec: _Spec, manner: Manner, place: Place) -> Iterator[Series]:
    names = metric.label_names(place.os, place.hardware, place.version)
    declared = [label.name for label in _declared(metric, place) if label.name in names.possible]
    closed = metric.label_values(place.os, place.hardware)
    rows: Sequence[Row] = place.tables.get(spec.rows, ()) if spec.rows else (Row({}),)
    seen: set[tuple[tuple[str, str], ...]] = set()
    for row in rows:
        told = row.labels.keys() | spec.labels.keys() | manner.labels.keys()
        order = [name for name in declared if name in names.certain or name in told]
        choices = [_choices(name, row, spec, manner, place, closed.get(name)) for name in order]
        for values in product(*choices):
            labels = dict(zip(order, values, strict=True))
            ordered = tuple(sorted(labels.items()) if manner.style in ("go", "python") else labels.items())
            if ordered in seen:
                continue
            seen.add(ordered)
            shows = spec.value.format_map(labels) if isinstance(spec.value, str) else spec.value
            yield Series(ordered, row.scope or place.scope, shows)


def _declared(metric: Metric, place: Place) -> Sequence[Any]:
    return at(metric.labels, place.os, place.hardware) or ()


def _choices(
    name: str, row: Row, spec: _Spec, manner: Manner, place: Place, closed: frozenset[str] | None
) -> Sequence[str]:
    """The values of a label on a row: the metric's own, the row's, the exporter's, else the closed set."""
    stated = spec.labels.get(name)
    if stated is None and name in row.labels:
        return (row.labels[name],)
    if stated is None:
        stated = manner.labels.get(name)
    stated = placed(stated, place.os, place.hardware)
    if stated is None:
        return sorted(closed) if closed else (manner.missing_label,)
    values = [
        str(value).format_map(place.facts) for value in (stated if isinstance(stated, list) else [stated])
    ]
    kept = [value for value in values if closed is None or value in closed]
    if name == "collector":
        kept = [value for value in kept if place.collectors.get(value) is not False]
    return kept or sorted(closed or values)
