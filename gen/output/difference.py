"""What a build would change in a folder: the answer to --check, --diff and --dry-run."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from monogen.output import manifest
from monogen.output.contents import parents
from monogen.output.manifest import Entry
from monogen.problems import InputError, Problem
from msgspec import Struct


class Kind(StrEnum):
    """What happens to a file."""

    NEW = "new"
    CHANGED = "changed"
    REMOVED = "removed"


class Change(Struct, frozen=True):
    """One file that is to be written or removed.

    ``old`` is the text that stands there now (None: no readable file), ``new`` what is to stand there
    (None: the file goes). ``edited`` says that someone changed or deleted what monogen had written.
    """

    path: str
    kind: Kind
    old: str | None
    new: str | None
    edited: bool = False

    def diff(self) -> Iterator[str]:
        """Give the lines of a unified diff, without line ends; git and patch read it."""
        before = "/dev/null" if self.old is None else f"a/{self.path}"
        after = "/dev/null" if self.new is None else f"b/{self.path}"
        lines = (self.old or "").split("\n"), (self.new or "").split("\n")
        old, new = (part[:-1] if part[-1] == "" else part for part in lines)
        return difflib.unified_diff(old, new, before, after, lineterm="")


class Difference(Struct, frozen=True):
    """All changes, sorted by path. False when the folder is exactly what a build would leave.

    ``interrupted`` says in a sentence that an earlier build did not come to its end, else "".
    ``manifest_stale`` means that the list of written files differs, even if no other file does.
    """

    changes: tuple[Change, ...]
    interrupted: str = ""
    manifest_stale: bool = False

    def __bool__(self) -> bool:
        """Whether a build would do anything at all."""
        return bool(self.changes or self.interrupted or self.manifest_stale)

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """Give the changes of one kind."""
        return tuple(change for change in self.changes if change.kind is kind)

    @property
    def edited(self) -> tuple[Change, ...]:
        """The files that someone edited or deleted since monogen wrote them; the build puts them right."""
        return tuple(change for change in self.changes if change.edited)

    def summary(self) -> Iterator[str]:
        """Give one line a change, and a sentence for what no change shows."""
        if self.interrupted:
            yield self.interrupted
        for change in self.changes:
            gone = "deleted" if change.kind is Kind.NEW else "edited"
            yield f"{change.kind}: {change.path}" + (f" ({gone} by hand)" if change.edited else "")
        if self.manifest_stale and not self.changes:
            yield f"changed: {manifest.NAME}"

    def lines(self) -> Iterator[str]:
        """Give the unified diff of all files, line by line, without line ends."""
        for change in self.changes:
            yield from change.diff()


class Plan(Struct, frozen=True):
    """A difference and what carrying it out needs: ``files`` are all bytes the fleet wants by path.

    ``entries`` is what the manifest lists now, ``manifest`` its new bytes.
    """

    difference: Difference
    files: Mapping[str, bytes]
    entries: Mapping[str, Entry]
    manifest: bytes

    @property
    def written(self) -> dict[str, bytes]:
        """Files to write, the manifest last."""
        files = {c.path: self.files[c.path] for c in self.difference.changes if c.kind is not Kind.REMOVED}
        return {**files, **({manifest.NAME: self.manifest} if self.difference.manifest_stale else {})}

    @property
    def removed(self) -> list[str]:
        """Files to remove."""
        return [change.path for change in self.difference.of(Kind.REMOVED)]

    @property
    def owned(self) -> set[str]:
        """Every file that is monogen's, of all fleets, before or after."""
        return {*self.entries, *self.files}


def plan(files: Mapping[str, bytes], directory: Path, fleet: str, shown: str, interrupted: str = "") -> Plan:
    """Compare the folder with what ``fleet`` wants in it.

    Raises InputError for a file or link of others in the way; all of them at once.
    """
    entries = manifest.read(directory, shown)
    others = {path: entry for path, entry in entries.items() if entry.fleet != fleet}
    own = {path: entry for path, entry in entries.items() if entry.fleet == fleet}
    problems = [*_links_in_the_way(files, own, directory, shown), *_of_other_fleets(files, others, shown)]
    changes: list[Change] = []
    for path, data in files.items():
        if problems and path in others:
            continue
        change, problem = _wanted(path, data, own, directory, shown)
        changes += [change] if change else []
        problems += [problem] if problem else []
    if problems:
        raise InputError(problems)
    changes += [c for path in own if path not in files for c in _unwanted(path, own[path], directory)]
    listed = {**others, **{path: Entry(fleet, manifest.sha256(data)) for path, data in files.items()}}
    text = manifest.render(listed)
    stale = _bytes_of(directory / manifest.NAME) != text
    ordered = tuple(sorted(changes, key=lambda change: change.path))
    return Plan(Difference(ordered, interrupted, stale), files, entries, text)


def _wanted(
    path: str, data: bytes, own: Mapping[str, Entry], directory: Path, shown: str
) -> tuple[Change | None, Problem | None]:
    """Give the change that brings a file to its content, or the problem that forbids it."""
    place, entry = directory / path, own.get(path)
    there = _bytes_of(place)
    if there == data and not place.is_symlink():
        return None, None
    if not os.path.lexists(place) or (entry is None and _only_own_below(place, own, directory)):
        return Change(path, Kind.NEW, None, data.decode(), edited=entry is not None), None
    if entry is None or _is_folder(place):
        hint = "Move it away or give another folder with -o; monogen only replaces what it wrote itself."
        return None, Problem(f"{shown}/{path}", 0, 0, "is in the way and was not written by monogen", hint)
    edited = there is None or manifest.sha256(there) != entry.sha256 or place.is_symlink()
    return Change(path, Kind.CHANGED, _text(there), data.decode(), edited), None


def _unwanted(path: str, entry: Entry, directory: Path) -> Iterator[Change]:
    """Give the removal of a file that is no longer needed; nothing if someone removed it already."""
    place = directory / path
    if os.path.lexists(place) and not _is_folder(place):
        there = _bytes_of(place)
        edited = there is None or manifest.sha256(there) != entry.sha256
        yield Change(path, Kind.REMOVED, _text(there), None, edited)


def _is_folder(place: Path) -> bool:
    return place.is_dir() and not place.is_symlink()


def _only_own_below(place: Path, own: Mapping[str, Entry], directory: Path) -> bool:
    """Whether a folder holds nothing but the fleet's own files, so that a file may take its name."""
    known = {*own, *parents(own)}
    below = (p.relative_to(directory).as_posix() for p in (place, *place.rglob("*")))
    return _is_folder(place) and all(path in known for path in below)


def _links_in_the_way(
    files: Mapping[str, bytes], own: Mapping[str, Entry], directory: Path, shown: str
) -> Iterator[Problem]:
    """Find folders that are links or files: writing there would change something elsewhere."""
    for folder in sorted(parents([*files, *own])):
        place = directory / folder
        if place.is_symlink():
            hint = "Put a real folder in its place; monogen does not write or remove files through links."
            yield Problem(f"{shown}/{folder}", 0, 0, "is a link where a folder belongs", hint)
        elif place.is_file() and folder not in own:
            hint = "Move it away or give another folder with -o."
            yield Problem(f"{shown}/{folder}", 0, 0, "is a file where a folder belongs", hint)


def _of_other_fleets(
    files: Mapping[str, bytes], others: Mapping[str, Entry], shown: str
) -> Iterator[Problem]:
    for path in files:
        if path in others:
            hint = "Write this fleet into a folder of its own (-o)."
            yield Problem(f"{shown}/{path}", 0, 0, f"belongs to the fleet {others[path].fleet}", hint)


def _bytes_of(place: Path) -> bytes | None:
    """Read a regular file; None where there is none. Never follows what is no file (a FIFO would block)."""
    if not place.is_file():
        return None
    return place.read_bytes()


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode(errors="replace")
