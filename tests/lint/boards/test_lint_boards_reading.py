"""Which panels and expressions of a board are found."""

from __future__ import annotations

import json
from typing import Any

import pytest
from board_documents import HERE, board_of, document, found_in, panel_of, read_board
from hypothesis import given, settings
from hypothesis import strategies as st
from monogen.lint.reading.boards import boards_of

STOCK = sorted(HERE.glob("stock_*.json"))


def texts(data: Any) -> list[str]:
    return [e.text for panel in read_board(data).panels for e in panel.expressions]


def variable(query: Any, **keys: Any) -> dict[str, Any]:
    return {"type": "query", "name": "v", "query": query, **keys}


def test_panels_of_rows_old_and_new_and_library_panels() -> None:
    board = read_board(
        {
            "panels": [
                panel_of("a"),
                {"type": "row", "title": "R", "panels": [panel_of("b"), panel_of("c")]},
                {"type": "row", "title": "open", "panels": []},
                panel_of("d"),
            ],
            "rows": [{"title": "old", "panels": [panel_of("e")]}],
            "__elements": {"x": {"name": "X", "model": panel_of("f")}},
        }
    )
    found = {e.text: (panel.keys, e.keys) for panel in board.panels for e in panel.expressions}
    assert sorted(found) == list("abcdef")
    assert found["c"] == (("panels", 1, "panels", 1), ("panels", 1, "panels", 1, "targets", 0, "expr"))
    assert found["e"][0] == ("rows", 0, "panels", 0)
    assert found["f"][0] == ("__elements", "x", "model")
    for panel in board.panels:
        for expression in panel.expressions:
            assert expression.authors_text == expression.text


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (board_of(panel_of("a")), ()),
        ({"dashboard": board_of(panel_of("a")), "meta": {}}, ("dashboard",)),
        (
            {"apiVersion": "dashboard.grafana.app/v1", "kind": "Dashboard", "spec": board_of(panel_of("a"))},
            ("spec",),
        ),
    ],
)
def test_the_forms_of_a_board(data: Any, keys: tuple[str, ...]) -> None:
    board = read_board(data)
    assert (board.keys, board.uid, board.title) == (keys, "b", "B")
    assert board.panels[0].keys == (*keys, "panels", 0)
    assert texts(data) == ["a"]


def test_a_board_of_the_second_version_is_not_read() -> None:
    assert boards_of(document({"apiVersion": "dashboard.grafana.app/v2", "spec": {"elements": {}}})) == []


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ({"type": "prometheus", "uid": "x"}, True),
        ({"type": "loki", "uid": "x"}, False),
        ({"type": "__expr__", "uid": "__expr__"}, False),
        ({"uid": "${ds}"}, True),
        ({"uid": "${logs}"}, False),
        ("${ds}", True),
        ("$logs", False),
        ("${DS_IN}", False),
        ("-- Mixed --", True),
        ({"type": "datasource", "uid": "-- Mixed --"}, True),
        ("-- Grafana --", False),
        ("Loki", False),
        ("Main", True),
        (None, True),
    ],
)
def test_only_prometheus_is_asked_in_promql(source: Any, read: bool) -> None:
    variables = [
        {"type": "datasource", "name": "ds", "query": "prometheus"},
        {"type": "datasource", "name": "logs", "query": "loki"},
    ]
    inputs = [{"name": "DS_IN", "type": "datasource", "pluginId": "tempo"}]
    data = board_of(panel_of("up", datasource=source), variables=variables, __inputs=inputs)
    assert texts(data) == (["up"] if read else [])


def test_the_target_s_data_source_comes_before_the_panel_s() -> None:
    panel = panel_of("up", datasource={"type": "loki"})
    panel["targets"][0]["datasource"] = {"type": "prometheus"}
    assert texts(board_of(panel)) == ["up"]


def test_what_looks_like_loki_is_not_read_where_nobody_says() -> None:
    assert texts(board_of(panel_of('sum(rate({app="x"} |= "error" [5m]))'))) == []
    assert texts(board_of(panel_of('up{a=~"x|y"}'))) == ['up{a=~"x|y"}']


@pytest.mark.parametrize(
    ("query", "keys", "part"),
    [
        ("label_values(up, instance)", ("query",), "up"),
        ('label_values(up{a=~"x,y", b="1"}, instance)', ("query",), 'up{a=~"x,y", b="1"}'),
        ({"query": "label_values(up{a='1'},instance)"}, ("query", "query"), "up{a='1'}"),
        ("query_result(topk(1, up))", ("query",), "topk(1, up)"),
        ("up{a='1'}", ("query",), "up{a='1'}"),
        ("label_values(instance)", (), None),
        ("label_names()", (), None),
        ("metrics(node_.*)", (), None),
        ("", (), None),
    ],
)
def test_queries_of_variables(query: Any, keys: tuple[str, ...], part: str | None) -> None:
    board = read_board(board_of(variables=[variable(query)]))
    if part is None:
        assert board.expressions == ()
        return
    (expression,) = board.expressions
    assert expression.keys == ("templating", "list", 0, *keys)
    assert (expression.text, expression.used_in, expression.name) == (part, "variable", "v")
    assert expression.authors_text[slice(*expression.origin((0, len(part))))] == part


def test_a_variable_in_a_variable_s_query() -> None:
    other = {"type": "query", "name": "job", "query": "label_values(job)"}
    query = 'label_values(up{job="$job"}, instance)'
    (expression,) = read_board(board_of(variables=[other, variable(query)])).expressions
    assert expression.text == 'up{job="\ue000job\ue001"}'
    assert query[slice(*expression.origin((0, len(expression.text))))] == 'up{job="$job"}'


def test_the_definition_where_the_query_is_none() -> None:
    (expression,) = read_board(
        board_of(variables=[variable({"refId": "x"}, definition="label_values(up, a)")])
    ).expressions
    assert expression.keys[-1] == "definition"


def test_annotations() -> None:
    listed = [
        {"name": "Built in", "datasource": {"type": "grafana"}, "expr": "x"},
        {"name": "Alerts", "datasource": {"type": "prometheus"}, "expr": "ALERTS"},
        {"name": "New", "datasource": {"type": "prometheus"}, "target": {"expr": "up == 0"}},
    ]
    found = read_board(board_of(annotations={"list": listed})).expressions
    assert [(e.text, e.used_in, e.name) for e in found] == [
        ("ALERTS", "annotation", "Alerts"),
        ("up == 0", "annotation", "New"),
    ]


@pytest.mark.parametrize("path", STOCK, ids=lambda path: path.stem)
def test_every_expression_of_the_stock_boards_is_read(path: Any) -> None:
    board = read_board(json.loads(path.read_text(encoding="utf-8")))
    found = [e for panel in board.panels for e in panel.expressions]
    assert len(found) > 15
    assert all(e.tree for e in (*found, *board.expressions))


KEYS = (
    *("panels", "rows", "targets", "expr", "type", "datasource", "uid", "templating", "list", "annotations"),
    *("name", "query", "current", "value", "options", "__inputs", "__elements", "model", "dashboard", "spec"),
    *("title", "id", "refId", "fieldConfig", "overrides", "links", "url", "repeat", "yaxes", "alert", "data"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["$a", "row", "query"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=6,
        )
    ),
    max_leaves=40,
)


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_anything_is_read_and_checked(data: Any) -> None:
    found_in(data, data)
