"""What a board is made of: its variables and annotations, queries of panels, and every string in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from monogen.lint.documents import BoardItem, PanelItem
from monogen.lint.model import Key, Keys
from monogen.lint.reading.filling import uses
from monogen.lint.reading.lenient import as_list, as_mapping
from msgspec import Struct


class Use(Struct, frozen=True):
    """A variable named in a string; ``keys`` lead from the document's root to the string."""

    keys: Keys
    name: str
    span: tuple[int, int]


def listed(keys: Keys, board: Mapping[str, Any], part: str) -> Iterator[tuple[Keys, Mapping[str, Any]]]:
    """The entries of ``templating.list`` or ``annotations.list``; ``keys`` lead to the board."""
    for index, entry in enumerate(as_list(as_mapping(board.get(part)).get("list"))):
        if isinstance(entry, Mapping):
            yield (*keys, part, "list", index), entry


def targets_of(panel: PanelItem) -> list[Any]:
    """The queries of a panel, as they are written."""
    return as_list(panel.data.get("targets"))


def strings(keys: Keys, data: Any) -> Iterator[tuple[Keys, str]]:
    """Every string value in the data, however deep, in no promised order."""
    stack: list[tuple[Keys, Any]] = [(keys, data)]
    entries: Iterable[tuple[Key, Any]]
    while stack:
        where, value = stack.pop()
        if isinstance(value, str):
            yield where, value
            continue
        if isinstance(value, dict):
            entries = value.items()
        elif isinstance(value, list):
            entries = enumerate(value)
        else:
            continue
        stack.extend(((*where, key), inner) for key, inner in entries)


@lru_cache(maxsize=4)
def variable_uses(board: BoardItem) -> tuple[Use, ...]:
    """The variables that any string of the board names.

    A panel or a row repeated for a variable names it without a sign.
    """
    found = []
    for keys, text in strings(board.keys, board.data):
        if keys[-1] == "repeat" and text:
            found.append(Use(keys, text.removeprefix("$"), (0, len(text))))
        else:
            found += [Use(keys, name, match.span()) for name, match in uses(text)]
    return tuple(found)
