"""What the boards show comes from the fleet: rows, columns, words, sizes, limits, colours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from monogen.dashboards import build
from monogen.dashboards.limits import DEFAULTS
from monogen.inventory.model import AlertSettings, Fleet
from msgspec.structs import replace
from sample_boards import (
    FLEETS,
    MIXED,
    boards,
    expressions,
    gb10,
    generic,
    mac,
    panels_of,
    series_of,
    shown,
    titles,
)

TEMPLATES = Path(__file__).parents[2] / "templates" / "rules"


def panel(board: dict[str, Any], title: str) -> dict[str, Any]:
    (found,) = [one for one in panels_of(board) if one["title"] == title]
    return found


def columns(board: dict[str, Any]) -> list[str]:
    return list(panel(board, "Hosts, worst first")["transformations"][-1]["options"]["renameByName"].values())


def override(one: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [o for o in one["fieldConfig"]["overrides"] if o["matcher"]["options"] == name]
    return {entry["id"]: entry["value"] for entry in found["properties"]}


class TestFleetBoard:
    def test_a_fleet_without_gpus_has_no_gpu_columns(self) -> None:
        assert {"GPU", "Footprint", "Headroom"} <= set(columns(boards(MIXED)["fleet"]))
        assert not {"GPU", "Footprint", "Headroom"} & set(columns(boards(FLEETS["plain linux"])["fleet"]))

    @pytest.mark.parametrize(("hosts", "height"), [(1, 4), (4, 7), (13, 16), (200, 16)])
    def test_table_is_as_high_as_its_hosts(self, hosts: int, height: int) -> None:
        fleet = Fleet("f", tuple(generic(f"h{i}") for i in range(hosts)))
        assert panel(boards(fleet)["fleet"], "Hosts, worst first")["gridPos"]["h"] == height

    def test_name_column_fits_the_longest_name(self) -> None:
        fleet = Fleet("f", (generic("a"), generic("h" * 31)))
        table = panel(boards(fleet)["fleet"], "Hosts, worst first")
        assert override(table, "Host")["custom.width"] == round(31 * 8.2) + 24

    def test_away_is_grey(self) -> None:
        table = panel(boards(MIXED)["fleet"], "Hosts, worst first")
        states = override(table, "State")["mappings"][0]["options"]
        assert states["-1"]["text"] == "Away"
        assert states["-1"]["color"] == "#8e9aa6"
        assert {value: states[value]["text"] for value in "0123"} == {
            "0": "OK",
            "1": "Warning",
            "2": "Critical",
            "3": "Unreachable",
        }

    def test_gauges_only_where_every_host_has_the_value(self) -> None:
        series = series_of(MIXED)
        (full, *_) = build(MIXED, series)
        assert "cellOptions" in str(override(panel(dict(full.json), "Hosts, worst first"), "CPU"))
        fewer = dict(series.hosts) | {"host:cpu_busy:ratio_rate5m": frozenset({"nas"})}
        (less, *_) = build(MIXED, replace(series, hosts=fewer))
        cells = [override(panel(dict(b.json), "Hosts, worst first"), "CPU") for b in (full, less)]
        assert [cell["custom.cellOptions"]["type"] for cell in cells] == ["gauge", "color-text"]

    def test_worst_alert_column_is_there_without_alerts(self) -> None:
        table = panel(boards(MIXED)["fleet"], "Hosts, worst first")
        (worst,) = [t["expr"] for t in table["targets"] if t["refId"] == "Worst"]
        assert "or\n  max by (instance, alertname) (label_replace(host:info" in worst

    def test_hosts_keep_their_colour_in_every_graph(self) -> None:
        board = boards(MIXED)["fleet"]
        graphs = [one for one in shown(board) if one["type"] == "timeseries"]
        found = {
            name: {override(graph, name)["color"]["fixedColor"] for graph in graphs}
            for name in ("spark-1", "mac-studio", "gpu-box", "nas")
        }
        assert all(len(colours) == 1 for colours in found.values())
        assert len(set.union(*found.values())) == len(found)

    def test_a_large_fleet_picks_six_hosts_once(self) -> None:
        graph = panel(boards(FLEETS["two hundred"])["fleet"], "CPU busy")
        assert "topk(6," in graph["targets"][0]["expr"]
        assert "@ end()" in graph["targets"][0]["expr"]
        assert graph["fieldConfig"]["overrides"] == []
        small = panel(boards(MIXED)["fleet"], "CPU busy")
        assert "topk" not in small["targets"][0]["expr"]

    def test_labels_that_tell_hosts_apart_are_filters(self) -> None:
        board = boards(MIXED)["fleet"]
        assert [v["name"] for v in board["templating"]["list"]] == ["datasource", "hardware", "rack", "hosts"]
        assert "rack=~`${rack:regex}`" in panel(board, "Hosts")["targets"][0]["expr"]

    def test_a_label_with_the_name_of_a_variable(self) -> None:
        labels = ({"hosts": "x", "datasource": "p"}, {"hosts": "y", "datasource": "q"})
        fleet = Fleet("f", tuple(generic(f"h{i}", labels=one) for i, one in enumerate(labels)))
        names = [v["name"] for v in boards(fleet)["fleet"]["templating"]["list"]]
        assert names == ["datasource", "hardware", "datasource_", "hosts_", "hosts"]

    def test_variable_of_several_hosts_is_not_called_instance(self) -> None:
        (hosts,) = [v for v in boards(MIXED)["fleet"]["templating"]["list"] if v["name"] == "hosts"]
        assert hosts["multi"]
        assert hosts["allValue"] == ".*"


class TestHostBoard:
    def test_rows_in_use_order(self) -> None:
        rows = [p["title"] for p in boards(MIXED)["host"]["panels"] if p["type"] == "row"]
        assert rows == [
            "Compute", "Memory", "Disk", "Network", "GPU (GB10, Apple Silicon, NVIDIA GPU only)", "Health",
        ]  # fmt: skip

    def test_no_gpu_row_without_gpus(self) -> None:
        assert not any("GPU" in title for title in titles(boards(FLEETS["plain linux"])["host"]))

    def test_no_pressure_without_linux(self) -> None:
        board = boards(FLEETS["one mac"])["host"]
        assert "memory_stalled" not in str(expressions(board))
        assert "Swap" in titles(board)

    def test_says_what_macos_does_not_export(self) -> None:
        fleet = Fleet("f", (generic(), replace(mac(), exporters=mac().exporters[:1])))
        graph = panel(boards(fleet)["host"], "Temperature")
        assert graph["fieldConfig"]["defaults"]["noValue"] == "Not exported on macOS"

    def test_one_host_at_a_time(self) -> None:
        (instance,) = [v for v in boards(MIXED)["host"]["templating"]["list"] if v["name"] == "instance"]
        assert not instance["multi"]
        assert instance["definition"] == 'label_values(host:info{fleet="homelab"}, instance)'


class TestModelHostBoard:
    def test_lines_over_the_stack_are_not_stacked(self) -> None:
        stack = panel(boards(MIXED)["model-host"], "What sits in memory")
        assert [t["legendFormat"] for t in stack["targets"]] == [
            "Models", "Cache", "Free", "Reserved", "Capacity", "Budgets",
        ]  # fmt: skip
        for name in ("Capacity", "Budgets"):
            assert override(stack, name)["custom.stacking"]["mode"] == "none"

    def test_text_only_where_memory_is_unified(self) -> None:
        assert "Why no framebuffer panel?" in titles(boards(MIXED)["model-host"])
        assert "Why no framebuffer panel?" not in titles(boards(FLEETS["gpu servers"])["model-host"])
        text = panel(boards(FLEETS["one gb10"])["model-host"], "Why no framebuffer panel?")
        assert "driver 580" in text["options"]["content"]
        text = panel(boards(FLEETS["one mac"])["model-host"], "Why no framebuffer panel?")
        assert "driver" not in text["options"]["content"]

    def test_no_table_of_models_without_budgets(self) -> None:
        assert "Models in the inventory" in titles(boards(MIXED)["model-host"])
        assert "Models in the inventory" not in titles(boards(FLEETS["one mac"])["model-host"])

    def test_only_model_hosts_can_be_chosen(self) -> None:
        (one,) = [v for v in boards(MIXED)["model-host"]["templating"]["list"] if v["name"] == "instance"]
        assert "host:model_capacity_bytes" in one["definition"]

    def test_processes_only_where_nvidia_smi_runs(self) -> None:
        assert any("by process" in title for title in titles(boards(MIXED)["model-host"]))
        assert not any("by process" in title for title in titles(boards(FLEETS["gpu servers"])["model-host"]))


class TestGroups:
    def test_only_the_rows_that_are_named(self) -> None:
        series = series_of(MIXED)
        host = dict({b.name: b for b in build(MIXED, series, ("memory",))}["host"].json)
        assert titles(host) == ["Memory", "RAM", "Swap and memory stalls"]


class TestLimits:
    def test_table_agrees_with_the_alerts(self) -> None:
        stated: dict[str, tuple[float, str]] = {}
        for path in sorted(TEMPLATES.glob("alerts-*.yaml.j2")):
            head, body = path.read_text().split("\n---\n", 1)
            for alert, threshold in yaml.safe_load(head)["alerts"].items():
                severity = body.split(f"- alert: {alert}\n")[1].split("severity: ")[1].split("\n")[0]
                stated[alert] = (threshold, severity)
        assert {alert: stated[alert] for alert in DEFAULTS} == DEFAULTS

    def test_the_inventory_moves_lines_and_colours(self) -> None:
        moved = replace(
            MIXED, alerts={"GpuTemperatureHigh": AlertSettings(threshold=70.0, severity="critical")}
        )
        graph = panel(boards(moved)["model-host"], "GPU temperature")
        assert graph["fieldConfig"]["defaults"]["thresholds"]["steps"][1] == {"color": "red", "value": 70.0}

    def test_an_alert_that_is_off_draws_no_line(self) -> None:
        off = replace(MIXED, alerts={"GpuTemperatureHigh": AlertSettings(enabled=False)})
        graph = panel(boards(off)["model-host"], "GPU temperature")
        assert "thresholds" not in graph["fieldConfig"]["defaults"]

    def test_a_host_with_its_own_number_gets_its_own_line(self) -> None:
        graph = panel(boards(FLEETS["gpu servers"])["model-host"], "GPU temperature")
        expr = graph["targets"][1]["expr"]
        assert 'alert="GpuTemperatureHigh"' in expr
        assert "host:info" in expr
        assert "* 0 + 85" in expr
        assert "thresholds" not in graph["fieldConfig"]["defaults"]

    def test_recorded_thresholds_are_lines(self) -> None:
        board = boards(MIXED)["model-host"]
        assert any("host:model_headroom_low_bytes" in e for e in expressions(board))
        assert any("host:gpu_clock_low_hertz" in e for e in expressions(board))


def test_red_means_act_now() -> None:
    """Red is for critical states and the alerts that are critical, nowhere else."""
    for board in boards(Fleet("f", (gb10(), mac(), generic()))).values():
        for one in shown(board):
            steps = one["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])
            if any(step["color"] == "red" for step in steps):
                assert one["title"] in {"Unreachable", "Critical alerts", "Fullest disk", "File systems"}
