"""No panel is empty: each board, for each host in turn, asked as Grafana would."""

from __future__ import annotations

from dataclasses import replace

import pytest
from boards import Question, ask, escaped, everything, load, options, questions
from world import World

pytestmark = pytest.mark.prometheus


def _hosts_with(proof: World, board: str) -> list[str]:
    content = load(proof.output / "dashboards" / f"proof-{board}.json")
    hosts: list[str] = options(content, proof.server, {})["instance"]
    return hosts


def test_the_host_board_offers_every_host(proof: World) -> None:
    assert sorted(_hosts_with(proof, "host")) == sorted(host.name for host in proof.built.fleet.hosts)


def test_the_model_board_offers_the_hosts_that_can_hold_models(proof: World) -> None:
    can = [h.name for h in proof.built.fleet.hosts if h.unified_memory or h.hardware == "nvidia"]
    assert sorted(_hosts_with(proof, "model-host")) == sorted(can)


def _may_be_empty(proof: World, host: str, expr: str) -> bool:
    """Whether a series in the expression is not meant for the host, or needs what the page may lack."""
    names = {rule.record for rule in proof.built.monitoring.rules if rule.record and rule.record in expr}
    for name in names:
        rules = [rule for rule in proof.built.monitoring.rules if rule.record == name]
        if not any(host in rule.hosts for rule in rules) or any(rule.optional for rule in rules):
            return True
    return "ALERTS" in expr


@pytest.mark.parametrize("board", ["host", "model-host"])
def test_every_panel_has_data_for_every_host(proof: World, board: str) -> None:
    content = load(proof.output / "dashboards" / f"proof-{board}.json")
    empty = []
    asked = 0
    for host in _hosts_with(proof, board):
        for question in questions(content):
            there = bool(ask(proof.server, question, {"instance": host}))
            asked += 1
            if not there and not _may_be_empty(proof, host, question.expr):
                empty.append((host, question.panel, question.ref))
    assert empty == []
    assert asked > 100


def test_every_panel_of_the_fleet_board_has_data(proof: World) -> None:
    content = load(proof.output / "dashboards" / "proof-fleet.json")
    values = everything(content)
    found = options(content, proof.server, values)
    assert sorted(found["hosts"]) == sorted(host.name for host in proof.built.fleet.hosts)
    empty = [
        (question.panel, question.ref)
        for question in questions(content)
        if not ask(proof.server, question, values) and "ALERTS" not in question.expr
    ]
    # Nobody is in trouble: the panel says so in words.
    assert set(empty) <= {("Hosts in trouble", "A")}


def test_the_serving_board_shows_every_server(proof: World) -> None:
    content = load(proof.output / "dashboards" / "proof-serving.json")
    found = options(content, proof.server, {**everything(content), "instance": "serve"})
    assert found["instance"] == ["serve"]
    assert set(found["server"]) == {
        "vllm", "llama-server", "sglang", "trtllm-serve", "lmstudio", "ollama-exporter", "ollama-proxy",
    }  # fmt: skip
    values = {**everything(content), "instance": "serve", "__range": "10m"}
    empty = [
        (question.panel, question.ref)
        for question in questions(content)
        if not ask(proof.server, question, values) and not _may_be_empty(proof, "serve", question.expr)
    ]
    assert empty == []


def test_the_tiers_board_has_data(proof: World) -> None:
    """Sums over a period step by five minutes, which this server has not been up for: here by a second."""
    content = load(proof.output / "dashboards" / "proof-tiers.json")
    values = {**everything(content), "__range": "10m"}
    empty = [
        (question.panel, question.ref)
        for question in map(_by_the_second, questions(content))
        if not ask(proof.server, question, values) and not _may_be_empty(proof, "proxy", question.expr)
    ]
    assert empty == []


def _by_the_second(question: Question) -> Question:
    return replace(question, expr=question.expr.replace(":5m]", ":1s]").replace("* 300", "* 1"))


def test_filters_of_the_fleet_board_narrow_it(proof: World) -> None:
    content = load(proof.output / "dashboards" / "proof-fleet.json")
    state = next(question for question in questions(content) if question.ref == "State")
    for host in ("spark", "mac-10-14"):
        values = {**everything(content), "hosts": escaped(host)}
        found = {series["metric"]["instance"] for series in ask(proof.server, state, values)}
        assert found == {host}
    values = {**everything(content), "hardware": escaped("gb10")}
    found = {series["metric"]["instance"] for series in ask(proof.server, state, values)}
    assert found == {"spark", "spark-smi"}
