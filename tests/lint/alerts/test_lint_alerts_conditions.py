"""Alerts that have no condition, that can never fire, or that fire always."""

from __future__ import annotations

from pathlib import Path

import pytest
from rule_linting import alert, lint_files

RECORDS = """
- name: records
  rules:
  - record: job:errors:rate5m
    expr: sum by (job) (rate(errors_total[5m]))
  - record: job:broken:count
    expr: count by (job) (up == 0)
  - record: job:also_broken:count
    expr: job:broken:count + 0
  - record: host:up
    expr: max by (instance) (up)
  - record: host:memory_used:ratio
    expr: 1 - x / y
"""


def codes(folder: Path, expr: str, more: str = "") -> set[str]:
    text = alert(expr, more) + RECORDS
    return {found.code for found in lint_files(folder, {"r.yaml": text}, "MG401", "MG409", "MG410", "MG411")}


@pytest.mark.parametrize(
    "expr",
    [
        "node_filesystem_avail_bytes",
        "rate(errors_total[5m])",
        "up == bool 0",
        "sum(up == bool 0)",
        "a / b",
        "a * 5 - 3",
        "(x > 5) or y",
        "sum by (job) (rate(errors_total[5m])) / sum by (job) (rate(requests_total[5m]))",
        "job:errors:rate5m",
        "max_over_time(x[5m])",
        "label_replace(x, 'a', 'b', 'c', 'd')",
        "count(x)",
        'node_uname_info{job="a"}',
        "-x",
        "(x > 1) == bool 1 or x",
    ],
)
def test_no_condition(tmp_path: Path, expr: str) -> None:
    assert codes(tmp_path, expr) == {"MG401"}


@pytest.mark.parametrize(
    "expr",
    [
        "up == 0",
        "0 < x",
        "x > bool 0 > 0",
        "x unless y",
        "x and y",
        "absent_over_time(up{job='a'}[1h])",
        "ALERTS{alertname='A'}",
        "count(up == 0)",
        "sum by (job) (x > 5) / 3",
        "job:broken:count",
        "job:also_broken:count * 2",
        "job:nobody:knows",
        "{job='a'}",
        'node_os_info{id="old"}',
        "a * on (job) group_left () b",
        "rate(x[5m]) > 0",
        "max_over_time((x > 5)[10m:1m])",
        "count(x) > 0",
        "count(x) == 1",
        "count(x) < 3",
        "sum(up) < 1",
        "sum(up) == 0",
        "avg(up) < 0.5",
        "changes(x[1h]) > 0",
        "up != 1",
        "x != x",
        "rate(errors_total[5m]) == 0",
        "host:memory_used:ratio > 0.9",
        "host:memory_used:ratio >= 1",
        "x > 5 < 10",
        "x > 5 and x < 10",
        "x >= 5 and x <= 5",
        "x > 5 and y < 3",
        "x > 5 and on (job) x < 3",
        "x > 5 or x < 3",
        "x{a='1'} > 5 and x{a='2'} < 3",
        "x > 5 unless x < 3",
        "time() - x > 300",
        "hour() > 22",
        "hour() >= 0 and x > 5",
        "(up > 1) or x > 5",
        "up unless (up > 1)",
        "vector(0) > 1 or x > 5",
        "1 - avg(up) > 0.5",
        "x / y > 100",
        "quantile(0.9, x) > 5",
        "x == x offset 5m",
        "x >= y",
        "x > NaN",
        "-errors_total < 0",
        "errors_total - requests_total < 0",
        "clamp_max(x, 1) >= 1",
    ],
)
def test_conditions_are_left_alone(tmp_path: Path, expr: str) -> None:
    assert codes(tmp_path, expr, "for: 5m") == set()


@pytest.mark.parametrize(
    "expr",
    [
        "up > 1",
        "up < 0",
        "up == 2",
        "count(up == 0) < 1",
        "count(x) == 0",
        "vector(0) > 1",
        "vector(1) == 0",
        "1 > x < 0 and up > 5",
        "rate(errors_total[5m]) < 0",
        "errors_total < 0",
        "x > 5 < 3",
        "x > 5 < 5",
        "x > 5 and x < 3",
        "x > 5 and (x) <= 5",
        'x{a="1", b="2"} > 5 and x{b="2",a="1"} == 4',
        "host:memory_used:ratio > 90",
        "host:up > 1",
        "hour() > 23",
        "day_of_week() == 7",
        "sum(increase(errors_total[5m])) by (job) < 0",
        "absent(up) == 0",
        "(up > 1) and x > 5",
        "x > 5 and (up > 1)",
        "(up > 1) unless x",
        "sum(up > 1)",
        "x * on (job) (up > 1)",
        "avg(up) * 100 > 100",
        "vector(1) > 2 and x",
        "abs(x) < 0",
        "(x == bool 1) > 1",
    ],
)
def test_never_fires(tmp_path: Path, expr: str) -> None:
    found = codes(tmp_path, expr, "for: 5m")
    assert "MG410" in found
    assert "MG411" not in found


@pytest.mark.parametrize(
    "expr",
    [
        "vector(1)",
        "1",
        "up >= 0",
        "up <= 1",
        "x == x",
        "x{a='1'} >= x{ a='1' }",
        "errors_total >= 0",
        "rate(errors_total[5m]) >= 0",
        "x > 5 or vector(1)",
        "up > -1",
        "0 <= up",
        "sum(up >= 0)",
        "vector(1) > 0",
        "host:memory_used:ratio >= 0",
    ],
)
def test_fires_always(tmp_path: Path, expr: str) -> None:
    assert codes(tmp_path, expr) == {"MG411"}


@pytest.mark.parametrize("name", ["Watchdog", "DeadMansSwitch", "PrometheusHeartbeat"])
def test_an_alert_that_is_meant_to_fire_always_may(tmp_path: Path, name: str) -> None:
    text = alert("vector(1)").replace("Something", name)
    assert lint_files(tmp_path, {"r.yaml": text}, "MG401", "MG411") == []


def test_where_and_why_are_told(tmp_path: Path) -> None:
    text = alert("x > 5 and host:memory_used:ratio > 90")
    (found,) = lint_files(tmp_path, {"r.yaml": text + RECORDS}, "MG410")
    why = "`host:memory_used:ratio` is between 0 and 1 (`host:memory_used:ratio > 90`)"
    assert found.message == f"the alert can never fire: {why}"
    assert found.hint == "as a ratio 90 percent are 0.9"
    line = text.splitlines()[found.start.line - 1]
    assert line[found.start.column - 1 : found.end.column - 1] == "host:memory_used:ratio > 90"


@pytest.mark.parametrize(
    ("expr", "more", "told"),
    [
        ("absent(up{job='a'})", "", True),
        ("absent(up{job='a'})", "for: 0s", True),
        ("absent(up{job='a'})", "for: 1m", False),
        ("absent_over_time(up{job='a'}[1m])", "", True),
        ("absent_over_time(up{job='a'}[15m])", "", False),
        ("x > 5 or absent(x)", "", True),
        ("x > 5 unless absent(y)", "", False),
        ("x > 5", "", False),
    ],
)
def test_absent_without_for(tmp_path: Path, expr: str, more: str, told: bool) -> None:
    assert ("MG409" in codes(tmp_path, expr, more)) == told
