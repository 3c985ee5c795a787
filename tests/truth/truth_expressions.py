"""What is asked on every host: the project's own expressions, and others in the style of public ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from boards import everything, filled, load, questions
from truth_worlds import Worlds

HERE = Path(__file__).parent

DURATION = r"(?:\d+(?:ms|[smhdwy]))+"
RANGE = re.compile(rf"\[\s*{DURATION}\s*\]")
SUBQUERY = re.compile(rf"\[\s*{DURATION}\s*:\s*(?:{DURATION})?\s*\]")
OFFSET = re.compile(rf"\boffset\s+(-?){DURATION}")

VALUES = {"__rate_interval": "1m", "__interval": "5s", "__range": "1h", "__range_s": "3600"}
"""What Grafana fills in by itself; windows are shortened afterwards like all others."""


@dataclass(frozen=True, slots=True)
class Question:
    """An expression to be asked on some hosts. ``source`` says where it is from, for the reader."""

    expr: str
    hosts: tuple[str, ...]
    source: str
    kind: str


def shortened(expr: str) -> str:
    """The expression over windows that a server has filled after a few seconds."""
    expr = SUBQUERY.sub("[8s:1s]", expr)
    expr = RANGE.sub("[6s]", expr)
    return OFFSET.sub(r"offset \g<1>3s", expr)


def own(worlds: Worlds) -> Iterator[Question]:
    """Every rule, and every query of every panel, with the host filled in where a board has a host."""
    hosts = tuple(worlds.hosts)
    for rule in worlds.built.monitoring.rules:
        if not rule.expr.startswith("vector("):
            yield Question(shortened(rule.expr), hosts, f"rule {rule.name}", "own")
    for path in sorted((worlds.output / "dashboards").glob("*.json")):
        yield from _of_board(load(path), path.stem, hosts)


def _of_board(board: Mapping[str, Any], name: str, hosts: tuple[str, ...]) -> Iterator[Question]:
    """All variables at All, and those that have no All at the host that is looked at."""
    variables = [v["name"] for v in board["templating"]["list"] if v["type"] == "query"]
    single = [variable for variable in variables if variable not in everything(board)]
    for question in questions(board):
        source = f"board {name}, {question.panel} {question.ref}"
        choices = [(host,) for host in hosts] if single else [hosts]
        for choice in choices:
            values = {**VALUES, **everything(board), **dict.fromkeys(single, choice[0])}
            yield Question(shortened(filled(question.expr, values)), choice, source, "own")


def public_style(hosts: tuple[str, ...]) -> Iterator[Question]:
    """public_style.yaml: variables of its dashboards are filled with what public boards have by default."""
    content = yaml.safe_load((HERE / "public_style.yaml").read_text("utf-8"))
    for family, expressions in content.items():
        for number, expr in enumerate(expressions, 1):
            for host in hosts:
                text = shortened(filled(expr, {**VALUES, **PUBLIC_VALUES, "instance": host, "node": host}))
                yield Question(text, (host,), f"{family} {number}", "public")


PUBLIC_VALUES = {"job": "node-exporter", "cluster": "", "namespace": ".*", "pod": ".*", "device": ".*",
                 "model_name": ".+", "gpu": ".*", "1": "$1"}  # fmt: skip
