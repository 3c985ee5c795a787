"""Turns the second document of a catalog file into metrics: a group's defaults, then each metric's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from monogen.catalog.model import Collector, Evidence, ExporterKind, Label, Metric, Presence, Span, Version
from msgspec.structs import replace

PLACES = frozenset({"linux", "darwin", "gb10", "nvidia", "apple-silicon", "any"})
_BY_PLACE = ("presence", "source", "labels", "since", "until", "collector")
T = TypeVar("T")


def version_of(text: str) -> Version:
    """The text "1.12.1" as (1, 12, 1)."""
    return tuple(int(part) for part in text.split("."))


def metrics_of(
    body: Mapping[str, Any], kind: ExporterKind, sources: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Metric]:
    """All metrics of a checked second document, in the order of the file.

    ``sources`` are those of the file that includes this one; they come before its own, so that each
    exporter tells for itself where it was seen.
    """
    notes = _Notes(body, kind, sources)
    defaults = body.get("defaults", {})
    found: dict[str, Metric] = {}
    for group in body["groups"]:
        filled = merged(defaults, group)
        for name, own in group["metrics"].items():
            stated = merged(filled, own)
            found[name] = _metric(name, stated, notes)
            if stated.get("created", False):
                created = _created(found[name])
                found[created.name] = created
    return found


_CREATED_NEEDS = "a Python client started without PROMETHEUS_DISABLE_CREATED_SERIES"


def _created(base: Metric) -> Metric:
    """The series that prometheus_client adds to a counter or histogram: when it began (unix time)."""
    stem = base.name.removesuffix("_total") if base.type == "counter" else base.name
    return replace(
        base,
        name=f"{stem}_created",
        type="gauge",
        help=f"When {base.name} began to count (unix time).",
        presence={
            place: stated
            if stated.kind == "never"
            else replace(stated, kind="optional", needs=_needs(stated))
            for place, stated in base.presence.items()
        },
        unit="seconds",
        base_unit="seconds",
        factor=1.0,
        renamed_to="",
        note="",
    )


def _needs(stated: Presence) -> str:
    """What the series that tells the beginning needs, on top of what its metric needs."""
    return ", ".join(filter(None, (stated.needs, _CREATED_NEEDS)))


class _Notes:
    """What a file says once for all its metrics: units, sources, versions of labels."""

    def __init__(self, body: Mapping[str, Any], kind: ExporterKind, sources: Mapping[str, Any]) -> None:
        self.kind = kind
        self.units: Mapping[str, Any] = body.get("units", {})
        self.sources: Mapping[str, Mapping[Evidence, str]] = {**body.get("sources", {}), **sources}
        self.labels: dict[str, Label] = {}
        self._spans = {
            name: _span(stated.get("since"), stated.get("until"))
            for name, stated in body.get("labels", {}).items()
        }

    def label(self, text: str) -> Label:
        """The label written as ``name`` or ``name?`` (on some samples only); made once."""
        if text not in self.labels:
            name = text.removesuffix("?")
            self.labels[text] = Label(name, text.endswith("?"), self._spans.get(name, Span()))
        return self.labels[text]


def places(value: Any) -> dict[str, Any]:
    """A value stated by place, or one that holds anywhere."""
    by_place = isinstance(value, dict) and bool(value) and value.keys() <= PLACES
    return dict(value) if by_place else {"any": value}


def merged(group: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The metric's own keys over the group's; what is stated by place is merged place by place."""
    stated = {**group, **own}
    for key in _BY_PLACE:
        if key in stated:
            base = places(group[key]) if key in group else {}
            above = places(own[key]) if key in own else {}
            stated[key] = above if "any" in above else {**base, **above}
    return stated


def _metric(name: str, stated: Mapping[str, Any], notes: _Notes) -> Metric:
    """One metric, all defaults filled in."""
    unit = stated.get("unit", "")
    scale = notes.units.get(unit, {"base": unit, "factor": 1})
    instead = stated.get("instead", "")
    enabled_by = stated.get("enabled_by", "")
    return Metric(
        name=name,
        type=stated.get("type", "gauge"),
        help=stated["help"],
        subject=stated["subject"],
        presence=_each(stated["presence"], lambda value: _presence(value, instead)),
        unit=unit,
        base_unit=scale["base"],
        factor=scale["factor"],
        labels=_each(stated.get("labels", {"any": []}), lambda names: tuple(map(notes.label, names))),
        values=_values(stated.get("values", {})),
        spans=_spans(stated.get("since", {}), stated.get("until", {})),
        collectors=_each(stated.get("collector", {}), lambda text: Collector(text, enabled_by)),
        evidence=_each(stated["source"], lambda key: next(iter(notes.sources[key]))),
        source=_each(stated["source"], lambda key: next(iter(notes.sources[key].values()))),
        zero_on=MappingProxyType(stated.get("zero_on", {})),
        watch=frozenset(stated.get("watch", ())),
        renamed_to=stated.get("renamed_to", ""),
        note=stated.get("note", ""),
        exporter=notes.kind.title,
        baseline=notes.kind.baseline,
    )


def _each(by_place: Mapping[str, Any], make: Callable[[Any], T]) -> Mapping[str, T]:
    """The same mapping with each place's value made into data."""
    return MappingProxyType({place: make(value) for place, value in by_place.items()})


def _presence(value: Any, instead: str) -> Presence:
    """``default``, ``{optional: needs}`` or ``{never: why, instead: series}`` as data."""
    if value == "always":
        return Presence("always", instead=instead)
    if value == "default":
        return Presence("default", instead=instead)
    if "optional" in value:
        return Presence("optional", needs=value["optional"], instead=instead)
    return Presence("never", why=value["never"], instead=value.get("instead", instead))


def _values(stated: Mapping[str, Any]) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Closed sets of label values, by label and place."""
    return MappingProxyType({label: _each(places(sets), frozenset) for label, sets in stated.items()})


def _spans(since: Mapping[str, Any], until: Mapping[str, Any]) -> Mapping[str, Span]:
    """The versions that have the metric, by place."""
    return MappingProxyType(
        {place: _span(_bound(since, place), _bound(until, place)) for place in {**since, **until}}
    )


def _bound(by_place: Mapping[str, Any], place: str) -> Any:
    """What is stated for the place itself, else for any."""
    return by_place.get(place, by_place.get("any"))


def _span(since: Any, until: Any) -> Span:
    """Two bounds as written in the file: a version, a pair of versions, or nothing."""
    return Span(_pair(since), _pair(until))


def _pair(bound: Any) -> tuple[Version, Version] | None:
    """A bound that is known exactly is a pair of the same version."""
    if bound is None:
        return None
    first, last = (bound, bound) if isinstance(bound, str) else bound
    return version_of(first), version_of(last)
