"""Variables are filled as Grafana fills them."""

from __future__ import annotations

import pytest
from monogen.dashboards.interpolation import double_quoted, fill


@pytest.mark.parametrize("text", ["$a", "${a}", "[[a]]", "${a:raw}", "[[a:raw]]"])
def test_every_spelling(text: str) -> None:
    assert fill(f"x {text} y", {"a": "1"}) == "x 1 y"


def test_unknown_variables_stay() -> None:
    assert fill("$a ${b:raw} [[c]]", {}) == "$a ${b:raw} [[c]]"


def test_values_are_not_read_again() -> None:
    assert fill("$a", {"a": "${b}", "b": "no"}) == "${b}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a.b", r"a\.b"), (["a"], "a"), (["a|b", "c/d"], r"(a\|b|c\/d)"), ("$__all", ".*"), (["$__all"], ".*")],
)
def test_regex(value: str | list[str], expected: str) -> None:
    assert fill("${a:regex}", {"a": value}) == expected


def test_all_stands_for_what_the_board_says() -> None:
    assert fill("${a:regex}", {"a": "$__all"}, {"a": ".+"}) == ".+"


def test_the_data_sources_own_escaping() -> None:
    assert fill("$a", {"a": "b\\c"}) == "b\\\\c"
    assert fill("$a", {"a": ["a.b", "c"]}) == r"(a\\.b|c)"


@pytest.mark.parametrize(
    ("raw", "quoted"),
    [
        ("x{a=`b`}", 'x{a="b"}'),
        ("x{a=~`b\\.c`}", 'x{a=~"b\\\\.c"}'),
        ("x{a=`q\"q`, b='`'}", 'x{a="q\\"q", b=\'`\'}'),
        ('x{a="`", b=`c`}', 'x{a="`", b="c"}'),
    ],
)
def test_raw_strings_in_double_quotes(raw: str, quoted: str) -> None:
    assert double_quoted(raw) == quoted
