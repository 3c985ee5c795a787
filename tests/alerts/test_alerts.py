"""Each alert over a made-up history on a real Prometheus: it fires when it should, and only then."""

from __future__ import annotations

from typing import Any

import pytest
from cases import CASES, START, rule_of
from engine import Prometheus
from firing import firing, seconds
from monogen.plan.subjects import known_alerts
from stretches import STEP, minutes


def test_every_alert_has_a_case_in_which_it_fires() -> None:
    firing_cases = {case["alert"] for case in CASES if any(case["fires"].values())}
    assert firing_cases == set(known_alerts())


@pytest.mark.prometheus
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_alert_fires_when_it_should_and_not_before(case: dict[str, Any], history: Prometheus) -> None:
    rule = rule_of(case)
    first_minute = case.get("from", 0)
    last_minute = max(minutes(text) for text in case["series"].values()) + 10
    steps = range(int(first_minute * 60 / STEP), int(last_minute * 60 / STEP) + 1)
    evaluations = [START + STEP * number for number in steps]
    found: dict[str, list[list[float]]] = {host: [] for host in case["fires"]}
    for series in history.query_range(rule.expr, evaluations[0], evaluations[-1], STEP):
        true_at = [float(time) for time, _ in series["values"]]
        for first, last in firing(true_at, evaluations, seconds(rule.hold)):
            found[series["metric"]["instance"]].append([(first - START) / 60, (last - START) / 60])
    within = case.get("within", 0)
    for host, expected in case["fires"].items():
        assert len(found[host]) == len(expected), f"{host}: fired {found[host]}, expected {expected}"
        for stretch, wanted in zip(sorted(found[host]), expected, strict=True):
            assert stretch == pytest.approx(wanted, abs=within), f"{host}: {stretch}, expected {wanted}"
