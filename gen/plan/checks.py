"""What the plan refuses in an inventory that is well formed: alerts nobody knows, windows without samples."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping

from monogen.inventory.model import Fleet
from monogen.plan import budgets
from monogen.plan.subjects import known_alerts
from monogen.problems import InputError, Problem
from monogen.quantities import format_duration

Locate = Callable[..., tuple[str, int, int]]
"""Gives file, line and column of keys of the inventory: ``locate("hosts", "spark-1", "alerts")``."""

LONGEST_SCRAPE_INTERVAL = 150.0
"""Seconds. Rates are taken over five minutes and need two samples in any such window."""

LONGEST_EVALUATION_INTERVAL = 60.0
"""Seconds. ModelMemoryCollapsing looks at two minutes of recorded series."""


def check(fleet: Fleet, locate: Locate) -> None:
    """Raise InputError with everything in the inventory that cannot be planned."""
    problems = [*_alerts(fleet, locate), *_intervals(fleet, locate), *_models(fleet, locate)]
    if problems:
        raise InputError(problems)


def _alerts(fleet: Fleet, locate: Locate) -> Iterator[Problem]:
    known = known_alerts()
    for name, settings in fleet.alerts.items():
        yield from _alert(name, settings.threshold is not None, known, locate("alerts", name))
    for host in fleet.hosts:
        for name in host.thresholds:
            yield from _alert(name, True, known, locate("hosts", host.name, "alerts", name))


def _alert(
    name: str, has_threshold: bool, known: Mapping[str, float | None], place: tuple[str, int, int]
) -> Iterator[Problem]:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(sorted(known))}"
        yield Problem(*place, f"there is no alert `{name}`", hint)
    elif has_threshold and known[name] is None:
        yield Problem(
            *place, f"the alert `{name}` compares with no number", "it takes severity, for and enabled"
        )


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


def _models(fleet: Fleet, locate: Locate) -> Iterator[Problem]:
    for severity, host, model, sentence in budgets.verdicts(fleet):
        if severity == "error":
            yield budgets.problem(locate("hosts", host.name, "models", model.name), host, model, sentence)


def _too_long(stated: float, longest: float, place: tuple[str, int, int]) -> Problem:
    return Problem(
        *place,
        f"an interval of {format_duration(stated)} leaves gaps in the recorded series",
        f"at most {format_duration(longest)}: some rules look at two samples of a few minutes",
    )
