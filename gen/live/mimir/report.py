"""What was done to a namespace, in lines for people or as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monogen.lint.report.printable import printable
from monogen.live.mimir.pushing import Push, Step

_DID = {"create": "created", "update": "updated", "remove": "removed"}


def text(push: Push, *, diff: bool = False) -> str:
    """Lines for people; ends with a line feed."""
    return "\n".join(printable(line) for line in _lines(push, diff)) + "\n"


def _lines(push: Push, diff: bool) -> Iterator[str]:
    for step in push.of("create", "update", "remove"):
        yield _line(step, push.dry_run)
        if step.error:
            yield from (f"    {line.strip()}" for line in step.error.split("\n"))
        if diff:
            yield from (f"    {line}" for line in step.diff)
    for step in push.of("foreign"):
        yield f"left alone: {step.group}, which is none of monogen's names"
    where = f"{push.url}, namespace {push.namespace}" + (f", tenant {push.tenant}" if push.tenant else "")
    yield f"{where}: {_summary(push)}"
    if push.failed and not push.dry_run:
        yield "run it again when that is put right: what is done already is not touched"


def _line(step: Step, dry_run: bool) -> str:
    if dry_run or step.state == "to do":
        return f"would {step.kind} {step.group}"
    if step.state == "done":
        return f"{_DID[step.kind]} {step.group}"
    return f"{'not ' + _DID[step.kind]}: {step.group}" + (", not tried" if step.state == "not tried" else "")


def _summary(push: Push) -> str:
    changes = push.of("create", "update", "remove")
    kept = len(push.of("keep"))
    same = f"{kept} as built" if kept else ""
    if not changes:
        return f"nothing to do, {same}" if same else "nothing to do"
    if push.dry_run:
        return ", ".join(filter(None, (f"{len(changes)} would change", same)))
    done = sum(step.state == "done" for step in changes)
    return ", ".join(filter(None, (f"{done} of {len(changes)} changes done", same)))


def as_json(push: Push) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "url": push.url,
        "namespace": push.namespace,
        "tenant": push.tenant or None,
        "dry_run": push.dry_run,
        "stopped": push.stopped,
        "groups": [
            {
                "group": step.group,
                "action": step.kind,
                "state": step.state if step.kind not in ("keep", "foreign") else "",
                "error": step.error,
                "diff": list(step.diff),
            }
            for step in push.steps
        ],
    }
