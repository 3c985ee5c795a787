"""Says what is wrong with somebody's own catalog file: where, what, and what is allowed.

monogen's own files are held against the same checks by a test, so a build does not pay for them.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from monogen.catalog.metrics import PLACES, merged, places
from monogen.problems import Problem

SCHEMA_FILE = Path(__file__).with_name("catalog.schema.json")
MAX_BYTES = 5_000_000
MAX_DEPTH = 30
PathOfKeys = Sequence[str | int]


def check_file(path: Path) -> list[Problem]:
    """Everything that is wrong with the file; empty if it can be used. Never raises."""
    file = str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            return [Problem(file, 0, 0, f"the file is larger than {MAX_BYTES // 1_000_000} MB", _WHAT)]
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return [Problem(file, 0, 0, f"cannot be read: {getattr(error, 'strerror', None) or error}", _WHAT)]
    try:
        problems = list(_outline(text, file))
        return problems or list(_contents(text, file))
    except yaml.YAMLError as error:
        return [_not_yaml(error, file)]


_WHAT = "a catalog file is a short YAML header and, after a line ---, the metrics; see docs/catalog.md"


def _not_yaml(error: yaml.YAMLError, file: str) -> Problem:
    """The parser's complaint, with its place."""
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    return Problem(file, line, column, f"this is no YAML: {said}", _WHAT)


def _outline(text: str, file: str) -> Iterator[Problem]:
    """What must be right before the file is turned into data: aliases and depth could exhaust memory."""
    depth, documents = 0, 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        mark = event.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            yield Problem(file, line, column, "anchors and aliases are not read here", "write it out")
            return
        if depth > MAX_DEPTH:
            yield Problem(file, line, column, "this is nested too deeply", _WHAT)
            return
    split = len(text.split("\n---\n", 1))
    if documents == 0 or documents > 2 or documents != split:  # noqa: PLR2004  (header and metrics)
        said = f"this has {documents} YAML documents instead of one or two, divided by a bare line ---"
        yield Problem(file, 0, 0, said, _WHAT)


def _contents(text: str, file: str) -> Iterator[Problem]:
    """Duplicate keys, then the schema, then what a schema cannot say."""
    nodes = list(yaml.compose_all(text, yaml.CSafeLoader))
    doubled = [problem for node in nodes for problem in _duplicates(node, file)]
    if doubled:
        yield from doubled
        return
    documents = list(yaml.load_all(text, yaml.CSafeLoader))
    wrong = [
        _told(error, node, file)
        for document, node, part in zip(documents, nodes, ("header", "body"), strict=False)
        for error in _schema_errors(document, part)
    ]
    yield from wrong
    if len(documents) > 1 and not wrong:
        yield from _meaning(documents[0], documents[1], nodes[1], file)


def _duplicates(node: yaml.Node | None, file: str) -> Iterator[Problem]:
    """Keys written twice in one mapping, which YAML's loader would merge in silence."""
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line, column = key.start_mark.line + 1, key.start_mark.column + 1
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                said = f'"{key.value}" is here twice, first in line {seen[key.value]}'
                yield Problem(file, line, column, said, "keep one")
            seen.setdefault(str(key.value), line)
            yield from _duplicates(value, file)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _duplicates(item, file)


def _schema_errors(document: Any, part: str) -> Iterator[Any]:
    """The schema's complaints about one of the two documents."""
    import jsonschema  # noqa: PLC0415  (slow to import, and only needed for people's own files)

    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{part}", "$defs": schema["$defs"]})
    yield from validator.iter_errors(document)


def _told(error: Any, node: yaml.Node, file: str) -> Problem:
    """A complaint of the schema in words, at its place."""
    path: list[str | int] = list(error.absolute_path)
    hint = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
    said = error.message
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = next(key for key in error.instance if key not in known)
        said, hint = f'"{unknown}" is no key here', _nearest(str(unknown), known)
        path.append(unknown)
    elif error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        said = f'"{missing}" is missing'
    elif error.validator == "enum":
        said = f'"{error.instance}" is not known here'
        hint = _nearest(str(error.instance), error.validator_value)
    elif error.instance is None:
        said = "nothing is stated here"
    elif error.validator in ("anyOf", "pattern", "type"):
        said = f"{json.dumps(error.instance, default=str)[:80]} does not fit here"
    return Problem(file, *_place(node, path), said, hint or _WHAT)


def _nearest(word: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    """What is allowed, the nearest word first."""
    near = difflib.get_close_matches(word, list(known), 1)
    listed = ", ".join(map(str, known))
    return f'did you mean "{near[0]}"? allowed: {listed}' if near else f"allowed: {listed}"


def _place(node: yaml.Node, path: PathOfKeys) -> tuple[int, int]:
    """Line and column, from 1, of the key or item that the path leads to (as far as it leads)."""
    at = node
    for step in path:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            if pair is None:
                break
            at, node = pair
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            at = node = node.value[step]
        else:
            break
    return at.start_mark.line + 1, at.start_mark.column + 1


def _meaning(
    header: Mapping[str, Any], body: Mapping[str, Any], node: yaml.Node, file: str
) -> Iterator[Problem]:
    """What a schema cannot say: a presence and a known source for every system the exporter runs on."""
    needed = header.get("hardware") or header["os"]
    for number, group in enumerate(body["groups"]):
        filled = merged(body.get("defaults", {}), group)
        for name, own in group["metrics"].items():
            stated = merged(filled, own)
            where = _place(node, ["groups", number, "metrics", name])
            for key in ("presence", "source"):
                lacking = _lacking(stated.get(key), needed, header["os"])
                if lacking:
                    said = f"{name} has no {key} on {lacking}"
                    yield Problem(file, *where, said, f"state `{key}` in the metric, its group or `defaults`")
            for source in places(stated.get("source", {"any": ""})).values():
                if source and source not in body["sources"]:
                    said = f'{name} is from "{source}", which is not in `sources`'
                    yield Problem(file, *where, said, _nearest(source, body["sources"]))


def _lacking(stated: Any, needed: Sequence[str], systems: Sequence[str]) -> str:
    """The first place that nothing is stated for; "" if all are covered."""
    if stated is None:
        return "any host"
    by_place = places(stated)
    if "any" in by_place or all(os in by_place for os in systems):
        return ""
    return next((place for place in needed if place in PLACES and place not in by_place), "")
