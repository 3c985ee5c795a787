"""Tells of an import: lines for people, or JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from monogen.lint.report.printable import printable
from monogen.live.grafana.applying import Report, Result

DIFF_LINES = 60
"""Differences of one board that are shown; a board from elsewhere may differ in thousands."""

_DONE = {
    "create": "created", "update": "updated", "unchanged": "unchanged", "refuse": "refused",
    "delete": "removed", "keep": "kept",
}  # fmt: skip
_PLANNED = {**_DONE, "create": "create", "update": "update", "delete": "remove", "keep": "keep"}
_ORDER = (
    "create", "created", "update", "updated", "remove", "removed", "unchanged", "keep", "kept", "refused",
    "failed", "not tried",
)  # fmt: skip


def word(result: Result) -> str:
    """What became of the board, in one word or two."""
    if result.state == "planned":
        return _PLANNED[result.step.action]
    if result.state == "skipped":
        return "not tried"
    return "failed" if result.state == "failed" else _DONE[result.step.action]


def lines(result: Result, *, diff: bool) -> Iterator[str]:
    """The lines of one board."""
    step = result.step
    about = "".join(_details(result))
    yield printable(f"  {word(result):<10} {step.title}  [{step.uid}]{about}")
    reason, hint = result.reason or step.reason, result.hint or step.hint
    if reason:
        yield printable(f"             {reason}")
    if hint:
        yield printable(f"             {hint}")
    if diff:
        for change in step.changes[:DIFF_LINES]:
            yield printable(f"      {change}")
        if (more := len(step.changes) - DIFF_LINES) > 0:
            yield f"      ... and {more} more"


def head(report: Report) -> str:
    """Which Grafana it is, and where the boards go."""
    grafana = f"Grafana {report.version}" if report.version else "Grafana"
    return printable(f"{report.url}: {grafana}, over {report.interface}, folder `{report.folder.title}`")


def summary(report: Report) -> Iterator[str]:
    """The last lines: how many of what, and what stopped it."""
    counts = Counter(map(word, report.results))
    parts = [f"{counts[one]} {one}" for one in _ORDER if counts[one]]
    if report.made:
        parts.append(f"the folder {'would be' if report.dry_run else 'was'} made")
    number = len(report.results)
    yield f"{number} dashboard{'s' if number != 1 else ''}: {', '.join(parts) or 'nothing to do'}"
    if report.trouble:
        yield printable(f"monogen: the import stopped: {report.trouble}")
        if report.hint:
            yield printable(f"    {report.hint}")
        yield "    then run it again: what is done already is not touched"


def as_json(report: Report, *, diff: bool) -> dict[str, Any]:
    """The same for programs."""
    return {
        "grafana": {"url": report.url, "version": report.version, "interface": report.interface},
        "folder": {"uid": report.folder.uid, "title": report.folder.title, "made": report.made},
        "dry_run": report.dry_run,
        "ok": report.good,
        "trouble": report.trouble,
        "hint": report.hint,
        "counts": dict(sorted(Counter(map(word, report.results)).items())),
        "dashboards": [_board(result, diff=diff) for result in report.results],
    }


def _board(result: Result, *, diff: bool) -> dict[str, Any]:
    step = result.step
    data: dict[str, Any] = {
        "uid": step.uid,
        "title": step.title,
        "file": step.board.file if step.board else "",
        "action": step.action,
        "state": result.state,
        "moves": step.moves,
        "changes": len(step.changes),
        "reason": result.reason or step.reason,
        "hint": result.hint or step.hint,
    }
    if diff:
        data["diff"] = [{"where": c.where, "old": c.old, "new": c.new} for c in step.changes]
    return data


def _details(result: Result) -> Iterator[str]:
    step = result.step
    if step.action == "update":
        if step.changes:
            yield f", {len(step.changes)} change{'s' if len(step.changes) != 1 else ''}"
        if step.moves:
            yield ", into the folder"
        if step.force:
            yield ", by force"
