"""Dashboards that people bring along: a JSON export, or grafanalib's ``<name>.dashboard.py``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from monogen.dashboards.identity import uid
from monogen.dashboards.modern import modernise
from monogen.monitoring import Dashboard
from monogen.problems import InputError, Problem

PYTHON_SUFFIX = ".dashboard.py"
DATASOURCE_VARIABLE: dict[str, Any] = {
    "type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus",
    "regex": "", "refresh": 1, "hide": 0, "multi": False, "includeAll": False, "options": [],
}  # fmt: skip


def load(path: Path, fleet: str) -> list[Dashboard]:
    """The board in the file. Raises InputError that says what is wrong with it."""
    if path.name.endswith(PYTHON_SUFFIX):
        name, board = path.name.removesuffix(PYTHON_SUFFIX), _from_python(path)
    elif path.suffix == ".json":
        name, board = path.stem, _from_json(path)
    else:
        raise _problem(path, "this is no dashboard", f"Use a .json export or a file <name>{PYTHON_SUFFIX}.")
    return [_dashboard(path, _slug(name), board, fleet)]


def _from_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise _problem(path, f"cannot be read: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise _problem(path, f"is not JSON: {error.msg}", "", error.lineno, error.colno) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise _problem(path, "is not JSON in UTF-8") from error
    if isinstance(data, dict) and isinstance(data.get("dashboard"), dict):
        data = data["dashboard"]
    if not isinstance(data, dict):
        raise _problem(path, "is no dashboard: a mapping is expected", "Export it in Grafana as JSON.")
    if isinstance(data.get("spec"), dict) or "elements" in data:
        raise _problem(
            path,
            "is a dashboard of the new schema (v2)",
            "Export it as classic JSON (schemaVersion 42 or below).",
        )
    return _resolved(data)


def _resolved(board: dict[str, Any]) -> dict[str, Any]:
    """The export with ``${DS_...}`` resolved: only the UI's import would do that, no sidecar does."""
    inputs = {
        item["name"]: item
        for item in board.get("__inputs") or []
        if isinstance(item, dict) and isinstance(item.get("name"), str)
    }
    sources = {name for name, item in inputs.items() if item.get("type") == "datasource"}
    constants = {
        name: str(item.get("value", "")) for name, item in inputs.items() if item.get("type") == "constant"
    }
    found: list[str] = []
    kept = {
        key: _replaced(value, sources, constants, found)
        for key, value in board.items()
        if key not in ("__inputs", "__requires", "__elements", "id")
    }
    if found:
        _add_datasource_variable(kept)
    return kept


def _replaced(thing: Any, sources: set[str], constants: dict[str, str], found: list[str]) -> Any:
    if isinstance(thing, dict):
        return {key: _replaced(value, sources, constants, found) for key, value in thing.items()}
    if isinstance(thing, list):
        return [_replaced(value, sources, constants, found) for value in thing]
    if not isinstance(thing, str):
        return thing

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name in sources or (name.startswith("DS_") and name not in constants):
            found.append(name)
            return "${datasource}"
        return constants.get(name, match[0])

    return re.sub(r"\$\{(\w+)\}", replace, thing)


def _add_datasource_variable(board: dict[str, Any]) -> None:
    """The variable ``datasource``, first in the list, unless the board has one."""
    templating = board.get("templating")
    if not isinstance(templating, dict):
        templating = board["templating"] = {}
    listed = templating.get("list")
    variables = listed if isinstance(listed, list) else []
    if not any(isinstance(v, dict) and v.get("name") == "datasource" for v in variables):
        templating["list"] = [DATASOURCE_VARIABLE, *variables]


def _from_python(path: Path) -> dict[str, Any]:
    from grafanalib._gen import DefinitionError, loader  # noqa: PLC0415 - only for boards in Python

    try:
        board = modernise(loader(str(path)))
        json.dumps(board)
    except DefinitionError as error:
        raise _problem(path, "defines no variable `dashboard`", "Set dashboard = Dashboard(...).") from error
    except SyntaxError as error:
        raise _problem(
            path, f"is not Python: {error.msg}", "", error.lineno or 0, error.offset or 0
        ) from error
    except OSError as error:
        raise _problem(path, f"cannot be read: {error.strerror}") from error
    except (Exception, SystemExit) as error:
        # A file of the user's was executed: whatever it raises is told as its fault, not as ours.
        raise _problem(path, f"failed: {type(error).__name__}: {error}") from error
    if board.get("templating", {}).get("list") == [] or not _has_datasource(board):
        _add_datasource_variable(board)
    return board


def _has_datasource(board: dict[str, Any]) -> bool:
    return any(variable.get("name") == "datasource" for variable in board["templating"]["list"])


def _dashboard(path: Path, name: str, board: dict[str, Any], fleet: str) -> Dashboard:
    title = board.get("title")
    if not isinstance(title, str) or not title.strip():
        raise _problem(path, "has no title", "Grafana refuses a dashboard without one.")
    own = board.get("uid")
    if own and (not isinstance(own, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", own)):
        raise _problem(path, f"has the uid {own!r}", "Grafana takes at most 40 of A-Z, a-z, 0-9, _ and -.")
    name_of_board = own or uid(fleet or "own", name)
    ordered = {"uid": name_of_board, **{key: value for key, value in board.items() if key != "uid"}}
    return Dashboard(name=name, uid=name_of_board, title=title, json=ordered)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "own"


def _problem(path: Path, message: str, hint: str = "", line: int = 0, column: int = 0) -> InputError:
    return InputError([Problem(str(path), line, column, message, hint)])
