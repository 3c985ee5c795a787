"""Where the output folder lies, and where monogen's own things lie while it writes."""

from __future__ import annotations

import os
from pathlib import Path

from monogen.problems import InputError, Problem
from msgspec import Struct


class Place(Struct, frozen=True):
    """The output folder (links followed) and how people call it.

    ``beside`` is False where nothing can lie beside the folder: a mount point, a read-only parent. Then
    the lock lies in it, and the files are replaced in place.
    """

    directory: Path
    shown: str
    beside: bool

    @property
    def lock(self) -> Path:
        """The lock file; it exists only while a build writes, or after a kill."""
        if self.beside:
            return self.directory.with_name(f".{self.directory.name}.monogen-lock")
        return self.directory / ".monogen-lock"

    @property
    def staging(self) -> Path:
        """The folder beside the output in which its successor is built."""
        return self.directory.with_name(f".{self.directory.name}.monogen-staging")

    @property
    def work(self) -> Path:
        """The folder in the output that holds the journal while files are replaced in place."""
        return self.directory / ".monogen-work"


def place(directory: Path) -> Place:
    """Look where ``directory`` really is; it need not exist. Raises InputError when it is a file."""
    real = directory.resolve()
    if real.exists() and not real.is_dir():
        hint = "Give a folder with -o."
        raise InputError([Problem(str(directory), 0, 0, "is a file where a folder belongs", hint)])
    inside = real.is_dir() and (os.path.ismount(real) or not os.access(real.parent, os.W_OK | os.X_OK))
    return Place(real, str(directory), not inside)
