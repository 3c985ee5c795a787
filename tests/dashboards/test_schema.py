"""Grafana's own types (npm: @grafana/schema) accept every board, and refuse a broken one.

Needs node and the packages of package-lock.json here (``npm ci``; ``make test`` does it).
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sample_boards import FLEETS, MIXED, boards, panels_of

HERE = Path(__file__).parent
CHECK = HERE / "schema" / "check.mjs"
REQUIRED = "MONOGEN_REQUIRE_NODE"


@pytest.fixture(scope="module")
def node() -> str:
    """The node to run; without it, or its packages, these tests skip, or fail where they are required."""
    found = shutil.which("node")
    if found and (HERE / "node_modules" / "@grafana" / "schema").is_dir():
        return found
    why = "the type check needs node and its packages: run `npm ci` in tests/dashboards"
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(why)
    pytest.skip(why)


def check(node: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([node, CHECK, *paths], capture_output=True, text=True, check=False, timeout=300)


def test_all_boards_have_the_right_types(node: str, tmp_path: Path) -> None:
    paths = []
    for number, fleet in enumerate(FLEETS.values()):
        for name, board in boards(fleet).items():
            paths.append(tmp_path / f"{number}-{name}.json")
            paths[-1].write_text(json.dumps(board))
    result = check(node, *paths)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(paths)} dashboards, 0 errors" in result.stdout


def first(board: dict[str, Any], kind: str) -> Any:
    return next(panel for panel in panels_of(board) if panel["type"] == kind)


def unknown_option(board: dict[str, Any]) -> None:
    first(board, "stat")["options"]["colourMode"] = "value"


def wrong_word(board: dict[str, Any]) -> None:
    first(board, "timeseries")["options"]["tooltip"]["mode"] = "several"


def word_for_a_number(board: dict[str, Any]) -> None:
    first(board, "table")["gridPos"]["h"] = "10"


def old_threshold(board: dict[str, Any]) -> None:
    first(board, "stat")["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] = "null"


def old_key(board: dict[str, Any]) -> None:
    board["sharedCrosshair"] = False


def bare_datasource(board: dict[str, Any]) -> None:
    first(board, "stat")["datasource"] = "Prometheus"


def wrong_variable(board: dict[str, Any]) -> None:
    board["templating"]["list"][0]["multi"] = "no"


BREAKAGES: tuple[Callable[[dict[str, Any]], None], ...] = (
    unknown_option,
    wrong_word,
    word_for_a_number,
    old_threshold,
    old_key,
    bare_datasource,
    wrong_variable,
)


def test_broken_boards_are_refused(node: str, tmp_path: Path) -> None:
    paths = []
    for breaks in BREAKAGES:
        board = copy.deepcopy(boards(MIXED)["fleet"])
        breaks(board)
        paths.append(tmp_path / f"{breaks.__name__}.json")
        paths[-1].write_text(json.dumps(board))
    result = check(node, *paths)
    assert result.returncode == 1
    told = {path.stem for path in paths if f"{path}:" in result.stdout}
    assert told == {breaks.__name__ for breaks in BREAKAGES}, result.stdout
