"""Artifacts as bytes by path, once it is sure that these paths can be written anywhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from monogen.monitoring import Artifact
from monogen.problems import InputError, Problem

OWN_PREFIX = ".monogen-"  # names directly in the output folder that are monogen's own business
_LONGEST_NAME = 255  # bytes; ext4, APFS and others


def contents(artifacts: Sequence[Artifact]) -> Mapping[str, bytes]:
    """Give the bytes of each file by its path, sorted; every text ends with a newline.

    Raises InputError for a path that leaves the folder, that some file system cannot hold, or that is
    the same as another where upper and lower case do not count (macOS), and for text that is no Unicode.
    """
    problems = [Problem(a.path, 0, 0, fault) for a in artifacts for fault in path_faults(a.path)]
    problems += _clashes([a.path for a in artifacts])
    files: dict[str, bytes] = {}
    for artifact in sorted(artifacts, key=lambda a: a.path):
        text = artifact.text if artifact.text.endswith("\n") else artifact.text + "\n"
        try:
            files[artifact.path] = text.encode()
        except UnicodeEncodeError as error:
            problems.append(
                Problem(artifact.path, 0, 0, f"its text cannot be written as UTF-8: {error.reason}")
            )
    if problems:
        raise InputError(problems)
    return files


def path_faults(path: str) -> Iterator[str]:
    """Say what keeps ``path`` from being a file inside the output folder; nothing when it is fine."""
    parts = path.split("/")
    if path.startswith("/") or any(part in ("", ".", "..") for part in parts):
        yield "a path must be relative, without empty parts, '.' or '..'"
    if "\\" in path or not path.isprintable():
        yield "a path must not hold backslashes or characters that cannot be seen"
    elif any(len(part.encode()) > _LONGEST_NAME for part in parts):
        yield f"a file name must not be longer than {_LONGEST_NAME} bytes"
    if parts[0].casefold().startswith(OWN_PREFIX):
        yield f"names that begin with {OWN_PREFIX} are for monogen's own notes"


def parents(paths: Iterable[str]) -> set[str]:
    """Give every folder above the paths, the output folder itself ("") left out."""
    found = set()
    for path in paths:
        while path := path.rpartition("/")[0]:
            found.add(path)
    return found


def _clashes(paths: Sequence[str]) -> Iterator[Problem]:
    """Find paths that are one file where case does not count, and files that would have to be folders."""
    folders = {_folded(folder): folder for folder in parents(paths)}
    seen: dict[str, str] = {}
    for path in paths:
        folded = _folded(path)
        if folded in seen:
            yield Problem(path, 0, 0, f"is the same file as {seen[folded]} where case does not count")
        if folded in folders:
            yield Problem(path, 0, 0, f"cannot be a file: it is the folder of {folders[folded]}/...")
        seen[folded] = path


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()
