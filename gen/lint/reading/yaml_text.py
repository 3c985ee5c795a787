"""YAML for the linter: several times faster than PyYAML's own way, with places for those who ask.

Works on libyaml's events. The data is read in one pass that keeps no places; the first place that somebody
asks for makes a second pass, which keeps them all. Everything is accepted that Prometheus and Kubernetes
accept; what makes YAML dangerous (aliases, depth) is bounded while it is read.

Keys are always text. Plain scalars follow YAML 1.1, as Kubernetes does; whole numbers that are not written
the plain decimal way (``010``, ``0x1F``, ``1_000``) and dates stay text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import Any

import yaml
from monogen.inventory.reading import MAX_ALIASED, WORDS, syntax_problem, unreadable_character
from monogen.lint.model import Keys, Position
from monogen.lint.reading.lines import BYTE_ORDER_MARK
from monogen.lint.reading.marks import Entry, Mark
from monogen.lint.reading.source import Extent, MarkedSource, Stop
from monogen.lint.reading.spelling import Spelling, yaml_spelling
from msgspec import Struct, field

MAX_DEPTH = 100
"""How deep a file may be nested: deeper than any CustomResourceDefinition."""

_NUMERIC_START = frozenset("0123456789+-.")
_INTEGER = re.compile(r"-?[1-9][0-9]{0,17}|0")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]+)")
_SPECIAL_FLOAT = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_TEXT_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})
_BEGINNING = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_PROPERTIES = re.compile(r"(?:(?:[&!]\S*|#[^\n\r]*)\s+)*")

_Next = Callable[[], Any]


class YamlText(Struct):
    """What was read: the value of each document up to the place where reading stopped, if it did."""

    source: YamlSource
    documents: list[Any] = field(default_factory=list)
    stop: Stop | None = None


def read(path: str, text: str) -> YamlText:
    """Read all documents of a YAML text. Never raises: ``stop`` says what is wrong with it."""
    source = YamlSource(path, text)
    result = YamlText(source)
    content = text.removeprefix(BYTE_ORDER_MARK).encode(errors="replace")
    try:
        # The constructor already looks at the first bytes.
        _Reader(result).read(yaml.CSafeLoader(content).get_event)
    except Stop as stop:
        result.stop = stop
    except yaml.reader.ReaderError as error:
        problem = unreadable_character(path, content, error)
        result.stop = Stop(problem.message, problem.hint, Position(problem.line, problem.column))
    except yaml.MarkedYAMLError as error:
        problem = syntax_problem(path, content, error)
        result.stop = Stop(problem.message, problem.hint, Position(problem.line, problem.column))
    return result


class _Reader:
    """One pass over the events of a text, into plain data."""

    def __init__(self, result: YamlText) -> None:
        self._result = result
        self._scalars: dict[str, Any] = dict(WORDS)
        self._keys: dict[str, str] = {}
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._open_anchors: set[str] = set()
        self._values = 0
        self._aliased = 0

    def read(self, next_event: _Next) -> None:
        next_event()
        while type(next_event()) is not yaml.StreamEndEvent:
            self._anchors.clear()
            self._result.documents.append(self._value(next_event, next_event(), 0))
            next_event()

    def _value(self, next_event: _Next, event: Any, depth: int) -> Any:
        """The value that begins with this event, with everything in it."""
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self._alias(event)
        anchor = event.anchor
        if anchor is None:
            return self._unanchored(next_event, event, kind, depth)
        before = self._values
        self._open_anchors.add(anchor)
        value = self._unanchored(next_event, event, kind, depth)
        self._open_anchors.discard(anchor)
        self._anchors[anchor] = (value, self._values - before + 1)
        return value

    def _unanchored(self, next_event: _Next, event: Any, kind: type, depth: int) -> Any:
        if kind is yaml.ScalarEvent:
            return event.value if event.style or event.tag in _TEXT_TAGS else self._plain(event.value)
        if depth >= MAX_DEPTH:
            raise _stop(event, f"nested deeper than {MAX_DEPTH} levels", "nothing that monogen lints is")
        if kind is yaml.MappingStartEvent:
            return self._mapping(next_event, depth)
        return self._sequence(next_event, depth)

    def _sequence(self, next_event: _Next, depth: int) -> list[Any]:
        items = []
        event = next_event()
        while type(event) is not yaml.SequenceEndEvent:
            items.append(self._value(next_event, event, depth + 1))
            event = next_event()
        self._values += len(items)
        return items

    def _mapping(self, next_event: _Next, depth: int) -> dict[str, Any]:
        """A mapping; of a key that stands twice the last counts. Scalars, most values, are read in place."""
        mapping: dict[str, Any] = {}
        merged: list[tuple[Any, Any]] = []
        keys, scalars, scalar_event = self._keys, self._scalars, yaml.ScalarEvent
        event = next_event()
        while type(event) is not yaml.MappingEndEvent:
            key = self._key(event)
            key = keys.setdefault(key, key)
            value_event = next_event()
            if type(value_event) is scalar_event and value_event.anchor is None and value_event.tag is None:
                value = value_event.value
                if not value_event.style:
                    value = scalars[value] if value in scalars else self._plain(value)
            else:
                value = self._value(next_event, value_event, depth + 1)
            if key == "<<" and not event.style:
                merged.append((value, event))
            else:
                if key in mapping:
                    self._result.source.repeating.add(len(self._result.documents))
                mapping[key] = value
            event = next_event()
        self._values += len(mapping)
        for value, event in merged:
            mapping = _merge(value, event, mapping)
        return mapping

    def _key(self, event: Any) -> str:
        if type(event) is yaml.ScalarEvent:
            if event.anchor is not None:
                self._anchors[event.anchor] = (event.value, 1)
            key: str = event.value
            return key
        if type(event) is yaml.AliasEvent:
            value = self._alias(event)
            if not isinstance(value, dict | list):
                return str(value)
        raise _stop(
            event,
            "a mapping or a list cannot be a key",
            "text that begins with `{` or `[` needs quotes around it",
        )

    def _plain(self, text: str) -> Any:
        try:
            return self._scalars[text]
        except KeyError:
            value = self._scalars[text] = _number(text) if text[0] in _NUMERIC_START else text
            return value

    def _alias(self, event: Any) -> Any:
        # No message names the alias: `password: *hunter2` is one to YAML, and a password to its author.
        name = event.anchor
        if name in self._open_anchors:
            raise _stop(event, "this alias stands inside the value it means", "write it out")
        if name not in self._anchors:
            raise _stop(
                event,
                "this alias `*...` has no anchor `&...` before it",
                "text that begins with `*` needs quotes",
            )
        value, size = self._anchors[name]
        self._aliased += size
        self._values += size
        if self._aliased > MAX_ALIASED + 20 * (self._values - self._aliased):
            raise _stop(event, "aliases blow this file up to many times its size", "write fewer of them")
        return value


def _stop(event: Any, message: str, hint: str) -> Stop:
    mark = event.start_mark
    return Stop(message, hint, Position(mark.line + 1, mark.column + 1))


def _number(text: str) -> Any:
    """The number that a plain scalar is; the text if it is none."""
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if special := _SPECIAL_FLOAT.fullmatch(text):
        return float(f"{special[1]}inf") if special[2] else float("nan")
    return text


def _merge(value: Any, event: Any, mapping: dict[str, Any]) -> dict[str, Any]:
    """YAML's merge key `<<`: what the mapping says itself wins, then the first merged one."""
    for part in value if isinstance(value, list) else [value]:
        if not isinstance(part, dict):
            raise _stop(event, "`<<` merges mappings only", "write `<<: *anchor`")
        mapping = {**part, **mapping}
    return mapping


class YamlSource(MarkedSource):
    """The text of a YAML file. ``repeating`` are the documents in which a key stands twice in one mapping."""

    def __init__(self, path: str, text: str) -> None:
        """Keep the text."""
        super().__init__(path, text)
        self.repeating: set[int] = set()

    @property
    def roots(self) -> list[Mark]:
        """The Mark of each document, up to the place where reading stopped."""
        return self._marker.roots

    def spell(self, mark: Mark) -> Spelling | None:
        """The spelling of a scalar."""
        return yaml_spelling(self.text, mark.start, mark.end, mark.style, mark.text or "")

    def head(self, document: int) -> Extent:
        """The `---` at which a document begins; where it begins if it has none."""
        start = self.roots[document].start
        after = self.roots[document - 1].end if document else 0
        found = list(_BEGINNING.finditer(self.text, after, start + 1))
        return found[-1].span() if found else (start, start)

    def repeated(self, document: int) -> list[tuple[Keys, int]]:
        """Keys that stand in their mapping once more."""
        return self._marker.repeated.get(document, []) if document in self.repeating else []

    @cached_property
    def _marker(self) -> _Marker:
        marker = _Marker(self.text)
        marker.read()
        return marker


class _Marker:
    """A second pass over the events, into Marks. What the first pass stopped at ends this one too."""

    def __init__(self, text: str) -> None:
        self.roots: list[Mark] = []
        self.repeated: dict[int, list[tuple[Keys, int]]] = {}
        self._text = text
        self._shift = len(text) - len(text.removeprefix(BYTE_ORDER_MARK))
        self._anchors: dict[str, Mark] = {}
        self._path: list[str | int] = []

    def read(self) -> None:
        try:
            next_event: _Next = yaml.CSafeLoader(self._text[self._shift :].encode(errors="replace")).get_event
            next_event()
            while type(next_event()) is not yaml.StreamEndEvent:
                self._anchors.clear()
                self._path.clear()
                self.roots.append(self._mark(next_event, next_event()))
                next_event()
        except (yaml.YAMLError, Stop):
            # The data ends here as well.
            return

    def _mark(self, next_event: _Next, event: Any) -> Mark:
        kind = type(event)
        if kind is yaml.AliasEvent:
            if event.anchor not in self._anchors:
                raise _stop(event, "", "")
            return self._anchors[event.anchor]
        if len(self._path) > MAX_DEPTH:
            raise _stop(event, "", "")
        mark = Mark(self._start(event), self._end(event))
        if kind is yaml.ScalarEvent:
            mark.style, mark.text = event.style or "", event.value
        elif kind is yaml.MappingStartEvent:
            mark.flow = bool(event.flow_style)
            mark.entries = {}
            self._fill_mapping(next_event, mark, mark.entries)
        else:
            mark.flow = bool(event.flow_style)
            mark.items = []
            self._fill_list(next_event, mark, mark.items)
        if event.anchor is not None:
            self._anchors[event.anchor] = mark
        return mark

    def _start(self, event: Any) -> int:
        """Where the value itself begins, behind its anchor and its tag."""
        start: int = event.start_mark.index + self._shift
        if event.anchor is None and event.tag is None:
            return start
        properties = _PROPERTIES.match(self._text, start)
        return properties.end() if properties else start

    def _end(self, event: Any) -> int:
        end: int = event.end_mark.index + self._shift
        return end

    def _fill_list(self, next_event: _Next, mark: Mark, items: list[Mark]) -> None:
        event: Any = next_event()
        while type(event) is not yaml.SequenceEndEvent:
            self._path.append(len(items))
            items.append(self._mark(next_event, event))
            self._path.pop()
            event = next_event()
        mark.end = self._end(event)

    def _fill_mapping(self, next_event: _Next, mark: Mark, entries: dict[str, Entry]) -> None:
        merged: list[Mark] = []
        event: Any = next_event()
        while type(event) is not yaml.MappingEndEvent:
            if type(event) not in (yaml.ScalarEvent, yaml.AliasEvent):
                raise _stop(event, "", "")
            key_mark = self._mark(next_event, event)
            key = key_mark.text
            if key is None:
                raise _stop(event, "", "")
            self._path.append(key)
            entry = Entry(key_mark.start, key_mark.end, self._mark(next_event, next_event()))
            if key == "<<" and not key_mark.style:
                merged.extend(entry.value.items or [entry.value])
            else:
                self._note_repetition(entries.get(key))
                entries[key] = entry
            self._path.pop()
            event = next_event()
        mark.end = self._end(event)
        for part in merged:
            for key, entry in (part.entries or {}).items():
                entries.setdefault(key, entry)

    def _note_repetition(self, before: Entry | None) -> None:
        if before is not None:
            self.repeated.setdefault(len(self.roots), []).append((tuple(self._path), before.start))
