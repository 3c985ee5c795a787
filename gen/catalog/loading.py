"""Reads the catalog files: all headers at once, the metrics of one exporter when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from monogen.catalog.model import ExporterKind, Version

FOLDER = Path(__file__).parent
SEPARATOR = "\n---\n"


def kinds(extra: Sequence[Path] = ()) -> Mapping[str, ExporterKind]:
    """The headers of all catalog files by kind, people's own files (``extra``) included.

    Reads no metrics, so it is cheap enough for every build. Raises InputError when one of the
    extra files is no catalog file or names a kind that another file has already.
    """
    return _own_kinds(tuple(map(Path, extra))) if extra else _builtin_kinds()


@cache
def _builtin_kinds() -> Mapping[str, ExporterKind]:
    """The headers of monogen's own files; those with a leading underscore are parts of others."""
    files = sorted(path for path in FOLDER.glob("*.yaml") if not path.name.startswith("_"))
    found = [kind_of(_header_text(path), path) for path in files]
    return MappingProxyType({kind.kind: kind for kind in found})


def _header_text(path: Path) -> str:
    """The first document of a catalog file; headers are short, so the metrics are not read."""
    with path.open(encoding="utf-8") as file:
        head = file.read(2048)
        while SEPARATOR not in head and (more := file.read(2048)):
            head += more
    return head.split(SEPARATOR, 1)[0]


def kind_of(text: str, path: Path) -> ExporterKind:
    """The header as data; ``text`` is a checked first document."""
    header: dict[str, Any] = yaml.load(text, yaml.CSafeLoader)  # noqa: S506  (a safe loader)
    hardware = header.get("hardware")
    return ExporterKind(
        kind=header["exporter"],
        title=header["title"],
        port=header["port"],
        path=header.get("path", "/metrics"),
        job=header["job"],
        os=frozenset(header["os"]),
        hardware=None if hardware is None else frozenset(hardware),
        server=header.get("server", False),
        about=header.get("about", ""),
        baseline=version_of(header["baseline"]) if "baseline" in header else None,
        file=str(path),
    )


def version_of(text: str) -> Version:
    """ "1.12.1" as (1, 12, 1)."""
    return tuple(int(part) for part in text.split("."))


def _own_kinds(extra: tuple[Path, ...]) -> Mapping[str, ExporterKind]:
    """The built-in headers and those of people's own files."""
    merged = dict(_builtin_kinds())
    for path in extra:
        kind = kind_of(_header_text(path), path)
        merged[kind.kind] = kind
    return MappingProxyType(merged)
