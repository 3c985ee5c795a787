"""From a text to its documents, and from documents to everything that is linted in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from monogen.lint.documents import Document, Linted
from monogen.lint.model import Keys, Position
from monogen.lint.reading import json_text, yaml_text
from monogen.lint.reading.kinds import is_board, kind_of, looks_like_ours, template_in
from monogen.lint.reading.lines import BYTE_ORDER_MARK, Lines
from monogen.lint.reading.near_misses import is_new_board
from monogen.lint.reading.rules import groups_of
from monogen.lint.reading.scrapes import scrapes_of
from monogen.lint.reading.source import Inner, Part, Placed, Stop, Unread


def documents_of_text(path: str, text: str, *, named: bool = True) -> list[Document]:
    """The documents of a text that are linted; what cannot be read is a document of kind "unreadable".

    ``named`` says that somebody asked for this very file: otherwise one that cannot be read and is a
    template, or does not look like anything that is linted, is passed over.
    """
    if _is_json(path, text):
        read = json_text.read(path, text)
        documents = [] if read.stop else list(_documents(read.source, 0, read.data))
        source: Placed = read.source
        stop = read.stop
    else:
        result = yaml_text.read(path, text)
        source, stop = result.source, result.stop
        documents = [
            document
            for number, data in enumerate(result.documents)
            for document in _documents(result.source, number, data)
        ]
    if stop is not None:
        template = template_in(text, stop.position.line)
        if named or (looks_like_ours(text) and not template):
            documents.append(unread(path, text, _of_template(template, stop), source))
    return documents


def _of_template(template: str, stop: Stop) -> Stop:
    """What is said of a template instead of where its YAML ends; the same where it is none."""
    if template == "Helm":
        return Stop("this looks like a Helm template", "lint what `helm template` prints", stop.position)
    return (
        Stop("this looks like a template", "lint what it is rendered to", stop.position) if template else stop
    )


def unread(path: str, text: str, stop: Stop, source: Placed | None = None) -> Document:
    """The document that stands for what could not be read."""
    lines = source.lines if source else Lines(text)
    where = Unread(path, text, lines.nearest(stop.position), lines)
    return Document(where, 0, "unreadable", {"message": stop.message, "hint": stop.hint})


def gather(documents: Iterable[Document]) -> Linted:
    """The rules, scrape jobs and boards of all documents."""
    linted = Linted(documents=list(documents))
    for document in linted.documents:
        if document.kind in ("rules", "prometheus-rule"):
            linted.groups += groups_of(document)
        elif document.kind in ("scrape-config", "prometheus"):
            linted.scrapes += scrapes_of(document)
        elif document.kind == "dashboard":
            from monogen.lint.reading.boards import boards_of  # noqa: PLC0415

            linted.boards += boards_of(document)
    return linted


def _is_json(path: str, text: str) -> bool:
    if path.endswith(".json"):
        return True
    known = path.endswith((".yaml", ".yml"))
    return not known and text.removeprefix(BYTE_ORDER_MARK).lstrip()[:1] == "{"


def _documents(source: Placed, number: int, data: Any) -> Iterator[Document]:
    """The document, and those within it: the objects of a List, and boards in ConfigMaps."""
    if isinstance(data, dict) and "apiVersion" in data and isinstance(data.get("items"), list):
        for index, item in enumerate(data["items"]):
            yield from _documents(Part(source, number, ("items", index)), number, item)
        return
    kind = kind_of(data)
    if kind is None:
        return
    yield Document(source, number, kind, data)
    if kind == "config-map":
        yield from _boards_of_config_map(source, number, data)
    elif kind == "manifest" and data["kind"] == "GrafanaDashboard":
        spec = data.get("spec")
        if isinstance(spec, dict) and isinstance(spec.get("json"), str):
            yield from _inner(source, number, ("spec", "json"), spec["json"], expected=True)


def _boards_of_config_map(source: Placed, number: int, data: Mapping[str, Any]) -> Iterator[Document]:
    metadata, entries = data.get("metadata"), data.get("data")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    expected = isinstance(labels, dict) and "grafana_dashboard" in labels
    for name, text in entries.items() if isinstance(entries, dict) else ():
        if name.endswith(".json") and isinstance(text, str):
            yield from _inner(source, number, ("data", name), text, expected=expected)


def _inner(source: Placed, number: int, keys: Keys, text: str, *, expected: bool) -> Iterator[Document]:
    """A board that is a text within a document."""
    read = json_text.read(source.path, text)
    if read.stop is None:
        if is_board(read.data) or is_board(_wrapped(read.data)):
            yield Document(Inner(source, number, keys, read.source), 0, "dashboard", read.data)
        elif is_new_board(read.data):
            yield Document(Inner(source, number, keys, read.source), 0, "overlooked", read.data)
    elif expected or looks_like_ours(text):
        yield unread(source.path, source.text, _moved(read.stop, read.source, source, number, keys), source)


def _wrapped(data: Any) -> Any:
    return data.get("dashboard") if isinstance(data, dict) else None


def _moved(stop: Stop, inner: json_text.JsonSource, outer: Placed, number: int, keys: Keys) -> Stop:
    """The same with its place in the file."""
    name = keys[-1]
    if not stop.position.line:
        position = outer.place(number, keys, on_key=True)[0]
    else:
        offset = inner.lines.start(stop.position.line) + stop.position.column - 1
        position = outer.place(number, keys, (offset, offset))[0]
    return Stop(f"`{name}`: {stop.message}", stop.hint, Position(position.line, position.column))
