"""Writes the files of a new repository: all of them or none, and never over a file that is there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from monogen.build import build
from monogen.live.init.texts import INVENTORY
from monogen.problems import InputError, Problem
from msgspec.structs import replace


def check(folder: Path, files: Mapping[str, str]) -> None:
    """Whether the files can be made there, and the inventory can be built. Raises InputError."""
    _refuse_existing(folder, files)
    with tempfile.TemporaryDirectory() as draft:
        inventory = Path(draft) / INVENTORY
        inventory.write_text(files[INVENTORY], encoding="utf-8")
        try:
            build(inventory, "operator")
        except InputError as error:
            shown = str(folder / INVENTORY)
            hint = "nothing was written; the hosts come from the files that you named"
            raise InputError(_told_of(shown, str(inventory), error.problems, hint)) from None


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files; where one cannot be written, the others are taken away again. Raises InputError."""
    made: list[Path] = []
    try:
        for name, text in files.items():
            path = folder / name
            _make_folder(path.parent, made)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                made.append(path)
                file.write(text)
    except BaseException as error:
        _take_away(made)
        if isinstance(error, FileExistsError):
            _refuse_existing(folder, files)
        if isinstance(error, OSError):
            message = f"nothing can be written there: {error.strerror}"
            hint = "may you write there, and is there space left? No file is left behind"
            raise InputError([Problem(str(error.filename or folder), 0, 0, message, hint)]) from None
        raise


def _told_of(shown: str, draft: str, problems: Iterable[Problem], hint: str) -> Iterator[Problem]:
    """The problems of the draft, as those of the file that it would become."""
    for one in problems:
        message = one.message.replace(draft, shown)
        yield replace(one, file=shown, message=message, hint=one.hint or hint)


def _refuse_existing(folder: Path, files: Mapping[str, str]) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError([Problem(str(folder), 0, 0, "this is no folder")])
    there = [folder / name for name in files if _is_there(folder / name)]
    if there:
        hint = "nothing was written; name an empty folder, or move the file away"
        raise InputError(Problem(str(path), 0, 0, "is there already", hint) for path in there)


def _is_there(path: Path) -> bool:
    """A link that leads nowhere is there, too."""
    return path.exists() or path.is_symlink()


def _make_folder(folder: Path, made: list[Path]) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent, made)
        folder.mkdir()
        made.append(folder)


def _take_away(made: list[Path]) -> None:
    for path in reversed(made):
        with suppress(OSError):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
