"""The last line of a run, and the table of how often each check spoke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from monogen.lint.model import SEVERITIES, Finding, Severity

_WORDS: dict[Severity, tuple[str, str]] = {
    "error": ("error", "errors"),
    "warning": ("warning", "warnings"),
    "info": ("note", "notes"),
}


def summary(findings: Sequence[Finding], files: int, fixed: int = 0) -> str:
    """``2 errors and 1 note in 2 files``, and how many of them `--fix` could mend.

    ``files`` were looked at, ``fixed`` findings are mended and not among these.
    """
    mended = f"{_count(fixed, 'finding', 'findings')} mended" if fixed else ""
    if not findings:
        nothing = f"nothing {'else ' if fixed else ''}found in {_count(files, 'file', 'files')}"
        return "; ".join([*([mended] if mended else []), nothing])
    counts = Counter(finding.severity for finding in findings)
    parts = [_count(counts[severity], *_WORDS[severity]) for severity in SEVERITIES if counts[severity]]
    said = ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]
    text = f"{said} in {_count(len({finding.path for finding in findings}), 'file', 'files')}"
    return "; ".join([*([mended] if mended else []), text, *_mendable(findings)])


def would_mend(fixed: int, found: int, files: int) -> str:
    """What `--diff` closes with: ``7 of 62 findings would be mended, in 1 file``."""
    if not fixed:
        return f"none of {_count(found, 'finding', 'findings')} would be mended" if found else "nothing found"
    of = _count(found, "finding", "findings")
    return f"{fixed} of {of} would be mended, in {_count(files, 'file', 'files')}"


def statistics(findings: Sequence[Finding]) -> str:
    """A line for each code: how often, whether it can be mended, severity, name; the most frequent first."""
    return "".join(f"{line}\n" for line in _statistics(findings))


def _statistics(findings: Sequence[Finding]) -> Iterator[str]:
    counts = Counter(finding.code for finding in findings)
    about = {finding.code: finding for finding in findings}
    mendable = {finding.code for finding in findings if finding.fix}
    width = len(str(max(counts.values(), default=0)))
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        mark = "*" if code in mendable else " "
        yield f"{count:>{width}}  {code}  [{mark}]  {about[code].severity:<7}  {about[code].name}"
    if mendable:
        yield "[*] can be mended by --fix, or --fix --unsafe"


def _mendable(findings: Sequence[Finding]) -> Iterator[str]:
    fixes = Counter(finding.fix.safety for finding in findings if finding.fix)
    if fixes["safe"]:
        yield f"--fix mends {fixes['safe']}"
    if fixes["unsafe"]:
        yield f"--fix --unsafe mends {fixes['unsafe']}{' more' if fixes['safe'] else ''}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
