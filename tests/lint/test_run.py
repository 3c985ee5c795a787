"""A run: selection, severities, order, places and excerpts of what is told."""

from __future__ import annotations

import json

import pytest
from monogen.lint.model import Position
from monogen.lint.reading.texts import documents_of_text, gather
from monogen.lint.run import lint, lint_located
from monogen.lint.settings import LintSettings

RULES = """\
groups:
  - name: a
    interval: 5
    rules:
      - alert: A
        expr: up == 0
        for: 5
        x: 1
"""


def codes(settings: LintSettings, path: str = "rules.yaml", text: str = RULES) -> list[str]:
    return [finding.code for finding in lint(gather(documents_of_text(path, text)), settings)]


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        (("MG00",), (), ["MG005", "MG005", "MG004"]),
        (("MG004",), (), ["MG004"]),
        (("MG00",), ("MG005",), ["MG004"]),
        # The longer beginning wins, and ignoring wins a draw.
        (("MG005",), ("MG00",), ["MG005", "MG005"]),
        (("MG00",), ("MG00",), []),
        ((), (), []),
    ],
)
def test_selection(select: tuple[str, ...], ignore: tuple[str, ...], expected: list[str]) -> None:
    assert codes(LintSettings(select=select, ignore=ignore)) == expected


def test_severities() -> None:
    text = documents_of_text("rules.yaml", RULES)
    settings = LintSettings(select=("MG00",), severities={"MG005": "info", "MG00": "warning"})
    assert [finding.severity for finding in lint(gather(text), settings)] == ["info", "info", "warning"]
    assert codes(LintSettings(select=("MG00",), severities={"MG005": "off"})) == ["MG004"]
    assert codes(LintSettings(select=("MG00",), severities={"MG005": "info"}, severity="warning")) == [
        "MG004"
    ]


@pytest.mark.parametrize(
    "pattern", ["vendor", "vendor/**", "./vendor/", "rules.yaml", "*.yaml", "a/vendor/*"]
)
def test_per_path_ignores(pattern: str) -> None:
    settings = LintSettings(select=("MG00",), per_path_ignores={pattern: ("MG005",)})
    assert codes(settings, path="a/vendor/rules.yaml") == ["MG004"]
    assert "MG005" in codes(settings, path="a/vendored/rules.yml")


def test_a_finding() -> None:
    finding = lint(gather(documents_of_text("r.yaml", RULES)), LintSettings(select=("MG004",)))[0]
    assert (finding.path, finding.code, finding.name, finding.severity) == (
        "r.yaml",
        "MG004",
        "unknown-rule-key",
        "error",
    )
    assert (finding.start, finding.end) == (Position(8, 9), Position(8, 10))
    assert finding.excerpt == ((8, "        x: 1"),)
    assert finding.keys == ("groups", 0, "rules", 0, "x")


def test_order_is_by_file_and_place() -> None:
    documents = [document for path in ("b.yaml", "a.yaml") for document in documents_of_text(path, RULES)]
    told = lint(gather(documents), LintSettings(select=("MG00",)))
    assert [(finding.path, finding.start.line) for finding in told] == [
        *[("a.yaml", line) for line in (3, 7, 8)],
        *[("b.yaml", line) for line in (3, 7, 8)],
    ]


def test_nothing_is_told_twice() -> None:
    text = "groups:\n- {name: a, rules: &r [{alert: A, expr: up, x: 1}]}\n- {name: b, rules: *r}\n"
    assert codes(LintSettings(select=("MG00",)), text=text) == ["MG004"]


def test_long_places_show_their_first_lines() -> None:
    expr = "".join(f"            + {n}\n" for n in range(20))
    text = f"groups:\n- name: a\n  rules:\n  - alert: A\n    expr: |\n            sum(\n{expr}"
    (finding,) = lint(gather(documents_of_text("r.yaml", text)), LintSettings(select=("MG101",)))
    assert 1 <= len(finding.excerpt) <= 5


def test_two_files_in_one_run_keep_their_documents() -> None:
    board = {"title": "B", "schemaVersion": 39, "uid": "b", "panels": [{"title": "P", "type": "graph"}]}
    head = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
    text = json.dumps({**head, "data": {"b.json": json.dumps(board)}})
    for located in lint_located(gather(documents_of_text("c.yaml", text)), LintSettings(select=("MG6",))):
        place = located.document.source.place(located.document.number, located.finding.keys)
        assert place[0].line == 1


def test_a_file_as_a_whole_has_no_excerpt() -> None:
    (finding,) = lint(gather(documents_of_text("b.json", '{"a": NaN}')), LintSettings(select=("MG001",)))
    assert finding.start == Position(0, 0)
    assert finding.excerpt == ()
