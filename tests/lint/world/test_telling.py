"""Matchers that tell hosts apart: which do, how a class falls into parts, and what a crowd costs."""

from __future__ import annotations

from pathlib import Path

import pytest
from monogen import catalog, inventory
from monogen.lint.world import World
from monogen.lint.world.telling import Telling, Test
from monogen.promql import read
from monogen.promql.placeholder import START as CHOSEN

OWN = {
    "a1": {"instance": "a1", "os": "linux", "rack": "a"},
    "a2": {"instance": "a2", "os": "linux", "rack": "a"},
    "b1": {"instance": "b1", "os": "linux", "rack": "b"},
    "c": {"instance": "c", "os": "linux"},
}


@pytest.mark.parametrize(
    ("label", "op", "text", "all_pass"),
    [
        ("instance", "!=", "x", True),
        ("instance", "!=", "c", False),
        ("instance", "=", "c", False),
        ("instance", "=~", "a.|b1|c", True),
        ("instance", "=~", "a.", False),
        ("instance", "!~", "x.*", True),
        ("instance", "!~", "a.", False),
        ("os", "=", "linux", True),
        ("os", "!=", "linux", False),
        ("rack", "!=", "", False),  # c has none
        ("rack", "!=", "z", True),
        ("instance", "=~", "(", True),  # no pattern: nothing can be said against any host
        ("instance", "=", f"{CHOSEN}instance", True),  # whatever is chosen on a board
        ("instance", "=~", f"{CHOSEN}instance", True),
        ("job", "!=", "x", False),  # not the hosts' own label
    ],
)
def test_whether_every_host_passes(label: str, op: str, text: str, all_pass: bool) -> None:
    assert Telling(OWN).all_pass(label, op, text) is all_pass


@pytest.mark.parametrize(
    ("tests", "parts"),
    [
        ([], [("a1", "a2", "b1", "c")]),
        ([("instance", "!=", "x")], [("a1", "a2", "b1", "c")]),
        ([("instance", "!=", "a2")], [("a1", "b1", "c"), ("a2",)]),
        ([("instance", "=", "a2"), ("instance", "!=", "a2")], [("a1", "b1", "c"), ("a2",)]),
        ([("instance", "=~", "a."), ("rack", "=", "b")], [("a1", "a2"), ("b1",), ("c",)]),
        ([("rack", "!~", "a|b")], [("a1", "a2", "b1"), ("c",)]),
        ([("os", "=", "linux")], [("a1", "a2", "b1", "c")]),
        ([("rack", "=", "")], [("a1", "a2", "b1"), ("c",)]),
    ],
)
def test_hosts_fall_into_parts(tests: list[Test], parts: list[tuple[str, ...]]) -> None:
    assert Telling(OWN).parts(tuple(OWN), tests) == parts


@pytest.mark.parametrize(
    "expr",
    [
        'rate(node_cpu_seconds_total{instance!="nobody"}[5m])',
        'node_load1{instance!~"x.*"} / on (instance) node_load5{instance!="y"}',
        'host:memory_used:ratio{fleet="f", instance!="z"} > 0.9',
    ],
)
def test_a_crowd_is_looked_at_once_where_nobody_is_named(tmp_path: Path, expr: str) -> None:
    world = crowd(tmp_path)
    found = list(world.vectors(read(expr)))
    assert [len(hosts.names) for hosts, _ in found] == [300]
    without = expr.replace(', instance!="z"', "")
    assert world.answers(read(expr)) == world.answers(read(without))


def test_of_a_crowd_those_are_told_apart_who_are_named(tmp_path: Path) -> None:
    world = crowd(tmp_path)
    answers = world.answers(read('node_load1{instance="h7"} or node_load1{instance=~"h1."}'))
    having = {host for answer in answers if answer.kind == "data" for host in answer.hosts}
    assert having == {"h7", *(f"h{n}" for n in range(10, 20))}
    assert {answer.kind for answer in answers if not having.intersection(answer.hosts)} == {"empty"}


def crowd(folder: Path) -> World:
    """Three hundred hosts that are alike."""
    file = folder / "hosts.yaml"
    hosts = "".join(f"  - {{name: h{n}, os: linux}}\n" for n in range(300))
    file.write_text(f"fleet: f\nhosts:\n{hosts}", encoding="utf-8")
    return World(inventory.load(file, catalog.kinds))
