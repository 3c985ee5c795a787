"""The plan of a fleet: everything that is to be written, and what the build should tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from monogen import dashboards

from monogen.inventory.model import Fleet
from monogen.monitoring import Monitoring, Rule, Series
from monogen.plan.constants import constants
from monogen.plan.rules import DEFAULT_RESERVED, Watch, rule_files
from monogen.plan.scraping import scrape_jobs
from monogen.plan.selection import HostClasses

if TYPE_CHECKING:
    from monogen.catalog import ExporterCatalog

Catalogs = Callable[[str, Sequence[Path]], "ExporterCatalog"]


def plan(fleet: Fleet, exporter: Catalogs) -> Monitoring:
    """Rules, scrape jobs and dashboards of the fleet. ``exporter`` gives the catalog of a kind.

    Raises InputError where the inventory asks for what cannot be (an unknown alert, an interval too
    long for the rates, a file of one's own that cannot be read).
    """
    classes = HostClasses(fleet)
    files = (*constants(fleet), *rule_files(fleet, classes, _watches(fleet, classes, exporter)))
    series = recorded_series(rule for file in files for group in file.groups for rule in group.rules)
    return Monitoring(
        fleet=fleet.name,
        rule_files=files,
        scrape_jobs=scrape_jobs(fleet),
        dashboards=dashboards.build(fleet, series),
        notes=(*fleet.notes, *_notes(fleet)),
    )


def _watches(fleet: Fleet, classes: HostClasses, exporter: Catalogs) -> tuple[Watch, ...]:
    """Metrics that the catalogs call absent on some hardware of the fleet, and worth noticing."""
    own = tuple(map(Path, fleet.catalogs))
    pairs = sorted({(kind, c.os, c.hardware) for c in classes for kind, _ in c.exporters})
    watches = []
    for kind, os, hardware in pairs:
        metrics = exporter(kind, own).absent_but_watched(os, hardware)
        if metrics:
            watches.append(Watch(kind, hardware, tuple(metric.name for metric in metrics)))
    return tuple(watches)


def recorded_series(rules: Iterable[Rule]) -> Series:
    """Which hosts have which recorded series, by the rules that record them."""
    hosts: dict[str, set[str] | frozenset[str]] = {}
    for rule in rules:
        if rule.record:
            known = hosts.setdefault(rule.record, rule.hosts)
            if known is not rule.hosts:
                # Constants come one a host: one growing set, not a new one each time.
                if not isinstance(known, set):
                    known = hosts[rule.record] = set(known)
                known |= rule.hosts
    return Series({name: frozenset(names) for name, names in hosts.items()})


def _notes(fleet: Fleet) -> Iterator[str]:
    """What the plan assumed because the inventory does not say it."""
    for hardware, reserved in DEFAULT_RESERVED.items():
        names = [h.name for h in fleet.hosts if h.hardware == hardware and h.reserved is None]
        if names:
            some = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004
            yield f"{some}: 'reserved' is not stated, {reserved // 2**30} GiB are assumed ({hardware})"
    if not fleet.grafana.url:
        yield "'grafana: {url: ...}' is not stated: links from alerts to dashboards are relative"
