"""Boards as the reader gets them, and what the checks of the family find in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from monogen.lint.check import REGISTRY
from monogen.lint.context import Context
from monogen.lint.documents import BoardItem, Document, Expression, Linted
from monogen.lint.model import Found, Keys, Position
from monogen.lint.reading.boards import boards_of
from monogen.lint.settings import LintSettings

HERE = Path(__file__).parent

for _topic in ("age", "sources", "panels", "windows", "links", "clashes", "variables", "limits", "emptiness"):
    import_module(f"monogen.lint.checks.dashboards.{_topic}")


@dataclass(frozen=True)
class Text:
    """A file in memory; places are not asked for here."""

    text: str
    path: str = "board.json"

    def place(
        self, document: int, keys: Keys, span: tuple[int, int] | None = None, *, on_key: bool = False
    ) -> tuple[Position, Position]:
        raise NotImplementedError


def document(data: Any, path: str = "board.json") -> Document:
    return Document(Text(json.dumps(data), path), 0, "dashboard", data)


def read_board(data: Any) -> BoardItem:
    (board,) = boards_of(document(data))
    return board


def panel_of(expr: str, **keys: Any) -> dict[str, Any]:
    return {"id": 1, "type": "timeseries", "title": "P", "targets": [{"refId": "A", "expr": expr}], **keys}


def board_of(*panels: dict[str, Any], variables: Any = (), **keys: Any) -> dict[str, Any]:
    return {"uid": "b", "title": "B", "panels": list(panels), "templating": {"list": list(variables)}, **keys}


def expression_of(expr: str, *variables: dict[str, Any]) -> Expression:
    (expression,) = read_board(board_of(panel_of(expr), variables=variables)).panels[0].expressions
    return expression


def found_in(*documents: Any, codes: tuple[str, ...] = ("MG6",)) -> list[tuple[str, Found]]:
    """What the checks of dashboards find; each argument is a board's data or a Document."""
    linted = Linted()
    for number, data in enumerate(documents):
        one = data if isinstance(data, Document) else document(data, f"{number}.json")
        linted.documents.append(one)
        if one.kind == "dashboard":
            linted.boards.extend(boards_of(one))
    context = Context(linted, LintSettings())
    found: list[tuple[str, Found]] = []
    for check in REGISTRY.values():
        if check.family != "dashboards" or check.needs_inventory or not check.code.startswith(codes):
            continue
        if check.on == "everything":
            found += [(check.code, one) for _, one in check.find(context)]
            continue
        for board in linted.boards:
            for item in [board] if check.on == "board" else board.panels:
                found += [(check.code, one) for one in check.find(item, context)]
    return found


def codes_in(*documents: Any, codes: tuple[str, ...] = ("MG6",)) -> list[str]:
    return [code for code, _ in found_in(*documents, codes=codes)]
