"""The boards that a build wrote, read back from its folder, and the folder of Grafana they are meant for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from monogen.dashboards.identity import LONGEST
from monogen.problems import InputError, Problem
from msgspec import Struct

TAG = "monogen"
"""The tag of everything that monogen generates; with ``monogen-<fleet>`` beside it, the fleet's."""

_UID = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST}}}")
BUILD = "build first: `monogen build hosts.yaml`"
MAX_BYTES = 16 * 2**20
"""Grafana takes no bigger dashboard."""


class Board(Struct, frozen=True):
    """A dashboard to import: classic JSON with uid, title and the tags by which monogen knows it again."""

    file: str
    uid: str
    title: str
    json: Mapping[str, Any]

    @property
    def fleet_tags(self) -> frozenset[str]:
        """The tags ``monogen-<fleet>``."""
        return fleet_tags(self.json)


def fleet_tags(board: Mapping[str, Any]) -> frozenset[str]:
    """The tags ``monogen-<fleet>`` of a board that has the tag ``monogen`` too, else none."""
    tags = board.get("tags")
    known = {tag for tag in tags if isinstance(tag, str)} if isinstance(tags, list) else set()
    return frozenset(tag for tag in known if tag.startswith(f"{TAG}-")) if TAG in known else frozenset()


def read(paths: Sequence[Path]) -> tuple[Board, ...]:
    """The boards of these files and folders, in the order given.

    A folder is what a build wrote (its boards are in ``dashboards/``), or has boards itself. People's own
    boards carry no tag; they get those of the one fleet they lie beside. Raises InputError with everything
    that is wrong.
    """
    problems: list[Problem] = []
    boards: list[Board] = []
    for path in paths:
        try:
            boards += _tagged([_board(file) for file in _files(path)])
        except InputError as error:
            problems += error.problems
    problems += _twice(boards)
    if problems:
        raise InputError(problems)
    return tuple(boards)


def folder(paths: Iterable[Path]) -> str:
    """The title of Grafana's folder, as the build wrote it beside the boards; "" where it did not."""
    for path in paths:
        for file in (*sorted(path.glob("*-dashboard-*.yaml")), path / _PROVIDER):
            if title := _folder_in(file):
                return title
    return ""


_PROVIDER = Path("grafana/provisioning/dashboards/monogen.yml")


def _folder_in(file: Path) -> str:
    """The folder in a ConfigMap's annotation or in Grafana's own provisioning."""
    import yaml  # noqa: PLC0415 - only where no folder is named

    try:
        data = yaml.load(file.read_bytes(), yaml.CSafeLoader)
    except (OSError, yaml.YAMLError):
        return ""
    try:
        if "providers" in data:
            return str(data["providers"][0]["folder"])
        return str(data["metadata"]["annotations"]["grafana_folder"])
    except (KeyError, IndexError, TypeError):
        return ""


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise _problem(path, "there is no such file or folder", BUILD)
    inner = path / "dashboards"
    files = sorted((inner if inner.is_dir() else path).glob("*.json"))
    if not files:
        raise _problem(
            path, "there is no dashboard in this folder", "build first: `monogen build hosts.yaml`"
        )
    yield from files


def _board(file: Path) -> Board:
    try:
        content = file.read_bytes()
        data = json.loads(content)
    except OSError as error:
        raise _problem(file, f"the file cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise _problem(file, "the file is not JSON", BUILD) from None
    if isinstance(data, dict) and isinstance(data.get("dashboard"), dict):
        data = data["dashboard"]
    if not isinstance(data, dict) or "spec" in data or "elements" in data:
        raise _problem(file, "this is no dashboard in classic JSON", "give what `monogen build` wrote")
    uid, title = data.get("uid"), data.get("title")
    if not isinstance(title, str) or not title.strip():
        raise _problem(file, "the dashboard has no title", "Grafana refuses it without one")
    if not isinstance(uid, str) or not _UID.fullmatch(uid):
        hint = (
            f"Grafana takes at most {LONGEST} of A-Z, a-z, 0-9, _ and -; links need one that stays the same"
        )
        raise _problem(file, "the dashboard has no uid that Grafana takes", hint)
    if len(content) > MAX_BYTES:
        raise _problem(file, f"the dashboard is bigger than {MAX_BYTES // 2**20} MiB", "Grafana refuses it")
    return Board(str(file), uid, title, data)


def _tagged(boards: Sequence[Board]) -> Iterator[Board]:
    fleets = {tag for board in boards for tag in board.fleet_tags}
    marks = [TAG, *fleets] if len(fleets) == 1 else [TAG]
    for board in boards:
        tags = board.json.get("tags")
        has = list(tags) if isinstance(tags, list) else []
        if TAG in has:
            yield board
        else:
            marked = {**board.json, "tags": [*has, *(mark for mark in marks if mark not in has)]}
            yield Board(board.file, board.uid, board.title, marked)


def _twice(boards: Iterable[Board]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for board in boards:
        if board.uid in first:
            message = f"the uid `{board.uid}` is in {first[board.uid]} already"
            yield Problem(board.file, 0, 0, message, "give each file and folder once")
        first.setdefault(board.uid, board.file)


def _problem(path: Path, message: str, hint: str = "") -> InputError:
    return InputError([Problem(str(path), 0, 0, message, hint)])
