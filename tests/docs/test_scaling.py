"""The table of docs/scaling.md, which rules have to see what, against the rules themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from monogen.promql import read
from rule_scopes import EXAMPLES, ROOT, Scopes, forgets_the_host, table

PAGE = ROOT / "docs" / "scaling.md"


def test_the_table_is_current() -> None:
    found = re.search(r"<!-- scopes: .* -->\n(.*?)<!-- /scopes -->", PAGE.read_text(), re.DOTALL)
    assert found is not None
    assert found[1] == table(), f"put this between the marks:\n{table()}"


@pytest.mark.parametrize("example", EXAMPLES)
def test_no_rule_looks_across_hosts(example: str) -> None:
    """The page says so, and that rules can be divided by hosts."""
    scopes = Scopes(ROOT / example)
    assert [rule.name for _, rule in scopes.rules if scopes.of(rule.expr) == scopes.ALL_HOSTS] == []


@pytest.mark.parametrize(
    ("expr", "across"),
    [
        ("sum by (instance) (up)", False),
        ("sum by (fleet) (up)", True),
        ("sum(up)", True),
        ("sum without (job) (up)", False),
        ("sum without (instance) (up)", True),
        ("a * on (instance) group_left () b", False),
        ("a * on (fleet) group_left () b", True),
        ("a / ignoring (job) b", False),
        ("a / ignoring (instance) b", True),
        ("a / b", False),
        ("a * on () vector(1)", False),
        ("topk(3, a)", True),
        ("max(rate(a[5m])) > 3", True),
    ],
)
def test_what_forgets_the_host(expr: str, across: bool) -> None:
    assert forgets_the_host(read(expr)) is across


def test_scopes() -> None:
    scopes = Scopes(ROOT / EXAMPLES[0])
    assert scopes.of("rate(node_cpu_seconds_total[5m])") == scopes.TARGET
    assert scopes.of("host:cpu_busy:ratio_rate5m > 0.9") == scopes.TARGET
    assert scopes.of("host:gpu_utilization:ratio") == scopes.HOST
    assert scopes.of("monogen:target_expected:info unless on (instance) up") == scopes.HOST
    assert scopes.of("sum(host:cpu_count)") == scopes.ALL_HOSTS


def test_the_page_names_files_that_are_there() -> None:
    for name in re.findall(r"`(tests/[\w/.]+)`", PAGE.read_text()):
        assert Path(ROOT / name).is_file(), name
