"""GitLab's Code Quality report.

GitLab tells new findings from known ones by fingerprint, so it must not change when lines above do: it is
made of the file, the code, where in the document it is, and the message; a number tells equal ones apart.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from monogen.lint.model import Finding, Severity
from monogen.lint.report.printable import printable, unicode_text

_SEVERITIES: dict[Severity, str] = {"error": "major", "warning": "minor", "info": "info"}


def gitlab(findings: Sequence[Finding]) -> str:
    """A list of objects with description, check_name, fingerprint, severity and location."""
    fingerprints = fingerprinted(findings)
    entries = [_entry(*pair) for pair in zip(findings, fingerprints, strict=True)]
    return json.dumps(entries, indent=2) + "\n"


def fingerprinted(findings: Sequence[Finding]) -> list[str]:
    """For each finding 64 hexadecimal digits, no two alike."""
    seen: Counter[str] = Counter()
    result = []
    for finding in findings:
        text = json.dumps([finding.path, finding.code, finding.document, list(finding.keys), finding.message])
        seen[text] += 1
        result.append(hashlib.sha256(f"{text}{seen[text]}".encode()).hexdigest())
    return result


def _entry(finding: Finding, fingerprint: str) -> dict[str, Any]:
    return {
        "description": printable(finding.message),
        "check_name": f"{finding.code} {finding.name}",
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": unicode_text(finding.path).removeprefix("./"),
            "lines": {
                "begin": max(finding.start.line, 1),
                "end": max(finding.end.line, finding.start.line, 1),
            },
        },
    }
