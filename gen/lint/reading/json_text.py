"""JSON for the linter: read by the standard library; places are looked up when one is asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any, NoReturn

from monogen.lint.model import Keys
from monogen.lint.reading.json_marks import mark_at, open_mark, repeated
from monogen.lint.reading.lines import BYTE_ORDER_MARK, Lines
from monogen.lint.reading.marks import Mark, Way, follow
from monogen.lint.reading.source import MarkedSource, Stop
from monogen.lint.reading.spelling import Spelling, json_spelling
from msgspec import Struct

MAX_DEPTH = 100
"""How deep a text may be nested; a board with nested rows has about 15 levels."""

_BEFORE = re.compile(rf"{BYTE_ORDER_MARK}?[ \t\r\n]*")
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

    @cached_property
    def roots(self) -> list[Mark]:
        """The Mark of the one document, not opened; none where the text is no JSON."""
        before = _BEFORE.match(self.text)
        try:
            return [mark_at(self.text, before.end() if before else 0)]
        except (ValueError, RecursionError):
            return []

    def follow(self, document: int, keys: Keys) -> Way:
        """Opens what is on the way, and nothing else."""
        way = follow(self.roots[document], ())
        for depth in range(1, len(keys) + 1):
            open_mark(self.text, way.mark)
            way = follow(self.roots[document], keys[:depth])
        return way

    def spell(self, mark: Mark) -> Spelling | None:
        """The spelling of a string; numbers and words stand for themselves."""
        if mark.style:
            return json_spelling(self.text, mark.start, mark.end)
        spelling = Spelling()
        spelling.run(self.text, mark.start, mark.end)
        return spelling

    def repeated(self, document: int) -> list[tuple[Keys, int]]:
        """Keys that stand in their object once more."""
        if not self.repeating or document != 0:
            return []
        return [found for root in self.roots for found in repeated(self.text, root)]
