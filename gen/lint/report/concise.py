"""One line a finding, for greps and small logs."""

from __future__ import annotations

from collections.abc import Sequence

from monogen.lint.model import Finding
from monogen.lint.report.color import paint
from monogen.lint.report.printable import printable, shown_path


def concise(findings: Sequence[Finding], *, color: bool = False) -> str:
    """``path:line:column: CODE severity: message``, and ``[*]`` where it can be mended."""
    return "".join(f"{headline(finding, color=color)}{_mark(finding)}\n" for finding in findings)


def headline(finding: Finding, *, color: bool = False) -> str:
    """The line that says all but the hint; without line and column where the file as a whole is meant."""
    start = finding.start
    place = f":{start.line}:{start.column}" if start.line else ""
    return (
        paint(f"{shown_path(finding.path)}{place}:", "bold", color=color)
        + f" {finding.code} "
        + paint(f"{finding.severity}:", finding.severity, color=color)
        + f" {printable(finding.message)}"
    )


def _mark(finding: Finding) -> str:
    return " [*]" if finding.fix else ""
