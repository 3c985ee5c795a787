"""What `firing` says of an alert's history is what a real Prometheus does with a live alert."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from engine import Prometheus
from firing import firing, seconds
from pages import PageServer

CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 900ms, evaluation_interval: 1s}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: x
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
    metrics_path: /x
"""
RULES = """
groups:
  - name: live
    rules:
      - {record: evaluated, expr: time()}
      - {record: condition, expr: pressure > 5}
      - {alert: Pressure, expr: pressure > 5, for: 3s}
"""


@pytest.mark.parametrize(
    ("duration", "expected"), [("", 0), ("30s", 30), ("1h30m", 5400), ("2d", 172800), ("500ms", 0.5)]
)
def test_durations(duration: str, expected: float) -> None:
    assert seconds(duration) == expected


def test_it_fires_from_the_hold_on_until_it_is_no_longer_true() -> None:
    evaluations = [float(n) for n in range(12)]
    true = [1, 2, 4, 5, 6, 7, 10, 11]
    assert firing(true, evaluations, hold=2) == [(6, 8)]
    assert firing(true, evaluations, hold=0) == [(1, 3), (4, 8), (10, 11)]
    assert firing([], evaluations, hold=0) == []


@pytest.mark.prometheus
def test_a_live_alert_fires_when_firing_says_so(prometheus_binary: Path, tmp_path: Path) -> None:
    page = tmp_path / "x.prom"
    page.write_text("# TYPE pressure gauge\npressure 1\n")
    (tmp_path / "rules.yml").write_text(RULES)
    with PageServer({"/x": page}) as served:
        config = tmp_path / "prometheus.yml"
        config.write_text(CONFIG.format(port=served.port))
        with Prometheus(prometheus_binary, config, tmp_path / "data") as server:
            server.wait_for("evaluated")
            server.wait_for("pressure")
            for value, pause in ((9, 2.2), (1, 1.5), (9, 7.0), (1, 2.5)):
                served.edit("/x", lambda text, value=value: text.replace(" 1", f" {value}"))
                time.sleep(pause)
            evaluations = _times(server, "evaluated")
            true = set(_times(server, "condition"))
            really = _times(server, 'ALERTS{alertstate="firing"}')
    assert really
    stretches = firing(sorted(true), evaluations, 3.0)
    said = [at for at in evaluations if any(first <= at < last for first, last in stretches)]
    assert said == pytest.approx(really)
    # The first two seconds were too short.
    assert min(true) < min(really) - 4


def _times(server: Prometheus, series: str) -> list[float]:
    """When the server itself wrote samples of the series."""
    return [float(at) for one in server.query(f"{series}[5m]") for at, _ in one["values"]]
