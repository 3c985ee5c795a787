"""Findings as text and in the formats that other tools read: a module a format, chosen by ``render``.

Every string of a finding may come from a file of somebody else: each format escapes what would
mean something to the terminal, the CI system or the parser that reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monogen.lint.model import Finding

FORMATS = ("full", "concise", "json", "github", "gitlab", "junit", "sarif")
"""The names that ``render`` knows, as people write them after ``--format``."""


def render(form: str, findings: Sequence[Finding], *, color: bool = False, encoding: str = "utf-8") -> str:
    """The findings in one of FORMATS, in the order given, with a line end after the last line.

    ``color`` matters to "full" and "concise", for terminals; ``encoding``, which what is underlined has to
    be shown in, to "full". Raises KeyError for another format.
    """
    from monogen.lint.report import as_json, concise, full, github, gitlab, junit, sarif  # noqa: PLC0415

    if form == "full":
        return full.full(findings, color=color, encoding=encoding)
    if form == "concise":
        return concise.concise(findings, color=color)
    return {
        "json": as_json.as_json,
        "github": github.github,
        "gitlab": gitlab.gitlab,
        "junit": junit.junit,
        "sarif": sarif.sarif,
    }[form](findings)
