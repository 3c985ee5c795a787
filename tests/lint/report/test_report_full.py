"""The full format: what a person sees, and that the carets stand under the right place."""

from __future__ import annotations

import re
from io import StringIO
from itertools import pairwise

import pytest
from hypothesis import given
from made_up import FINDINGS, a_fix, finding
from monogen.lint.model import Finding
from monogen.lint.report import color
from monogen.lint.report.full import full
from wcwidth import wcswidth

PAINT = re.compile(r"\x1b\[[0-9;]*m")


def underlined(shown: str) -> list[str]:
    """The pieces of the source lines above carets, cell by cell as a terminal shows them."""
    pieces = []
    for above, carets in pairwise(shown.splitlines()):
        if set(carets.partition("|")[2].strip()) != {"^"}:
            continue
        pieces.append("".join(cells(above)[carets.index("^") : carets.rindex("^") + 1]))
    return pieces


def cells(line: str) -> list[str]:
    """What stands in each cell of a terminal: "" in the second cell of a wide character."""
    result: list[str] = []
    for character in line:
        width = wcswidth(character)
        if width:
            result += [character, *[""] * (width - 1)]
        else:
            result[-1] += character
    return result


def test_a_finding_is_a_paragraph() -> None:
    assert full([finding(hint="Compare with 1.", fix=a_fix())]) == (
        "rules.yaml:5:13: MG998 warning: `up` is a gauge\n"
        "  |\n"
        "5 |       expr: up == 1\n"
        "  |             ^^\n"
        "  hint: Compare with 1.\n"
        "  --fix: write `host:memory_used:ratio`\n"
        "\n"
    )


def test_a_hint_that_the_fix_repeats_is_said_once() -> None:
    assert "hint:" not in full([finding(hint=a_fix().says, fix=a_fix())])


def test_a_whole_file_has_no_excerpt() -> None:
    shown = full([finding(start=(0, 0), end=(0, 0), message="is empty", fix=a_fix("unsafe"))])
    assert shown == (
        "rules.yaml: MG998 warning: is empty\n  --fix --unsafe: write `host:memory_used:ratio`\n\n"
    )


@pytest.mark.parametrize(
    ("line", "start", "end", "expected"),
    [
        ("expr: up", 7, 9, "up"),
        ("# 漢字漢字 up", 8, 10, "up"),
        ("漢字", 1, 3, "漢字"),
        ("e\u0301te\u0301 up", 7, 9, "up"),
        ("\U0001f600\U0001f600 up", 4, 6, "up"),
        ("\t\texpr: up", 9, 11, "up"),
        ("a\tb", 2, 3, "    "),
        ("\x1b[31m up", 7, 9, "up"),
        ("a\x1bb", 2, 3, r"\x1b"),
        ("up", 3, 3, ""),
        ("", 1, 1, ""),
    ],
)
def test_carets_stand_under_the_place(line: str, start: int, end: int, expected: str) -> None:
    (piece,) = underlined(full([finding(line, start=(5, start), end=(5, end))]))
    assert piece == expected


def test_several_lines_are_underlined_from_their_first_character_to_their_last() -> None:
    lines = "  expr: |\n    sum(up)\n\n      / count(up) > 1"
    assert underlined(full([finding(lines, start=(9, 9), end=(12, 18))])) == ["|", "sum(up)", "/ count(up)"]


def test_the_number_of_a_line_has_room() -> None:
    shown = full([finding("a: |\n  b", start=(9, 1), end=(10, 4))])
    assert "\n   |\n 9 | a: |\n   | ^^^^\n10 |   b\n   |   ^\n" in shown


def test_an_excerpt_that_was_cut_says_so() -> None:
    assert full([finding("a\nb", start=(1, 1), end=(9, 2))]).endswith("\n  | ...\n\n")


def test_an_end_at_the_start_of_the_next_line_takes_nothing_of_it() -> None:
    assert "..." not in full([finding("a\nb", start=(1, 1), end=(3, 1))])


@pytest.mark.parametrize("before", [0, 30, 5_000, 499_990])
def test_a_line_of_half_a_megabyte_is_shown_around_the_place(before: int) -> None:
    line = "漢" * before + "up{}" + "z" * (500_000 - before)
    shown = full([finding(line, start=(1, before + 1), end=(1, before + 5))])
    assert len(shown) < 500
    assert underlined(shown) == ["up{}"]


def test_a_long_place_ends_with_what_is_shown() -> None:
    (piece,) = underlined(full([finding("x" * 1_000, start=(1, 1), end=(1, 900))]))
    assert piece == "x" * 120


def test_escape_sequences_are_shown_and_not_obeyed() -> None:
    evil = "\x1b]0;owned\x07\u202e\r\x9b2J"
    shown = full([finding(f"expr: {evil}", path=evil, message=evil, hint=evil)])
    assert shown.count("\\x1b]0;owned\\x07\\u202e") == 4
    assert not set("\x1b\x07\u202e\r\x9b") & set(shown)


def test_a_line_end_in_a_message_makes_no_second_line() -> None:
    shown = full([finding(message="a\nrules.yaml:1:1: MG101 error: forged", path="b\nc")])
    assert shown.startswith("b\\nc:5:13: MG998 warning: a\\nrules.yaml")


def test_a_path_is_no_command_of_a_ci_system() -> None:
    assert full([finding(path="::stop-commands::x")]).startswith("./::stop")


def test_colours_change_nothing_but_the_colour() -> None:
    findings = [finding(hint="Look.", fix=a_fix(), severity=severity) for severity in ("error", "info")]
    painted = full(findings, color=True)
    assert painted != full(findings)
    assert PAINT.sub("", painted) == full(findings)


class Terminal(StringIO):
    """A stream that says that it is one."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "expected"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colours_are_for_terminals_that_want_them(environment: dict[str, str], expected: bool) -> None:
    assert color.wanted(Terminal(), environment) is expected
    assert color.wanted(StringIO(), environment) is False


@given(FINDINGS)
def test_any_text_is_printable_lines(findings: list[Finding]) -> None:
    shown = full(findings)
    assert shown.replace("\n", "").isprintable()
    heads = [line for line in shown.split("\n") if re.search(r": MG\d{3} (error|warning|info): ", line)]
    assert len(heads) >= len(findings)
    shown.encode("utf-8")
