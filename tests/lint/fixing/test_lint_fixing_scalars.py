"""A change within one value, in every way that YAML and JSON write a text: the rest of the file stays."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from monogen.lint.fixing.editing import Edits, Wanted, documents_of
from monogen.lint.fixing.scalars import CannotEdit
from monogen.lint.model import Change, Fix, Keys
from monogen.lint.reading.json_text import JsonSource
from monogen.lint.reading.source import MarkedSource, Placed
from monogen.lint.reading.texts import documents_of_text
from monogen.lint.reading.yaml_text import YamlSource


def mended(source: MarkedSource, keys: Keys, old: str, new: str, document: int = 0) -> str:
    """The file's text with ``old`` replaced in the value that the keys lead to."""
    value = documents_of(source)[document]
    for key in keys:
        value = value[key]
    at = value.index(old)
    edits = Edits(source)
    assert edits.add(Wanted(source, document, Fix("", "safe", (Change(keys, at, at + len(old), new),))))
    return edits.text()


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        pytest.param("a: x + y  # why", "x", "z", "a: z + y  # why", id="plain"),
        pytest.param("a: x + y  # why", "x", "z: 1", "a: 'z: 1 + y'  # why", id="plain-needs-quotes"),
        pytest.param("a: x y", "x", "{", "a: '{ y'", id="plain-beginning-with-a-sign"),
        pytest.param("a: x1", "x", "", "a: '1'", id="plain-becomes-a-number"),
        pytest.param("a: x y", "x", "it's: {", 'a: "it\'s: { y"', id="plain-with-apostrophe"),
        pytest.param("a: [x, b]", "x", "x, y", "a: ['x, y', b]", id="plain-in-brackets"),
        pytest.param("a: &n x + y\nb: c", "x", "z", "a: &n z + y\nb: c", id="plain-with-an-anchor"),
        pytest.param("a: x\n  + y\nb: c", "x", "z", "a: z\n  + y\nb: c", id="plain-over-lines"),
        pytest.param("a: x\n  + y\nb: c", "x +", "z: +", "a: 'z: + y'\nb: c", id="plain-over-lines-quoted"),
        pytest.param("a: 'x{b=\"c\"}' # why", "c", "it's", "a: 'x{b=\"it''s\"}' # why", id="single"),
        pytest.param("a: 'x y'", "x", "x\nz", 'a: "x\\nz y"', id="single-with-a-line-break"),
        pytest.param('a: "x{b=\\"c\\"}"', "c", 'd\\.e"', 'a: "x{b=\\"d\\\\.e\\"\\"}"', id="double"),
        pytest.param("a: |\n  x +\n  y\nb: c", "y", "z", "a: |\n  x +\n  z\nb: c", id="literal"),
        pytest.param(
            "a: |-\n    x\n\n\nb: c", "x", "z\ny", "a: |-\n    z\n    y\n\n\nb: c", id="literal-grows"
        ),
        pytest.param("a: | # why\n  x\n", "x", "z", "a: | # why\n  z\n", id="literal-with-a-comment"),
        pytest.param("a: |2-\n    x\n  y\n", "x", "z", "a: |2-\n    z\n  y\n", id="literal-with-indentation"),
        pytest.param("a: >-\n  x +\n  y\n", "x", "z", "a: >-\n  z +\n  y\n", id="folded"),
        pytest.param("a: >-\n  x +\n  y\n", "x", "z\ny", "a: >-\n  z\n\n  y +\n  y\n", id="folded-grows"),
        pytest.param("a: >-\n  x +\n  y\n", "x + y", "z", "a: >-\n  z\n", id="folded-shrinks"),
        pytest.param("a: |\r\n  x\r\nb: c\r\n", "x", "z\ny", "a: |\r\n  z\r\n  y\r\nb: c\r\n", id="crlf"),
        pytest.param("\ufeffa: x", "x", "z", "\ufeffa: z", id="byte-order-mark"),
        pytest.param("a: x\n---\na: x\n", "x", "z", "a: z\n---\na: x\n", id="several-documents"),
        pytest.param("a: 'é ünï' # ✓", "ünï", "x", "a: 'é x' # ✓", id="letters"),
    ],
)
def test_yaml(before: str, old: str, new: str, after: str) -> None:
    source = YamlSource("rules.yaml", before)
    keys: Keys = ("a", 0) if "[" in before else ("a",)
    assert mended(source, keys, old, new) == after


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        ('{"a": "x + y"}', "x", "z", '{"a": "z + y"}'),
        ('{"a": "x{b=\\"c\\"}"}', 'b="c"', 'd=~"\\\\d"', '{"a": "x{d=~\\"\\\\\\\\d\\"}"}'),
        ('{"a": "\\u0078 y"}', "x", "é", '{"a": "\\u00e9 y"}'),
        ('{"ä": 1, "a": "x y"}', "x", "é", '{"ä": 1, "a": "é y"}'),
        ('{"a":\t"x\\ny"}', "x\ny", "z\n", '{"a":\t"z\\n"}'),
    ],
)
def test_json(before: str, old: str, new: str, after: str) -> None:
    assert mended(JsonSource("board.json", before), ("a",), old, new) == after


def test_several_places_at_once() -> None:
    source = YamlSource("rules.yaml", "a: x + x\nb: >\n  x\n  y\n")
    edits = Edits(source)
    changes = (Change(("a",), 0, 1, "1"), Change(("a",), 4, 5, "22"), Change(("b",), 2, 3, "z"))
    edits.add(Wanted(source, 0, Fix("", "safe", changes)))
    assert edits.text() == "a: 1 + 22\nb: >\n  x\n  z\n"


def test_what_overlaps_is_refused_and_what_is_the_same_is_taken_once() -> None:
    source = YamlSource("rules.yaml", "a: x + y")

    def fix(start: int, end: int) -> Wanted:
        return Wanted(source, 0, Fix("", "safe", (Change(("a",), start, end, "z"),)))

    edits = Edits(source)
    assert [edits.add(fix(*span)) for span in ((0, 3), (2, 5), (0, 3), (4, 5))] == [True, False, True, True]
    assert edits.text() == "a: z z"


def test_an_alias_keeps_the_value_from_being_changed() -> None:
    """Who repeats the value would change with it."""
    source = YamlSource("rules.yaml", "a: &n x + y\nb: *n\n")
    with pytest.raises(CannotEdit, match="something else in the file would change"):
        mended(source, ("a",), "x", "z")


BOARD = {"title": "B", "panels": [{"targets": [{"expr": 'x{a="$b"} + y'}]}]}
EXPR: Keys = ("panels", 0, "targets", 0, "expr")


@pytest.mark.parametrize("style", ["|", '"', "'", ">"])
@pytest.mark.parametrize("within", ["config-map", "list", "grafana-dashboard"])
def test_a_board_within_an_object(style: str, within: str) -> None:
    """JSON in a scalar of YAML: escaped for both."""
    text = json.dumps(BOARD, indent=2 if style in "|>" else None)
    held = {"b.json": text, "other": "x"}
    data: dict[str, object] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "n"},
        "data": held,
    }
    if within == "list":
        data = {"apiVersion": "v1", "kind": "List", "items": [data]}
    elif within == "grafana-dashboard":
        data = {**data, "kind": "GrafanaDashboard", "spec": {"json": text}}
    file = "# why\n" + yaml.dump(data, default_style=style, width=70)
    document = next(one for one in documents_of_text("b.yaml", file) if one.kind == "dashboard")
    source = document.source
    assert isinstance(source, Placed)
    assert isinstance(source.file, MarkedSource)
    at = BOARD["panels"][0]["targets"][0]["expr"].index("x{")  # type: ignore[index]
    change = Change(EXPR, at, at + 1, 'z{c=~"\\\\d"} or x')
    edits = Edits(source.file)
    edits.add(Wanted(source, document.number, Fix("", "safe", (change,))))
    after = edits.text()
    assert after.startswith("# why\n")
    read = next(one for one in documents_of_text("b.yaml", after) if one.kind == "dashboard")
    assert read.data["panels"][0]["targets"][0]["expr"] == 'z{c=~"\\\\d"} or x{a="$b"} + y'


PIECES = st.text(st.sampled_from(list("ab \n\"'\\{}[]:#,|>-&*!%@`\té\u2028\x85")), max_size=8)


@given(st.sampled_from(["", '"', "'", "|", ">"]), PIECES, PIECES, PIECES, PIECES, st.booleans())
def test_whatever_the_text(style: str, first: str, old: str, last: str, new: str, in_brackets: bool) -> None:
    """The file reads as it should afterwards, and says so itself."""
    value = f"a{first}{old}{last}b"
    data = {"k": [value, "x"], "l": value, "m": "one"}
    text = yaml.dump(data, default_style=style or None, default_flow_style=in_brackets or None, width=40)
    source = YamlSource("f.yaml", text)
    start = 1 + len(first)
    edits = Edits(source)
    changes = tuple(Change(keys, start, start + len(old), new) for keys in (("k", 0), ("l",)))
    edits.add(Wanted(source, 0, Fix("", "safe", changes)))
    assert documents_of(source) == [data]
    wanted = f"a{first}{new}{last}b"
    assert documents_of(YamlSource("f.yaml", edits.text())) == [{"k": [wanted, "x"], "l": wanted, "m": "one"}]
