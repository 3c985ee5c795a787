"""Names from the inventory can neither break a board nor change what it asks."""

from __future__ import annotations

import json
import re
from typing import Any

import promql_parser
from hypothesis import given, settings
from hypothesis import strategies as st
from monogen.dashboards.interpolation import double_quoted, fill
from monogen.inventory.model import Fleet, Model
from sample_boards import boards, expressions, gb10, generic

NASTY = st.one_of(
    st.text(min_size=1, max_size=30),
    st.text(alphabet="\"'\\{}[]()|`$.*+?^/%&# \n\t", min_size=1, max_size=12),
    st.sampled_from(
        [
            'a"b',
            "it's",
            "back\\slash",
            "${datasource}",
            "$instance",
            "[[hosts]]",
            "{{x}}",
            "a|b",
            "é—😀",
            "\x00",
        ]
    ),
)
PASSABLE = NASTY.filter(lambda text: "`" not in text)
NAMES = st.lists(PASSABLE, min_size=2, max_size=4, unique=True)
LABEL_NAMES = st.one_of(st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,8}", fullmatch=True), NASTY)


def literal(expression: str, label: str) -> list[tuple[str, str]]:
    """The matchers of that label in a parsed expression, as (operator, value)."""
    found = []

    def visit(node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            for matcher in node.matchers.matchers:
                if matcher.name == label:
                    found.append((str(matcher.op), matcher.value))
        for part in ("lhs", "rhs", "expr", "param", "vector_selector"):
            child = getattr(node, part, None)
            if child is not None and not isinstance(child, str | float):
                visit(child)
        for argument in getattr(node, "args", None) or []:
            visit(argument)

    visit(promql_parser.parse(double_quoted(expression)))
    return found


@settings(deadline=None, max_examples=60)
@given(names=NAMES, label=LABEL_NAMES, model=NASTY)
def test_hostile_names_change_nothing_but_what_overrides_compare_with(
    names: list[str], label: str, model: str
) -> None:
    tame = [str(index).ljust(len(name), "x") for index, name in enumerate(names)]
    hostile_boards, tame_boards = (boards(_fleet(some, label, model)) for some in (names, tame))
    assert json.loads(json.dumps(hostile_boards)) == hostile_boards
    assert _without_matchers(hostile_boards) == _without_matchers(tame_boards)


def _fleet(names: list[str], label: str, model: str) -> Fleet:
    models = (Model(model, file=1),)
    makers = (generic, gb10)
    return Fleet(
        "f",
        tuple(makers[i % 2](name, labels={label: name}, models=models) for i, name in enumerate(names)),
    )


def _without_matchers(thing: Any) -> Any:
    """The boards without the names that overrides compare with: Grafana does not fill these in."""
    if isinstance(thing, dict):
        return {key: _without_matchers(value) for key, value in thing.items() if key != "matcher"}
    if isinstance(thing, list):
        return [_without_matchers(value) for value in thing]
    return thing


@settings(deadline=None, max_examples=100)
@given(value=PASSABLE, other=PASSABLE)
def test_a_chosen_value_arrives_in_prometheus_as_it_is(value: str, other: str) -> None:
    fleet = Fleet("f", (generic("a", labels={"rack": value}), gb10("b", labels={"rack": f"{value}x"})))
    found = boards(fleet)
    times = {"__range": "3h", "__interval": "30s"}
    for expression in expressions(found["host"]):
        filled = fill(expression, {"instance": value, **times})
        if "instance=" in filled:
            assert all(matcher[1] == value for matcher in literal(filled, "instance"))
    chosen = {"rack": [value], "hosts": [value, other], "hardware": "$__all", **times}
    for expression in expressions(found["fleet"]):
        filled = fill(expression, chosen)
        for _, pattern in literal(filled, "rack"):
            assert re.fullmatch(pattern.replace("\\/", "/"), value, re.DOTALL)
        for _, pattern in literal(filled, "instance"):
            if pattern != ".*":
                assert re.fullmatch(pattern.replace("\\/", "/"), value, re.DOTALL)
                assert re.fullmatch(pattern.replace("\\/", "/"), other, re.DOTALL)


def test_a_label_with_a_backtick_gets_no_filter() -> None:
    fleet = Fleet("f", (generic("a", labels={"rack": "a`b", "row": "1"}), generic("b", labels={"row": "2"})))
    names = [v["name"] for v in boards(fleet)["fleet"]["templating"]["list"]]
    assert names == ["datasource", "hardware", "row", "hosts"]
