"""What has to be done so that a namespace holds what was built, and the doing of it.

Groups are stored first and removed afterwards, so that nothing that moved from one group to another is ever
recorded by none. A group that Mimir refuses does not stop the others; a server that cannot be asked any more
does. Whatever was done stays done, and the next run begins where this one ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from monogen.live.errors import HttpStatusError, LiveError
from monogen.live.mimir.comparing import alike, difference
from monogen.live.mimir.ruler import Ruler
from msgspec import Struct
from msgspec.structs import replace

Kind = Literal["create", "update", "remove", "keep", "foreign"]
State = Literal["to do", "done", "failed", "not tried"]
BAD_REQUEST = 400


class Step(Struct, frozen=True):
    """One group: what is to be done with it, how far that came, and why not.

    ``keep`` is as built already. ``foreign`` is in the namespace, has a name that monogen does not give, and
    is left alone. ``diff`` are the lines that change.
    """

    kind: Kind
    group: str
    state: State = "to do"
    error: str = ""
    diff: tuple[str, ...] = ()


class Push(Struct, frozen=True):
    """The whole of it: every group of the namespace, built or found. ``stopped`` says why it ended early."""

    url: str
    namespace: str
    tenant: str
    steps: tuple[Step, ...]
    dry_run: bool = False
    stopped: str = ""

    @property
    def failed(self) -> bool:
        """Whether something that was to be done is not."""
        return bool(self.stopped) or any(step.state == "failed" for step in self.steps)

    def of(self, *kinds: Kind) -> tuple[Step, ...]:
        """The steps of these kinds."""
        return tuple(step for step in self.steps if step.kind in kinds)


def plan(
    namespace: str, built: Sequence[Mapping[str, Any]], stored: Iterable[Mapping[str, Any]]
) -> list[Step]:
    """What makes the stored groups the built ones, in the order in which it is done."""
    there = {str(group["name"]): group for group in stored}
    steps = [_step(group, there.get(group["name"])) for group in built]
    names = {group["name"] for group in built}
    for name, group in sorted(there.items()):
        if name not in names:
            own = name.startswith(f"{namespace}-")
            diff = tuple(difference(group, None)) if own else ()
            steps.append(Step("remove" if own else "foreign", name, diff=diff))
    return steps


def _step(built: Mapping[str, Any], stored: Mapping[str, Any] | None) -> Step:
    if stored is None:
        return Step("create", built["name"], diff=tuple(difference(None, built)))
    if alike(built, stored):
        return Step("keep", built["name"])
    return Step("update", built["name"], diff=tuple(difference(stored, built)))


def apply(
    ruler: Ruler, steps: Iterable[Step], built: Sequence[Mapping[str, Any]], tell: Callable[[str], None]
) -> tuple[tuple[Step, ...], str]:
    """Do the steps; what became of each, and why it ended early ("" where it did not)."""
    groups = {group["name"]: group for group in built}
    done: list[Step] = []
    stopped = ""
    for step in steps:
        if step.kind in ("keep", "foreign"):
            done.append(step)
            continue
        if stopped:
            done.append(replace(step, state="not tried"))
            continue
        tell(f"{step.kind} {step.group}")
        try:
            if step.kind == "remove":
                ruler.remove(step.group)
            else:
                ruler.store(groups[step.group])
            done.append(replace(step, state="done"))
        except LiveError as error:
            done.append(replace(step, state="failed", error=str(error)))
            if not (isinstance(error, HttpStatusError) and error.status == BAD_REQUEST):
                stopped = error.message
    return tuple(done), stopped
