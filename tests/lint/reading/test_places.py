"""Where values, and characters within them, stand in a file: worked out by hand, then by machine."""

from __future__ import annotations

import json
import random

import pytest
from monogen.lint.model import Keys, Position
from monogen.lint.reading import json_text, yaml_text
from monogen.lint.reading.marks import Mark, children
from monogen.lint.reading.source import Inner, MarkedSource, Part


def marked(text: str, part: str, keys: Keys, *, number: int = 0) -> str:
    """What stands in the file at the place of ``part`` of a value."""
    read = yaml_text.read("f.yaml", text)
    assert read.stop is None
    value = read.documents[number]
    for key in keys:
        value = value[key]
    at = value.index(part)
    start, end = read.source.offsets(number, keys, (at, at + len(part)))
    return text[start:end]


@pytest.mark.parametrize(
    "text",
    [
        "e: sum(foo)\n",
        'e: "sum(foo)"\n',
        "e: 'sum(foo)'\n",
        "e: |\n  sum(foo)\n",
        "e: |-\n\n\n    sum(foo)\n    + 1\n",
        "e: >-\n  1 +\n  sum(foo)\n\n  + 2\n",
        "e: >\n  1\n    + 2\n  + sum(foo)\n",
        "e: |2-\n    sum(foo)\n  + 1\n",
        "e: |+ # says nothing\n  1 +\n  sum(foo)\n\n",
        "e: 1 +\n  2 +\n\n  sum(foo)\n",
        'e: "1 +\n\n  2 \\\n   + \\"x\\" + \\u0041 + sum(foo)"\n',
        "e: 'it''s ''quoted'' sum(foo)'\n",
        "{e: 1 + sum(foo) , f: 2}\n",
        "e: ünïcödé 😀 sum(foo)\n",
        "e:\tsum(foo)\n",
        "e: &anchor sum(foo)\n",
        "e: !!str sum(foo)\n",
        "e: &a !!str |\n  1\n  + sum(foo)\n",
        "e: # says nothing\n  sum(foo)\n",
        "? e\n: sum(foo)\n",
        "'e': sum(foo)\n",
        "base: &b\n  e: sum(foo)\n<<: *b\n",
        "base: &b {e: sum(foo)}\n<<: [*b]\n",
        "base: &b sum(foo)\ne: *b\n",
        "e: 1\ne: sum(foo)\n",
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("beginning", ["", "\ufeff"])
def test_characters_of_a_value(text: str, line_end: str, beginning: str) -> None:
    written = beginning + text.replace("\n", line_end)
    assert marked(written, "foo", ("e",)) == "foo"


def place(
    text: str, keys: Keys, span: tuple[int, int] | None = None, *, on_key: bool = False, number: int = 0
) -> tuple[int, int, int, int]:
    start, end = yaml_text.read("f.yaml", text).source.place(number, keys, span, on_key=on_key)
    return start.line, start.column, end.line, end.column


RULES = """\
groups:
  - name: a   # of hosts
    rules:
      - record: x:y
        expr: |
          sum(
            foo
          )
        labels: {a: "b", "c": d}
      -
        alert: B
        for:
"""


def test_lines_and_columns_by_hand() -> None:
    rule = ("groups", 0, "rules", 0)
    assert place(RULES, ("groups", 0, "name")) == (2, 11, 2, 12)
    assert place(RULES, (*rule, "expr"), (7, 10)) == (7, 13, 7, 16)
    # The whole of a block scalar is its text, not its header.
    assert place(RULES, (*rule, "expr")) == (6, 11, 8, 12)
    assert place(RULES, (*rule, "expr"), on_key=True) == (5, 9, 5, 13)
    # A quoted text includes its quotes, its characters do not.
    assert place(RULES, (*rule, "labels", "a")) == (9, 21, 9, 24)
    assert place(RULES, (*rule, "labels", "a"), (0, 1)) == (9, 22, 9, 23)
    assert place(RULES, (*rule, "labels", "c"), on_key=True) == (9, 26, 9, 29)


def test_values_of_many_lines_are_shown_by_their_beginning() -> None:
    assert place(RULES, ("groups",)) == (1, 1, 1, 7)
    assert place(RULES, ("groups", 0, "rules")) == (3, 5, 3, 10)
    assert place(RULES, ("groups", 0, "rules", 0)) == (4, 9, 4, 20)
    assert place(RULES, ("groups", 0, "rules", 1)) == (11, 9, 11, 17)


def test_what_is_missing_is_where_it_should_be() -> None:
    assert place(RULES, ("groups", 0, "rules", 1, "expr")) == (11, 9, 11, 17)
    assert place(RULES, ("groups", 0, "rules", 1, "for")) == (12, 9, 12, 12)
    assert place(RULES, ("spec", "groups")) == (1, 1, 1, 8)
    assert place(RULES, ("groups", 7)) == (1, 1, 1, 7)
    assert place("", ("groups",)) == (1, 1, 1, 1)


def test_the_end_of_a_value() -> None:
    """A parser complains about the end of an expression."""
    assert place("e: sum(\nf: 1\n", ("e",), (4, 4)) == (1, 8, 1, 8)
    assert place("e: |\n  sum(\nf: 1\n", ("e",), (4, 4)) == (2, 7, 2, 7)
    assert place('e: ""\n', ("e",), (0, 0)) == (1, 4, 1, 6)
    assert place("e: sum(\n", ("e",), (90, 99)) == (1, 8, 1, 8)


def test_several_documents() -> None:
    text = "---\na: 1\n---\n# nothing\n---\nb:\n  - c\n"
    assert place(text, ("a",), number=0) == (2, 4, 2, 5)
    assert place(text, ("b", 0), number=2) == (7, 5, 7, 6)


def test_a_key_that_stands_twice_is_its_last() -> None:
    read = yaml_text.read("f.yaml", "a:\n  b: 1\n  c: 2\n  b: 3\n")
    assert read.documents[0]["a"]["b"] == 3
    assert read.source.repeated(0) == [(("a", "b"), 5)]
    assert read.source.place(0, ("a", "b"), on_key=True)[0] == Position(4, 3)


def test_odd_line_ends_count_as_editors_count() -> None:
    """To YAML 1.1 these end a line, to an editor and to git they do not."""
    assert place("a: x\x85b: y\u2028c: z\nd: w\n", ("d",)) == (2, 4, 2, 5)


BOARD = (
    '{"title": "B",\n "panels": [{"title": "r\\u00e4te \\"x\\"", "n": 1.50},\n'
    ' {"expr": "up\\n\\ud83d\\ude00!"}]}'
)


def test_places_in_json() -> None:
    source = json_text.read("b.json", BOARD).source

    def where(keys: Keys, span: tuple[int, int] | None = None, *, on_key: bool = False) -> str:
        start, end = source.offsets(0, keys, span, on_key=on_key)
        return BOARD[start:end]

    title: Keys = ("panels", 0, "title")
    assert where(title) == '"r\\u00e4te \\"x\\""'
    assert where(title, (1, 2)) == "\\u00e4"
    assert where(title, (5, 8)) == '\\"x\\"'
    assert where(title, on_key=True) == '"title"'
    assert where(("panels", 0, "n"), (0, 2)) == "1."
    assert where(("panels", 1, "expr"), (3, 4)) == "\\ud83d\\ude00"
    assert where(("panels", 1, "expr"), (4, 5)) == "!"
    assert where(("panels", 1)) == '{"expr": "up\\n\\ud83d\\ude00!"}]}'[:-2]
    assert where(("panels", 1, "gone")) == where(("panels", 1))
    assert source.place(0, ("panels", 1, "expr"))[0] == Position(3, 11)
    assert source.written(0, ("panels", 0, "n")) == "1.50"


def test_keys_that_stand_twice_in_json() -> None:
    text = '{"a": [{}, {"b": 1, "c": {"d": 1}, "b": 2}], "a\\u0062": 1, "ab": 2}'
    read = json_text.read("b.json", text)
    assert [(keys, text[at:][:3]) for keys, at in read.source.repeated(0)] == [
        (("a", 1, "b"), '"b"'),
        (("ab",), '"a\\'),
    ]
    start, _ = read.source.offsets(0, ("a", 1, "b"), on_key=True)
    assert text[start:].startswith('"b": 2')


@pytest.mark.parametrize("style", ["|", '"', "'"])
def test_a_board_in_a_config_map(style: str) -> None:
    board = json.dumps({"panels": [{"targets": [{"expr": 'rate(foo{a="it\'s"}[5m])'}]}]}, indent=1)
    written = {
        "|": "|\n" + "\n".join(f"    {line}" for line in board.split("\n")),
        '"': json.dumps(board),
        "'": "'" + board.replace("'", "''").replace("\n", "\n\n    ") + "'",
    }[style]
    text = f"kind: ConfigMap\ndata:\n  x: 1\n  b.json: {written}\n"
    read = yaml_text.read("c.yaml", text)
    inner = json_text.read("c.yaml", read.documents[0]["data"]["b.json"])
    keys: Keys = ("panels", 0, "targets", 0, "expr")
    source = Inner(read.source, 0, ("data", "b.json"), inner.source)
    assert inner.data["panels"][0]["targets"][0]["expr"][5:8] == "foo"
    start, end = source.offsets(0, keys, (5, 8))
    assert text[start:end] == "foo"
    start, end = source.offsets(0, keys, on_key=True)
    assert text[start:end].strip("\\") in ('"expr"', '"expr\\"')


def test_an_object_of_a_list() -> None:
    text = "items:\n- a: 1\n- spec: {b: foo, b: bar}\n"
    read = yaml_text.read("l.yaml", text)
    part = Part(read.source, 0, ("items", 1))
    assert part.place(0, ("spec", "b"))[0] == Position(3, 21)
    assert part.repeated(0) == [(("spec", "b"), 23)]


PIECES = [
    *("a", "b c", "  ", "\n", "\n\n", "\n  ", "\n    x", " # no", "'", '"', "\\n", "é", "\t", "- ", "|", "1"),
    *("\U0001f600", "\u2028", "\x85", ": ", " #c", "\\x41", "\\\n", "\\u00e9", "\r"),
]
FORMS = [
    *(
        "k: %s\n",
        'k: "%s"\n',
        "k: '%s'\n",
        "k: |\n  %s\n",
        "k: >\n  %s\n",
        "k: >-\n  %s",
        "k: |+\n\n  %s\n\n",
    ),
    *(
        "k: |2-\n   %s\n",
        "- - >+\n    %s\n\n- x",
        '[%s, &a !!str "%s"]',
        "k: >1\n    %s\n",
        "k: >2+\n\n   %s\n\n",
    ),
]


def all_scalars(source: MarkedSource) -> list[Mark]:
    waiting, found = list(source.roots), []
    while waiting:
        mark = waiting.pop()
        found += [mark] if mark.is_scalar else []
        waiting.extend(children(mark))
    return found


def test_spelling_is_what_libyaml_reads() -> None:
    """Over thousands of odd scalars, spelling a value out again gives what libyaml gave."""
    source_of_chance = random.Random(3)
    scalars = understood = 0
    for _ in range(6000):
        body = "".join(source_of_chance.choices(PIECES, k=source_of_chance.randint(1, 9)))
        text = source_of_chance.choice(FORMS).replace("%s", body)
        if source_of_chance.random() < 0.2:
            text = text.replace("\n", "\r\n")
        read = yaml_text.read("f.yaml", text)
        for mark in [] if read.stop else all_scalars(read.source):
            spelling = read.source.spell(mark)
            scalars += 1
            understood += spelling is not None and spelling.value == mark.text
    assert scalars > 2000
    # Block scalars of nothing but odd line breaks are all that is missed.
    assert understood >= scalars - 3
