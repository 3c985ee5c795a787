"""Reads the catalog files: all headers at once, the metrics of one exporter when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from monogen.catalog.metrics import metrics_of, version_of
from monogen.catalog.model import ExporterCatalog, ExporterKind, Metric
from monogen.compiled import compiled
from monogen.problems import InputError, Problem

FOLDER = Path(__file__).parent
SEPARATOR = "\n---\n"


def kinds(extra: Sequence[Path] = ()) -> Mapping[str, ExporterKind]:
    """The headers of all catalog files by kind, people's own files (``extra``) included.

    Reads no metrics of monogen's own files, so it is cheap enough for every build; the extra files are
    checked whole. Raises InputError when one of them is no catalog file, or names a kind that exists
    already and does not say ``replaces: true``.
    """
    return _own_kinds(tuple(map(Path, extra))) if extra else _builtin_kinds()


def exporter(kind: str, extra: Sequence[Path] = ()) -> ExporterCatalog:
    """The header and the metrics of one kind; read once. KeyError for a kind that nobody describes.

    A catalog file that has no metrics gives an empty mapping: nothing is known, not "nothing exists".
    Raises InputError as ``kinds`` does.
    """
    return _catalog(kinds(extra)[kind])


@cache
def series(extra: tuple[Path, ...] = ()) -> Mapping[str, tuple[tuple[str, Metric], ...]]:
    """Everything that any exporter shows, by the names of the series: the kinds and metrics that give each.

    Raises InputError as ``kinds`` does.
    """
    found: dict[str, list[tuple[str, Metric]]] = {}
    for kind in kinds(extra):
        for metric in exporter(kind, extra).metrics.values():
            for name in metric.sample_names():
                found.setdefault(name, []).append((kind, metric))
    return MappingProxyType({name: tuple(metrics) for name, metrics in found.items()})


@cache
def _builtin_kinds() -> Mapping[str, ExporterKind]:
    """The headers of monogen's own files; those with a leading underscore are parts of others."""
    found = [kind_of(compiled(path, _header, "yaml", "header"), path) for path in builtin_files()]
    return MappingProxyType({kind.kind: kind for kind in found})


def builtin_files() -> list[Path]:
    """monogen's own catalog files."""
    return sorted(path for path in FOLDER.glob("*.yaml") if not path.name.startswith("_"))


@cache
def _own_kinds(extra: tuple[Path, ...]) -> Mapping[str, ExporterKind]:
    """The built-in headers and those of people's own files."""
    from monogen.catalog.checking import check_file  # noqa: PLC0415  (jsonschema is slow to import)

    merged = dict(_builtin_kinds())
    problems: list[Problem] = []
    for path in extra:
        found = check_file(path)
        problems += found
        if found:
            continue
        header = _header(path.read_text(encoding="utf-8"))
        kind = kind_of(header, path)
        if kind.kind in merged and not header.get("replaces", False):
            problems.append(_clash(kind, merged[kind.kind]))
        merged[kind.kind] = kind
    if problems:
        raise InputError(problems)
    return MappingProxyType(merged)


def _clash(kind: ExporterKind, earlier: ExporterKind) -> Problem:
    """Two files describe the same kind."""
    where = "monogen itself" if Path(earlier.file).parent == FOLDER else earlier.file
    lines = Path(kind.file).read_text(encoding="utf-8").splitlines()
    line = next((n for n, text in enumerate(lines, 1) if text.startswith("exporter:")), 0)
    hint = "give yours another name, or add `replaces: true` to its header"
    return Problem(
        kind.file, line, 1 if line else 0, f'the exporter "{kind.kind}" is already in {where}', hint
    )


def _load(text: str) -> Any:
    """YAML by the C loader, which reads a whole catalog in a few milliseconds."""
    return yaml.load(text, yaml.CSafeLoader)


def _header(text: str) -> Any:
    """The first document of a catalog file; the metrics are not parsed."""
    return _load(text.split(SEPARATOR, 1)[0])


def kind_of(header: Mapping[str, Any], path: Path) -> ExporterKind:
    """The header as data."""
    hardware = header.get("hardware")
    return ExporterKind(
        kind=header["exporter"],
        title=header["title"],
        port=header["port"],
        path=header.get("path", "/metrics"),
        job=header.get("job", header["exporter"]),
        os=frozenset(header["os"]),
        hardware=None if hardware is None else frozenset(hardware),
        server=header.get("server", False),
        about=header.get("about", ""),
        baseline=version_of(header["baseline"]) if "baseline" in header else None,
        file=str(path),
        remote=header.get("remote", False),
    )


@cache
def _catalog(kind: ExporterKind) -> ExporterCatalog:
    """The second document of the kind's file, and of the files it includes."""
    path = Path(kind.file)
    # Only beside monogen's own files anything is kept.
    body = compiled(path, _body, "yaml", "body") if path.parent == FOLDER else _body(path.read_text("utf-8"))
    if body is None:
        return ExporterCatalog(kind, MappingProxyType({}))
    metrics = metrics_of(body, kind)
    for name in body.get("include", ()):
        included = compiled(FOLDER / name, _load, "yaml")
        metrics = {**metrics_of(included, kind, body["sources"]), **metrics}
    return ExporterCatalog(kind, MappingProxyType(metrics))


def _body(text: str) -> Any:
    """The metrics; None in a file that has only a header."""
    parts = text.split(SEPARATOR, 1)
    return _load(parts[1]) if len(parts) > 1 else None
