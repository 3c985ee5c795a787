"""Write artifacts into a folder, all or nothing, and tell what that changed.

The way: ``contents`` checks the paths, ``lock`` keeps other builds out, ``difference`` finds what is to
change, ``staging`` exchanges the folder as a whole, or ``journal`` replaces file by file where that
cannot be. ``docs/output.md`` tells what a crash leaves at each step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from monogen.monitoring import Artifact
from monogen.output import journal, lock, staging
from monogen.output.contents import contents
from monogen.output.difference import Change, Difference, Kind, Plan, plan
from monogen.output.place import Place, place
from monogen.problems import InputError, Problem
from msgspec import Struct


class Way(StrEnum):
    """How the folder was brought up to date."""

    NOTHING = "nothing to do"
    SWAPPED = "swapped"
    IN_PLACE = "in place"


class Outcome(Struct, frozen=True):
    """What a build did. ``difference`` holds the old and the new text of each file that changed.

    ``files`` counts all files of the fleet, changed or not. ``reason`` says why the files were replaced
    in place, ``recovered`` what was found of an interrupted build; both are "" in the usual case.
    """

    difference: Difference
    files: int
    way: Way
    reason: str = ""
    recovered: str = ""

    @property
    def removed(self) -> tuple[Change, ...]:
        """The files that are gone; ``old`` is what stood in them."""
        return self.difference.of(Kind.REMOVED)


def write(artifacts: Sequence[Artifact], directory: Path, fleet: str, *, in_place: bool = False) -> Outcome:
    """Make ``directory`` hold exactly these files for ``fleet``, besides those of others; all or nothing.

    ``in_place`` replaces file by file even where the folder could be exchanged: for folders that a
    container has mounted. Raises InputError with a sentence and a hint; then nothing has changed.
    """
    files = contents(artifacts)
    with _told(directory, "write"):
        there = place(directory)
        there.directory.parent.mkdir(parents=True, exist_ok=True)
        with lock.locked(there):
            tidied = staging.recover(there)
            recovered = journal.recover(there)
            if tidied and not recovered:
                recovered = f"What an interrupted build had left beside {there.shown} was cleared away."
            todo = plan(files, there.directory, fleet, there.shown)
            way, reason = _carry_out(there, todo, in_place)
    return Outcome(todo.difference, len(files), way, reason, recovered)


def compare(artifacts: Sequence[Artifact], directory: Path, fleet: str) -> Difference:
    """Tell what ``write`` would change, and change nothing. Raises InputError where ``write`` would."""
    files = contents(artifacts)
    with _told(directory, "read"):
        there = place(directory)
        lock.wait(there)
        return plan(files, there.directory, fleet, there.shown, journal.interrupted(there)).difference


def _carry_out(there: Place, todo: Plan, in_place: bool) -> tuple[Way, str]:
    if not todo.difference:
        return Way.NOTHING, ""
    reason = "it was asked for"
    if not in_place or not there.directory.exists():
        try:
            staging.swap(there, todo)
        except staging.CannotSwapError as error:
            reason = str(error)
        else:
            return Way.SWAPPED, ""
    journal.replace(there, todo)
    return Way.IN_PLACE, reason


@contextmanager
def _told(directory: Path, doing: str) -> Iterator[None]:
    """Turn what the operating system refuses into a sentence."""
    try:
        yield
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else str(directory)
        message = f"cannot {doing} {directory}: {error.strerror or error}"
        raise InputError([Problem(where, 0, 0, message, _left(directory))]) from error


def _left(directory: Path) -> str:
    """Say in which state a failure left the folder; undoing can fail too, on a disk that breaks."""
    try:
        unfinished = journal.interrupted(place(directory))
    except OSError:
        unfinished = ""
    return unfinished or f"{directory} is as it was."
