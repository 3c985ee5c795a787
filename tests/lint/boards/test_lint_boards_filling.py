"""Variables in expressions: what stands for them, and that every place leads back to the author's text."""

from __future__ import annotations

from typing import Any

import pytest
from board_documents import expression_of
from hypothesis import given
from hypothesis import strategies as st
from monogen.lint.reading.filling import Variable, fill_in, variables_of
from monogen.promql import NotSupported, selectors
from monogen.promql.placeholder import placeholder, shown


def custom(name: str, *values: str, **keys: Any) -> dict[str, Any]:
    return {"type": "custom", "name": name, "query": ",".join(values), **keys}


def interval(name: str, values: str) -> dict[str, Any]:
    return {"type": "interval", "name": name, "query": values}


def query(name: str, **keys: Any) -> dict[str, Any]:
    return {"type": "query", "name": name, "query": "label_values(up, instance)", **keys}


@pytest.mark.parametrize("written", ["$host", "${host}", "${host:regex}", "[[host]]", "[[host:regex]]"])
@pytest.mark.parametrize("quote", ['"', "'", "`"])
def test_a_variable_in_a_matcher_becomes_a_placeholder(written: str, quote: str) -> None:
    expression = expression_of(f"up{{instance=~{quote}{written}{quote}}}", query("host"))
    assert expression.text == f"up{{instance=~{quote}{placeholder('host')}{quote}}}"
    assert expression.tree is not None
    (selector,) = selectors(expression.tree)
    assert selector.matchers[0].value == "\ue000host\ue001"


@pytest.mark.parametrize(
    ("expr", "variables", "text"),
    [
        ('up{a="x-$v-y"}', [query("v")], f'up{{a="x-{placeholder("v")}-y"}}'),
        ('up{a="$v"}', [{"type": "constant", "name": "v", "query": "prod"}], 'up{a="prod"}'),
        ('up{a=~"$v"}', [custom("v", "[a-z]+|nvme")], 'up{a=~"[a-z]+|nvme"}'),
        ('up{a=~"$v"}', [custom("v", "one", includeAll=True)], f'up{{a=~"{placeholder("v")}"}}'),
        ('up{a=~"$v"}', [custom("v", "one", "two")], f'up{{a=~"{placeholder("v")}"}}'),
        ('up{a=~"$v"}', [{"type": "textbox", "name": "v", "query": "x"}], f'up{{a=~"{placeholder("v")}"}}'),
        ('up{a=~"$v"}', [], f'up{{a=~"{placeholder("v")}"}}'),
        ('up{a="$v"}', [{"type": "constant", "name": "v", "query": 'a"b'}], f'up{{a="{placeholder("v")}"}}'),
        ("rate(a_total[$__rate_interval])", [], "rate(a_total[2m])"),
        ("rate(a_total[${__interval}])", [], "rate(a_total[5m])"),
        ("max_over_time(a[${__range_s}s])", [], "max_over_time(a[3600s])"),
        ("max_over_time(a[$__range:$__interval])", [], "max_over_time(a[1h:5m])"),
        ("rate(a_total[$interval])", [], "rate(a_total[5m])"),
        (
            "rate(a_total[[[w]]])",
            [{"type": "interval", "name": "w", "query": "auto,7m,1h"}],
            "rate(a_total[7m])",
        ),
        (
            "rate(a_total[$w])",
            [{"type": "interval", "name": "w", "query": "1m,10m", "current": {"value": "10m"}}],
            "rate(a_total[10m])",
        ),
        (
            "rate(a_total[$w])",
            [{"type": "interval", "name": "w", "query": "1m", "current": {"value": "$__auto_interval_w"}}],
            "rate(a_total[1m])",
        ),
        ("rate(a_total[${n}m])", [custom("n", "10", "20")], "rate(a_total[10m])"),
        ("rate(a_total[5$unit])", [custom("unit", "h", "d")], "rate(a_total[5h])"),
        ("a offset $w", [custom("w", "1d", "7d")], "a offset 1d"),
        ("topk($n, a)", [], "topk(5, a)"),
        ("topk($n, a)", [custom("n", "3", "10")], "topk(3, a)"),
        ("a > $limit", [query("limit")], "a > 5"),
        ("increase(a_total[1h]) / $__range_s", [], "increase(a_total[1h]) / 3600"),
        ("$metric{x='1'}", [custom("metric", "node_load1", "node_load5")], "node_load1{x='1'}"),
        ("${p}_total", [custom("p", "a")], "a_total"),
        (
            "sum by (${by:csv}) (a)",
            [custom("by", current={"value": ["x", "y"]})],
            "sum by (x,y) (a)",
        ),
        ("up{a=~${v:doublequote}}", [query("v")], f'up{{a=~"{placeholder("v")}"}}'),
        (
            'label_replace(a, "x", "$1${2}", "y", "(.*)")',
            [],
            'label_replace(a, "x", "$1${2}", "y", "(.*)")',
        ),
        (
            'label_replace(a, "x", "$n", "y", "(?P<n>.*)")',
            [],
            'label_replace(a, "x", "$n", "y", "(?P<n>.*)")',
        ),
        ('up{a=~"[[:alpha:]]+$"}', [], 'up{a=~"[[:alpha:]]+$"}'),
        ("up # $n of them\n+ 1", [], "up # $n of them\n+ 1"),
    ],
)
def test_what_stands_for_a_variable(expr: str, variables: list[dict[str, Any]], text: str) -> None:
    expression = expression_of(expr, *variables)
    assert shown(expression.text) == shown(text)
    assert expression.text == text
    assert expression.tree is not None, expression.unreadable


def test_without_a_value_the_expression_is_not_supported_and_says_why() -> None:
    expression = expression_of("sum(${metric}_total)", query("metric"))
    assert expression.tree is None
    assert isinstance(expression.unreadable, NotSupported)
    assert "`metric`" in expression.unreadable.message
    span = (expression.unreadable.start, expression.unreadable.end)
    assert expression.text[slice(*span)] == "${metric}"
    assert expression.origin(span) == (4, 13)


def test_places_lead_back_to_the_authors_text() -> None:
    author = 'rate(a_total{i=~"$i"}[${w:raw}]) / on (i) b{j="[[j]]"}'
    expression = expression_of(author, query("i"), query("j"), custom("w", "10m"))
    assert expression.tree is not None
    a, b = selectors(expression.tree)
    assert author[slice(*expression.origin((a.start, a.end)))] == 'a_total{i=~"$i"}[${w:raw}]'
    assert author[slice(*expression.origin((b.start, b.end)))] == 'b{j="[[j]]"}'
    matcher = a.matchers[0]
    assert author[slice(*expression.origin((matcher.start, matcher.end)))] == 'i=~"$i"'


def test_inputs_of_an_export_are_variables() -> None:
    board = {"__inputs": [{"name": "VAR_X", "type": "constant", "value": "x"}, {"name": "DS"}, "?"]}
    assert variables_of(board)["VAR_X"].fixed == "x"
    assert set(variables_of(board)) == {"VAR_X"}


VARIABLES = {
    "a": Variable("a", "query", "", (), (), True),
    "b": Variable("b", "custom", "1m", ("1m",), ("1m",), False),
}
PIECES = ("$a", "${b}", "[[a]]", "${x.y:z}", '"', "'", "`", "\\", "[", "]", "#", "\n", "{", "}", "x", "$")


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_offsets_never_go_back_and_cover_the_text(text: str) -> None:
    filled = fill_in(text, VARIABLES)
    if filled.offsets is None:
        assert filled.text == text
        return
    assert len(filled.offsets) == len(filled.text) + 1
    assert list(filled.offsets) == sorted(filled.offsets)
    assert filled.offsets[-1] == len(text)
    if filled.open is not None:
        assert filled.text[slice(*filled.open)].startswith(("$", "[["))
