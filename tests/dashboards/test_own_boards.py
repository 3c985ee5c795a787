"""Boards that people bring along."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from monogen.dashboards import load_own, uid
from monogen.problems import InputError

PANEL = {"type": "stat", "datasource": {"type": "prometheus", "uid": "${DS_PROM}"}, "title": "x"}
EXPORT: dict[str, Any] = {
    "__inputs": [
        {"name": "DS_PROM", "type": "datasource", "pluginId": "prometheus"},
        {"name": "VAR_SITE", "type": "constant", "value": "home"},
    ],
    "__requires": [],
    "id": 7,
    "uid": "mine",
    "title": "Mine ${VAR_SITE}",
    "panels": [PANEL],
    "templating": {"list": []},
}


def written(tmp_path: Path, content: Any, name: str = "my board.json") -> Path:
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_an_export_is_resolved(tmp_path: Path) -> None:
    (board,) = load_own(written(tmp_path, EXPORT))
    assert (board.name, board.uid, board.title) == ("my-board", "mine", "Mine home")
    assert not {"__inputs", "__requires", "id"} & set(board.json)
    assert board.json["panels"][0]["datasource"]["uid"] == "${datasource}"
    assert [v["name"] for v in board.json["templating"]["list"]] == ["datasource"]


def test_wrapped_is_unwrapped_and_a_uid_is_derived(tmp_path: Path) -> None:
    bare = {key: value for key, value in EXPORT.items() if key != "uid"}
    (board,) = load_own(written(tmp_path, {"dashboard": bare, "meta": {}}), "homelab")
    assert board.uid == uid("homelab", "my-board") == board.json["uid"]


def test_an_own_datasource_variable_is_kept(tmp_path: Path) -> None:
    mine = {"type": "datasource", "name": "datasource", "query": "prometheus", "label": "Mine"}
    (board,) = load_own(written(tmp_path, {**EXPORT, "templating": {"list": [mine]}}))
    assert board.json["templating"]["list"] == [mine]


def test_other_variables_and_text_stay(tmp_path: Path) -> None:
    content = {"title": "t", "uid": "t", "panels": [{"title": "$host ${__range} ${job:regex}"}]}
    (board,) = load_own(written(tmp_path, content))
    assert board.json == content


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "a mapping is expected"),
        ({"panels": []}, "has no title"),
        ({"title": "t", "uid": "x" * 41}, "has the uid"),
        ({"title": "t", "uid": "a b"}, "has the uid"),
        ({"apiVersion": "dashboard.grafana.app/v2", "spec": {"elements": {}}}, "new schema"),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, content: Any, says: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(InputError, match=says) as caught:
        load_own(path)
    (problem,) = caught.value.problems
    assert problem.file == str(path)


def test_where_the_json_breaks(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_own(written(tmp_path, '{\n  "title": oops}'))
    assert (caught.value.problems[0].line, caught.value.problems[0].column) == (2, 12)


@pytest.mark.parametrize("name", ["missing.json", "missing.dashboard.py", "notes.txt"])
def test_files_that_are_not_there_or_no_board(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        load_own(tmp_path / name)


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b'{"title": "\xff"}')
    with pytest.raises(InputError, match="UTF-8"):
        load_own(path)


GRAFANALIB = """
from grafanalib.core import Dashboard, Stat, Target
dashboard = Dashboard(title="Mine", panels=[Stat(title="s", targets=[Target(expr="up", refId="A")])])
"""


def test_grafanalib_is_finished_too(tmp_path: Path) -> None:
    (board,) = load_own(written(tmp_path, GRAFANALIB, "mine.dashboard.py"), "homelab")
    assert board.uid == "monogen-homelab-mine"
    assert board.json["schemaVersion"] == 42
    assert board.json["panels"][0]["targets"][0]["datasource"]["uid"] == "${datasource}"
    assert [v["name"] for v in board.json["templating"]["list"]] == ["datasource"]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("x = 1", "defines no variable `dashboard`"),
        ("def", "is not Python"),
        ("raise RuntimeError('no')", "failed: RuntimeError: no"),
        ("dashboard = {'title': object()}", "failed: TypeError"),
        ("dashboard = 5", "failed: "),
        ("raise SystemExit(3)", "failed: SystemExit"),
    ],
)
def test_python_that_fails(tmp_path: Path, code: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        load_own(written(tmp_path, code, "mine.dashboard.py"))
