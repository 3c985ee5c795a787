"""Which checks run, and how much their findings count: what the settings say about codes."""

from __future__ import annotations

from collections.abc import Iterable

from monogen.lint.check import REGISTRY, Check
from monogen.lint.model import SEVERITIES, Severity
from monogen.lint.settings import LintSettings
from monogen.lint.settings.globs import matches


def longest(code: str, beginnings: Iterable[str]) -> int:
    """The length of the longest beginning of ``code`` among these; -1 if none is."""
    return max((len(each) for each in beginnings if code.startswith(each)), default=-1)


def is_enabled(check: Check, settings: LintSettings) -> bool:
    """Whether the check runs. The longer of what selects and what ignores it wins; ignoring wins a draw."""
    if _own_severity(check.code, settings) == "off":
        return False
    return longest(check.code, settings.select) > longest(check.code, settings.ignore)


def silent_without_inventory(settings: LintSettings) -> int:
    """How many checks would run if there were an inventory."""
    return sum(check.needs_inventory and is_enabled(check, settings) for check in REGISTRY.values())


def severity_of(check: Check, found: Severity | None, settings: LintSettings) -> Severity:
    """How much a finding counts: people's own word, else that of the case, else that of the check."""
    own = _own_severity(check.code, settings)
    return next((severity for severity in SEVERITIES if severity == own), found or check.severity)


def is_told(severity: Severity, settings: LintSettings) -> bool:
    """Whether findings of this severity are told."""
    return SEVERITIES.index(severity) <= SEVERITIES.index(settings.severity)


def ignored_in(path: str, settings: LintSettings) -> tuple[str, ...]:
    """The codes, or beginnings of them, that are not told about this file."""
    return tuple(
        code
        for pattern, codes in settings.per_path_ignores.items()
        if matches(path, (pattern,))
        for code in codes
    )


def _own_severity(code: str, settings: LintSettings) -> str:
    """The severity set for the longest beginning of the code; "" if none is."""
    found = [each for each in settings.severities if code.startswith(each)]
    return settings.severities[max(found, key=len)] if found else ""
