"""Schemas that objects are held against: JSON beside the checks that use it.

A schema is compiled, which makes a good object cheap; a bad one is read again, slowly, to say why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monogen.inventory.findings import Finding
from monogen.inventory.validator import accepts, definition
from msgspec import Struct

if TYPE_CHECKING:
    from monogen.inventory.explaining import RawText

_DEEPEST = 40
"""Levels of an object below which nothing of a schema is any more."""


class Schema(Struct, frozen=True):
    """One definition of a schema file: ``part`` is a name among its ``definitions``."""

    file: Path
    part: str

    def refusals(self, data: Any, written: RawText = lambda _: None) -> Iterator[Finding]:
        """What it refuses; nothing for a good object. A key without a value counts as one that is absent.

        ``written`` gives a scalar as the file spells it, for the message.
        """
        if accepts(self.file, self.part, data):
            return
        pruned = without_nulls(data)
        if not accepts(self.file, self.part, pruned):
            from monogen.inventory.explaining import explain  # noqa: PLC0415 - jsonschema is slow to import

            yield from explain(definition(self.file, self.part), pruned, (), written)


def without_nulls(value: Any, depth: int = 0) -> Any:
    """The value without the keys that have none; entries of lists stay."""
    if depth > _DEEPEST:
        return value
    if isinstance(value, Mapping):
        return {key: without_nulls(item, depth + 1) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item, depth + 1) for item in value]
    return value
