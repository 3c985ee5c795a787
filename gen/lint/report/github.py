"""GitHub's workflow commands: annotations on the changed files of a pull request.

The runner reads a log line by line and takes what begins with ``::`` for a command. Nothing of a
finding may end a line or a property early, or a file name could give the runner orders.
"""

from __future__ import annotations

from collections.abc import Sequence

from monogen.lint.model import Finding, Severity
from monogen.lint.report.printable import printable, printable_lines, unicode_text

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}


def github(findings: Sequence[Finding]) -> str:
    """``::error file=...,line=...,title=CODE name::message`` and the hint as a second line."""
    return "".join(f"{_command(finding)}\n" for finding in findings)


def _command(finding: Finding) -> str:
    properties = {"file": unicode_text(finding.path), **_place(finding)}
    properties["title"] = f"{finding.code} {finding.name}"
    stated = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    lines = [printable(finding.message), *printable_lines(finding.hint)]
    return f"::{_COMMANDS[finding.severity]} {stated}::{_data(chr(10).join(lines))}"


def _place(finding: Finding) -> dict[str, str]:
    """Lines, and columns only within one line: GitHub refuses them where the lines differ."""
    start, end = finding.start, finding.end
    if not start.line:
        return {}
    if end.line != start.line:
        return {"line": str(start.line), "endLine": str(max(end.line, start.line))}
    # GitHub's endColumn is the last character itself.
    last = max(end.column - 1, start.column)
    return {
        "line": str(start.line),
        "col": str(start.column),
        "endLine": str(end.line),
        "endColumn": str(last),
    }


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
