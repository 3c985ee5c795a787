"""SARIF 2.1.0, for GitHub's code scanning and editors.

Fixes are left out: theirs are edits of a file, ours of the value that YAML or JSON gives. A finding about a
whole file points to its first line, because code scanning shows nothing that has no line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from monogen import __version__
from monogen.lint.check import REGISTRY, Check
from monogen.lint.model import Finding, Severity
from monogen.lint.pages import page, plain
from monogen.lint.report.gitlab import fingerprinted
from monogen.lint.report.printable import unicode_text

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}


def sarif(findings: Sequence[Finding], checks: Mapping[str, Check] = REGISTRY) -> str:
    """A log with one run: the checks that found something, with their pages, and the findings."""
    codes = sorted({finding.code for finding in findings})
    results = [
        _result(finding, codes.index(finding.code), fingerprint)
        for finding, fingerprint in zip(findings, fingerprinted(findings), strict=True)
    ]
    names = {finding.code: finding.name for finding in findings}
    driver = {
        "name": "monogen",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(code, names[code], checks.get(code)) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True}],
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str, name: str, check: Check | None) -> dict[str, Any]:
    """What is known of a check; a code without one (of another version) is told by its name."""
    rule: dict[str, Any] = {"id": code, "name": name.title().replace("-", "")}
    if check is None:
        return rule | {"shortDescription": {"text": name}}
    return rule | {
        "shortDescription": {"text": plain(check.what)},
        "fullDescription": {"text": plain(f"{check.what} {check.why}")},
        "help": {"text": plain(page(check)), "markdown": page(check)},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": {"tags": [check.family]},
    }


def _result(finding: Finding, index: int, fingerprint: str) -> dict[str, Any]:
    hint = f"\n{finding.hint}" if finding.hint else ""
    place = {"artifactLocation": _artifact(finding.path), "region": _region(finding)}
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(finding.message + hint)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"monogen/v1": fingerprint},
    }


def _message(text: str) -> str:
    """Brackets followed by parentheses would be a link; a range and a call after it are none."""
    return unicode_text(text).replace("](", "\\](")


def _artifact(path: str) -> dict[str, str]:
    """A URI: relative to the checkout, or absolute."""
    pure = PurePosixPath(path)
    uri = quote(unicode_text(str(pure)), safe="/~")
    return {"uri": f"file://{uri}"} if pure.is_absolute() else {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _region(finding: Finding) -> dict[str, int]:
    start, end = finding.start, finding.end
    if not start.line:
        return {"startLine": 1}
    region = {"startLine": start.line, "startColumn": max(start.column, 1)}
    if end > start:
        region |= {"endLine": end.line, "endColumn": max(end.column, 1)}
    return region
