"""The list of files that monogen wrote into a folder, so that it knows which it may replace and remove."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from monogen.output.contents import path_faults
from monogen.problems import InputError, Problem
from msgspec import Struct

NAME = ".monogen-manifest"
HEADER = "# Written by monogen: the files it may replace and remove (fleet, sha256, path). Do not edit.\n"
_LINE = re.compile(r"(\S+) ([0-9a-f]{64}) (.+)")


class Entry(Struct, frozen=True):
    """A file monogen wrote: for which fleet, and the sha256 of what it wrote."""

    fleet: str
    sha256: str


def read(directory: Path, shown: str) -> Mapping[str, Entry]:
    """Give the entries by path; none where there is no manifest. ``shown`` is the folder's name to people.

    Raises InputError when the manifest is damaged: its paths decide what gets removed, so no line is guessed.
    """
    try:
        text = (directory / NAME).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except UnicodeDecodeError:
        raise _damaged(shown, 1) from None
    header, *lines = text.split("\n")
    if header + "\n" != HEADER or lines[-1:] != [""]:
        raise _damaged(shown, 1)
    entries: dict[str, Entry] = {}
    for number, line in enumerate(lines[:-1], start=2):
        found = _LINE.fullmatch(line)
        if found is None or any(path_faults(found[3])) or found[3] in entries:
            raise _damaged(shown, number)
        entries[found[3]] = Entry(found[1], found[2])
    return entries


def render(entries: Mapping[str, Entry]) -> bytes:
    """Give the manifest's bytes, sorted by fleet and path."""
    lines = [f"{e.fleet} {e.sha256} {path}\n" for path, e in entries.items()]
    return (
        HEADER + "".join(sorted(lines, key=lambda line: (line.split(" ")[0], line.split(" ", 2)[2])))
    ).encode()


def sha256(data: bytes) -> str:
    """Give the hash as the manifest states it."""
    return hashlib.sha256(data).hexdigest()


def _damaged(shown: str, line: int) -> InputError:
    hint = (
        "Restore it (git checkout does, if the folder is committed), or remove the generated files "
        "and this list, and build again."
    )
    return InputError([Problem(f"{shown}/{NAME}", line, 1, "the list of written files is damaged", hint)])
