"""`monogen rule`: a check's page, or the list of all."""

from __future__ import annotations

import json
import re
import textwrap

import monogen.lint.checks  # noqa: F401 (registers them)
from monogen.inventory.findings import nearest
from monogen.lint.check import REGISTRY, Check
from monogen.lint.pages import all_as_data, as_data, page, table
from monogen.problems import InputError, Problem

WIDTH = 100
"""Columns of a paragraph in the terminal."""


def explain(word: str, form: str) -> str:
    """The page of the check with this code or name, as Markdown or (``form`` "json") as data.

    Raises InputError where there is none.
    """
    check = _find(word)
    return json.dumps(as_data(check), indent=2) + "\n" if form == "json" else _wrapped(page(check))


def listing(form: str) -> str:
    """All checks, in columns or (``form`` "json") as data."""
    checks = REGISTRY.values()
    return json.dumps(all_as_data(checks), indent=2) + "\n" if form == "json" else table(checks)


def _wrapped(markdown: str) -> str:
    """The text with paragraphs as wide as a terminal, and examples as they are."""
    pieces = re.split(r"(^`{3,}\w*$.*?^`{3,}$)", markdown, flags=re.MULTILINE | re.DOTALL)
    for index in range(0, len(pieces), 2):
        lines = [textwrap.wrap(line, WIDTH, break_on_hyphens=False) for line in pieces[index].split("\n")]
        pieces[index] = "\n".join("\n".join(wrapped) for wrapped in lines)
    return "".join(pieces)


def _find(word: str) -> Check:
    by_name = {check.name: check for check in REGISTRY.values()}
    found = REGISTRY.get(word.upper()) or by_name.get(word.lower())
    if found:
        return found
    near = nearest(word.upper(), REGISTRY) or nearest(word.lower(), by_name)
    hint = f"did you mean `{near}`? " if near else ""
    raise InputError(
        [Problem(word, 0, 0, "no check has this code", f"{hint}`monogen rule --all` lists them")]
    )
