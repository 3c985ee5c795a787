"""The schema is sound, says something about every key, and agrees with what else knows these facts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from monogen import quantities
from monogen.catalog import kinds
from monogen.inventory import reference, schema

ROOT = Path(__file__).parents[2]
SCHEMA = schema()


def test_it_is_a_draft_7_schema() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"


def properties(part: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(part, dict):
        yield from part.get("properties", {}).items()
        for value in part.values():
            yield from properties(value)
    elif isinstance(part, list):
        for value in part:
            yield from properties(value)


def test_every_key_is_described() -> None:
    assert len(list(properties(SCHEMA))) > 60
    assert [key for key, value in properties(SCHEMA) if not value.get("description")] == []


def test_patterns_are_those_of_the_quantities() -> None:
    definitions = SCHEMA["definitions"]
    assert definitions["bytes"]["pattern"] == definitions["ram"]["pattern"] == quantities.BYTES_PATTERN
    assert definitions["duration"]["pattern"] == quantities.DURATION_PATTERN
    assert definitions["threshold"]["pattern"] == quantities.THRESHOLD_PATTERN


def test_the_kinds_that_editors_explain_are_those_of_the_catalog() -> None:
    described = SCHEMA["definitions"]["exporters"]["properties"]
    catalog = kinds()
    assert set(described) == set(catalog)
    for kind, value in described.items():
        port = re.search(r"port (\d+)", value["description"])
        assert port is not None
        assert int(port[1]) == catalog[kind].port


@pytest.mark.parametrize("name", ["fleet.yaml", "minimal.yaml"])
def test_the_examples_fit_and_lead_editors_to_the_schema(name: str) -> None:
    file = ROOT / "hosts" / name
    text = file.read_text("utf-8")
    jsonschema.Draft7Validator(SCHEMA).validate(yaml.safe_load(text))
    modeline = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert modeline is not None
    assert (file.parent / modeline[1]).resolve() == ROOT / "gen" / "inventory" / "schema.json"


def test_the_reference_is_current() -> None:
    page = (ROOT / "docs" / "inventory.md").read_text("utf-8")
    assert reference.BEGIN in page
    assert reference.replaced(page) == page
