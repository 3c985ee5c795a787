"""Does what was planned, board by board, and keeps account of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from monogen.live.errors import LiveError
from monogen.live.grafana.answers import explained, stops
from monogen.live.grafana.planning import Plan, Step
from monogen.live.grafana.server import Folder, Server
from msgspec import Struct

State = Literal["done", "failed", "skipped", "planned"]
CHANGING = frozenset({"create", "update", "delete"})
GOOD = frozenset({"done", "planned"})


class Result(Struct, frozen=True):
    """What became of a step; ``reason`` and ``hint`` where it failed, or was not tried."""

    step: Step
    state: State
    reason: str = ""
    hint: str = ""

    @property
    def good(self) -> bool:
        """Whether the board is now, or would be, as it should."""
        return self.state in GOOD and self.step.action != "refuse"


class Report(Struct, frozen=True):
    """The whole import. ``made`` says that the folder is new; ``trouble`` what stopped all of it."""

    url: str
    version: str
    interface: str
    folder: Folder
    made: bool
    results: tuple[Result, ...]
    dry_run: bool = False
    trouble: str = ""
    hint: str = ""

    @property
    def good(self) -> bool:
        """Whether everything is as it should be."""
        return not self.trouble and all(result.good for result in self.results)


def foreseen(server: Server, plan: Plan) -> Report:
    """What would be done."""
    results = tuple(Result(step, "planned") for step in plan.steps)
    made = not plan.folder.exists and _needs_folder(plan)
    return Report(server.url, server.version, server.boards.name, plan.folder, made, results, dry_run=True)


def apply(server: Server, plan: Plan, tell: Callable[[Result], None]) -> Report:
    """Do it; ``tell`` hears of each board as soon as it is done.

    Never raises LiveError: what failed is in the report, and so is all that was not tried after it.
    """
    account = _Account(server, plan, tell)
    trouble, hint = account.run()
    return Report(
        server.url, server.version, server.boards.name, account.folder, account.made,
        tuple(account.results), trouble=trouble, hint=hint,
    )  # fmt: skip


class _Account:
    """One import as it goes on."""

    def __init__(self, server: Server, plan: Plan, tell: Callable[[Result], None]) -> None:
        self.folder = plan.folder
        self.made = False
        self.results: list[Result] = []
        self._server = server
        self._plan = plan
        self._tell = tell

    def run(self) -> tuple[str, str]:
        """What stopped it, and the hint; both "" when it went through."""
        what = f"folder `{self.folder.title}`"
        try:
            if not self.folder.exists and _needs_folder(self._plan):
                self.folder = self._server.make(self.folder)
                self.made = True
            for step in self._plan.steps:
                what = _what(step)
                self._add(self._one(step))
        except LiveError as error:
            return self._rest(*explained(error, what))
        except KeyboardInterrupt:
            return self._rest("stopped by you", "")
        return "", ""

    def _rest(self, reason: str, hint: str) -> tuple[str, str]:
        """Account for what was not tried any more; what needs no trying is good."""
        for step in self._plan.steps[len(self.results) :]:
            self._add(Result(step, "skipped" if step.action in CHANGING else "done"))
        return reason, hint

    def _one(self, step: Step) -> Result:
        try:
            self._do(step)
        except LiveError as error:
            if stops(error):
                self._add(Result(step, "failed"))
                raise
            return Result(step, "failed", *explained(error, _what(step)))
        return Result(step, "done")

    def _do(self, step: Step) -> None:
        boards = self._server.boards
        if step.action == "create" and step.board:
            boards.create(step.board.json, self.folder.uid)
        elif step.action == "update" and step.board and step.stored:
            boards.update(step.stored, step.board.json, self.folder.uid, force=step.force)
        elif step.action == "delete" and step.stored:
            boards.delete(step.stored)

    def _add(self, result: Result) -> None:
        self.results.append(result)
        self._tell(result)


def _needs_folder(plan: Plan) -> bool:
    return any(step.action in ("create", "update") for step in plan.steps)


def _what(step: Step) -> str:
    return f"dashboard `{step.uid}`"
