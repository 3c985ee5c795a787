"""Finds the line of a value by reading the file once more; only used when something is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml
from monogen.inventory.findings import Key
from monogen.inventory.reading import text_of
from msgspec import Struct


class Place(Struct, frozen=True):
    """Where a path of keys leads: how many of its keys were found, and the nodes there.

    ``key`` is the node of the last key found in a mapping (None at the top and in lists), ``value``
    what it means.
    """

    depth: int
    key: yaml.Node | None
    value: yaml.Node | None

    def position(self, *, on_key: bool) -> tuple[int, int]:
        """Line and column, counted from 1; of the value where it can be pointed at, else of its key."""
        node = self.value
        block = isinstance(node, yaml.CollectionNode) and not node.flow_style
        empty = isinstance(node, yaml.ScalarNode) and node.value == "" and not node.style
        if self.key is not None and (on_key or block or empty):
            node = self.key
        return (node.start_mark.line + 1, node.start_mark.column + 1) if node is not None else (0, 0)

    @property
    def text(self) -> str | None:
        """The scalar as it is written, None for a collection."""
        return self.value.value if isinstance(self.value, yaml.ScalarNode) else None


class Positions:
    """The tree of one file that was read before, with a position at every node."""

    def __init__(self, path: Path) -> None:
        """Compose the tree; the reader has bounded its depth and its aliases already."""
        loader = yaml.CSafeLoader(text_of(path))
        self._root: yaml.Node | None = loader.get_node() if loader.check_node() else None

    def find(self, keys: Sequence[Key]) -> Place:
        """Follow the keys as far as they lead. A string finds an entry of a list by its ``name``."""
        key_node, node, depth = None, self._root, 0
        for key in keys:
            entry = _entry(node, key)
            if entry is None:
                break
            key_node, node = entry
            depth += 1
        return Place(depth, key_node, node)


def _entry(node: yaml.Node | None, key: Key) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return _of_mapping(node, str(key))
    if isinstance(node, yaml.SequenceNode):
        if isinstance(key, int):
            return (None, node.value[key]) if 0 <= key < len(node.value) else None
        for item in node.value:
            name = _of_mapping(item, "name") if isinstance(item, yaml.MappingNode) else None
            if name is not None and name[1].value == key:
                return None, item
    return None


def _of_mapping(node: yaml.MappingNode, key: str) -> tuple[yaml.Node | None, yaml.Node] | None:
    """A key's node and its value's; what the mapping says itself wins over what `<<` merges."""
    for key_node, value in node.value:
        if isinstance(key_node, yaml.ScalarNode) and key_node.value == key:
            return key_node, value
    for key_node, value in node.value:
        if isinstance(key_node, yaml.ScalarNode) and key_node.value == "<<":
            for part in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if isinstance(part, yaml.MappingNode) and (found := _of_mapping(part, key)):
                    return found
    return None
