"""Runs the checks of expressions on one expression, as a rule or as a panel."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import monogen.lint.checks  # noqa: F401 - registers the checks
from monogen.catalog import kinds
from monogen.inventory.loading import load
from monogen.inventory.model import Fleet
from monogen.lint.check import REGISTRY
from monogen.lint.checks.expressions.examples import alert, record
from monogen.lint.context import Context
from monogen.lint.documents import Expression, Linted
from monogen.lint.model import Found
from monogen.lint.reading.texts import documents_of_text, gather
from monogen.lint.settings import LintSettings

CODES = tuple(f"MG{number}" for number in (101, 102, 103, *range(201, 221)))


@cache
def fleet() -> Fleet:
    """A fleet that is scraped every 30 s by Prometheus 3.5 with 15 days of data."""
    return load(Path(__file__).parents[3] / "hosts" / "fleet.yaml", kinds)


@dataclass(frozen=True)
class Said:
    """A finding: its code, its severity, the characters that are underlined, and the words."""

    code: str
    severity: str
    at: str
    message: str
    hint: str
    expression: Expression
    found: Found

    def fixed(self) -> str:
        """The expression after its fix."""
        assert self.found.fix is not None
        text = self.expression.text
        for change in sorted(self.found.fix.changes, key=lambda change: -change.start):
            text = text[: change.start] + change.text + text[change.end :]
        return text


def judged(linted: Linted, inventory: Fleet | None) -> list[Said]:
    context = Context(linted, LintSettings(), inventory)
    said = []
    for expression in linted.expressions:
        for code in CODES:
            check = REGISTRY[code]
            if check.needs_inventory and inventory is None:
                continue
            for found in check.find(expression, context):
                assert found.span is not None
                at = _authors(expression)[slice(*found.span)]
                severity = found.severity or check.severity
                said.append(Said(code, severity, at, found.message, found.hint, expression, found))
    return said


def _authors(expression: Expression) -> str:
    data = expression.document.data
    for key in expression.keys:
        data = data[key]
    return str(data)


def in_alert(expr: str, *, inventory: bool = True) -> list[Said]:
    """What is said about an alert's condition."""
    return judged(gather(documents_of_text("rules.yaml", alert(expr).text)), fleet() if inventory else None)


def in_record(expr: str, *, inventory: bool = True) -> list[Said]:
    """What is said about a recording rule's expression."""
    return judged(gather(documents_of_text("rules.yaml", record(expr).text)), fleet() if inventory else None)


def in_rules(*rules: tuple[str, str], inventory: bool = True) -> list[Said]:
    """What is said about several recording rules (name, expression) of one group."""
    listed = [{"record": name, "expr": expr} for name, expr in rules]
    text = json.dumps({"groups": [{"name": "g", "rules": listed}]})
    return judged(gather(documents_of_text("rules.json", text)), fleet() if inventory else None)


def in_panel(expr: str, kind: str = "timeseries", variables: Sequence[str] = ()) -> list[Said]:
    """What is said about a panel's query."""
    panel = {
        "id": 1,
        "type": kind,
        "title": "panel",
        "datasource": {"type": "prometheus", "uid": "p"},
        "targets": [{"refId": "A", "expr": expr, "datasource": {"type": "prometheus", "uid": "p"}}],
    }
    listed = [
        {"name": name, "type": "query", "query": f"label_values({name})", "multi": True} for name in variables
    ]
    board = {
        "uid": "u",
        "title": "board",
        "schemaVersion": 39,
        "panels": [panel],
        "templating": {"list": listed},
    }
    return judged(gather(documents_of_text("board.json", json.dumps(board))), fleet())


def codes(said: Sequence[Said]) -> list[str]:
    """The codes alone."""
    return [one.code for one in said]
