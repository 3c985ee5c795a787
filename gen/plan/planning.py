"""The plan of a fleet: everything that is to be written, and what the build should tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from monogen import dashboards
from monogen.inventory.model import DEFAULT_RESERVED, Fleet
from monogen.monitoring import Dashboard, Monitoring, Rule, Series
from monogen.plan import budgets
from monogen.plan.budgets import Misfit
from monogen.plan.checks import Locate, check
from monogen.plan.constants import constants
from monogen.plan.own_rules import own_rule_files
from monogen.plan.rules import Watch, rule_files
from monogen.plan.scraping import scrape_jobs
from monogen.plan.selection import HostClasses
from monogen.problems import InputError, Problem
from msgspec.structs import replace

if TYPE_CHECKING:
    from monogen.catalog import ExporterCatalog, ExporterKind

SHOWN_NAMES = 3
"""How many hosts a note names before it counts the others."""


class Catalog(Protocol):
    """What the plan asks of ``monogen.catalog``; the paths are people's own catalog files."""

    def kinds(self, extra: Sequence[Path] = ...) -> Mapping[str, ExporterKind]:
        """The header of every kind of exporter."""

    def exporter(self, kind: str, extra: Sequence[Path] = ...) -> ExporterCatalog:
        """One exporter with its metrics."""


def plan(fleet: Fleet, catalog: Catalog, locate: Locate) -> Monitoring:
    """Rules, scrape jobs and dashboards of the fleet. ``locate`` finds keys in the inventory's files.

    Raises InputError where the inventory asks for what cannot be (an unknown alert, an interval too
    long for the rates, a file of one's own that cannot be used).
    """
    rules = plan_rules(fleet, catalog, locate)
    fleet = _with_usual_jobs(fleet, catalog)
    series = recorded_series(rules.rules)
    return replace(
        rules,
        scrape_jobs=scrape_jobs(fleet),
        dashboards=_with_own_boards(fleet, dashboards.build(fleet, series)),
    )


def plan_rules(fleet: Fleet, catalog: Catalog, locate: Locate) -> Monitoring:
    """The rules alone, without scrape jobs and boards, for those who only ask what is recorded.

    Raises InputError as ``plan`` does.
    """
    misfits = tuple(budgets.misfits(fleet))
    check(fleet, misfits, locate)
    kinds = catalog.kinds(tuple(map(Path, fleet.catalogs)))
    usual_jobs = {kind: header.job for kind, header in kinds.items()}
    fleet = _with_usual_jobs(fleet, catalog)
    classes = HostClasses(fleet)
    files = (
        *constants(fleet, usual_jobs),
        *rule_files(fleet, classes, _watches(fleet, classes, catalog), _remote_jobs(fleet, classes, kinds)),
        *own_rule_files(fleet.rules),
    )
    notes = (*fleet.notes, *_notes(fleet, misfits))
    return Monitoring(fleet=fleet.name, rule_files=files, scrape_jobs=(), notes=notes)


def _with_usual_jobs(fleet: Fleet, catalog: Catalog) -> Fleet:
    """The fleet with a job for each kind of exporter, the inventory's own word first."""
    kinds = catalog.kinds(tuple(map(Path, fleet.catalogs)))
    return replace(fleet, jobs={**{kind: header.job for kind, header in kinds.items()}, **fleet.jobs})


def _with_own_boards(fleet: Fleet, boards: tuple[Dashboard, ...]) -> tuple[Dashboard, ...]:
    """The boards and people's own. Raises InputError for a file that is no board, or is one twice."""
    found = list(boards)
    for path in fleet.dashboards:
        for board in dashboards.load_own(Path(path), fleet.name):
            if any(board.uid == other.uid or board.name == other.name for other in found):
                message = f"another board has the uid `{board.uid}` or the file name `{board.name}` already"
                raise InputError([Problem(path, 0, 0, message, "give it a uid and a file name of its own")])
            found.append(board)
    return tuple(found)


def _watches(fleet: Fleet, classes: HostClasses, catalog: Catalog) -> tuple[Watch, ...]:
    """Metrics that the catalogs call absent on some hardware of the fleet, and worth noticing."""
    own = tuple(map(Path, fleet.catalogs))
    pairs = sorted({(kind, c.os, c.hardware) for c in classes for kind, _ in c.exporters})
    watches = []
    for kind, os, hardware in pairs:
        metrics = catalog.exporter(kind, own).absent_but_watched(os, hardware)
        if metrics:
            watches.append(Watch(kind, hardware, tuple(metric.name for metric in metrics)))
    return tuple(watches)


def _remote_jobs(fleet: Fleet, classes: HostClasses, kinds: Mapping[str, ExporterKind]) -> list[str]:
    """The jobs of the fleet's exporters that look at a host from elsewhere."""
    present = {kind for host_class in classes for kind, _ in host_class.exporters}
    return sorted(fleet.jobs[kind] for kind in present if kinds[kind].remote)


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


def _notes(fleet: Fleet, misfits: Sequence[Misfit]) -> Iterator[str]:
    """What the plan assumed because the inventory does not say it."""
    for hardware, reserved in DEFAULT_RESERVED.items():
        names = [host.name for host in fleet.hosts if host.hardware == hardware and not host.states_reserved]
        if names:
            more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
            some = ", ".join(names[:SHOWN_NAMES]) + more
            yield f"{some}: `reserved` is not stated, {reserved // 2**30} GiB are assumed ({hardware})"
    yield from (misfit.note() for misfit in misfits if misfit.severity == "warning")
    if not fleet.grafana.url:
        yield "`grafana: {url: ...}` is not stated: the links from alerts to dashboards are relative"
