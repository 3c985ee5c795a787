"""Recording rules: names, rules that are there twice, and rules that read each other badly."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest
from rule_linting import FLEET, lint_files


def _file(rules: str) -> str:
    return "groups:\n- name: g\n  rules:\n" + indent(dedent(rules).strip("\n"), "  ") + "\n"


def _rule(record: str, expr: str, labels: str = "{}") -> str:
    return f"- record: {record!r}\n  expr: |-\n    {expr}\n  labels: {labels}\n"


def _pair(*rules: tuple[str, ...]) -> str:
    return _file("".join(_rule(*rule) for rule in rules))


@pytest.mark.parametrize(
    ("record", "expr", "severity"),
    [
        ("job:x:rate5m", "rate(x[5m])", ""),
        ("instance:node_cpu:rate:sum", "sum(rate(node_cpu[3m]))", ""),
        ("code:requests_total:increase30d", "increase(requests_total[30d])", ""),
        ("slo:sli_error:ratio_rate30d", "sum_over_time(slo:sli_error:ratio_rate5m[30d])", ""),
        ("job:x:rate5m_max", "max_over_time(rate(x[5m])[1h:])", ""),
        ("job:x:max_rate1d", "max_over_time(rate(x[5m])[1d:])", ""),
        ("job_x", "sum(x)", "info"),
        (":x:sum", "sum(x)", "info"),
        ("job::sum", "sum(x)", "info"),
        ("job:x_total:rate5m", "sum(rate(x_total[5m]))", "info"),
        ("job:x_total:sum", "sum(x_total)", ""),
        ("job:x:rate5m", "rate(x[10m])", "warning"),
        ("job:x:increase1h", "increase(x[1d])", "warning"),
        ("job:x{a=1}", "x", "error"),
        ("job-x:y", "x", "info"),
    ],
)
def test_names(tmp_path: Path, record: str, expr: str, severity: str) -> None:
    found = lint_files(tmp_path, {"r.yaml": _file(_rule(record, expr))}, "MG301")
    assert [f.severity for f in found] == ([severity] if severity else [])


def test_an_old_server_takes_letters_only(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    inventory = tmp_path / "hosts.yaml"
    text = 'fleet: old\nprometheus: {version: "2.53"}\nhosts:\n- {name: a, os: linux}\n'
    inventory.write_text(text, encoding="utf-8")
    files = {"r.yaml": _file(_rule("job-x:y", "x"))}
    (found,) = lint_files(tmp_path / "rules", files, "MG301", inventory=inventory)
    assert found.severity == "error"


@pytest.mark.parametrize(
    ("rules", "codes"),
    [
        # There twice, whatever the blanks.
        ([("a:b", "sum(x)"), ("a:b", "sum(x) ")], ["MG302"]),
        ([("a:b", "sum(x)", "{os: linux}"), ("a:b", "sum(x)", "{os: darwin}")], []),
        # Nothing sets them apart.
        ([("a:b", "sum(x)"), ("a:b", "sum(y)")], ["MG303"]),
        ([("a:b", "sum by (j) (rate(x[5m]))"), ("a:b", "sum by (j) (rate(x[1m]))")], ["MG303"]),
        ([("a:b", "sum by (j) (x)"), ("a:b", "sum by (j) (y)")], ["MG303"]),
        ([("a:b", "sum by (j) (x)", "{os: a}"), ("a:b", "sum by (j) (y)", "{os: a}")], ["MG303"]),
        # Labels or what is selected set them apart.
        ([("a:b", "sum by (j) (x)", "{os: a}"), ("a:b", "sum by (j) (y)", "{os: b}")], []),
        ([("a:b", "sum by (j) (x)"), ("a:b", "sum by (j) (y)", "{os: b}")], []),
        ([("a:b", 'sum by (code) (x{code=~"2.."})'), ("a:b", 'sum by (code) (x{code=~"5.."})')], []),
        ([("a:b", 'x{instance="one"} * 2'), ("a:b", 'x{instance="two"} * 3')], []),
        # Never on one machine, says the catalog.
        ([("a:b", "node_memory_MemTotal_bytes + 0"), ("a:b", "node_memory_total_bytes + 0")], []),
    ],
)
def test_rules_that_record_the_same(tmp_path: Path, rules: list[tuple[str, ...]], codes: list[str]) -> None:
    found = lint_files(tmp_path, {"r.yaml": _pair(*rules)}, "MG302", "MG303")
    assert [f.code for f in found] == codes


def test_files_of_other_folders_belong_to_other_servers(tmp_path: Path) -> None:
    text = _pair(("a:b", "sum(x)"))
    assert lint_files(tmp_path / "apart", {"a/r.yaml": text, "b/r.yaml": text}, "MG302", "MG303") == []
    (found,) = lint_files(tmp_path / "together", {"r.yaml": text, "s.yaml": text}, "MG302")
    assert found.path.endswith("s.yaml")
    assert "r.yaml" in found.message


def test_alerts_of_one_name_may_differ(tmp_path: Path) -> None:
    text = _file("""
        - alert: A
          expr: x > 5
          labels: {severity: warning}
        - alert: A
          expr: x > 9
          labels: {severity: critical}
        - alert: A
          expr: x > 5
          labels: {severity: warning}
    """)
    (found,) = lint_files(tmp_path, {"r.yaml": text}, "MG302")
    assert found.start.line == 10
    assert "as rule 1 of the same group" in found.message


def test_a_scraped_name_is_no_name_for_a_record(tmp_path: Path) -> None:
    text = _pair(("node_load1", "max(node_load5)"), ("vmstat_x", "max(node_load5)"))
    (found,) = lint_files(tmp_path, {"r.yaml": text}, "MG304", inventory=FLEET)
    assert "`node_load1` is a metric of node" in found.message
    assert lint_files(tmp_path, {"r.yaml": text}, "MG304") == []


@pytest.mark.parametrize(
    ("expr", "told"),
    [
        ("b:c + 1", True),
        ("b:c offset 5m", False),
        ("avg_over_time(b:c[1h])", False),
        ('{__name__="b:c"}', True),
        ('b:c{os="darwin"}', False),
        ("x", False),
    ],
)
def test_reading_a_later_rule_of_the_group(tmp_path: Path, expr: str, told: bool) -> None:
    text = _pair(("a:b", expr), ("b:c", "x", "{os: linux}"))
    found = lint_files(tmp_path, {"r.yaml": text}, "MG305")
    assert bool(found) == told
    assert lint_files(tmp_path, {"r.yaml": _pair(("b:c", "x", "{os: linux}"), ("a:b", expr))}, "MG305") == []


@pytest.mark.parametrize(
    ("interval", "expr", "told"),
    [
        ("1m", "slow:x", False),
        ("5m", "slow:x", False),
        ("10m", "slow:x", True),
        ("10m", "last_over_time(slow:x[15m])", False),
        ("10m", "max_over_time(slow:x[5m])", True),
        ("1m", "max_over_time(slow:x[30s])", True),
        ("10m", "slow:x @ 1600000000", False),
        ("10m", "up", False),
    ],
)
def test_lag_that_a_window_does_not_bear(tmp_path: Path, interval: str, expr: str, told: bool) -> None:
    slow = _pair(("slow:x", "up")).replace("  rules:", f"  interval: {interval}\n  rules:", 1)
    text = slow + _pair(("fast:x", expr)).replace("groups:\n- name: g", "- name: h")
    found = lint_files(tmp_path, {"r.yaml": text}, "MG306")
    assert bool(found) == told


def test_circles_are_told_once_across_files(tmp_path: Path) -> None:
    files = {
        "a.yaml": _pair(("a:x", "c:x + 1")),
        "b.yaml": _pair(("b:x", "a:x * 2"), ("c:x", "b:x / 2"), ("d:x", "c:x")),
    }
    (found,) = lint_files(tmp_path, files, "MG307")
    assert found.message == (
        "rules read each other in a circle: `a:x` reads `c:x`, which reads `b:x`, which reads `a:x`"
    )
    assert found.path.endswith("a.yaml")


@pytest.mark.parametrize(
    ("expr", "told"),
    [
        ("a:x + 1", True),
        ("a:x offset 1m + 1", False),
        ("x > 5 or max_over_time(a:x[1h])", False),
        ("x", False),
    ],
)
def test_a_rule_that_reads_itself(tmp_path: Path, expr: str, told: bool) -> None:
    found = lint_files(tmp_path, {"r.yaml": _pair(("a:x", expr))}, "MG307")
    assert bool(found) == told
