"""JSON for scripts. The shape is documented in docs/lint.md and changes only with ``version``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from monogen.lint.model import SEVERITIES, Finding, Fix, Position
from monogen.lint.report.printable import unicode_text

VERSION = 1


def as_json(findings: Sequence[Finding]) -> str:
    """An object with ``version``, ``findings`` and ``counts`` by severity."""
    counts = Counter(finding.severity for finding in findings)
    data = {
        "version": VERSION,
        "findings": [_finding(finding) for finding in findings],
        "counts": {severity: counts[severity] for severity in SEVERITIES},
    }
    return json.dumps(data, indent=2) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "path": unicode_text(finding.path),
        "start": _position(finding.start),
        "end": _position(finding.end),
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "message": unicode_text(finding.message),
        "hint": unicode_text(finding.hint),
        "document": finding.document,
        "keys": [key if isinstance(key, int) else unicode_text(key) for key in finding.keys],
        "fix": _fix(finding.fix) if finding.fix else None,
    }


def _position(position: Position) -> dict[str, int] | None:
    """Null where the file as a whole is meant."""
    return {"line": position.line, "column": position.column} if position.line else None


def _fix(fix: Fix) -> dict[str, str]:
    return {"says": unicode_text(fix.says), "safety": fix.safety}
