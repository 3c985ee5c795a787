"""JUnit's XML, which most CI systems show: a suite a file, a test case a finding.

Errors and warnings are failures. Notes do not fail a run, so they are passed cases that say something. A run
without findings is one passed case: an empty report counts as broken in some systems.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree

from monogen.lint.model import Finding
from monogen.lint.report.concise import headline
from monogen.lint.report.printable import printable, printable_lines

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def junit(findings: Sequence[Finding]) -> str:
    """The document, valid for any text: what XML cannot hold is shown escaped."""
    root = ElementTree.Element("testsuites", name="monogen lint")
    by_path = sorted(findings, key=lambda finding: finding.path)
    for path, group in groupby(by_path, key=lambda finding: finding.path):
        _suite(root, printable(path), list(group))
    if not findings:
        suite = ElementTree.SubElement(root, "testsuite", name="monogen lint", tests="1", failures="0")
        ElementTree.SubElement(suite, "testcase", name="nothing found", classname="monogen lint")
    root.set("tests", str(max(len(findings), 1)))
    root.set("failures", str(sum(map(_fails, findings))))
    ElementTree.indent(root)
    return _DECLARATION + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(root: ElementTree.Element, path: str, findings: Sequence[Finding]) -> None:
    suite = ElementTree.SubElement(root, "testsuite", name=path)
    suite.set("tests", str(len(findings)))
    suite.set("failures", str(sum(map(_fails, findings))))
    for finding in findings:
        _case(suite, path, finding)


def _case(suite: ElementTree.Element, path: str, finding: Finding) -> None:
    place = f" at {finding.start.line}:{finding.start.column}" if finding.start.line else ""
    case = ElementTree.SubElement(
        suite, "testcase", name=f"{finding.code} {finding.name}{place}", classname=path, file=path
    )
    if finding.start.line:
        case.set("line", str(finding.start.line))
    text = "\n".join([headline(finding), *printable_lines(finding.hint)])
    if _fails(finding):
        said = {"message": printable(finding.message), "type": finding.severity}
        ElementTree.SubElement(case, "failure", said).text = text
    else:
        ElementTree.SubElement(case, "system-out").text = text


def _fails(finding: Finding) -> bool:
    return finding.severity != "info"
