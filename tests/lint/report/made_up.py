"""Findings and checks for tests of what prints them, so that these stand on no real check."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st
from monogen.lint.check import Check, Example
from monogen.lint.model import Change, Finding, Fix, Keys, Position, Safety, Severity


def no_findings(*_: Any) -> Iterable[Any]:
    """What a made-up check finds."""
    return ()


def a_check(code: str = "MG998", name: str = "made-up", **other: Any) -> Check:
    """A check that is in no registry."""
    return Check(
        **{
            "code": code,
            "name": name,
            "family": "alerts",
            "severity": "warning",
            "on": "rule",
            "what": "An alert without `severity`.",
            "why": "Alertmanager cannot **route** it.",
            "bad": Example("groups: []\n"),
            "good": Example("groups: [x]\n"),
            "find": no_findings,
            **other,
        }
    )


def a_fix(safety: Safety = "safe") -> Fix:
    """A fix of a finding."""
    return Fix("write `host:memory_used:ratio`", safety, (Change(("expr",), 0, 4, "host"),))


def finding(
    line: str = "      expr: up == 1",
    start: tuple[int, int] = (5, 13),
    end: tuple[int, int] = (5, 15),
    path: str = "rules.yaml",
    message: str = "`up` is a gauge",
    hint: str = "",
    severity: Severity = "warning",
    code: str = "MG998",
    name: str = "made-up",
    fix: Fix | None = None,
    keys: Keys = ("groups", 0, "rules", 1, "expr"),
    document: int = 0,
) -> Finding:
    """One whose excerpt is ``line``, or several lines of it, from line 5 unless ``start`` says another."""
    lines = tuple((start[0] + number, text) for number, text in enumerate(line.split("\n")))
    return Finding(
        path,
        Position(*start),
        Position(*end),
        code,
        name,
        severity,
        message,
        hint,
        lines if start[0] else (),
        fix,
        keys,
        document,
    )


ANY_TEXT = st.text(st.characters(), max_size=30) | st.sampled_from(
    [
        "",
        "\x1b[31mred\x1b[0m",
        "a\r\n::error::forged",
        "\x00\x08\x0c\x85\u2028",
        "]]>&<\"'",
        "\ud800",
        "\ufffe\uffff",
        "%0A,:",
        "漢字\U0001f600",
        "../x y#z?",
        "[a](http://x)",
    ]
)
"""Text as files may hold it, lone surrogates and control characters included."""

_PLACES = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 3), st.integers(0, 60))


@st.composite
def any_finding(draw: st.DrawFn) -> Finding:
    """Anything a check could say about anything; its place may even lie outside of the excerpt."""
    line, column, lines, last = draw(_PLACES)
    start = Position(line, max(column, 1)) if line else Position()
    end = Position(line + lines, max(last, 1) if lines else start.column + last) if line else Position()
    shown = draw(st.lists(ANY_TEXT, max_size=3))
    return Finding(
        path=draw(ANY_TEXT.filter(bool)),
        start=start,
        end=end,
        code=draw(st.sampled_from(["MG101", "MG998", "MG999"])),
        name=draw(st.sampled_from(["made-up", "another"])),
        severity=draw(st.sampled_from(["error", "warning", "info"])),
        message=draw(ANY_TEXT),
        hint=draw(ANY_TEXT),
        excerpt=tuple((line + number, text) for number, text in enumerate(shown)) if line else (),
        fix=draw(st.none() | st.sampled_from([a_fix("safe"), a_fix("unsafe")])),
        keys=tuple(draw(st.lists(st.integers(0, 9) | ANY_TEXT, max_size=3))),
        document=draw(st.integers(0, 2)),
    )


FINDINGS = st.lists(any_finding(), max_size=6)
