"""The table of functions against promql-parser's own, and against a real Prometheus."""

from __future__ import annotations

import re
from pathlib import Path

import promql_parser
import pytest
import requests
from engine import Prometheus, version
from monogen.promql.functions import FUNCTIONS, OPERATORS, SYNTAX, Function, Stage, Type

SAMPLES: dict[Type, str] = {"instant": "x", "range": "x[5m]", "scalar": "1", "string": '"a"'}
TYPES = {"Vector": "instant", "Matrix": "range", "Scalar": "scalar", "String": "string"}
RENAMED = "holt_winters"  # only before 3.0: promql-parser has never heard of it


def called(function: Function, count: int) -> str:
    args = [*function.args, *function.args[-1:] * count][:count]
    return f"{function.name}({', '.join(SAMPLES[kind] for kind in args)})"


@pytest.mark.parametrize(
    "function", [f for f in FUNCTIONS.values() if f.name != RENAMED], ids=lambda f: f.name
)
def test_the_table_agrees_with_promql_parser(function: Function) -> None:
    said = promql_parser.parse(called(function, function.least)).func
    assert [TYPES[str(kind).rpartition(".")[2]] for kind in said.arg_types] == list(function.args)
    assert TYPES[str(said.return_type).rpartition(".")[2]] == function.result
    if function.name != "start_timestamp":  # experimental by a flag of its own
        assert said.experimental == function.experimental


@pytest.mark.parametrize(
    "function", [f for f in FUNCTIONS.values() if f.name != RENAMED], ids=lambda f: f.name
)
def test_the_number_of_arguments_is_right(function: Function) -> None:
    most = function.least + 3 if function.most is None else function.most
    promql_parser.parse(called(function, most))
    if function.least:
        with pytest.raises(ValueError, match="argument"):
            promql_parser.parse(called(function, function.least - 1))
    if function.most is not None:
        with pytest.raises(ValueError, match="argument"):
            promql_parser.parse(f"{called(function, most)[:-1]}{', ' if most else ''}1)")


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=lambda o: o.name)
def test_the_operators_agree_with_promql_parser(operator) -> None:  # type: ignore[no-untyped-def]
    param = f"{SAMPLES[operator.param]}, " if operator.param else ""
    promql_parser.parse(f"{operator.name} by (a) ({param}x)")
    if operator.param:
        with pytest.raises(ValueError, match="expected 2, got 1"):
            promql_parser.parse(f"{operator.name}(x)")


def test_a_stage_knows_versions() -> None:
    stage = Stage(since=(3, 7), flag="some-feature", stable=(3, 14))
    assert not stage.exists_in((3, 5))
    assert stage.exists_in((3, 7))
    assert stage.needs_flag_in((3, 13))
    assert not stage.needs_flag_in((3, 14, 1))
    assert not Stage(until=(3, 0)).exists_in((3, 0))
    assert not Stage().needs_flag_in((2, 42))
    assert SYNTAX["a quoted name"].since == (3, 0)


@pytest.mark.prometheus
def test_a_real_prometheus_has_what_the_table_says(prometheus_binary: Path, tmp_path: Path) -> None:
    """Every function and operator, asked for by name: there, there with a flag, or not there."""

    number = tuple(int(part) for part in re.findall(r"\d+", version(prometheus_binary))[:2])
    config = tmp_path / "prometheus.yml"
    config.write_text("global: {}\n")
    expected, seen = {}, {}
    with Prometheus(prometheus_binary, config, tmp_path / "data") as server:
        for name, thing in {**FUNCTIONS, **OPERATORS}.items():
            expression = (
                called(thing, thing.least)
                if isinstance(thing, Function)
                else f"{name}({SAMPLES[thing.param] + ', ' if thing.param else ''}x)"
            )
            answer = requests.get(
                f"{server.url}/api/v1/query", params={"query": expression}, timeout=10
            ).json()
            error = str(answer.get("error", ""))
            seen[name] = "flag" if "enabled" in error else "no" if "parse error" in error else "yes"
            stage = thing.stage
            there = "flag" if stage.needs_flag_in(number) else "yes"
            expected[name] = there if stage.exists_in(number) else "no"
    assert seen == expected
