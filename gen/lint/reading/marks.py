"""Where the values of a document stand in its text, and how keys find them there."""

from __future__ import annotations

from collections.abc import Iterator

from monogen.lint.model import Keys
from msgspec import Struct

BLOCK_STYLES = ("|", ">")


class Entry(Struct, eq=False):
    """A key of a mapping: its characters, and its value's Mark."""

    start: int
    end: int
    value: Mark


class Mark(Struct, eq=False):
    """The characters of one value. ``style`` is that of a YAML scalar ('"', "'", "|", ">", "" for plain).

    ``text`` is what a scalar says. ``entries`` and ``items`` are those of a mapping and a list, None
    for anything else; ``flow`` whether these are written with brackets.
    """

    start: int
    end: int
    style: str = ""
    text: str | None = None
    entries: dict[str, Entry] | None = None
    items: list[Mark] | None = None
    flow: bool = False

    @property
    def is_scalar(self) -> bool:
        """Whether it is neither a mapping nor a list."""
        return self.text is not None


class Way(Struct, frozen=True):
    """Where keys lead: the last Mark they reach, its key if it has one, and how many keys led there."""

    mark: Mark
    key: Entry | None
    depth: int


def follow(root: Mark, keys: Keys) -> Way:
    """Follow the keys as far as they lead."""
    mark, entry = root, None
    for depth, key in enumerate(keys):
        if mark.entries is not None and str(key) in mark.entries:
            entry = mark.entries[str(key)]
            mark = entry.value
        elif mark.items is not None and isinstance(key, int) and 0 <= key < len(mark.items):
            entry, mark = None, mark.items[key]
        else:
            return Way(mark, entry, depth)
    return Way(mark, entry, len(keys))


def children(mark: Mark) -> Iterator[Mark]:
    """The values directly within a mapping or a list."""
    if mark.entries is not None:
        yield from (entry.value for entry in mark.entries.values())
    elif mark.items is not None:
        yield from mark.items
