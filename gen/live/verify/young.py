"""Series that are too young: a host, a recorded series or a configuration that has only just begun."""

from __future__ import annotations

from monogen.live.prometheus import Prometheus
from monogen.live.verify.model import Reason
from monogen.live.verify.tracing import Evidence, Tracing, hosts_by_name
from monogen.promql.tree import Node
from monogen.promql.writing import quoted
from monogen.quantities import parse_duration

CONSTANTS_INTERVAL = 60.0
"""Seconds between evaluations of the inventory's constants."""

YOUNG = "it looks back further than its host has been scraped"
FRESH = "its host has only just been scraped for the first time"
BEGUN = "it reads recorded series that have only just begun"
RELOADED = "the server has only just loaded its configuration"
FIRST_SCRAPE = "after the first scrape"
FIRST_EVALUATION = "after the first evaluation"


class Young:
    """Hosts that have not been scraped for long enough, and series not recorded for long enough."""

    def __init__(self, server: Prometheus, evidence: Evidence, tracing: Tracing) -> None:
        """The server is asked once for each length of time."""
        self._server = server
        self._evidence = evidence
        self._tracing = tracing
        self._steps = _steps(evidence)
        self._old: dict[float, frozenset[str]] = {}
        self._before: dict[float, dict[str, frozenset[str]]] = {}

    def reason(self, tree: Node, host: str, *, known: bool) -> Reason | None:
        """The reason, where there has been less time than it takes.

        Where a cause is ``known``, only a host that was not scraped for long enough excuses it.
        """
        back = 0.0 if known else self._tracing.reach(tree)
        seconds = self._steps + back
        old = self._scraped(seconds)
        if not ((host in old) if host else old):
            return _reason(YOUNG if back else FRESH, seconds, FIRST_SCRAPE)
        if known:
            return None
        if self._tracing.begun(tree, host, self._recorded(seconds)):
            return _reason(BEGUN, seconds, FIRST_EVALUATION)
        age = self._evidence.age
        return _reason(RELOADED, self._steps, "after that") if age is not None and age < self._steps else None

    def _scraped(self, seconds: float) -> frozenset[str]:
        """The hosts that were scraped that long ago."""
        if seconds not in self._old:
            up = f"up{{fleet={quoted(self._evidence.fleet.name)}}} offset {_milliseconds(seconds)}"
            samples = self._server.query(f"group by (instance) ({up} == 1)")
            self._old[seconds] = frozenset(one.labels.get("instance", "") for one in samples)
        return self._old[seconds]

    def _recorded(self, seconds: float) -> dict[str, frozenset[str]]:
        """The hosts that had each recorded series that long ago."""
        if seconds not in self._before:
            names = self._tracing.recorded()
            ago = f" offset {_milliseconds(seconds)}"
            self._before[seconds] = hosts_by_name(self._server, names, ago)
        return self._before[seconds]


def _steps(evidence: Evidence) -> float:
    """Seconds from the first scrape until every rule has been evaluated often enough in its order."""
    settings = evidence.fleet.prometheus
    groups = [group for file in evidence.monitoring.rule_files for group in file.groups]
    slowest = max((parse_duration(group.interval) for group in groups if group.interval), default=0.0)
    steps = 3 * settings.scrape_interval + 3 * settings.evaluation_interval
    return steps + max(slowest, CONSTANTS_INTERVAL)


def _reason(words: str, seconds: float, since: str) -> Reason:
    return Reason("young", words, gap=False, seconds=seconds, since=since)


def _milliseconds(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"
