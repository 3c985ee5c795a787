"""Comparing boards: what Grafana adds is no difference, anything else is."""

from __future__ import annotations

from typing import Any

import pytest
from monogen.live.grafana.compare import changes

BUILT: dict[str, Any] = {
    "uid": "u",
    "title": "T",
    "refresh": "30s",
    "panels": [
        {"id": 1, "title": "CPU", "type": "stat", "fieldConfig": {"defaults": {"min": 0}}},
        {"id": 2, "title": "RAM", "type": "stat", "description": ""},
    ],
}


def lines(stored: dict[str, Any]) -> list[str]:
    return [str(change) for change in changes(stored, BUILT)]


def test_what_grafana_adds_is_no_difference() -> None:
    panels = [{**BUILT["panels"][0], "pluginVersion": "12.0.0"}, {"id": 2, "title": "RAM", "type": "stat"}]
    stored = {**BUILT, "id": 7, "version": 3, "iteration": 1, "preload": False, "links": [], "gnetId": None}
    assert lines({**stored, "panels": panels}) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": "S"}, '~ title: "S" -> "T"'),
        ({"refresh": ""}, '~ refresh: "" -> "30s"'),
        ({"refresh": None}, '+ refresh: "30s"'),
        ({"preload": True}, "- preload: true"),
        ({"links": [{"title": "x"}]}, '- links: [{"title": "x"}]'),
    ],
)
def test_anything_else_is(change: dict[str, Any], expected: str) -> None:
    assert lines({**BUILT, **change}) == [expected]


def test_panels_are_told_apart_by_their_titles() -> None:
    moved = [BUILT["panels"][1], {"id": 9, "title": "Mine"}, BUILT["panels"][0]]
    assert lines({**BUILT, "panels": moved}) == [
        '- panels `Mine`: {"id": 9, "title": "Mine"}',
        '~ panels, their order: ["RAM", "CPU"] -> ["CPU", "RAM"]',
    ]


def test_true_is_not_one_and_a_float_is_an_integer() -> None:
    def with_min(value: object) -> dict[str, Any]:
        panel = {**BUILT["panels"][0], "fieldConfig": {"defaults": {"min": value}}}
        return {**BUILT, "panels": [panel, BUILT["panels"][1]]}

    assert lines(with_min(0.0)) == []
    assert lines(with_min(False)) == ["~ panels `CPU` > fieldConfig > defaults > min: false -> 0"]


def test_long_values_are_cut_and_control_characters_shown_as_such() -> None:
    text = lines({**BUILT, "title": "\x1b" + "x" * 500})[0]
    assert len(text) < 200
    assert "\x1b" not in text
