"""`monogen rule`: the page of a check, the list of all, and a word for who mistypes."""

from __future__ import annotations

import json

import monogen.lint.checks  # noqa: F401
import pytest
from click.testing import CliRunner, Result
from made_up import a_check
from monogen.cli import main
from monogen.lint.check import REGISTRY, Example


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two checks beside the real ones."""
    monkeypatch.setitem(REGISTRY, "MG998", a_check())
    other = a_check("MG999", "zebra-crossing", severity="error", fix="unsafe", needs_inventory=True)
    monkeypatch.setitem(REGISTRY, "MG999", other)


def rule(*args: str) -> Result:
    """What the command says."""
    return CliRunner().invoke(main, ["rule", *args])


@pytest.mark.parametrize("word", ["MG998", "mg998", "made-up"])
def test_a_page_is_printed(word: str) -> None:
    said = rule(word)
    assert said.exit_code == 0
    assert said.stdout.startswith("# MG998: made-up\n\nAn alert without `severity`.\n")


def test_paragraphs_are_wrapped_and_examples_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "word " * 40 + "end."
    example = Example(f"# {long}\n")
    monkeypatch.setitem(REGISTRY, "MG998", a_check(why=long, bad=example))
    lines = rule("MG998").stdout.splitlines()
    assert [line for line in lines if len(line) > 100] == [f"# {long}"]
    assert lines.count(" ".join(["word"] * 20)) == 2


def test_a_page_as_json() -> None:
    data = json.loads(rule("MG999", "--format", "json").stdout)
    assert data == {
        "code": "MG999",
        "name": "zebra-crossing",
        "family": "alerts",
        "severity": "error",
        "fix": "unsafe",
        "needs_inventory": True,
        "what": "An alert without `severity`.",
        "why": "Alertmanager cannot **route** it.",
        "bad": {"path": "rules.yaml", "text": "groups: []\n"},
        "good": {"path": "rules.yaml", "text": "groups: [x]\n"},
    }


def test_all_are_listed_by_code() -> None:
    lines = rule("--all").stdout.splitlines()
    assert lines[0].split() == ["CODE", "SEVERITY", "FIX", "NAME"]
    assert lines[-2].split() == ["MG998", "warning", "-", "made-up"]
    assert lines[-1].split() == ["MG999", "error", "unsafe", "zebra-crossing"]
    assert [line.split()[0] for line in lines[1:]] == sorted(REGISTRY)


def test_all_as_json() -> None:
    data = json.loads(rule("--all", "--format", "json").stdout)
    assert [entry["code"] for entry in data] == sorted(REGISTRY)


@pytest.mark.parametrize(("word", "near"), [("MG-998", "MG998"), ("zebra-crosing", "zebra-crossing")])
def test_an_unknown_code_names_the_nearest(word: str, near: str) -> None:
    said = rule(word)
    assert said.exit_code == 2
    assert said.stderr.startswith(
        f"{word}: no check has this code\n    did you mean `{near}`? `monogen rule --all` lists them\n"
    )
    assert said.stdout == ""


def test_a_word_that_is_near_to_nothing() -> None:
    assert "\n    `monogen rule --all` lists them\n" in rule("qqqqqqqq").stderr


@pytest.mark.parametrize("args", [[], ["MG998", "--all"]])
def test_one_code_or_all(args: list[str]) -> None:
    said = rule(*args)
    assert said.exit_code == 2
    assert "name one code, or say --all" in said.stderr
