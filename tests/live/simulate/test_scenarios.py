"""Scenarios: what is known, how they are written, where they may happen, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest
from monogen import catalog, inventory
from monogen.inventory.model import Fleet
from monogen.live.simulate import known, staging
from monogen.live.simulate.scenarios import Move, parse
from monogen.plan.subjects import known_alerts
from monogen.problems import InputError

ASKED_FOR = {
    "model-loads", "two-resident", "memory-collapses", "clock-stuck", "disk-fills", "download", "driver-bump",
    "exporter-dies", "host-freezes",
}  # fmt: skip


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return inventory.load(Path(__file__).parents[3] / "hosts/fleet.yaml", catalog.kinds)


def test_all_that_was_asked_for_is_there() -> None:
    assert set(known()) == ASKED_FOR


def test_the_alerts_that_should_fire_exist() -> None:
    for scenario in known().values():
        assert set(scenario.alerts) <= set(known_alerts()), scenario.name


def test_each_has_a_host_in_the_example_fleet(fleet: Fleet) -> None:
    for name in known():
        stage = staging.from_text(name, fleet)
        assert stage.host in {host.name for host in fleet.hosts}


@pytest.mark.parametrize(
    ("text", "host", "exporter", "start"),
    [
        ("disk-fills", "spark-1", "", 0),
        ("disk-fills:nas", "nas", "", 0),
        ("disk-fills:nas@2m", "nas", "", 120),
        ("disk-fills@90s", "spark-1", "", 90),
        ("exporter-dies:gpu-box", "gpu-box", "dcgm", 0),
        ("exporter-dies:gpu-box/sglang@1m", "gpu-box", "sglang", 60),
        ("exporter-dies:nas", "nas", "litellm", 0),
    ],
)
def test_places_and_times(fleet: Fleet, text: str, host: str, exporter: str, start: float) -> None:
    stage = staging.from_text(text, fleet)
    assert (stage.host, stage.exporter, stage.start) == (host, exporter, start)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("disk-fils", "did you mean `disk-fills`?"),
        ("disk-fills:nass", "did you mean `nas`?"),
        ("driver-bump:nas", "it needs the hardware gb10"),
        ("disk-fills@soon", "`soon` is no time"),
        ("exporter-dies:nas/dcgm", "it has node, litellm"),
    ],
)
def test_what_is_wrong_is_told(fleet: Fleet, text: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        staging.from_text(text, fleet)
    assert told in str(caught.value)
    assert text in str(caught.value)


def test_a_file_of_scenarios(fleet: Fleet, tmp_path: Path) -> None:
    file = tmp_path / "story.yaml"
    file.write_text(
        "- {scenario: disk-fills, host: nas, start: 30s, end: 2m}\n"
        "- title: The queue grows\n"
        "  host: spark-1\n"
        "  moves: {requests: {0s: 2, 1m: 30}}\n"
    )
    first, second = staging.from_file(file, fleet)
    assert (first.start, first.end, first.host) == (30, 120, "nas")
    assert second.scenario.title == "The queue grows"
    assert staging.levers([second], "spark-1", 30).number("requests", 1) == 16


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("disk-fills\n", "a list of scenarios is wanted"),
        ("- {scenario: disk-fills, when: 2m}\n", "`when` is no key"),
        ("- {scenario: disk-fills, start: soon}\n", "start or end is no time"),
        ("- {title: x, moves: {hope: {0s: 1}}}\n", "`hope` is no quantity"),
        ("- {title: x, moves: {host: {0s: sleeps}}}\n", "`sleeps` is not one of"),
        ("- {title: x, moves: {resident: {0s: 1}}}\n", "must end with the number"),
        ("- {title: x, moves: {gpu_busy: much}}\n", "not the form"),
        ("{", "no YAML"),
        ("- {scenario: disk-fills}\n- foo\n", "entry 2: `foo` is no scenario"),
        ("- {scenario: disk-fills}\n- {scenario: nope}\n", "entry 2: there is no scenario `nope`"),
    ],
)
def test_a_file_that_is_wrong_is_told(fleet: Fleet, tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "story.yaml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        staging.from_file(file, fleet)
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"--scenarios {file}: ")


def test_every_entry_that_is_wrong_is_told(fleet: Fleet, tmp_path: Path) -> None:
    file = tmp_path / "hand.sc"
    file.write_text("- 1\n- {scenario: disk-fills, host: nas}\n- {scenario: disk-fills, host: nowhere}\n")
    with pytest.raises(InputError) as caught:
        staging.from_file(file, fleet)
    assert [one.message for one in caught.value.problems] == [
        "entry 1: `1` is no scenario",
        "entry 3: the inventory has no host `nowhere`",
    ]


def test_a_file_that_is_not_there_is_told(fleet: Fleet, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        staging.from_file(tmp_path / "none.yaml", fleet)


def test_a_curve_is_straight_between_its_points_and_comes_from_what_was() -> None:
    move = Move(((10.0, 1.0), (20.0, 0.0)))
    assert [move.number(at, 0.5) for at in (0, 5, 10, 15, 20, 99)] == [0.5, 0.75, 1.0, 0.5, 0.0, 0.0]
    word = Move(((0.0, "hangs"), (30.0, "answers")))
    assert [word.text(at) for at in (0, 29, 30)] == ["hangs", "hangs", "answers"]


def test_a_scenario_acts_from_start_to_end_and_on_its_host_only(fleet: Fleet, tmp_path: Path) -> None:
    file = tmp_path / "story.yaml"
    file.write_text("- {title: x, host: nas, start: 10s, end: 20s, moves: {disk_used: {0s: 0.9}}}\n")
    stages = staging.from_file(file, fleet)
    found = [staging.levers(stages, "nas", at).number("disk_used", 0.1) for at in (9, 10, 19, 20)]
    assert found == [0.1, 0.9, 0.9, 0.1]
    assert not staging.levers(stages, "spark-1", 15).moves("disk_used")


def test_what_must_be_absent_before_is_held_from_the_beginning(fleet: Fleet) -> None:
    stage = staging.from_text("model-loads:spark-1@1m", fleet)
    shares = [staging.levers([stage], "spark-1", at).number("resident 1", 1) for at in (0, 59, 90, 120)]
    assert shares == [0, 0, 0.5, 1]


def test_a_scenario_without_moves_is_told() -> None:
    with pytest.raises(InputError, match="`moves` is missing"):
        parse({"title": "x"}, "x", "x.yaml")
