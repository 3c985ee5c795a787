"""What made-up expressions may speak of: the catalogs' metrics and labels, and the values on the pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from monogen import catalog
from monogen.build import Built
from pages import SAMPLE
from truth_worlds import PAGES_FOLDER

LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
TARGET = ("instance", "job", "os", "hardware", "fleet", "site")


@dataclass(frozen=True, slots=True)
class Known:
    """A metric as the generator knows it: the labels its exporter sets, and some values of each."""

    name: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class HostVocabulary:
    """What an expression for one host may speak of: what it has, and what it has not."""

    name: str
    target: Mapping[str, tuple[str, ...]]
    there: tuple[Known, ...]
    recorded: tuple[Known, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Vocabulary:
    """All hosts, and every metric of every exporter's catalog."""

    hosts: tuple[HostVocabulary, ...]
    everything: tuple[Known, ...]
    foreign: Mapping[str, tuple[str, ...]]


def vocabulary(built: Built) -> Vocabulary:
    """From the catalogs (names, labels, closed values), the pages (values), and what is recorded."""
    pages = {path: _page(path) for path in {e.path for host in built.fleet.hosts for e in host.exporters}}
    recorded = tuple(
        Known(name, {"instance": (), "os": (), "fleet": ()})
        for name in sorted({rule.record for rule in built.monitoring.rules if rule.record})
    )
    hosts = []
    for host in built.fleet.hosts:
        targets = [t.labels for job in built.monitoring.scrape_jobs for t in job.targets]
        own = [labels for labels in targets if labels["instance"] == host.name]
        target = {
            label: tuple(sorted({o[label] for o in own if label in o}))
            for label in (*TARGET, "server", "rack")
        }
        there = tuple(known for exporter in host.exporters for known in pages[exporter.path])
        hosts.append(HostVocabulary(host.name, {k: v for k, v in target.items() if v}, there, recorded))
    foreign: dict[str, set[str]] = {}
    for entry in hosts:
        for label, values in entry.target.items():
            foreign.setdefault(label, set()).update(values)
    everything = _catalogs()
    return Vocabulary(tuple(hosts), everything, {k: tuple(sorted(v)) for k, v in foreign.items()})


def _page(path: str) -> list[Known]:
    """The metrics of a page with their labels and up to eight values of each."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    text = (PAGES_FOLDER / f"{path.rpartition('/')[2]}.prom").read_text("utf-8")
    for line in text.splitlines():
        if match := SAMPLE.match(line):
            name, _, labels = match["series"].partition("{")
            metric = found.setdefault(name, {})
            for label, value in LABEL.findall(labels):
                metric.setdefault(label, {})[value] = None
    return [Known(name, {k: tuple(v)[:8] for k, v in labels.items()}) for name, labels in found.items()]


def _catalogs() -> tuple[Known, ...]:
    found: dict[str, Known] = {}
    for kind in catalog.kinds():
        for metric in catalog.exporter(kind).metrics.values():
            names = {label.name for labels in metric.labels.values() for label in labels}
            closed = {
                label: [v for vs in places.values() for v in sorted(vs)]
                for label, places in metric.values.items()
            }
            labels = {name: tuple(dict.fromkeys(closed.get(name, ()))) for name in sorted(names)}
            for name in metric.sample_names():
                found.setdefault(
                    name, Known(name, {**labels, "le": ()} if name.endswith("_bucket") else labels)
                )
    return tuple(found.values())
