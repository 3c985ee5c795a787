"""The other way: replace file by file in place, with a journal that makes it whole after a crash.

``out/.monogen-work/`` holds ``new/<n>`` and ``old/<n>``, the file of step n as it shall be and as it
was. The build is decided when ``journal`` has its name: from then on it can be finished, and before,
nothing in the folder has been touched. Where a step fails, ``journal`` becomes ``undo``, and the old
files return. Each step can be done twice, so a crash while finishing or undoing is one more time the same.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from monogen.output import durable
from monogen.output.contents import parents
from monogen.output.difference import Plan
from monogen.output.place import Place
from msgspec import Struct
from msgspec.structs import asdict


class Step(Struct, frozen=True):
    """What happens to one path: whether a file of monogen ``existed`` there and one ``stays`` there."""

    path: str
    existed: bool
    stays: bool


def replace(place: Place, plan: Plan) -> None:
    """Bring the folder to the plan, file by file. Raises OSError; then the old files are back."""
    written = plan.written
    steps = [Step(path, existed=True, stays=False) for path in plan.removed]
    steps += [Step(path, _stands(place.directory / path), stays=True) for path in written]
    try:
        _prepare(place, steps, list(written.values()))
    except BaseException:
        shutil.rmtree(place.work, ignore_errors=True)
        raise
    try:
        _finish(place, steps)
    except BaseException:
        _undo(place, steps)
        raise


def recover(place: Place) -> str:
    """Finish or undo what a killed build left, and say it in a sentence; "" when there is nothing."""
    if not place.work.is_dir():
        return ""
    if (place.work / "undo").is_file():
        _undo(place, _read(place.work / "undo"))
        return f"An earlier build of {place.shown} was interrupted; its changes were undone."
    if not (place.work / "journal").is_file():
        shutil.rmtree(place.work)
        return f"An earlier build of {place.shown} was interrupted before it changed anything."
    steps = _read(place.work / "journal")
    try:
        _finish(place, steps)
    except OSError:
        _undo(place, steps)
        return f"An earlier build of {place.shown} was interrupted and could not be finished; it was undone."
    return f"An earlier build of {place.shown} was interrupted; its changes were finished first."


def interrupted(place: Place) -> str:
    """Say that a build did not come to its end here; "" when all is well. Touches nothing."""
    if any((place.work / name).is_file() for name in ("journal", "undo")):
        return f"An earlier build of {place.shown} was interrupted; the next build finishes or undoes it."
    return ""


def _prepare(place: Place, steps: Sequence[Step], data: Sequence[bytes]) -> None:
    """Write all new files, keep all old ones, and decide by giving the journal its name."""
    work = place.work
    for folder in (work, work / "new", work / "old"):
        folder.mkdir()
    for number, step in enumerate(steps):
        if step.existed:
            _keep(place.directory / step.path, work / "old" / str(number))
    staying = [number for number, step in enumerate(steps) if step.stays]
    new = {work / "new" / str(number): part for number, part in zip(staying, data, strict=True)}
    durable.write_files(new)
    durable.write_files({work / "part": json.dumps([asdict(step) for step in steps]).encode()})
    durable.sync([work / "new", work / "old", work, place.directory])
    (work / "part").rename(work / "journal")
    durable.sync([work])


def _stands(file: Path) -> bool:
    """Whether there is a file or a link; a folder of removed files will have made room by then."""
    return file.is_symlink() or (file.exists() and not file.is_dir())


def _keep(file: Path, kept: Path) -> None:
    """Give the old file a second name, or copy it where there are no hard links."""
    try:
        os.link(file, kept, follow_symlinks=False)
    except OSError:
        shutil.copy2(file, kept, follow_symlinks=False)
        if not kept.is_symlink():
            durable.sync([kept])


def _finish(place: Place, steps: Sequence[Step]) -> None:
    """Remove and place what is not yet removed and placed, then forget the journal."""
    removed = [step.path for step in steps if not step.stays]
    _remove(place.directory, removed)
    for number, step in enumerate(steps):
        new = place.work / "new" / str(number)
        if not new.exists():
            continue
        target = place.directory / step.path
        if not step.existed and os.path.lexists(target):
            raise FileExistsError(17, "a file of others has appeared", str(target))
        target.parent.mkdir(parents=True, exist_ok=True)
        new.replace(target)
    _forget(place, "journal", [step.path for step in steps])


def _undo(place: Place, steps: Sequence[Step]) -> None:
    """Take away what was placed anew, bring back the old files, then forget the journal."""
    with suppress(FileNotFoundError):
        (place.work / "journal").rename(place.work / "undo")
        durable.sync([place.work])
    placed = [(place.work / "new" / str(n), step) for n, step in enumerate(steps)]
    _remove(place.directory, [s.path for new, s in placed if s.stays and not s.existed and not new.exists()])
    for number, step in enumerate(steps):
        old = place.work / "old" / str(number)
        if os.path.lexists(old):
            target = place.directory / step.path
            target.parent.mkdir(parents=True, exist_ok=True)
            old.replace(target)
    _forget(place, "undo", [step.path for step in steps])


def _remove(directory: Path, paths: Sequence[str]) -> None:
    """Remove files that are still there, and the folders that this left empty."""
    for path in paths:
        target = directory / path
        with suppress(FileNotFoundError, NotADirectoryError):
            if target.is_symlink() or not target.is_dir():
                target.unlink()
    for folder in sorted(parents(paths), reverse=True):
        with suppress(OSError):
            (directory / folder).rmdir()


def _forget(place: Place, name: str, paths: Iterable[str]) -> None:
    """Sync the folders, then take the journal's name away first: without it the rest means nothing."""
    folders = {place.directory, *(place.directory / folder for folder in parents(paths))}
    durable.sync(sorted(folder for folder in folders if folder.is_dir()))
    (place.work / name).unlink(missing_ok=True)
    shutil.rmtree(place.work, ignore_errors=True)


def _read(journal: Path) -> list[Step]:
    return [Step(**step) for step in json.loads(journal.read_text(encoding="utf-8"))]
