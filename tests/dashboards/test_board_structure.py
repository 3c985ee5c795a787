"""The shape of every generated board, for fleets of every kind."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import pairwise
from typing import Any

import promql_parser
import pytest
from monogen.dashboards import build, tag, uid
from monogen.dashboards.identity import BOARDS as BOARD_NAMES
from monogen.dashboards.interpolation import double_quoted, fill
from monogen.dashboards.view import RECORDED
from sample_boards import FLEETS, MIXED, boards, expressions, panels_of, series_of, shown

BOARDS = [
    pytest.param(fleet, board, id=f"{name}: {kind}")
    for name, fleet in FLEETS.items()
    for kind, board in boards(fleet).items()
]
on_every_board = pytest.mark.parametrize(("fleet", "board"), BOARDS)


def filled(expression: str) -> str:
    """The expression as Grafana would send it, with a host chosen and every filter at All."""
    everything = dict.fromkeys(re.findall(r"\$\{(\w+):regex\}", expression), "$__all")
    times = {"__range": "3h", "__interval": "30s"}
    return fill(expression, {"instance": "spark-1", **everything, **times})


@on_every_board
def test_ids_and_ref_ids_are_unique(fleet: Any, board: Any) -> None:
    ids = [panel["id"] for panel in panels_of(board)]
    assert ids == list(range(1, len(ids) + 1))
    for panel in shown(board):
        refs = [target["refId"] for target in panel["targets"]]
        assert len(refs) == len(set(refs)) > 0


@on_every_board
def test_panels_fill_the_grid_without_overlap(fleet: Any, board: Any) -> None:
    cells: dict[tuple[int, int], int] = {}
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["w"] > 0
        assert place["h"] > 0
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert 0 <= x < 24
                assert (x, y) not in cells, f"{panel['title']} lies over panel {cells[x, y]}"
                cells[x, y] = panel["id"]
    height = max(y for _, y in cells) + 1
    assert len(cells) == 24 * height, "there is a hole in the board"


@on_every_board
def test_every_panel_says_what_it_is(fleet: Any, board: Any) -> None:
    for panel in panels_of(board):
        assert panel["title"].strip()
    for panel in shown(board):
        assert re.search(r"Metrics?: `", panel["description"]), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["fieldConfig"]["defaults"]["noValue"].strip(), panel["title"]
        assert panel["pluginVersion"]


@on_every_board
def test_titles_of_small_stats_are_not_cut(fleet: Any, board: Any) -> None:
    for panel in shown(board):
        if panel["type"] == "stat" and panel["gridPos"]["w"] <= 3:
            assert len(panel["title"]) <= 15, panel["title"]


@on_every_board
def test_null_stands_only_at_the_base_of_thresholds(fleet: Any, board: Any) -> None:
    def look(thing: Any, path: str) -> None:
        if isinstance(thing, dict):
            for key, value in thing.items():
                look(value, f"{path}.{key}")
        elif isinstance(thing, list):
            for index, value in enumerate(thing):
                look(value, f"{path}.{index}")
        elif thing is None:
            assert path.endswith("steps.0.value"), path

    look(board, "")
    for panel in shown(board):
        steps = panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])
        values = [step["value"] for step in steps]
        assert not values or values[0] is None
        assert all(a < b for a, b in pairwise(values[1:]))


@on_every_board
def test_everything_asks_the_chosen_data_source(fleet: Any, board: Any) -> None:
    source = {"type": "prometheus", "uid": "${datasource}"}
    for panel in shown(board):
        assert panel["datasource"] == source
        assert all(target["datasource"] == source for target in panel["targets"])
    variables = board["templating"]["list"]
    assert [v["name"] for v in variables if v["type"] == "datasource"] == ["datasource"]
    assert all(v["datasource"] == source for v in variables if v["type"] == "query")


@on_every_board
def test_a_target_asks_for_a_range_or_an_instant(fleet: Any, board: Any) -> None:
    for panel in shown(board):
        over_time = panel["type"] in ("timeseries", "state-timeline")
        for target in panel["targets"]:
            assert target["editorMode"] == "code"
            assert target["range"] is not bool(target.get("instant"))
            assert not (over_time and target.get("instant")), panel["title"]


@on_every_board
def test_links_lead_to_boards_that_exist(fleet: Any, board: Any) -> None:
    known = {one.uid for one in build(fleet, series_of(fleet))}
    text = json.dumps(board)
    found = re.findall(r"/d/([^?\"]+)\?var-instance=(\$\{[^}]+\})&(\$\{[^}]+\})&(\$\{[^}]+\})", text)
    assert len(found) == text.count("/d/")
    for target, name, source, time in found:
        assert target in known
        assert name.endswith(":percentencode}")
        assert (source, time) == ("${datasource:queryparam}", "${__url_time_range}")
    (link,) = board["links"]
    assert link["tags"] == [tag(fleet.name)]
    assert link["includeVars"]
    assert link["keepTime"]
    assert tag(fleet.name) in board["tags"]


@on_every_board
def test_no_panel_shows_what_no_host_has(fleet: Any, board: Any) -> None:
    series = series_of(fleet)
    for expression in expressions(board):
        for name in RECORDED.findall(expression):
            assert series.has(name), f"{name} in {expression}"


@on_every_board
def test_expressions_parse_and_select_the_fleet(fleet: Any, board: Any) -> None:
    for expression in expressions(board):
        promql_parser.parse(double_quoted(filled(expression)))
        selectors = re.findall(r"(?<!\$)\{([^}]*(?:\$\{[^}]*\}[^}]*)*)\}", expression)
        assert selectors
        for selector in selectors:
            assert f'"{fleet.name}"' in selector or f'"|{fleet.name}"' in selector, expression


@on_every_board
def test_variables_that_are_used_exist(fleet: Any, board: Any) -> None:
    known = {variable["name"] for variable in board["templating"]["list"]}
    known |= {"__range", "__interval", "__url_time_range", "__value", "__field", "__data"}
    used = re.findall(r"\$\{?(\w+)", json.dumps(board))
    assert set(used) - known - {"__all"} == set()


@on_every_board
def test_same_fleet_same_bytes(fleet: Any, board: Any) -> None:
    again = boards(fleet)
    assert json.dumps(board) in [json.dumps(one) for one in again.values()]


@pytest.mark.parametrize("name", FLEETS)
def test_a_board_only_where_a_host_has_something_for_it(name: str) -> None:
    hosts = FLEETS[name].hosts
    expected = {"fleet", "host"}
    if any(host.hardware in ("gb10", "apple-silicon", "nvidia") for host in hosts):
        expected |= {"model-host"}
    if any(host.has("vllm") or host.has("llama-server") for host in hosts):
        expected |= {"serving"}
    if any(host.has("litellm") for host in hosts):
        expected |= {"tiers"}
    assert set(boards(FLEETS[name])) == expected


def test_tables_fields_are_those_of_its_queries() -> None:
    for board in boards(MIXED).values():
        for panel in shown(board):
            if panel["type"] == "table":
                organise = panel["transformations"][-1]["options"]
                values = {f"Value #{target['refId']}" for target in panel["targets"]}
                named = {field for field in organise["renameByName"] if field.startswith("Value #")}
                hidden = {field for field in organise["excludeByName"] if field.startswith("Value #")}
                assert len(panel["targets"]) == 1 or named | hidden == values
                headings = set(organise["renameByName"].values())
                overridden = {o["matcher"]["options"] for o in panel["fieldConfig"]["overrides"]}
                assert overridden <= headings


class TestUid:
    def test_plain(self) -> None:
        assert uid("homelab", "model-host") == "monogen-homelab-model-host"

    def test_stays_within_what_grafana_takes(self) -> None:
        for fleet in ("a", "a" * 40, "x-model", "ünïcode", "a b/c"):
            for board in BOARD_NAMES:
                assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", uid(fleet, board))
            assert len(tag(fleet)) <= 50

    def test_no_two_boards_share_one(self) -> None:
        fleets = ["x", "x-model", "x-model-model", "a" * 39, "a" * 40, "a" * 38 + "b", "é", "è"]
        names = [uid(fleet, board) for fleet in fleets for board in BOARD_NAMES]
        assert len(set(names)) == len(names)

    def test_alerts_can_have_it_without_grafanalib(self) -> None:
        code = (
            "import sys; from monogen.dashboards.identity import uid; from monogen import dashboards;"
            "sys.exit('grafanalib' in sys.modules or 'attr' in sys.modules)"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
