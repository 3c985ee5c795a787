"""How many series the fleet makes: what its rules record, and what its targets give."""

from __future__ import annotations

from monogen.inventory.model import Fleet
from monogen.live.errors import LiveError
from monogen.live.prometheus import NotOfferedError, Prometheus, Sample
from monogen.live.verify.model import Cardinality
from monogen.monitoring import Monitoring
from monogen.promql.writing import quoted


def look(server: Prometheus, fleet: Fleet, monitoring: Monitoring, unchecked: list[str]) -> Cardinality:
    """Count the series; three questions, however many hosts there are."""
    names = sorted({rule.record for rule in monitoring.rules if rule.record})
    chosen = f"__name__=~{quoted('|'.join(names))}, fleet={quoted(fleet.name)}"
    of_fleet = f"fleet={quoted(fleet.name)}"
    by_host = f"count by (instance) ({{{chosen}}})"
    by_name = f"count by (__name__) ({{{chosen}}})"
    scraped = f"sum by (instance) (scrape_samples_post_metric_relabeling{{{of_fleet}}})"
    answers = server.ask_all([by_host, by_name, scraped])
    for answer in answers.values():
        if isinstance(answer, LiveError):
            unchecked.append(f"the number of series: {answer.message}")
            break
    return Cardinality(
        recorded=_by(answers[by_host], "instance"),
        scraped=_by(answers[scraped], "instance"),
        names=_by(answers[by_name], "__name__"),
        head=_head(server),
    )


def _by(answer: tuple[Sample, ...] | LiveError, label: str) -> dict[str, int]:
    if isinstance(answer, LiveError):
        return {}
    return {sample.labels.get(label, ""): int(sample.value) for sample in answer}


def _head(server: Prometheus) -> int | None:
    try:
        return server.database().series
    except NotOfferedError:
        return None
