"""The rules of grafana/dashboard-linter that fit boards over recorded series.

Left out, with the reason:
- template-job-rule, target-job-rule: recorded host: series carry no job; node, GPU and model
  exporters of one host have different jobs and are meant to join.
- template-instance-rule (multi, allValue ".+"): the host boards show one host, and a multi-value
  ``instance`` would be carried to them by links. The fleet board's list is ``hosts``; its All is
  ".*", because hosts may lack a label.
- target-instance-rule: the same; instead every selector states the fleet (test_structure).
- target-rate-interval-rule, target-counter-agg-rule: rates are taken by the recording rules, no
  dashboard has a counter or a rate (held below).
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from sample_boards import FLEETS, boards, expressions, shown

on_every_board = pytest.mark.parametrize(
    "board",
    [
        pytest.param(board, id=f"{name}: {kind}")
        for name, fleet in FLEETS.items()
        for kind, board in boards(fleet).items()
    ],
)


@on_every_board
def test_template_datasource(board: Any) -> None:
    first = board["templating"]["list"][0]
    assert (first["name"], first["type"], first["query"]) == ("datasource", "datasource", "prometheus")
    assert first["label"] == "Data source"


@on_every_board
def test_query_variables(board: Any) -> None:
    for variable in board["templating"]["list"][1:]:
        assert variable["label"]
        assert variable["refresh"] == 2
        assert re.fullmatch(r"label_values\(.+, [a-zA-Z_]\w*\)", variable["definition"])
        assert variable["query"]["query"] == variable["definition"]


@on_every_board
def test_panels_have_title_description_unit_and_targets(board: Any) -> None:
    for panel in shown(board):
        assert panel["title"]
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["targets"]


@on_every_board
def test_not_editable(board: Any) -> None:
    assert board["editable"] is False


@on_every_board
def test_no_counter_and_no_rate(board: Any) -> None:
    for expression in expressions(board):
        assert not re.search(r"_total\b(?!_)|\b(irate|rate|increase)\(", expression), expression


@on_every_board
def test_no_more_than_25_panels_ask_on_load(board: Any) -> None:
    """Grafana asks for what is in sight; these are all open panels of the board."""
    assert sum(1 for panel in board["panels"] if panel.get("targets")) <= 25
