"""Severity, name, annotations and durations of alerts."""

from __future__ import annotations

from pathlib import Path

import pytest
from rule_linting import FLEET, alert, lint_files

FULL = "annotations: {summary: S., description: D., runbook_url: 'https://x.example/y'}"


@pytest.mark.parametrize(
    ("labels", "severity", "hint"),
    [
        ("{severity: critical}", "", ""),
        ("{severity: page}", "", ""),
        ("{severity: none}", "", ""),
        ("{severity: '{{ $labels.severity }}'}", "", ""),
        ("{team: a}", "warning", "add `severity: warning`, or critical or info"),
        ("{severity: Critical}", "warning", "did you mean `critical`?"),
        ("{severity: warn}", "warning", "did you mean `warning`?"),
        ("{severity: crit}", "warning", "did you mean `critical`?"),
        ("{severity: disaster}", "info", "check that a route of Alertmanager knows it"),
    ],
)
def test_severity(tmp_path: Path, labels: str, severity: str, hint: str) -> None:
    found = lint_files(tmp_path, {"r.yaml": alert("up == 0", f"labels: {labels}\n{FULL}")}, "MG402")
    assert [(f.severity, f.hint) for f in found] == ([(severity, hint)] if severity else [])


def test_severity_of_the_group_counts(tmp_path: Path) -> None:
    text = alert("up == 0").replace("  rules:", "  labels: {severity: info}\n  rules:")
    assert lint_files(tmp_path, {"r.yaml": text}, "MG402") == []


@pytest.mark.parametrize(
    ("annotations", "codes"),
    [
        ("{summary: S., description: D., runbook_url: 'https://x.example/y'}", []),
        ("{message: M., runbook: see the wiki}", []),
        ("{summary: S., description: D., runbook_url: '{{ $externalURL }}/x'}", []),
        ("{summary: 'On {{ $labels.instance }}', description: D., runbook_url: /wiki/x}", []),
        ("{summary: '{{ $value }} left', description: D., runbook_url: /wiki/x}", ["MG403"]),
        ("{summary: '', description: D., runbook_url: /wiki/x}", ["MG403"]),
        ("{summary: S., runbook_url: /wiki/x}", ["MG404"]),
        ("{summary: S., description: D.}", ["MG405"]),
        ("{summary: S., description: D., runbook_url: the wiki}", ["MG405"]),
        ("{}", ["MG403", "MG404", "MG405"]),
    ],
)
def test_annotations(tmp_path: Path, annotations: str, codes: list[str]) -> None:
    text = alert("up == 0", f"annotations: {annotations}")
    found = lint_files(tmp_path, {"r.yaml": text}, "MG403", "MG404", "MG405")
    assert sorted(f.code for f in found) == codes
    assert {f.severity for f in found} <= {"info"}


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("DiskFull", ""),
        ("etcdMembersDown", ""),
        ("KubeAPIDown", ""),
        ("disk full!", "DiskFull"),
        ("disk_full", "DiskFull"),
    ],
)
def test_names(tmp_path: Path, name: str, better: str) -> None:
    text = alert("up == 0").replace("Something", name)
    found = lint_files(tmp_path, {"r.yaml": text}, "MG412")
    assert [f.hint for f in found] == ([f"call it `{better}`"] if better else [])


@pytest.mark.parametrize(
    ("more", "interval", "severities"),
    [
        ("for: 5m", "1m", []),
        ("for: 1m", "1m", []),
        ("for: 0s", "1m", []),
        ("for: 0", "1m", []),
        ("for: 30s", "1m", ["warning"]),
        ("for: 5 min", "1m", []),  # MG005 tells of it
        ("for: 1s", "", []),
        ("keep_firing_for: 1s", "1m", []),
    ],
)
def test_durations(tmp_path: Path, more: str, interval: str, severities: list[str]) -> None:
    found = lint_files(tmp_path, {"r.yaml": alert("up == 0", more, interval)}, "MG408")
    assert [f.severity for f in found] == severities


def test_the_servers_interval_holds_where_an_inventory_states_it(tmp_path: Path) -> None:
    (found,) = lint_files(tmp_path, {"r.yaml": alert("up == 0", "for: 10s")}, "MG408", inventory=FLEET)
    assert "30s between two evaluations" in found.message
