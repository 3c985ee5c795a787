"""What the plan refuses in an inventory that is well formed: alerts nobody knows, windows without samples."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence

from monogen.inventory.model import Fleet
from monogen.plan.budgets import Misfit
from monogen.plan.subjects import known_alerts
from monogen.problems import InputError, Problem
from monogen.quantities import format_duration

Locate = Callable[..., tuple[str, int, int]]
"""Gives file, line and column of keys of the inventory: ``locate("hosts", "spark-1", "alerts")``."""

LONGEST_SCRAPE_INTERVAL = 150.0
"""Seconds. Rates are taken over five minutes and need two samples in any such window."""

LONGEST_EVALUATION_INTERVAL = 60.0
"""Seconds. ModelMemoryCollapsing looks at two minutes of recorded series."""


def check(fleet: Fleet, misfits: Sequence[Misfit], locate: Locate) -> None:
    """Raise InputError with everything in the inventory that cannot be planned.

    ``locate`` reads the inventory once more for each call, so it is asked only where something is wrong.
    """
    problems = [*_alerts(fleet, locate), *_intervals(fleet, locate), *_models(misfits, locate)]
    if problems:
        raise InputError(problems)


def _alerts(fleet: Fleet, locate: Locate) -> Iterator[Problem]:
    for name, settings in fleet.alerts.items():
        if wrong := _wrong(name, settings.threshold is not None):
            yield Problem(*locate("alerts", name), *wrong)
    for host in fleet.hosts:
        for name in host.thresholds:
            if wrong := _wrong(name, has_threshold=True):
                yield Problem(*locate("hosts", host.name, "alerts", name), *wrong)


def _wrong(name: str, has_threshold: bool) -> tuple[str, str] | None:
    """What is wrong with what the inventory says of an alert, and a hint; None where nothing is."""
    known = known_alerts()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(sorted(known))}"
        return f"there is no alert `{name}`", hint
    if has_threshold and known[name] is None:
        return f"the alert `{name}` compares with no number", "it takes severity, for and enabled"
    return None


def _intervals(fleet: Fleet, locate: Locate) -> Iterator[Problem]:
    settings = fleet.prometheus
    if settings.scrape_interval > LONGEST_SCRAPE_INTERVAL:
        yield _too_long(
            settings.scrape_interval, LONGEST_SCRAPE_INTERVAL, locate("prometheus", "scrape_interval")
        )
    if settings.evaluation_interval > LONGEST_EVALUATION_INTERVAL:
        place = locate("prometheus", "evaluation_interval")
        yield _too_long(settings.evaluation_interval, LONGEST_EVALUATION_INTERVAL, place)
    for host in fleet.hosts:
        for exporter in host.exporters:
            if exporter.interval is not None and exporter.interval > LONGEST_SCRAPE_INTERVAL:
                place = locate("hosts", host.name, "exporters", exporter.kind)
                yield _too_long(exporter.interval, LONGEST_SCRAPE_INTERVAL, place)


def _models(misfits: Sequence[Misfit], locate: Locate) -> Iterator[Problem]:
    for misfit in misfits:
        if misfit.severity == "error":
            yield misfit.problem(locate("hosts", misfit.host.name, "models", misfit.model.name))


def _too_long(stated: float, longest: float, place: tuple[str, int, int]) -> Problem:
    return Problem(
        *place,
        f"an interval of {format_duration(stated)} leaves gaps in the recorded series",
        f"at most {format_duration(longest)}: some rules look at two samples of a few minutes",
    )
