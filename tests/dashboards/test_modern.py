"""What grafanalib writes becomes what Grafana writes today."""

from __future__ import annotations

import copy
import json

from grafanalib import core
from monogen.dashboards.modern import modernise
from sample_boards import MIXED, boards


def board(*panels: object) -> dict[str, object]:
    return modernise(core.Dashboard(title="t", panels=list(panels)))


def only(panel: object) -> dict[str, object]:
    (one,) = board(panel)["panels"]  # type: ignore[misc]
    return one


def test_dead_keys_of_the_board_are_gone() -> None:
    old = set(core.Dashboard(title="t").to_json_data())
    now = board()
    assert now["schemaVersion"] == 42
    gone = {"__inputs", "gnetId", "hideControls", "rows", "sharedCrosshair", "style", "id", "version"}
    assert gone & old == gone
    assert not gone & set(now)


def test_first_threshold_is_null_not_the_word() -> None:
    panel = only(core.Stat(title="s", thresholds=[core.Threshold("a", 0, 0.0), core.Threshold("b", 1, 2.0)]))
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]  # type: ignore[index]
    assert steps == [{"color": "a", "value": None}, {"color": "b", "value": 2.0}]


def test_targets_are_of_today() -> None:
    target = core.Target(expr="up", refId="A", legendFormat="x")
    panel = only(core.TimeSeries(title="s", targets=[target]))
    assert panel["targets"] == [
        {
            "refId": "A",
            "datasource": {"type": "prometheus", "uid": "${datasource}"},
            "editorMode": "code",
            "expr": "up",
            "range": True,
            "format": "time_series",
            "legendFormat": "x",
        }
    ]
    assert "maxDataPoints" not in panel


def test_bar_gauge_of_grafana_6_moves_into_field_config() -> None:
    panel = only(core.BarGauge(title="b", format="percent", label="${__field.name}", decimals=1))
    defaults = panel["fieldConfig"]["defaults"]  # type: ignore[index]
    assert (defaults["unit"], defaults["displayName"], defaults["max"]) == ("percent", "${__field.name}", 100)
    assert panel["options"]["reduceOptions"]["calcs"] == ["mean"]  # type: ignore[index]
    assert "fieldOptions" not in json.dumps(panel)


def test_table_cells() -> None:
    panel = only(core.Table(title="t", displayMode="color-text"))
    custom = panel["fieldConfig"]["defaults"]["custom"]  # type: ignore[index]
    assert custom["cellOptions"] == {"type": "color-text"}
    assert not {"columns", "fontSize", "styles"} & set(panel)


def test_panels_in_a_collapsed_row_are_finished_too() -> None:
    row = core.RowPanel(title="r", collapsed=True, panels=[core.Stat(title="s")])
    (inside,) = only(row)["panels"]  # type: ignore[misc]
    assert "editable" not in inside
    assert inside["pluginVersion"]


def test_a_finished_board_stays_as_it_is() -> None:
    for once in boards(MIXED).values():
        again = modernise(copy.deepcopy(once))
        assert again["panels"] == once["panels"]
