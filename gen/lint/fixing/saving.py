"""Shows and writes mended files: as a unified diff, or each file in one step."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from difflib import unified_diff
from pathlib import Path

from monogen.lint.fixing.mending import MendedFile
from monogen.problems import InputError, Problem


def diff(files: Iterable[MendedFile]) -> Iterator[str]:
    """The lines of a unified diff that `patch -p1` takes, without their line ends."""
    for file in files:
        name = file.path.removeprefix("/")
        old, new = _lines(file.old), _lines(file.new)
        for line in unified_diff(old, new, f"a/{name}", f"b/{name}"):
            text = line.removesuffix("\n")
            yield text
            if text == line:
                yield "\\ No newline at end of file"


def save(files: Iterable[MendedFile]) -> None:
    """Write each file: as a whole or not at all, its permissions kept, links followed.

    Raises InputError, after all others are written, for those that cannot be, and for a file that is no
    longer what was linted.
    """
    problems = []
    for file in files:
        try:
            problems += _save(file)
        except OSError as error:
            problems.append(Problem(file.path, 0, 0, f"it cannot be written: {error.strerror}"))
    if problems:
        raise InputError(problems)


def _save(file: MendedFile) -> list[Problem]:
    path = Path(os.path.realpath(file.path))
    if path.read_bytes() != file.old.encode():
        return [Problem(file.path, 0, 0, "it was changed by somebody else meanwhile", "run it again")]
    if not may_be_written(path):
        return [
            Problem(file.path, 0, 0, "it is read-only, and stays as it is", "`chmod u+w` lets it be mended")
        ]
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(file.new.encode())
            stream.flush()
            os.fsync(stream.fileno())
        _keep_attributes(path, new)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return []


def may_be_written(path: str | Path) -> bool:
    """Whether somebody may write the file, and we may. Root always may, and keeps off what is read-only.

    A file that is not there may be: what is wrong with it shows when it is written.
    """
    path = Path(path)
    if not path.exists():
        return True
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o222) and os.access(path, os.W_OK)


def _keep_attributes(old: Path, new: Path) -> None:
    """The permissions, and the owner where that is allowed."""
    was, now = old.stat(), new.stat()
    if (was.st_uid, was.st_gid) != (now.st_uid, now.st_gid):
        with suppress(PermissionError):
            os.chown(new, was.st_uid, was.st_gid)
    new.chmod(stat.S_IMODE(was.st_mode))


def _lines(text: str) -> list[str]:
    """Only at line feeds: a form feed within a line ends none, and a return before a feed stays."""
    lines = text.split("\n")
    return [*(f"{line}\n" for line in lines[:-1]), *([lines[-1]] if lines[-1] else [])]
