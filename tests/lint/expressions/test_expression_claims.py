"""What the checks of expressions claim, put to a real Prometheus."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import well_written
from engine import Prometheus, backfill, version
from expression_findings import Said, in_record
from monogen.promql import Binary, NotPromql, read
from monogen.promql.tree import bare
from test_expression_labels import history, made_up

pytestmark = pytest.mark.prometheus

EMPTY = ("MG206", "MG209", "MG212", "MG217")
"""Codes whose errors say: this gives nothing."""


@pytest.fixture
def server(prometheus_binary: Path, tmp_path: Path) -> Iterator[Prometheus]:
    config = tmp_path / "prometheus.yml"
    config.write_text("global: {}\n")
    backfill(tmp_path / "data", history())
    with Prometheus(prometheus_binary, config, tmp_path / "data") as running:
        yield running


def refusal(server: Prometheus, expr: str) -> str:
    answer = requests.post(f"{server.url}/api/v1/query", data={"query": expr}, timeout=20).json()
    return str(answer.get("error", ""))


def says_empty(said: Said) -> bool:
    return said.severity == "error" and said.code in EMPTY


def test_the_well_written_rules_are_promql(server: Prometheus) -> None:
    refused = {expr: refusal(server, expr) for expr in (*well_written.RECORDED, *well_written.ALERTS)}
    assert {expr: error for expr, error in refused.items() if error} == {}


REFUSED = [
    "sum(x",
    "x +",
    "foo(x)",
    "rate(x)",
    'x{a=~"("}',
    "sum by (a) without (b) (x)",
    "1 > 2",
    "x and 1",
    "x + on (a) group_left (a) y",
    "x and on (a) group_left () y",
    '{a=~".*"}',
    '{a=""}',
    "{}",
    "rate(x[5m]) offset 5m",
    "sum(1)",
    "topk(x)",
    'label_replace(x, "a", "b")',
    "x[5m] + 1",
    "'a' + 1",
]


def test_what_is_called_no_promql_is_refused(server: Prometheus) -> None:
    for expr in REFUSED:
        try:
            read(expr)
            said = ""
        except NotPromql as error:
            said = error.message
        assert bool(said) is bool(refusal(server, expr)), (expr, said)


def test_what_is_said_to_be_empty_is_empty(server: Prometheus) -> None:
    """Made-up joins; where the root is said to give nothing, Prometheus gives nothing."""
    chance = random.Random(11)
    judged = 0
    for _ in range(3000):
        expr = made_up(chance, 3)
        root = bare(read(expr))
        if not isinstance(root, Binary):
            continue
        operator = (root.operator.start, root.operator.end)
        labels = {(word.start, word.end) for word in root.matching.labels}
        at_root = [s for s in in_record(expr) if says_empty(s) and s.found.span in {operator, *labels}]
        if not at_root:
            continue
        judged += 1
        try:
            assert server.query(expr) == [], (expr, at_root[0].message)
        except RuntimeError as error:
            # A side of its own may be refused before anything is matched.
            assert "many" in str(error) or "same labelset" in str(error) or "duplicate" in str(error)
    assert judged > 30


NOTHING = [
    "count(x{a='9'}) == 0",
    "count(x) < 1",
    "absent(nothing) == 0",
    "count_over_time(x[5m]) == 0",
    "(x > bool 1) > 1",
    'x{a="1", a="2"}',
    'x{a="1", a!~"1|2"}',
    'x{a!~".*"}',
    'x{a="1"} and vector(1)',
    'x{a="1"} / sum by (b) (y)',
    "histogram_quantile(0.9, sum by (a) (x_bucket))",
]


def test_examples_of_what_gives_nothing(server: Prometheus) -> None:
    for expr in NOTHING:
        assert any(map(says_empty, in_record(expr))), expr
        assert server.query(expr) == [], expr


FIXED = [
    'x{a=~"1"}',
    'x{a!~"1"}',
    'x{a=~"^1$"}',
    'x{a=~"^(1|2)$"}',
    'x{a!~"^(1|2)$"}',
    'x{a=~"^.+"}',
    'x{a=~""}',
    'x{a=~"(1)"}',
    'x{a=~"[1]"}',
    'x{a=~"^$"}',
    'x{a=~"^1|2$"}',
    "x{a =~ '1', b=~`1`}",
]


def test_a_safe_fix_changes_nothing(server: Prometheus) -> None:
    for expr in FIXED:
        fixes = [one for one in in_record(expr) if one.found.fix is not None]
        assert fixes, expr
        for one in fixes:
            assert one.found.fix is not None
            assert one.found.fix.safety == "safe"
            assert _series(server, one.fixed()) == _series(server, expr), expr


def _series(server: Prometheus, expr: str) -> list[str]:
    return sorted(str(sorted(series["metric"].items())) for series in server.query(expr))


def test_version_facts_hold(server: Prometheus, prometheus_binary: Path) -> None:
    """Pieces of syntax, as MG214 says, in the versions that are here."""
    number = version(prometheus_binary)
    quoted = "parse error" in refusal(server, '{"a.b"}')
    assert quoted is number.startswith("2.")
    number_as_duration = "parse error" in refusal(server, "time() - 5m")
    assert number_as_duration is number.startswith("2.42")
