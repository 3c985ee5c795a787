"""The data that the linter reads from YAML, and from JSON: what it takes, and what it stops at."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml
from monogen.lint.model import Position
from monogen.lint.reading import json_text, yaml_text
from monogen.lint.reading.source import Stop

ROOT = Path(__file__).parents[3]


def value(text: str) -> object:
    read = yaml_text.read("f.yaml", text)
    assert read.stop is None
    return read.documents[0]


def stop(text: str) -> Stop:
    found = yaml_text.read("f.yaml", text).stop
    assert found is not None
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "out").glob("*.yaml")), ids=lambda path: path.name)
def test_reads_what_pyyaml_reads(path: Path) -> None:
    read = yaml_text.read(path.name, path.read_text())
    assert read.documents == list(yaml.load_all(path.read_text(), yaml.CSafeLoader))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *[("1", 1), ("-3", -3), ("0", 0), ("1.5", 1.5), ("-.5", -0.5), ("1e3", 1000.0), (".inf", math.inf)],
        *[("yes", True), ("off", False), ("~", None), ("", None), ("null", None), ("True", True)],
        # Text, since whole numbers are numbers in their plain form only.
        *[
            ("010", "010"),
            ("0x1F", "0x1F"),
            ("1_000", "1_000"),
            ("1:30", "1:30"),
            ("2024-01-01", "2024-01-01"),
        ],
        *[("5m", "5m"), ("'1'", "1"), ('"yes"', "yes"), ("!!str 1", "1")],
        ("9" * 5000, "9" * 5000),
    ],
)
def test_plain_scalars(written: str, expected: object) -> None:
    read = value(f"a: {written}\n")
    assert isinstance(read, dict)
    assert read["a"] == expected
    assert type(read["a"]) is type(expected)


def test_keys_are_text_as_written() -> None:
    assert value("on: 1\n1: 2\n'x': 3\n? y\n: 4\n") == {"on": 1, "1": 2, "x": 3, "y": 4}


def test_merge_keys_and_aliases() -> None:
    text = "d: &d {a: 1, b: 2}\ne: &e {b: 3, c: 4}\nf: {b: 0, <<: [*e, *d]}\ng: *d\nk: &k x\n*k : 5\n"
    assert value(text) == {
        "d": {"a": 1, "b": 2},
        "e": {"b": 3, "c": 4},
        "f": {"a": 1, "b": 0, "c": 4},
        "g": {"a": 1, "b": 2},
        "k": "x",
        "x": 5,
    }


def test_unknown_tags_are_passed_over() -> None:
    assert value("a: !Ref x\nb: !x [1]\nc: !y {d: 1}\n") == {"a": "x", "b": [1], "c": {"d": 1}}


def test_documents_before_a_mistake_are_kept() -> None:
    read = yaml_text.read("f.yaml", "a: 1\n---\nb: [\n")
    assert read.documents == [{"a": 1}]
    assert read.stop is not None
    assert read.stop.position.line == 4


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("a: &a [*a]\n", "inside the value it means", Position(1, 8)),
        ("a: *b\n", "has no anchor", Position(1, 4)),
        ("x: 1\n{{ a }}: 1\n", "cannot be a key", Position(2, 1)),
        ("a: 1\n b: 2\n", "cannot stand here", Position(2, 3)),
        ("a: 1\n\tb: 2\n", "a tab indents this line", Position(2, 1)),
        ("a: x\0\n", "control character U+0000", Position(1, 5)),
        ("\ufeffa: x\x07\n", "control character U+0007", Position(1, 5)),
        ("a: {<<: 1}\n", "merges mappings only", Position(1, 5)),
        ("[" * 500 + "]" * 500, "nested deeper than 100", Position(1, 101)),
        ("? " * 5000, "", Position(1, 3)),
        ('a: "\\ud800"\n', "", Position(1, 7)),
    ],
)
def test_where_reading_stops(text: str, message: str, position: Position) -> None:
    found = stop(text)
    assert message in found.message
    assert found.position == position
    # The second pass, for places, stops there as well.
    yaml_text.read("f.yaml", text).source.place(0, ("a", "b"))


def test_aliases_do_not_blow_up() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "many times its size" in stop("\n".join(lines)).message


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ('{"a": 1,}', "not valid JSON", Position(1, 9)),
        ('{\n "a": NaN}', "`NaN` is no JSON", Position()),
        ("[" * 100_000, "nested deeper", Position()),
        ('{"a":' * 101 + "1" + "}" * 101, "nested deeper", Position()),
        ('{"a": ' + "9" * 5000 + "}", "thousands of digits", Position()),
        ('{"a": "\\ud800"}', "half of a character", Position()),
        ("\ufeff{\n\x00}", "not valid JSON", Position(2, 1)),
        ("", "not valid JSON", Position(1, 1)),
    ],
)
def test_where_reading_json_stops(text: str, message: str, position: Position) -> None:
    found = json_text.read("f.json", text).stop
    assert found is not None
    assert message in found.message
    assert found.position == position


def test_json_with_a_byte_order_mark() -> None:
    read = json_text.read("f.json", '\ufeff{"a": "b"}')
    assert read.data == {"a": "b"}
    assert read.source.place(0, ("a",)) == (Position(1, 7), Position(1, 10))


def test_as_deep_as_allowed() -> None:
    text = "[" * 100 + "]" * 100
    assert json_text.read("f.json", text).stop is None
    assert yaml_text.read("f.yaml", text).stop is None
