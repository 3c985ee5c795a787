"""What is to be written, before anyone knows in which format: rules, scrape jobs, dashboards.

The planner makes a Monitoring, the targets turn it into artifacts (files). All of it is plain data.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from monogen.inventory.model import BasicAuth, BearerToken, Tls
from msgspec import Struct, field

RULE_KEYS = frozenset({"record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"})
"""The keys of a rule that Prometheus knows."""

GROUP_OPTIONS = frozenset({"limit", "query_offset", "labels"})
GROUP_KEYS = frozenset({"name", "interval", "rules"}) | GROUP_OPTIONS
"""The keys of a rule group that Prometheus knows."""


def _empty() -> Mapping[str, Any]:
    """An empty mapping that nobody can fill; dataclasses refuse a shared one as a default."""
    return MappingProxyType({})


class Rule(Struct, frozen=True):
    """A recording rule (``record``) or an alert (``alert``); exactly one of the two is not empty.

    ``hold`` is the alert's ``for`` as Prometheus writes durations. ``meaning`` and ``unit`` explain
    a recorded series in the docs and are not written to Prometheus. ``hosts`` are the names of the
    hosts the rule is meant for; ``optional`` says that the series also needs something the inventory
    cannot know (a kernel option, a sensor), ``expects_empty`` that no data is the good news.
    """

    expr: str
    record: str = ""
    alert: str = ""
    hold: str = ""
    keep_firing_for: str = ""
    labels: Mapping[str, str] = field(default_factory=_empty)
    annotations: Mapping[str, str] = field(default_factory=_empty)
    unit: str = ""
    meaning: str = ""
    hosts: frozenset[str] = frozenset()
    optional: str = ""
    expects_empty: bool = False

    @property
    def name(self) -> str:
        """The recorded series or the alert."""
        return self.record or self.alert


class RuleGroup(Struct, frozen=True):
    """Rules that are evaluated one after the other at ``interval`` ("" is the server's own).

    ``options`` are further keys of a group in people's own rule files (limit, query_offset, labels).
    """

    name: str
    rules: tuple[Rule, ...]
    interval: str = ""
    options: Mapping[str, Any] = field(default_factory=_empty)


class RuleFile(Struct, frozen=True):
    """The groups that become one PrometheusRule or one rule file; ``name`` is a slug, "host-memory"."""

    name: str
    groups: tuple[RuleGroup, ...]


class ScrapeTarget(Struct, frozen=True):
    """One address and the labels it is scraped with (instance, os, ..., ``__metrics_path__``)."""

    address: str
    labels: Mapping[str, str]


class ScrapeJob(Struct, frozen=True):
    """Targets that are scraped in the same way; becomes one ScrapeConfig or one scrape_config.

    ``name`` is unique in the fleet (a slug); ``job`` is the label. ``interval`` and ``timeout`` are
    durations as Prometheus writes them, "" where the server's own hold.
    """

    name: str
    job: str
    kind: str
    targets: tuple[ScrapeTarget, ...]
    scheme: str = "http"
    params: tuple[tuple[str, tuple[str, ...]], ...] = ()
    interval: str = ""
    timeout: str = ""
    auth: BasicAuth | BearerToken | None = None
    tls: Tls | None = None


class Dashboard(Struct, frozen=True):
    """A Grafana dashboard in classic JSON, schemaVersion 42. ``name`` is a slug, "model-host"."""

    name: str
    uid: str
    title: str
    json: Mapping[str, Any]


class Monitoring(Struct, frozen=True):
    """Everything that is to be written for a fleet; ``notes`` are sentences the build should tell."""

    fleet: str
    rule_files: tuple[RuleFile, ...]
    scrape_jobs: tuple[ScrapeJob, ...]
    dashboards: tuple[Dashboard, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules of all groups, in the order they are written."""
        return tuple(r for f in self.rule_files for g in f.groups for r in g.rules)


class Series(Struct, frozen=True):
    """Which hosts have which recorded series: what a dashboard may show.

    ``hosts`` maps a recorded name to the hosts that have it for certain or optionally.
    """

    hosts: Mapping[str, frozenset[str]] = field(default_factory=_empty)

    def on(self, name: str) -> frozenset[str]:
        """The hosts that may have the series; empty when nobody records it."""
        return self.hosts.get(name, frozenset())

    def has(self, name: str) -> bool:
        """Whether some host of the fleet has the series."""
        return bool(self.on(name))


class Artifact(Struct, frozen=True):
    """A file to write: ``path`` is relative to the output folder, with forward slashes."""

    path: str
    text: str
