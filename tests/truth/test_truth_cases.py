"""cases.yaml: what disagreed once, on the abstract reading alone, on the servers, and in the attribution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from attribution import Attribution
from monogen.lint.world import World
from monogen.promql import read
from truth_worlds import Worlds
from vocabulary import vocabulary

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text("utf-8"))
PAIRS = [(case, host) for case in CASES for host in case["hosts"]]
NAMES = [f"{case['expr']} on {host}" for case, host in PAIRS]


@pytest.mark.parametrize(("case", "host"), PAIRS, ids=NAMES)
def test_the_abstract_reading_says(case: dict[str, Any], host: str, abstract_world: World) -> None:
    (answer,) = [a for a in abstract_world.answers(read(case["expr"])) if host in a.hosts]
    told = "; ".join(reason.text for reason in answer.reasons)
    if "claim" in case:
        assert answer.kind == case["claim"], told
    if case.get("server") == "data":
        assert answer.kind != "empty", told
    assert answer.kind == abstract_world.answer(read(case["expr"]), host).kind


@pytest.mark.prometheus
@pytest.mark.parametrize(("case", "host"), PAIRS, ids=NAMES)
def test_the_server_says(case: dict[str, Any], host: str, running_worlds: Worlds) -> None:
    result = running_worlds.hosts[host].ask(case["expr"])
    assert not result.error
    expected = case.get("server", case.get("claim"))
    assert expected in ("data", "empty"), "say what the server has"
    assert ("data" if result.series else "empty") == expected


@pytest.mark.prometheus
@pytest.mark.parametrize(
    ("case", "host"),
    [pair for pair in PAIRS if "because" in pair[0]],
    ids=[name for name, pair in zip(NAMES, PAIRS, strict=True) if "because" in pair[0]],
)
def test_the_attribution_says(case: dict[str, Any], host: str, running_worlds: Worlds) -> None:
    real = [known.name for known in vocabulary(running_worlds.built).everything]
    cause = Attribution(running_worlds, real).cause(read(case["expr"]), case["expr"], host)
    assert cause.kind == case["because"], cause.says
