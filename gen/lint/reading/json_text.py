"""JSON for the linter: read by the standard library; places by a scanner that runs when one is asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any, NoReturn

from monogen.lint.model import Key, Keys
from monogen.lint.reading.lines import BYTE_ORDER_MARK, Lines
from monogen.lint.reading.marks import Entry, Mark
from monogen.lint.reading.source import MarkedSource, Stop
from monogen.lint.reading.spelling import Spelling, json_spelling
from msgspec import Struct

MAX_DEPTH = 100
"""How deep a text may be nested; a board with nested rows has about 15 levels."""

_TOKEN = re.compile(r'[ \t\r\n]*("[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+)', re.DOTALL)
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
_IS_JSON_OBJECT = "write it again with a tool that writes JSON"


class JsonText(Struct):
    """What was read: ``data``, or ``stop`` says why not."""

    source: JsonSource
    data: Any = None
    stop: Stop | None = None


def read(path: str, text: str) -> JsonText:
    """Read a JSON text. Never raises: ``stop`` says what is wrong with it."""
    result = JsonText(JsonSource(path, text))
    try:
        result.data, result.source.repeating = _data(text)
    except json.JSONDecodeError as error:
        shift = len(text) - len(text.removeprefix(BYTE_ORDER_MARK))
        result.stop = Stop(_words(error), "", Lines(text).position(error.pos + shift))
    except RecursionError:
        result.stop = _too_deep()
    except ValueError:
        # Only numbers of thousands of digits come here.
        result.stop = Stop("a number in it has thousands of digits", _IS_JSON_OBJECT)
    except Stop as stop:
        result.stop = stop
    return result


def _data(text: str) -> tuple[Any, bool]:
    repeating = False

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeating
        made = dict(pairs)
        repeating = repeating or len(made) < len(pairs)
        return made

    data = json.loads(
        text.removeprefix(BYTE_ORDER_MARK), object_pairs_hook=mapping, parse_constant=_refuse_constant
    )
    if _depth_exceeds(data, MAX_DEPTH):
        raise _too_deep()
    if _HALF_PAIR.search(text) and _has_half_pairs(data):
        raise Stop("a `\\ud...` in it is half of a character", _IS_JSON_OBJECT)
    return data, repeating


def _refuse_constant(name: str) -> NoReturn:
    raise Stop(f"`{name}` is no JSON", "write a number, a text or null")


def _too_deep() -> Stop:
    return Stop(f"nested deeper than {MAX_DEPTH} levels", "nothing that monogen lints is")


def _depth_exceeds(data: Any, limit: int) -> bool:
    level = _containers([data])
    for _ in range(limit):
        if not level:
            return False
        level = [
            inner
            for container in level
            for inner in _containers(container.values() if type(container) is dict else container)
        ]
    return bool(level)


def _containers(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if type(value) is dict or type(value) is list]


def _has_half_pairs(data: Any) -> bool:
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _words(error: json.JSONDecodeError) -> str:
    said = error.msg[:1].lower() + error.msg[1:]
    return f"not valid JSON: {said}"


class JsonSource(MarkedSource):
    """A text that is JSON. ``repeating`` says that a key stands twice in one object."""

    def __init__(self, path: str, text: str) -> None:
        """Keep the text."""
        super().__init__(path, text)
        self.repeating = False

    @property
    def roots(self) -> list[Mark]:
        """The Mark of the one document; none where the text is no JSON."""
        root = self._scanned.root
        return [root] if root is not None else []

    def spell(self, mark: Mark) -> Spelling | None:
        """The spelling of a string; numbers and words stand for themselves."""
        if mark.style:
            return json_spelling(self.text, mark.start, mark.end)
        spelling = Spelling()
        spelling.run(self.text, mark.start, mark.end)
        return spelling

    def repeated(self, document: int) -> list[tuple[Keys, int]]:
        """Keys that stand in their object once more."""
        return self._scanned.repeated if self.repeating and document == 0 else []

    @cached_property
    def _scanned(self) -> _Scanner:
        scanner = _Scanner(self.text)
        scanner.scan()
        return scanner


class _Scanner:
    """Marks of a text that was read as JSON before, so that nothing has to be checked."""

    def __init__(self, text: str) -> None:
        self.root: Mark | None = None
        self.repeated: list[tuple[Keys, int]] = []
        self._text = text
        self._open: list[Mark] = []
        self._key: tuple[str, int, int] | None = None

    def scan(self) -> None:
        at = len(self._text) - len(self._text.removeprefix(BYTE_ORDER_MARK))
        for match in _TOKEN.finditer(self._text, at):
            found, (start, end) = match[1], match.span(1)
            if found in ("}", "]"):
                if self._open:
                    self._open.pop().end = end
            elif found in ("{", "["):
                mark = Mark(start, end, flow=True)
                mark.entries, mark.items = ({}, None) if found == "{" else (None, [])
                self._attach(mark)
                self._open.append(mark)
            elif found not in (",", ":"):
                self._scalar(found, start, end)

    def _scalar(self, token: str, start: int, end: int) -> None:
        quoted = token[0] == '"'
        inside = self._open[-1] if self._open else None
        if quoted and inside is not None and inside.entries is not None and self._key is None:
            self._key = (_unquoted(token), start, end)
            return
        text = _unquoted(token) if quoted else token
        self._attach(Mark(start, end, style='"' if quoted else "", text=text))

    def _attach(self, mark: Mark) -> None:
        inside = self._open[-1] if self._open else None
        if inside is None:
            self.root = self.root or mark
        elif inside.items is not None:
            inside.items.append(mark)
        elif inside.entries is not None and self._key is not None:
            key, start, end = self._key
            self._key = None
            if key in inside.entries:
                self.repeated.append(((*self._open_path(), key), inside.entries[key].start))
            inside.entries[key] = Entry(start, end, mark)

    def _open_path(self) -> Keys:
        """The keys that lead to the innermost open Mark; asked for only where a key is repeated."""
        path: list[Key] = []
        for outer, inner in zip(self._open, self._open[1:], strict=False):
            if outer.items is not None:
                path.append(len(outer.items) - 1)
            elif outer.entries is not None:
                path.append(next(key for key, entry in outer.entries.items() if entry.value is inner))
        return tuple(path)


def _unquoted(token: str) -> str:
    if "\\" not in token:
        return token[1:-1]
    text: str = json.loads(token, strict=False)
    return text
