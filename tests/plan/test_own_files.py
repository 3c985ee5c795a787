"""People's own boards and rules: carried along, and refused with a place where they cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from monogen.build import Built, build
from monogen.problems import InputError

BOARD = {"title": "Mine", "uid": "mine", "panels": [], "templating": {"list": []}}


def _build(folder: Path, more: str) -> Built:
    inventory = folder / "hosts.yaml"
    inventory.write_text(f"fleet: lab\n{more}\nhosts: [{{name: nas, os: linux}}]\n")
    return build(inventory, "operator")


def test_a_board_of_ones_own_is_written_like_the_others(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(BOARD))
    built = _build(tmp_path, "dashboards: [mine.json]")
    assert [board.uid for board in built.monitoring.dashboards][-1] == "mine"
    assert "dashboards/lab-mine.json" in [artifact.path for artifact in built.artifacts]


def test_two_boards_with_one_uid_are_refused(tmp_path: Path) -> None:
    for name in ("one.json", "two.json"):
        (tmp_path / name).write_text(json.dumps(BOARD))
    with pytest.raises(InputError, match="already"):
        _build(tmp_path, "dashboards: [one.json, two.json]")


def test_rules_of_ones_own_keep_what_stands_in_them(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "groups:\n- name: g\n  interval: 2m\n  limit: 5\n  rules:\n"
        "  - {alert: A, expr: up == 0, for: 5m, keep_firing_for: 2m, labels: {severity: info}}\n"
    )
    built = _build(tmp_path, "rules: [mine.yaml]")
    (file,) = [file for file in built.monitoring.rule_files if file.name == "own-mine"]
    (rule,) = file.groups[0].rules
    assert (rule.alert, rule.expr, rule.hold, rule.keep_firing_for) == ("A", "up == 0", "5m", "2m")
    assert dict(file.groups[0].options) == {"limit": 5}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("groups: []\n", 1, "list `groups`"),
        (
            "groups:\n- name: g\n  rules:\n  - {record: a, alert: b, expr: up}\n",
            4,
            "either `record` or `alert`",
        ),
        ("groups:\n- name: g\n  rules:\n  - {record: a, expr: 'sum(('}\n", 4, "no PromQL"),
        ("groups:\n- name: g\n  rules:\n  - {record: a, expr: up, fro: 5m}\n", 4, "unknown key `fro`"),
        (
            "groups:\n- name: g\n  rules:\n  - record: a\n    expr: up\n    labels: {a: 1}\n",
            6,
            "names to texts",
        ),
    ],
)
def test_rules_that_cannot_be_are_refused_with_their_place(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(InputError) as error:
        _build(tmp_path, "rules: [mine.yaml]")
    (problem,) = error.value.problems
    assert (Path(problem.file).name, problem.line) == ("mine.yaml", line)
    assert message in problem.message
