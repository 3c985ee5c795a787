"""What an exporter exposes and where: kinds of exporters, metrics, presence.

Plain immutable data, filled by ``monogen.catalog.loading`` from the YAML files beside this module.
A *place* is a key a catalog file may state something for: an operating system (``linux``,
``darwin``), a device (``gb10``, ``nvidia``, ``apple-silicon``) or ``any``. The device is the most
specific one, then the operating system, then ``any``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from msgspec import Struct, field

Version = tuple[int, ...]
"""An exporter's version as numbers, (1, 12, 1)."""

PresenceKind = Literal["always", "default", "optional", "never"]
Evidence = Literal["page", "source", "claim"]
MetricType = Literal["gauge", "counter", "untyped", "histogram", "summary"]


def _empty() -> Mapping[str, Any]:
    """An empty mapping that nobody can fill; dataclasses refuse a shared one as a default."""
    return MappingProxyType({})


class ExporterKind(Struct, frozen=True):
    """The header of a catalog file: where an exporter of this kind answers, and where it can run.

    ``job`` is the default label ``job`` of its targets, ``hardware`` the devices it needs (None:
    any), ``server`` says that it is a model server, ``remote`` that it runs elsewhere and looks at the
    host from outside (a prober). ``file`` is the catalog file it was read from.
    ``baseline`` is the version a host is taken to run *at least* when the inventory states none.
    """

    kind: str
    title: str
    port: int
    path: str
    job: str
    os: frozenset[str]
    hardware: frozenset[str] | None = None
    server: bool = False
    about: str = ""
    baseline: Version | None = None
    file: str = ""
    remote: bool = False

    def runs_on(self, os: str, hardware: str) -> bool:
        """Whether the exporter exists for that operating system and that device."""
        return os in self.os and (self.hardware is None or hardware in self.hardware)


class Presence(Struct, frozen=True):
    """Whether a metric is on the page of one host.

    ``always`` and ``default`` (a collector that is on by default) mean yes, ``never`` means no, and
    ``optional`` that it also takes ``needs``: a flag, a kernel, a device, a version. ``why`` explains
    a ``never``, ``instead`` names the recorded series that answers the question there ("" if none).
    """

    kind: PresenceKind
    needs: str = ""
    why: str = ""
    instead: str = ""

    @property
    def possible(self) -> bool:
        """Whether the host may have the metric at all."""
        return self.kind != "never"

    @property
    def certain(self) -> bool:
        """Whether the host has the metric as things come out of the box."""
        return self.kind in ("always", "default")


class Span(Struct, frozen=True):
    """The exporter versions that have something (a metric, a label).

    Where the exact version is not known, a bound is a pair: ``since`` is (may be there from, is there
    from), ``until`` is (may be gone from, is gone from). None is unbounded.
    """

    since: tuple[Version, Version] | None = None
    until: tuple[Version, Version] | None = None

    def covers(self, version: Version | None, baseline: Version | None = None) -> bool | None:
        """True or False where it is certain, None where it is not.

        A version that is not known is anything from ``baseline`` up.
        """
        low = version or baseline or ()
        high = version
        if self.until and low >= self.until[1]:
            return False
        if self.since and high is not None and high < self.since[0]:
            return False
        begun = self.since is None or low >= self.since[1]
        lasting = self.until is None or (high is not None and high < self.until[0])
        return True if begun and lasting else None

    def __str__(self) -> str:
        """``1.4.0 or newer``, ``below 4.9.0``, both joined by "and"; empty without bounds."""
        parts = [f"{_dotted(self.since[1])} or newer"] if self.since else []
        parts += [f"below {_dotted(self.until[0])}"] if self.until else []
        return " and ".join(parts)


def _dotted(version: Version) -> str:
    """(1, 12, 1) as "1.12.1"."""
    return ".".join(map(str, version))


class Label(Struct, frozen=True):
    """A label the exporter itself sets. ``optional`` is on some samples only, whatever the version."""

    name: str
    optional: bool = False
    span: Span = Span()


class LabelNames(Struct, frozen=True):
    """Labels of a metric on one host: those every sample has, and those it may have (the superset)."""

    certain: frozenset[str]
    possible: frozenset[str]


class Collector(Struct, frozen=True):
    """The part of an exporter that gives a metric; ``enabled_by`` is its flag where it is off by default."""

    name: str
    enabled_by: str = ""


class Metric(Struct, frozen=True):
    """One metric of an exporter; of a histogram or summary the base name.

    Fields that are mappings are by place (see the module). ``unit`` is what the exporter gives, and
    ``factor`` times the value is in ``base_unit``. ``zero_on`` says on which device it is a constant
    0, and why; ``watch`` are the places where it is never today and may appear one day. ``source``
    says where the knowledge is from, with a date; ``renamed_to`` is the name in newer versions.
    """

    name: str
    type: MetricType
    help: str
    subject: str
    presence: Mapping[str, Presence]
    unit: str = ""
    base_unit: str = ""
    factor: float = 1.0
    labels: Mapping[str, tuple[Label, ...]] = field(default_factory=_empty)
    values: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=_empty)
    spans: Mapping[str, Span] = field(default_factory=_empty)
    collectors: Mapping[str, Collector] = field(default_factory=_empty)
    evidence: Mapping[str, Evidence] = field(default_factory=_empty)
    source: Mapping[str, str] = field(default_factory=_empty)
    zero_on: Mapping[str, str] = field(default_factory=_empty)
    watch: frozenset[str] = frozenset()
    renamed_to: str = ""
    note: str = ""
    exporter: str = ""
    baseline: Version | None = None

    def presence_on(
        self,
        os: str,
        hardware: str = "generic",
        version: Version | None = None,
        collectors: Mapping[str, bool] | None = None,
    ) -> Presence:
        """Whether a host with this system, device and exporter version has the metric.

        ``version`` None is "not stated": anything from the catalog's baseline up. ``collectors`` are
        those the inventory says are on or off where that is not the exporter's default.
        """
        stated = at(self.presence, os, hardware)
        if stated is None:
            return Presence("never", why=f"{self.exporter} does not run on {hardware} with {os}")
        if stated.kind == "never":
            return stated
        span = at(self.spans, os, hardware) or Span()
        covered = span.covers(version, self.baseline)
        if covered is False:
            return Presence("never", why=f"only in {self.exporter} {span}", instead=stated.instead)
        switched = self._switched(stated, os, hardware, collectors or {})
        if covered is None and switched.possible:
            needs = ", ".join(filter(None, (f"{self.exporter} {span}", switched.needs)))
            return Presence("optional", needs=needs, instead=stated.instead)
        return switched

    def _switched(self, stated: Presence, os: str, hardware: str, flags: Mapping[str, bool]) -> Presence:
        """The presence once the collector's own switch is taken into account."""
        collector = at(self.collectors, os, hardware)
        if collector is None:
            return stated
        on = flags.get(collector.name)
        if on is False:
            why = f"the inventory says that the collector {collector.name} is off"
            return Presence("never", why=why, instead=stated.instead)
        if collector.enabled_by and not on:
            needs = ", ".join(filter(None, (collector.enabled_by, stated.needs)))
            return Presence("optional", needs=needs, instead=stated.instead)
        return stated

    def label_names(self, os: str, hardware: str = "generic", version: Version | None = None) -> LabelNames:
        """The exporter's own labels there, ``le`` and ``quantile`` of histograms and summaries left out."""
        labels = at(self.labels, os, hardware) or ()
        cover = {label: label.span.covers(version, self.baseline) for label in labels}
        return LabelNames(
            frozenset(label.name for label in labels if cover[label] and not label.optional),
            frozenset(label.name for label in labels if cover[label] is not False),
        )

    def label_values(self, os: str, hardware: str = "generic") -> Mapping[str, frozenset[str]]:
        """Closed sets of label values there: the label never has another one (it may lack some)."""
        found = {label: at(places, os, hardware) for label, places in self.values.items()}
        return {label: values for label, values in found.items() if values is not None}

    def sample_names(self) -> tuple[str, ...]:
        """The names that are stored: the metric's own, or base_bucket, base_sum, base_count."""
        if self.type == "histogram":
            return tuple(self.name + suffix for suffix in ("_bucket", "_sum", "_count"))
        if self.type == "summary":
            return (self.name, self.name + "_sum", self.name + "_count")
        return (self.name,)

    def evidence_on(self, os: str, hardware: str = "generic") -> Evidence | None:
        """How the presence there is known; None where the exporter does not run."""
        return at(self.evidence, os, hardware)


class ExporterCatalog(Struct, frozen=True):
    """Everything known of one exporter: its header, its metrics by name, its sources."""

    kind: ExporterKind
    metrics: Mapping[str, Metric]

    def absent_but_watched(self, os: str, hardware: str) -> tuple[Metric, ...]:
        """Metrics that do not exist there today and are worth an alert on the day they do."""
        return tuple(m for m in self.metrics.values() if m.watch & {os, hardware})

    def by_sample_name(self, name: str) -> Metric | None:
        """The metric that gives this stored name (``x_bucket`` finds the histogram ``x``)."""
        if name in self.metrics:
            return self.metrics[name]
        base = name.rpartition("_")[0]
        metric = self.metrics.get(base)
        return metric if metric is not None and name in metric.sample_names() else None


T = TypeVar("T")


def at(places: Mapping[str, T], os: str, hardware: str) -> T | None:
    """What is stated for a host: for its device, else its system, else for any; None if nothing."""
    for place in (hardware, os, "any"):
        if place in places:
            return places[place]
    return None
