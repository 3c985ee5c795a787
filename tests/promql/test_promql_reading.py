"""Reading PromQL: the tree is promql_parser's, its places are those of the text, and Prometheus agrees."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from engine import Prometheus, version
from expressions import expressions, near_expressions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from monogen.promql import (
    Aggregation,
    Binary,
    Call,
    Node,
    NotPromql,
    NotSupported,
    Number,
    Parens,
    Selector,
    String,
    Subquery,
    TooBig,
    Unary,
    Unreadable,
    read,
    walk,
)
from monogen.promql.functions import FUNCTIONS
from monogen.promql.parsing import DEEPEST, MOST_NESTED
from monogen.promql.reading import LONGEST

OUT = Path(__file__).parent.parent.parent / "out"


def own_expressions() -> list[str]:
    """Every expression of the example's rules and boards, with a word where a variable stands."""
    found: set[str] = set()

    def collect(data: Any) -> None:
        if isinstance(data, dict):
            if isinstance(data.get("expr"), str):
                found.add(re.sub(r"\$\{[^}]*\}|\$\w+", "5m", data["expr"]))
            for value in data.values():
                collect(value)
        elif isinstance(data, list):
            for value in data:
                collect(value)

    for file in OUT.glob("*rules*.yaml"):
        collect(yaml.safe_load(file.read_text("utf-8")))
    for file in OUT.glob("dashboards/*.json"):
        collect(json.loads(file.read_text("utf-8")))
    return sorted(found)


def outline(node: Node) -> Any:  # noqa: PLR0911 - a case each
    """What a tree says, without places."""
    match node:
        case Selector():
            matchers = sorted((m.label, m.op, m.value) for m in node.matchers)
            return ("selector", node.name, matchers, node.range, node.offset)
        case Number():
            return ("number", node.value)
        case String():
            return ("string", node.value)
        case Parens():
            return ("parens", outline(node.expr))
        case Unary():
            return ("unary", outline(node.expr))
        case Subquery():
            return ("subquery", node.range, node.step, node.offset, outline(node.expr))
        case Call():
            return ("call", node.name, [outline(arg) for arg in node.args])
        case Aggregation():
            labels = sorted(word.text for word in node.labels)
            param = None if node.param is None else outline(node.param)
            return ("aggregation", node.op, node.without, labels, param, outline(node.expr))
        case Binary():
            return ("binary", node.op, node.bool, _matching(node), outline(node.lhs), outline(node.rhs))


def _matching(node: Binary) -> Any:
    matching = node.matching
    labels = sorted(word.text for word in matching.labels)
    return (matching.on, labels, matching.group, sorted(word.text for word in matching.include))


def their_outline(node: Any) -> Any:  # noqa: PLR0911 - a case each
    """The same of promql_parser's tree."""
    match type(node).__name__:
        case "VectorSelector":
            return _their_selector(node, None)
        case "MatrixSelector":
            return _their_selector(node.vector_selector, node.range.total_seconds())
        case "NumberLiteral":
            return ("number", node.val)
        case "StringLiteral":
            return ("string", node.val)
        case "ParenExpr":
            return ("parens", their_outline(node.expr))
        case "UnaryExpr":
            return ("unary", their_outline(node.expr))
        case "SubqueryExpr":
            step = node.step.total_seconds() if node.step else None
            offset = node.offset.total_seconds() if node.offset else 0.0
            return ("subquery", node.range.total_seconds(), step, offset, their_outline(node.expr))
        case "Call":
            return ("call", node.func.name, [their_outline(arg) for arg in node.args])
        case "AggregateExpr":
            without = node.modifier is not None and "Without" in str(node.modifier.type)
            labels = sorted(node.modifier.labels) if node.modifier else []
            param = None if node.param is None else their_outline(node.param)
            return ("aggregation", str(node.op), without, labels, param, their_outline(node.expr))
        case _:
            return _their_binary(node)


def _their_selector(node: Any, seconds: float | None) -> Any:
    ops = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
    matchers = sorted((m.name, ops[str(m.op).rpartition(".")[2]], m.value) for m in node.matchers.matchers)
    return (
        "selector",
        node.name or "",
        matchers,
        seconds,
        node.offset.total_seconds() if node.offset else 0.0,
    )


def _their_binary(node: Any) -> Any:
    modifier = node.modifier
    matching = getattr(modifier, "matching", None) if modifier else None
    on = matching is not None and str(matching.type).endswith("Include")
    labels = sorted(matching.labels) if matching is not None else []
    card = str(modifier.card) if modifier else ""
    group = "left" if "ManyToOne" in card else "right" if "OneToMany" in card else ""
    include = sorted(modifier.group_labels or ()) if group else []
    with_bool = bool(modifier and modifier.return_bool)
    return (
        "binary", str(node.op), with_bool, (on, labels, group, include),
        their_outline(node.lhs), their_outline(node.rhs),
    )  # fmt: skip


def folded(said: Any) -> Any:
    """promql_parser folds a sign into the number behind it; here the sign stays."""
    if isinstance(said, tuple) and said[:1] == ("unary",) and said[1][0] == "number":
        return ("number", said[1][1])
    if isinstance(said, tuple | list):
        return type(said)(folded(part) for part in said)
    return abs(said) if isinstance(said, float) else said


def double_quoted(text: str) -> str:
    """promql_parser 0.12 reads escapes in raw strings, which Prometheus does not."""
    return re.sub(r"`([^`]*)`", lambda match: json.dumps(match[1]), text)


@pytest.mark.parametrize("text", own_expressions())
def test_own_expressions_are_read_as_promql_parser_reads_them(text: str) -> None:
    assert folded(outline(read(text))) == folded(their_outline(promql_parser.parse(double_quoted(text))))


@given(expressions)
@settings(max_examples=300)
def test_what_is_read_is_what_promql_parser_reads(text: str) -> None:
    try:
        tree = read(text)
    except Unreadable:
        return
    assert folded(outline(tree)) == folded(their_outline(promql_parser.parse(double_quoted(text))))


@given(expressions)
@settings(max_examples=200)
def test_places_are_those_of_the_text(text: str) -> None:
    """The text of each part, read alone, is that part; names and operators stand where they are said to."""
    try:
        tree = read(text)
    except Unreadable:
        return
    for node in walk(tree):
        part = text[node.start : node.end]
        if isinstance(node, Binary):
            assert text[node.operator.start : node.operator.end].lower() == node.op
        if isinstance(node, Selector):
            for matcher in node.matchers:
                assert re.fullmatch(r"\w+(=|!=|=~|!~).*", text[matcher.start : matcher.end])
                assert text[matcher.value_start] in "\"'`"
        if not (isinstance(node, Selector) and node.range is not None):
            assert outline(read(part)) == outline(node)


WRONG = {
    "sum(": (4, 4),
    "rate(up)": (0, 4),
    'up{job=~"("}': (8, 11),
    "up node_load1": (3, 13),
    "sum by (job) (up) )": (18, 19),
    "{}": (0, 2),
    "up{": (3, 3),
    'up{job="a}': (7, 8),
    "up[5m": (2, 3),
    "nothing_like_it(up)": (0, 15),
    "up and 1": (3, 6),
    "1 > 2": (2, 3),
    "up + bool node_load1": (5, 9),
    "topk(up)": (0, 4),
    "sum(up, up)": (0, 3),
    "up{job}": (6, 7),
    "(up": (0, 1),
    "up)": (2, 3),
    "rate((up)[5m])": (9, 13),
    "up or on (job) group_left () up": (3, 5),
    'a{__name__="b"}': (0, 15),
    "": (0, 0),
    "max(up) + rate(node_load1)": (10, 14),
    "up ==": (5, 5),
    "up{job=job}": (7, 10),
    "abs(up) by (job)": (8, 10),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said_at_its_place(text: str) -> None:
    with pytest.raises(NotPromql) as caught:
        read(text)
    assert (caught.value.start, caught.value.end) == WRONG[text]
    assert caught.value.message


NOT_SUPPORTED = {
    "up[1m+5m]": (2, 6),
    "rate(up[5m] anchored)": (12, 20),
    "up </ 1": (3, 5),
    'up{job=~"\\\\Qa.b\\\\E"}': (0, 21),
    "holt_winters(up[5m], 0.1, 0.2)": (0, 12),
    'up{job="a" or job="b"}': (11, 13),
    "up > 1_000": (5, 10),
    "rate(up @ end()[1m])": (15, 19),
    "rate(up offset 0s[1m])": (17, 21),
}


@pytest.mark.parametrize("text", NOT_SUPPORTED)
def test_what_is_not_supported_is_never_called_wrong(text: str) -> None:
    with pytest.raises(NotSupported):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "+".join(["a"] * 5_000),
        " or ".join(["a"] * (DEEPEST + 2)),
        "^".join(["a"] * 3_000),
        "(" * 3_000 + "a" + ")" * 3_000,
        "(" * (MOST_NESTED + 1) + "a" + ")" * (MOST_NESTED + 1),
        "abs(" * 3_000 + "a" + ")" * 3_000,
        "-" * 4_000 + "a",
        "a" + "[1m:1m]" * 3_000,
        "a" * (LONGEST + 1),
    ],
    ids=lambda text: f"{text[:8]}...{len(text)}",
)
def test_what_is_too_big_is_refused_before_the_parser_sees_it(text: str) -> None:
    """promql_parser overflows the stack of the process on some of these."""
    with pytest.raises(TooBig):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        " or ".join(["a"] * (DEEPEST - 1)),
        "(" * (MOST_NESTED - 1) + "a" + ")" * (MOST_NESTED - 1),
        "abs(" * (MOST_NESTED - 1) + "a" + ")" * (MOST_NESTED - 1),
        f'a{{b=~"{"c|" * 20_000}d"}}',
    ],
    ids=lambda text: f"{text[:8]}...{len(text)}",
)
def test_what_is_just_within_bounds_is_read_also_on_a_small_stack(text: str) -> None:
    """macOS gives a thread half a megabyte."""
    found: list[Node] = []
    threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=lambda: found.append(read(text)))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(0)
    assert len(found) == 1


@given(st.one_of(st.text(max_size=60), near_expressions()))
@settings(max_examples=500)
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        read(text)
    except Unreadable as error:
        assert 0 <= error.start <= error.end <= len(text)


@pytest.fixture(scope="module")
def server(prometheus_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    if not version(prometheus_binary).startswith("3."):
        pytest.skip("only Prometheus 3 tells how it reads an expression")
    folder = tmp_path_factory.mktemp("reading")
    (folder / "prometheus.yml").write_text("global: {scrape_interval: 1m}\n")
    with Prometheus(prometheus_binary, folder / "prometheus.yml", folder / "data") as running:
        yield running


def _takes(server: Prometheus, text: str) -> bool:
    try:
        server.get("query", query=text)
    except RuntimeError as error:
        # Whatever happens when it is evaluated, it was read.
        return "parse error" not in str(error) and "invalid parameter" not in str(error)
    return True


def _all_here(tree: Node, server: Prometheus) -> bool:
    """Whether this version has every function without a flag: `end()` has been one since 3.12."""
    major, minor = server.get("status/buildinfo")["version"].split(".")[:2]
    here = (int(major), int(minor))
    stages = [FUNCTIONS[node.name].stage for node in walk(tree) if isinstance(node, Call)]
    return all(stage.exists_in(here) and not stage.needs_flag_in(here) for stage in stages)


@pytest.mark.prometheus
@given(text=near_expressions())
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_prometheus_agrees_about_what_is_promql(server: Prometheus, text: str) -> None:
    try:
        tree = read(text)
    except NotSupported:
        return
    except NotPromql as error:
        assert not _takes(server, text), error.message
    else:
        assert _takes(server, text) or not _all_here(tree, server)


@pytest.mark.prometheus
@pytest.mark.parametrize("text", WRONG)
def test_prometheus_refuses_what_is_called_wrong(server: Prometheus, text: str) -> None:
    assert not _takes(server, text)
