"""Dashboards asked as Grafana asks them: variables filled from the server, every panel's expressions run."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import Prometheus

LABEL_VALUES = re.compile(r"^label_values\((?P<selector>.+), *(?P<label>\w+)\)$", re.DOTALL)

# As Grafana's Prometheus data source fills them in (13.x): `:regex` escapes each value and joins several
# by |, `:raw` does nothing, and "All" is the variable's allValue as it stands.
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<format>\w+))?\}|\$(?P<bare>\w+)")
MAGIC = re.compile(r"[\\^$*+?.()|\[\]{}/]")


@dataclass(frozen=True, slots=True)
class Question:
    """One query of one panel."""

    panel: str
    ref: str
    expr: str
    instant: bool


def load(path: Path) -> dict[str, Any]:
    """A board as it was written for import."""
    board: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return board


def questions(board: Mapping[str, Any]) -> Iterator[Question]:
    """Every query of every panel, those of collapsed rows included."""
    for panel in _panels(board["panels"]):
        for target in panel.get("targets", []):
            yield Question(panel["title"], target["refId"], target["expr"], bool(target.get("instant")))


def _panels(panels: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for panel in panels:
        yield panel
        yield from _panels(panel.get("panels", []))


def options(board: Mapping[str, Any], server: Prometheus, chosen: Mapping[str, str]) -> dict[str, list[str]]:
    """What the drop-downs offer, in the board's order: a later one may depend on an earlier one."""
    found: dict[str, list[str]] = {}
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            match = LABEL_VALUES.match(filled(variable["definition"], chosen))
            assert match, variable["definition"]
            found[variable["name"]] = server.get(
                f"label/{match['label']}/values", **{"match[]": match["selector"]}
            )
    return found


def everything(board: Mapping[str, Any]) -> dict[str, str]:
    """All variables at All, where they have an All."""
    return {
        variable["name"]: variable["allValue"]
        for variable in board["templating"]["list"]
        if variable.get("includeAll")
    }


def filled(expr: str, values: Mapping[str, str]) -> str:
    """The expression with its variables; one that has no value is an error of the board."""
    known = {"__rate_interval": "1m", "__interval": "5s", "__range": "30s", **values}

    def value(match: re.Match[str]) -> str:
        return known[match["name"] or match["bare"]]

    return VARIABLE.sub(value, expr)


def escaped(value: str) -> str:
    """One value in the format ``regex``."""
    return MAGIC.sub(r"\\\g<0>", value)


def ask(server: Prometheus, question: Question, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the panel gets, now or over the last half minute."""
    expr = filled(question.expr, values)
    if question.instant:
        return server.query(expr)
    now = time.time()
    return server.query_range(expr, now - 20, now, 5)
