"""From paths to documents: folders are walked, files are read within bounds, and nothing waits for ever."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from monogen.inventory.reading import MAX_BYTES, undecodable
from monogen.lint.documents import Document
from monogen.lint.model import Position
from monogen.lint.reading.kinds import looks_like_ours, template_in
from monogen.lint.reading.source import Stop
from monogen.lint.reading.texts import documents_of_text, unread
from monogen.lint.settings.globs import matches
from monogen.problems import InputError, Problem
from msgspec import Struct, field

SUFFIXES = (".yaml", ".yml", ".json")
"""Of a folder's files, those that are looked at."""

SKIPPED_FOLDERS = frozenset({"node_modules", "venv", "__pycache__"})
"""Folders that are not walked, beside the hidden ones."""


class PassedOver(Struct, frozen=True):
    """A file of a folder in which there is nothing to lint, and why."""

    path: str
    reason: str


class Reading(Struct):
    """What was read, and what was not: ``barren`` are the folders that hold nothing that is linted."""

    documents: list[Document] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)
    barren: list[Path] = field(default_factory=list)

    def take(self, file: Path) -> None:
        """Read a file of a folder."""
        found = _of_file(file, named=False)
        if isinstance(found, PassedOver):
            self.passed_over.append(found)
        else:
            self.documents += found


def documents_of_paths(paths: Sequence[Path], exclude: Sequence[str] = ()) -> list[Document]:
    """What is linted in these files and folders; see ``read_paths``."""
    return read_paths(paths, exclude).documents


def read_paths(paths: Sequence[Path], exclude: Sequence[str] = ()) -> Reading:
    """What is linted in these files and folders, each file once.

    A file that is named is always read, whatever ``exclude`` says. Of a folder, files that are
    nothing of ours are passed over. Raises InputError where a path leads nowhere, or to a file in
    which there is nothing to lint.
    """
    reading = Reading()
    problems: list[Problem] = []
    seen: set[str] = set()
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - for paths that no file system takes Path.is_dir raises
            _read_folder(path, exclude, reading, seen)
        elif _is_new(path, seen):
            try:
                found = _of_file(path, named=True)
            except InputError as error:
                problems += error.problems
            else:
                reading.documents += found if isinstance(found, list) else []
    if problems:
        raise InputError(problems)
    return reading


def _read_folder(folder: Path, exclude: Sequence[str], reading: Reading, seen: set[str]) -> None:
    """Files that were read before, for another path, count for this one too."""
    before, again = len(reading.documents), False
    for file in _walk(folder, exclude, reading.documents):
        if _is_new(file, seen):
            reading.take(file)
        else:
            again = True
    if len(reading.documents) == before and not again:
        reading.barren.append(folder)


def _is_new(path: Path, seen: set[str]) -> bool:
    try:
        real = os.path.realpath(path)
    except ValueError:
        # No file system takes a NUL: reading it will tell.
        real = str(path)
    new = real not in seen
    seen.add(real)
    return new


def _walk(folder: Path, exclude: Sequence[str], documents: list[Document]) -> Iterator[Path]:
    """The files of a folder that may be ours, in order. Links to folders may be circles: not followed."""

    def note(error: OSError) -> None:
        name = Path(error.filename or folder).as_posix()
        documents.append(unread(name, "", _unopened(error)))

    for root, folders, files in os.walk(folder, onerror=note):
        here = Path(root)
        folders[:] = sorted(name for name in folders if _is_walked(here / name, exclude))
        for name in sorted(files):
            file = here / name
            if name.endswith(SUFFIXES) and name[0] != "." and not matches(file.as_posix(), exclude):
                yield file


def _is_walked(folder: Path, exclude: Sequence[str]) -> bool:
    hidden = folder.name.startswith(".") or folder.name in SKIPPED_FOLDERS
    return not hidden and not matches(folder.as_posix(), exclude)


def _of_file(path: Path, *, named: bool) -> list[Document] | PassedOver:
    name = path.as_posix()
    try:
        content = _content_of(path, named=named)
    except Stop as stop:
        return [unread(name, "", stop)]
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        shown = content.decode("utf-8", "replace")
        if not named and not (looks_like_ours(shown) and not template_in(shown)):
            return PassedOver(name, "not UTF-8 text")
        problem = undecodable(name, content, error)
        where = Position(problem.line, problem.column)
        return [unread(name, shown, Stop(problem.message, problem.hint, where))]
    documents = documents_of_text(name, text, named=named)
    if not documents and named:
        raise InputError([_nothing_of_ours(name, text)])
    return documents or PassedOver(name, _reason(text))


def _reason(text: str) -> str:
    """Why a file of a folder is passed over."""
    if not text.strip():
        return "empty"
    if _is_inventory(text):
        return "an inventory"
    template = template_in(text)
    named = f"a {'' if template == 'other' else 'Helm '}template" if template else ""
    return f"{named}; lint what it is rendered to" if named else "nothing that is linted"


def _is_inventory(text: str) -> bool:
    return all(f"\n{key}:" in f"\n{text}" for key in ("fleet", "hosts"))


def _nothing_of_ours(name: str, text: str) -> Problem:
    if not text.strip():
        return Problem(name, 0, 0, "the file is empty", "")
    if _is_inventory(text):
        return Problem(name, 0, 0, "this is an inventory, and no file to lint", "name it with `--inventory`")
    return Problem(
        name,
        0,
        0,
        "there is nothing to lint in this file",
        "rule files, prometheus.yml, Grafana boards and Kubernetes objects (PrometheusRule, ScrapeConfig, "
        "ConfigMap) are linted",
    )


def _content_of(path: Path, *, named: bool) -> bytes:
    """The bytes of a file. Raises Stop for one that cannot be read.

    A path that was named and leads nowhere is an InputError: it is a slip of the pen, not a finding.
    """
    try:
        # Opening a pipe would wait for somebody to write into it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise Stop("this is no regular file", "save what it gives in a file, and lint that")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        stop = _unopened(error)
        if named:
            raise InputError([Problem(path.as_posix(), 0, 0, stop.message, stop.hint)]) from None
        raise stop from None
    if len(content) > MAX_BYTES:
        raise Stop(f"the file is bigger than {MAX_BYTES // 2**20} MiB", "split it, or set `exclude`")
    return content


def _unopened(error: OSError | ValueError) -> Stop:
    if isinstance(error, FileNotFoundError):
        return Stop("there is no such file", "name files or folders to lint")
    if isinstance(error, PermissionError):
        return Stop("it may not be read", "check its permissions")
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return Stop(f"it cannot be read: {reason}")


def names(documents: Iterable[Document]) -> list[str]:
    """The files that documents came from, each once, in their order."""
    return list(dict.fromkeys(document.source.path for document in documents))
