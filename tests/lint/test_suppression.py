"""Comments that silence a finding, and what is said about those that are not needed."""

from __future__ import annotations

import pytest
from monogen.lint.model import Finding, Position
from monogen.lint.reading.texts import documents_of_text, gather
from monogen.lint.run import lint
from monogen.lint.settings import LintSettings
from msgspec.structs import replace

FEW = LintSettings(select=("MG004", "MG005", "MG01"))
"""Two checks that are easy to provoke: unknown keys and bad durations."""


def told(text: str, settings: LintSettings = FEW, path: str = "rules.yaml") -> list[tuple[int, str]]:
    return [(finding.start.line, finding.code) for finding in findings(text, settings, path)]


def findings(text: str, settings: LintSettings = FEW, path: str = "rules.yaml") -> list[Finding]:
    return lint(gather(documents_of_text(path, text)), settings)


RULES = """\
groups:
  - name: a
    interval: 5
    rules:
      - alert: A
        expr: up == 0
        for: 5
        x: 1
      - alert: B
        expr: up == 1
        for: 6
"""

ALL = [(3, "MG005"), (7, "MG005"), (8, "MG004"), (11, "MG005")]


def above(line: int, comment: str, indent: int = 0) -> str:
    lines = RULES.splitlines()
    return "\n".join([*lines[: line - 1], " " * indent + comment, *lines[line - 1 :]]) + "\n"


def behind(line: int, comment: str) -> str:
    lines = RULES.splitlines()
    lines[line - 1] += f" {comment}"
    return "\n".join(lines) + "\n"


def left(text: str, shift_from: int = 99) -> list[tuple[int, str]]:
    """What is told, with the line numbers of RULES."""
    return [(line - (line >= shift_from), code) for line, code in told(text)]


def test_without_comments() -> None:
    assert told(RULES) == ALL


def test_behind_the_line() -> None:
    assert left(behind(7, "# monogen: ignore[MG005] on purpose")) == [ALL[0], ALL[2], ALL[3]]
    assert left(behind(7, "#monogen:ignore[ MG004,MG005 ] why")) == [ALL[0], (7, "MG010"), *ALL[2:]]


def test_above_a_rule() -> None:
    """For the whole rule, and no further; whatever comments stand between."""
    comment = "# monogen: ignore[MG005, MG004] on purpose"
    assert left(above(5, comment), 5) == [ALL[0], ALL[3]]
    assert left(above(5, comment, indent=6), 5) == [ALL[0], ALL[3]]
    assert [line for line, _ in told(above(5, f"{comment}\n# more words\n\n"))] == [3, 15]


def test_above_a_key() -> None:
    assert left(above(7, "# monogen: ignore[MG0] on purpose", indent=8), 7) == [ALL[0], ALL[2], ALL[3]]


def test_above_a_group_and_above_all_groups() -> None:
    comment = "# monogen: ignore[MG005] on purpose"
    assert left(above(2, comment), 2) == [ALL[2]]
    assert left(above(1, comment), 1) == [ALL[2]]
    assert left(above(4, comment), 4) == [ALL[0], ALL[2]]


def test_a_whole_file() -> None:
    comment = "# monogen: ignore-file[MG005] on purpose"
    assert left(f"# Something\n\n---\n{comment}\n{RULES}", 5) == [(11, "MG004")]
    assert told(above(3, comment)) == [(3, "MG011"), *((line + 1, code) for line, code in ALL)]


def test_a_file_that_cannot_be_read() -> None:
    broken = "groups:\n  - a\n b\n"
    settings = LintSettings(select=("MG0",))
    assert told(broken, settings) == [(3, "MG001")]
    assert told(f"# monogen: ignore-file[MG001] it is a template\n{broken}", settings) == []


def test_a_whole_object() -> None:
    head = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n"
    one = head + "".join(f"  {line}\n" for line in RULES.splitlines())
    text = f"# monogen: ignore[MG00] the first one\n{one}---\n{one}"
    assert {line for line, _ in told(text)} == {line + 19 for line, _ in ALL}


EXPRESSION = """\
groups:
  - name: a
    rules:
      - record: a:b
        expr: |{header}
          {first}
          rate(node_load1[5m]) {behind}
            + rate(node_load5[5m])
"""


def in_expression(header: str = "", first: str = "1 +", behind: str = "") -> list[tuple[int, str]]:
    text = EXPRESSION.format(header=header, first=first, behind=behind)
    return told(text, LintSettings(select=("MG202", "MG01")))


def test_comments_of_promql() -> None:
    assert in_expression() == [(7, "MG202"), (8, "MG202")]
    comment = "# monogen: ignore[MG202] we know"
    assert in_expression(behind=comment) == [(8, "MG202")]
    assert in_expression(first=comment) == []
    assert in_expression(header=f" {comment}") == []


def test_in_a_quoted_text_it_is_no_comment() -> None:
    text = behind(6, "").replace("up == 0", "'up == 0 # monogen: ignore[MG005] x'")
    assert left(text) == ALL


def test_unused() -> None:
    (finding,) = findings(
        "groups:\n  - name: a # monogen: ignore[MG005] no more\n    rules: []\n",
    )
    assert finding.code == "MG010"
    assert (finding.start, finding.end) == (Position(2, 13), Position(2, 45))
    assert finding.excerpt == ((2, "  - name: a # monogen: ignore[MG005] no more"),)
    assert "`MG005`" in finding.message


def test_what_did_not_run_is_not_unused() -> None:
    text = "groups: [] # monogen: ignore[MG111, MG2] only with an inventory\n"
    assert told(text) == []
    assert told("groups: [] # monogen: ignore[MG005] x\n", replace(FEW, select=("MG01",))) == []


def test_one_that_a_low_severity_needs_is_not_unused() -> None:
    settings = replace(FEW, severities={"MG005": "info"}, severity="warning")
    assert told(behind(7, "# monogen: ignore[MG005] why"), settings) == [(8, "MG004")]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# monogen: ignore", "does not say what to ignore"),
        ("# monogen: ignore MG005 x", "does not say what to ignore"),
        ("# monogen: ignore[] x", "does not say what to ignore"),
        ("# monogen: ignore[MG999] x", "no check `MG999`"),
        ("# monogen: ignore[promql/series] x", "no check `promql/series`"),
        ("# monogen: ignore-file[MG005] x", "below other lines"),
    ],
)
def test_malformed(comment: str, message: str) -> None:
    (finding,) = findings(f"groups: [] {comment}\n")
    assert finding.code == "MG011"
    assert message in finding.message


def test_without_a_reason() -> None:
    assert (7, "MG012") in told(behind(7, "# monogen: ignore[MG005]"))


def test_words_that_only_look_like_it() -> None:
    for comment in ("# monogen: see the docs", "# Monogen: it ignores", "x# monogen: ignore[MG9] y"):
        assert told(f"groups: []\n{comment}\n".replace("\nx", " # x")) == []


@pytest.mark.parametrize(
    ("comment", "meant"),
    [
        ("# monogen: ignroe[MG005] why", "monogen: ignore"),
        ("# monogen: ignored[MG005] why", "monogen: ignore"),
        ("# monogen: ignore-files[MG005] why", "monogen: ignore-file"),
        ("# monogen: disable[MG005] why", "monogen: ignore"),
        ("# monogen: noqa MG005", "monogen: ignore"),
        ("# monogen: expect-empty why", "monogen: expects-empty"),
        ("# Monogen: ignore[MG005] why", "monogen: ignore"),
        ("# monogen: Ignore[MG005] why", "monogen: ignore"),
    ],
)
def test_misspelt(comment: str, meant: str) -> None:
    """Silences nothing, and says so."""
    assert left(behind(7, comment)) == [ALL[0], ALL[1], (7, "MG011"), *ALL[2:]]
    (finding,) = [each for each in findings(behind(7, comment)) if each.code == "MG011"]
    assert finding.hint == f"did you mean `# {meant}`?"
    assert finding.excerpt[0][1][finding.start.column - 1 : finding.end.column - 1] == comment


def test_places_with_a_byte_order_mark_and_crlf() -> None:
    text = "\ufeff" + behind(7, "# monogen: ignore[MG005] why").replace("\n", "\r\n")
    assert left(text) == [ALL[0], ALL[2], ALL[3]]
