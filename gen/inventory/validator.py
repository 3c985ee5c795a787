"""JSON schemas as functions that accept or refuse: quick for what is good, without a word on what is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import fastjsonschema
from monogen.compiled import compiled


def definition(file: Path, part: str) -> dict[str, Any]:
    """A schema file, or one of its ``definitions`` as a schema of its own."""
    return _definition(file.read_text("utf-8"), part)


def _definition(text: str, part: str) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(text)
    return {"$ref": f"#/definitions/{part}", "definitions": whole["definitions"]} if part else whole


def accepts(file: Path, part: str, data: Any) -> bool:
    """Whether data is as the schema of monogen's own file (or one of its definitions) says."""
    try:
        _validate(file, part)(data)
    except fastjsonschema.JsonSchemaValueException:
        return False
    return True


@cache
def _validate(file: Path, part: str) -> Callable[[Any], Any]:
    def code(text: str) -> CodeType:
        schema = _definition(text, part)
        written = fastjsonschema.compile_to_code(schema, use_default=False, detailed_exceptions=False)
        return compile(written, f"<{file.name}>", "exec")

    namespace: dict[str, Any] = {}
    exec(compiled(file, code, f"fastjsonschema {fastjsonschema.VERSION}", part), namespace)  # noqa: S102
    validate: Callable[[Any], Any] = namespace["validate"]
    return validate
