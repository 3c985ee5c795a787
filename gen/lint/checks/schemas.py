"""Schemas that objects are held against: JSON beside the checks that use it.

A schema is compiled, which makes a good object cheap; a bad one is read again, slowly, to say why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastjsonschema
from monogen.inventory.findings import Finding

if TYPE_CHECKING:
    from monogen.inventory.explaining import RawText

_DEEPEST = 40
"""Levels of an object below which nothing of a schema is any more."""


class Schema:
    """One definition of a schema file, read and compiled when it is first asked for."""

    def __init__(self, file: Path, part: str) -> None:
        """``part`` is a name among the file's ``definitions``."""
        self._file = file
        self._part = part

    @cached_property
    def data(self) -> dict[str, Any]:
        """The definition as a schema of its own."""
        text = self._file.read_text("utf-8")
        return {"$ref": f"#/definitions/{self._part}", "definitions": json.loads(text)["definitions"]}

    @cached_property
    def _validator(self) -> Any:
        return fastjsonschema.compile(self.data, use_default=False, detailed_exceptions=False)

    def refusals(self, data: Any, written: RawText = lambda _: None) -> Iterator[Finding]:
        """What it refuses; nothing for a good object. A key without a value counts as one that is absent.

        ``written`` gives a scalar as the file spells it, for the message.
        """
        if self._accepts(data):
            return
        pruned = without_nulls(data)
        if not self._accepts(pruned):
            from monogen.inventory.explaining import explain  # noqa: PLC0415 - jsonschema is slow to import

            yield from explain(self.data, pruned, (), written)

    def _accepts(self, data: Any) -> bool:
        try:
            self._validator(data)
        except fastjsonschema.JsonSchemaValueException:
            return False
        return True


def without_nulls(value: Any, depth: int = 0) -> Any:
    """The value without the keys that have none; entries of lists stay."""
    if depth > _DEEPEST:
        return value
    if isinstance(value, Mapping):
        return {key: without_nulls(item, depth + 1) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item, depth + 1) for item in value]
    return value
