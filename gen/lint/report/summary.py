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


def summary(
    findings: Sequence[Finding], files: int, fixed: int = 0, *, passed_over: int = 0, judged: str = ""
) -> str:
    """``2 errors and 1 note in 2 of 8 files``, and how many of them `--fix` could mend.

    ``files`` were looked at and ``passed_over`` others not, ``fixed`` findings are mended and not among
    these. ``judged`` says by which inventory: ``, for the 4 hosts of hosts.yaml``.
    """
    mended = f"{_count(fixed, 'finding', 'findings')} mended" if fixed else ""
    if not findings:
        looked_at = _of(files, files + passed_over)
        nothing = f"nothing {'else ' if fixed else ''}found in {looked_at}{judged}"
        return "; ".join([*([mended] if mended else []), nothing])
    counts = Counter(finding.severity for finding in findings)
    parts = [_count(counts[severity], *_WORDS[severity]) for severity in SEVERITIES if counts[severity]]
    said = ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]
    with_findings = len({finding.path for finding in findings})
    text = f"{said} in {_of(with_findings, max(files, with_findings))}{judged}"
    return "; ".join([*([mended] if mended else []), text, *_mendable(findings)])


def would_mend(fixed: int, found: int, files: int) -> str:
    """What `--diff` closes with: ``7 of 62 findings would be mended, in 1 file``."""
    if not fixed:
        return f"none of {_count(found, 'finding', 'findings')} would be mended" if found else "nothing found"
    of = _count(found, "finding", "findings")
    return f"{fixed} of {of} would be mended, in {_count(files, 'file', 'files')}"


def looked_at(files: int, passed_over: int) -> str:
    """What `--show-files` closes with: ``linted: 8 of 17 files``."""
    return f"linted: {_of(files, files + passed_over)}"


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
    """Only "may": whether a fix can be made, and does no harm, shows when it is made."""
    fixes = Counter(finding.fix.safety for finding in findings if finding.fix)
    if fixes["safe"]:
        yield f"--fix may mend {fixes['safe']}"
    if fixes["unsafe"]:
        yield f"--fix --unsafe may mend {fixes['unsafe']}{' more' if fixes['safe'] else ''}"


def _of(some: int, all_of_them: int) -> str:
    files = _count(all_of_them, "file", "files")
    return f"{some} of {files}" if some < all_of_them else files


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
