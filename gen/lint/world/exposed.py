"""What a target exposes, as shapes of series: the catalog's metrics with the labels that scraping adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from monogen import catalog
from monogen.catalog import ExporterKind, Metric
from monogen.inventory.model import Fleet
from monogen.lint.abstract.shapes import Reason, Shape
from monogen.lint.abstract.values import ABSENT, ANY, FREE, Own, Value, only
from monogen.lint.world.hosts import HostClass, Target

SCRAPED = frozenset(
    {
        "up",
        "scrape_duration_seconds",
        "scrape_samples_scraped",
        "scrape_samples_post_metric_relabeling",
        "scrape_series_added",
    }
)
"""What Prometheus itself adds for each target."""

EXTRA_SCRAPED = frozenset({"scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes"})
"""What it adds with ``--enable-feature=extra-scrape-metrics``."""

ALERTS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
"""What Prometheus writes while an alert is pending or fires."""


class Exposition:
    """The catalogs of a fleet, asked by the names under which samples are stored."""

    def __init__(self, fleet: Fleet) -> None:
        """Read the headers; the metrics of a kind are read when one of them is asked for."""
        self._own = tuple(map(Path, fleet.catalogs))
        self.kinds: Mapping[str, ExporterKind] = catalog.kinds(self._own)
        self._by_sample: dict[str, dict[str, Metric]] = {}

    @cached_property
    def _series(self) -> Mapping[str, tuple[tuple[str, Metric], ...]]:
        return catalog.series(self._own)

    def samples(self, kind: str) -> Mapping[str, Metric]:
        """The metrics of a kind by the names of their series; empty where nothing is known of the kind."""
        found = self._by_sample.get(kind)
        if found is None:
            metrics = catalog.exporter(kind, self._own).metrics.values()
            found = {name: metric for metric in metrics for name in metric.sample_names()}
            self._by_sample[kind] = found
        return found

    def metrics(self, name: str) -> tuple[tuple[str, Metric], ...]:
        """The kinds of exporters that have series of that name, wherever they run, with the metric."""
        return self._series.get(name, ())

    def names(self, kinds: Sequence[str] | None = None) -> frozenset[str]:
        """The names of all series of these kinds (None: of all), Prometheus' own included."""
        every = (self.samples(kind) for kind in (self.kinds if kinds is None else kinds))
        return frozenset(name for samples in every for name in samples) | SCRAPED | EXTRA_SCRAPED

    def of(self, target: Target, hosts: HostClass, name: str) -> Shape | Reason | None:
        """The series that a target of these hosts has of a name, why it has none, or None: it knows none."""
        if name in SCRAPED:
            return Shape(name, attached(target, hosts.own), target.cluster)
        if name in EXTRA_SCRAPED:
            needs = "the feature flag extra-scrape-metrics"
            return Shape(name, attached(target, hosts.own), target.cluster, certain=False, needs=needs)
        metric = self.samples(target.kind).get(name)
        if metric is None:
            return None
        likeness = hosts.likeness
        presence = metric.presence_on(
            likeness.os, likeness.hardware, target.version, dict(target.collectors) or None
        )
        if not presence.possible:
            why = f" ({presence.why})" if presence.why else ""
            return Reason(
                "never", f"`{name}` does not exist on {likeness.words}{why}", name, presence.instead
            )
        labels = _labels(target, hosts, metric, name)
        return Shape(name, labels, target.cluster, presence.certain, presence.needs)


def attached(target: Target, own: Mapping[str, str]) -> dict[str, Value]:
    """The labels that scraping attaches to all series of a target."""
    labels: dict[str, Value] = {label: Own(label) for label in own}
    labels |= {label: only(value) for label, value in target.labels}
    if target.server:
        labels["server"] = only(target.server)
    if target.model:
        labels["model"] = only(target.model)
    labels["job"] = only(target.job)
    return labels


def _labels(target: Target, hosts: HostClass, metric: Metric, name: str) -> dict[str, Value]:
    """What scraping attaches and the exporter's own labels, which give way: exported_instance."""
    likeness = hosts.likeness
    first = attached(target, hosts.own)
    names = metric.label_names(likeness.os, likeness.hardware, target.version)
    closed = metric.label_values(likeness.os, likeness.hardware)
    found = dict(first)
    for label in names.possible:
        certain = label in names.certain
        value: Value = ANY if certain else FREE
        if label in closed:
            value = closed[label] if certain else closed[label] | ABSENT
        found[f"exported_{label}" if label in first else label] = value
    if name.endswith("_bucket") and metric.type == "histogram":
        found["le"] = ANY
    if metric.type == "summary" and name == metric.name:
        found["quantile"] = ANY
    return found
