"""Expressions for one host, asked for all at once: as text, and on a real server against single answers."""

from __future__ import annotations

import pytest
from checked_world import Checked
from monogen.live.prometheus import Prometheus
from monogen.live.verify.answers import hosts_in
from monogen.live.verify.asking import questions
from monogen.live.verify.lifting import depends_on_host, for_host, lifted, observed
from monogen.live.verify.rules import canonical
from monogen.promql import read
from monogen.promql.placeholder import placeholder
from monogen.promql.writing import write

H = f'instance="{placeholder("instance")}"'
EVERYONE = '(group by (instance) ({__name__=~"host:info|up", fleet="f"}) * 0)'


def lift(expr: str) -> str | None:
    found = lifted(read(expr), "f")
    return None if found is None else write(found)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (f"x{{{H}}}", 'x{instance!=""}'),
        (f"sum(x{{{H}}})", 'sum by (instance) (x{instance!=""})'),
        (f"sum by (gpu) (x{{{H}}})", 'sum by (instance, gpu) (x{instance!=""})'),
        (f"sum without (instance, cpu) (x{{{H}}})", 'sum without (cpu) (x{instance!=""})'),
        (f"topk(3, x{{{H}}})", 'topk by (instance) (3, x{instance!=""})'),
        (f"sum(x{{{H}}}) or vector(0)", f'sum by (instance) (x{{instance!=""}}) or {EVERYONE}'),
        (f"x{{{H}}} * on (gpu) y{{{H}}}", 'x{instance!=""} * on (instance, gpu) y{instance!=""}'),
        (f"x{{{H}}} / on () max(y)", 'x{instance!=""} / on () group_left () max(y)'),
        (f"y and on (instance) x{{{H}}}", 'y and on (instance) x{instance!=""}'),
        (f"x{{{H}, model=~`{placeholder('model')}`}}", 'x{instance!=""}'),
        (f"rate(x{{{H}}}[5m] offset 1h) > 2", 'rate(x{instance!=""}[300s] offset 3600s) > 2'),
        ("sum(x)", "sum(x)"),
    ],
)
def test_an_expression_for_one_host_becomes_one_for_all(asked: str, wanted: str) -> None:
    assert lift(asked) == wanted


@pytest.mark.parametrize(
    "asked",
    [
        f"scalar(x{{{H}}})",
        f"absent(x{{{H}}})",
        f"label_replace(x{{{H}}}, 'instance', 'a', '', '')",
        f"y or x{{{H}}}",
        f"y - on (gpu) group_right () x{{{H}}} + on (gpu) group_left () y".replace(
            "group_right", "group_left"
        ),
        f"topk(scalar(x{{{H}}}), x{{{H}}})",
    ],
)
def test_what_cannot_be_asked_for_all_at_once_is_not(asked: str) -> None:
    assert lift(asked) is None


@pytest.mark.parametrize(
    ("alert", "looks_at"),
    [
        ("x > 5", "x > bool 5"),
        ("x == 0 unless on (instance) y", "x == bool 0"),
        ("x > 5 and on (instance) y == 1", "(x > bool 5) and on (instance) (y == bool 1)"),
        ("x * (1 > bool 0)", "x * (1 > bool 0)"),
    ],
)
def test_what_an_alert_looks_at(alert: str, looks_at: str) -> None:
    assert write(observed(read(alert))) == looks_at


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sum(x{b='1',a=\"2\"})by(z)", 'sum by (z) (x{a="2",b="1"})'),
        ("rate(x[90s])", "rate(x[1m30s])"),
        ("(a) + ((b))", "a + b"),
        ("a/1e9", "a / 1e+09"),
        ("a + on() group_left() b", "a + on () group_left () b"),
        ("vector(1)", "vector(1.0)"),
    ],
)
def test_one_expression_in_two_spellings(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a - (b - c)", "a - b - c"), ("x[5m]", "x[6m]"), ("a > b", "a > bool b"), ("-(a ^ 2)", "(-a) ^ 2"),
     ("x offset 5m", "x"), ("sum by (a) (x)", "sum without (a) (x)"), ("vector(1)", "vector(2)")],
)  # fmt: skip
def test_two_expressions_stay_two(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.prometheus
def test_one_question_for_all_hosts_gives_what_single_ones_give(checked: Checked) -> None:
    """Every expression of every panel that depends on the host, on every host."""
    asked = questions(checked.built.fleet, checked.built.monitoring).questions
    everybody = frozenset(host.name for host in checked.built.fleet.hosts)
    compared = 0
    with Prometheus(checked.server.url) as server:
        server.moment = server.query("time()")[0].value
        for question in asked:
            if not depends_on_host(question.tree):
                continue
            at_once = hosts_in(server.query(question.asked), everybody) & everybody
            one_by_one = {host for host in everybody if server.query(write(for_host(question.tree, host)))}
            assert at_once == one_by_one, question.text
            compared += len(everybody)
    assert compared > 200


@pytest.mark.prometheus
def test_what_is_written_is_what_the_server_reads(checked: Checked) -> None:
    """The server writes every expression anew; it stays the same one."""
    asked = questions(checked.built.fleet, checked.built.monitoring).questions
    for question in asked:
        assert question.asked
        written = checked.server.get("format_query", query=question.asked)
        assert canonical(written) == canonical(question.asked)
