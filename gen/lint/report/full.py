"""What a person reads: the place in the file, underlined, what is wrong there, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monogen.lint.model import Finding
from monogen.lint.report.color import paint
from monogen.lint.report.concise import headline
from monogen.lint.report.excerpt import excerpt
from monogen.lint.report.printable import printable, printable_lines


def full(findings: Sequence[Finding], *, color: bool = False, encoding: str = "utf-8") -> str:
    """A paragraph a finding: headline, excerpt, hint, and how it can be mended."""
    return "".join("\n".join(_lines(finding, color, encoding)) + "\n\n" for finding in findings)


def _lines(finding: Finding, color: bool, encoding: str) -> Iterator[str]:
    yield headline(finding, color=color)
    yield from excerpt(finding, color=color, encoding=encoding)
    # A fix often says just what the hint says; then its line is enough.
    hint = "" if finding.fix and finding.fix.says == finding.hint else finding.hint
    for number, line in enumerate(printable_lines(hint)):
        yield f"  {paint('hint:', 'bold', color=color)} {line}" if number == 0 else f"        {line}"
    if finding.fix:
        option = "--fix" if finding.fix.safety == "safe" else "--fix --unsafe"
        yield f"  {paint(f'{option}:', 'bold', color=color)} {printable(finding.fix.says)}"
