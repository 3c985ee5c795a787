"""Decides what is to be done with each board. Only looks: nothing in Grafana changes here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from monogen.live.errors import LiveError
from monogen.live.grafana.answers import explained, stops
from monogen.live.grafana.compare import Change, changes
from monogen.live.grafana.files import TAG, Board
from monogen.live.grafana.server import Folder, Server
from monogen.live.grafana.stored import Stored
from monogen.problems import InputError, Problem
from msgspec import Struct

Action = Literal["create", "update", "unchanged", "refuse", "delete", "keep"]


class Step(Struct, frozen=True):
    """What is to be done with one board.

    ``refuse`` is a board that cannot or must not be written, ``keep`` one that --prune leaves: both with a
    ``reason`` and a ``hint``. ``changes`` are those of an update. ``moves`` says that the board lies in
    another folder now; ``force`` that it is somebody else's.
    """

    action: Action
    uid: str
    title: str
    board: Board | None = None
    stored: Stored | None = None
    changes: tuple[Change, ...] = ()
    moves: bool = False
    force: bool = False
    reason: str = ""
    hint: str = ""


class Plan(Struct, frozen=True):
    """The folder, and a step for each board, those to be removed last."""

    folder: Folder
    steps: tuple[Step, ...]


def plan(server: Server, boards: Sequence[Board], title: str, *, force: bool, prune: bool) -> Plan:
    """Compare the boards with what Grafana has. Raises LiveError, and InputError where --prune cannot be."""
    fleets = sorted({tag for board in boards for tag in board.fleet_tags})
    if prune and not fleets:
        message = "no board here says which fleet it is of, so there is nothing to prune by"
        raise InputError([Problem("--prune", 0, 0, message, "give the folder that `monogen build` wrote")])
    folder = server.folder(title)
    steps = [_step(server, board, folder, force=force) for board in boards]
    if prune:
        steps += _leftovers(server, fleets, {board.uid for board in boards})
    return Plan(folder, tuple(steps))


def _step(server: Server, board: Board, folder: Folder, *, force: bool) -> Step:
    try:
        stored = server.boards.get(board.uid)
    except LiveError as error:
        if stops(error):
            raise
        reason, hint = explained(error, f"dashboard `{board.uid}`")
        return Step("refuse", board.uid, board.title, board, reason=reason, hint=hint)
    if stored is None:
        return Step("create", board.uid, board.title, board)
    differences = changes(stored.json, board.json)
    moves = stored.folder != folder.uid
    if not differences and (stored.provisioned or not moves):
        return Step("unchanged", board.uid, board.title, board, stored)
    if (why := _obstacle(board, stored, force=force)) is not None:
        reason, hint = why
        return Step("refuse", board.uid, board.title, board, stored, differences, reason=reason, hint=hint)
    foreign = not _ours(board, stored)
    return Step("update", board.uid, board.title, board, stored, differences, moves, foreign)


def _ours(board: Board, stored: Stored) -> bool:
    """Whether monogen made it, and for this fleet."""
    return stored.ours and (not stored.fleet_tags or not board.fleet_tags.isdisjoint(stored.fleet_tags))


def _obstacle(board: Board, stored: Stored, *, force: bool) -> tuple[str, str] | None:
    """Why the stored board must not be overwritten, and what to do."""
    if stored.provisioned:
        reason = f"it comes from {stored.provisioned}, and Grafana lets nobody change it from outside"
        return reason, "change it where it comes from, or take it out there and run again"
    if _ours(board, stored) or force:
        return None
    if stored.manager:
        return f"`{stored.manager}` looks after it", "--force overwrites it all the same"
    if stored.ours:
        other = ", ".join(sorted(stored.fleet_tags))
        return f"it belongs to another fleet (tag `{other}`)", "--force overwrites it"
    return (
        f"somebody else's dashboard, `{stored.title}`, has this uid: it lacks the tag `{TAG}`",
        "--force overwrites it; its old versions stay in Grafana's history",
    )


def _leftovers(server: Server, fleets: Sequence[str], wanted: set[str]) -> Iterator[Step]:
    """Boards of these fleets that are built no more."""
    seen = set(wanted)
    for tag in fleets:
        for uid, title in server.tagged(tag):
            if uid not in seen:
                seen.add(uid)
                yield from _leftover(server, tag, uid, title)


def _leftover(server: Server, tag: str, uid: str, title: str) -> Iterator[Step]:
    """The index may be old: what is removed is looked at itself, right before."""
    try:
        stored = server.boards.get(uid)
    except LiveError as error:
        if stops(error):
            raise
        reason, hint = explained(error, f"dashboard `{uid}`")
        yield Step("keep", uid, title, reason=reason, hint=hint)
        return
    if stored is None or tag not in stored.fleet_tags:
        return
    reason = _worth_keeping(stored)
    yield Step("keep" if reason else "delete", uid, stored.title, stored=stored, reason=reason)


def _worth_keeping(stored: Stored) -> str:
    if stored.provisioned:
        return f"it comes from {stored.provisioned}"
    if stored.manager:
        return f"`{stored.manager}` looks after it"
    if not stored.uid.startswith(f"{TAG}-"):
        return "it has the tags, but a uid of its own: somebody's copy"
    return ""
