"""What a page proves about its exporter: the version, and the collectors that are not as by default."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monogen.catalog import ExporterCatalog, Metric
from monogen.catalog.model import Version, at
from monogen.live.discover.machine import Told
from monogen.live.discover.page import Page

_VERSION = re.compile(r"v?([0-9]{1,6}(?:\.[0-9]{1,6}){0,3})(.*)", re.DOTALL)
_NODE_COLLECTORS = "node_scrape_collector_success"


def version(page: Page, known: ExporterCatalog, os: str, hardware: str) -> Told | None:
    """The exporter's version, from its build_info; else the oldest that can have the page's names."""
    for name in page.samples:
        if name.endswith("_build_info") and known.by_sample_name(name):
            match = _VERSION.fullmatch(page.label(name, "version"))
            if match:
                return Told(match[1], name + (f", `{match[2]}` left out" if match[2] else ""))
    return _at_least(page, known, os, hardware)


def _at_least(page: Page, known: ExporterCatalog, os: str, hardware: str) -> Told | None:
    """The oldest version that can have the names of the page."""
    newest: tuple[Version, str] | None = None
    for name in page.samples:
        metric = known.by_sample_name(name)
        span = at(metric.spans, os, hardware) if metric else None
        if span and span.since and (newest is None or span.since[1] > newest[0]):
            newest = span.since[1], name
    if newest is None or newest[0] <= (known.kind.baseline or ()):
        return None
    return Told(".".join(map(str, newest[0])), f"at least: only then is {newest[1]} there", guess=True)


def collectors(
    page: Page, known: ExporterCatalog, os: str, hardware: str, stated: Version | None
) -> dict[str, bool]:
    """The collectors that are on or off where that is not the exporter's default.

    On is proved by a metric that only the flag brings. Off only by node_exporter, which lists its
    collectors: one that this version has by default, and that is not in the list.
    """
    listed = set(page.labels(_NODE_COLLECTORS, "collector"))
    found: dict[str, bool] = {}
    for metric in known.metrics.values():
        collector = at(metric.collectors, os, hardware)
        if collector is None:
            continue
        if collector.enabled_by:
            if collector.name in listed or any(name in page.samples for name in metric.sample_names()):
                found[collector.name] = True
        elif listed and collector.name not in listed and _certain(metric, os, hardware, stated):
            found[collector.name] = False
    return dict(sorted(found.items()))


def _certain(metric: Metric, os: str, hardware: str, stated: Version | None) -> bool:
    """Whether that version has the collector there; it is listed even where the kernel gives it nothing."""
    span = at(metric.spans, os, hardware)
    if stated is None or not metric.presence_on(os, hardware, stated).possible:
        return False
    return span is None or span.covers(stated) is True


def models(page: Page, known: ExporterCatalog) -> list[str]:
    """The models that a server's own metrics name, each once, in the page's order."""
    return list(dict.fromkeys(_models(page, known)))


def _models(page: Page, known: ExporterCatalog) -> Iterator[str]:
    for name, samples in page.samples.items():
        metric = known.by_sample_name(name)
        if metric is None:
            continue
        own = {label.name for labels in metric.labels.values() for label in labels}
        for label in ("model_name", "model"):
            if label in own:
                yield from (s.labels[label] for s in samples if s.labels.get(label))
