"""What the checks of dashboards find and what they leave alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from board_documents import HERE, Text, board_of, codes_in, document, found_in, panel_of, read_board
from monogen.catalog import kinds
from monogen.inventory.loading import load
from monogen.lint.check import REGISTRY, Check
from monogen.lint.context import Context
from monogen.lint.documents import Document, Linted
from monogen.lint.settings import LintSettings
from monogen.lint.world import World
from msgspec.structs import replace

ROOT = Path(__file__).parents[3]
OWN = sorted([*ROOT.glob("out/dashboards"), *ROOT.glob("tests/golden/*/out/dashboards")])
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
RATE = "rate(a_total[%s])"


def boards_checks() -> list[Check]:
    return [check for check in REGISTRY.values() if check.family == "dashboards"]


def stored(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def documents_of(text: str, path: str) -> list[Document]:
    if path.endswith(".json"):
        return [document(json.loads(text))]
    found = []
    for number, data in enumerate(yaml.safe_load_all(text)):
        found.append(Document(Text(text, path), number, "config-map", data))
        found += [document(json.loads(board), key) for key, board in data["data"].items()]
    return found


@pytest.mark.parametrize("check", [c for c in boards_checks() if not c.needs_inventory], ids=lambda c: c.code)
def test_the_bad_example_is_found_and_the_good_one_is_clean(check: Check) -> None:
    assert set(codes_in(*documents_of(check.bad.text, check.bad.path))) == {check.code}
    assert codes_in(*documents_of(check.good.text, check.good.path)) == []


@pytest.mark.parametrize("folder", OWN, ids=lambda folder: folder.parts[-3])
def test_the_project_s_own_boards_are_clean(folder: Path) -> None:
    files = [
        document(json.loads(path.read_text(encoding="utf-8")), path.name) for path in folder.glob("*.json")
    ]
    assert files
    assert found_in(*files, *files) == []


def test_the_stock_boards_as_people_find_them() -> None:
    node, dcgm = (
        json.loads((HERE / f"stock_{name}.json").read_text(encoding="utf-8")) for name in ("node", "dcgm")
    )
    assert codes_in(node) == []
    assert sorted(codes_in(dcgm)) == ["MG601", "MG601", "MG601", "MG602", "MG604"]


def test_rows_under_a_new_schema_version_are_lost() -> None:
    data = board_of(rows=[{"panels": [panel_of("a")]}], schemaVersion=42)
    assert [f.severity for _, f in found_in(data, codes=("MG601",))] == ["error"]
    assert codes_in({**data, "rows": []}, codes=("MG601",)) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (SOURCE, 0),
        ({"type": "prometheus", "uid": "abc"}, 1),
        ("Prometheus", 1),
        ("${DS_P}", 1),
        ({"type": "datasource", "uid": "-- Mixed --"}, 0),
        ("-- Mixed --", 0),
        ({"type": "loki", "uid": "abc"}, 0),
        ({"type": "__expr__", "uid": "__expr__"}, 0),
        (None, 0),
    ],
)
def test_fixed_data_sources(source: Any, found: int) -> None:
    variables = [{"type": "datasource", "name": "datasource", "query": "prometheus"}]
    inputs = [{"name": "DS_P", "type": "datasource", "pluginId": "prometheus"}]
    panels = [panel_of("a", id=number, datasource=source) for number in range(3)]
    data = board_of(*panels, variables=variables, __inputs=inputs)
    assert len(codes_in(data, codes=("MG602",))) == found


@pytest.mark.parametrize(
    ("window", "function", "severity"),
    [
        ("$__rate_interval", "rate", None),
        ("${__interval}", "rate", "warning"),
        ("$__interval", "increase", "warning"),
        ("$__interval", "avg_over_time", None),
        ("5m", "irate", "info"),
        ("$window", "rate", None),
        ("1d", "increase", None),
        ("$__rate_interval", "avg_over_time", "info"),
        ("$__rate_interval", "changes", None),
    ],
)
def test_windows(window: str, function: str, severity: str | None) -> None:
    data = board_of(panel_of(f"sum({function}(a_total[{window}]))"))
    found = [f.severity or "info" for _, f in found_in(data, codes=("MG607",))]
    assert found == ([severity] if severity else [])


def test_a_fixed_window_is_fine_where_nothing_is_zoomed() -> None:
    panel = panel_of(RATE % "5m")
    panel["targets"][0] |= {"instant": True, "range": False}
    assert codes_in(board_of(panel), codes=("MG607",)) == []


def test_the_fix_of_a_window_stands_in_the_authors_text() -> None:
    expr = 'x{a="$a"} + rate(b_total{c="[[d]]"}[${__interval}])'
    ((_, found),) = found_in(board_of(panel_of(expr)), codes=("MG607",))
    assert found.fix is not None
    (change,) = found.fix.changes
    assert expr[: change.start] + change.text + expr[change.end :] == expr.replace(
        "${__interval}", "$__rate_interval"
    )


@pytest.mark.parametrize("url", ["https://example.org/d/none", "/d/${uid}", "/d/b?x=1", "/dashboards/f/none"])
def test_links_that_lead_somewhere(url: str) -> None:
    data = board_of(links=[{"url": url}])
    assert codes_in(data, board_of(uid="c"), codes=("MG609",)) == []


def test_one_board_alone_may_link_anywhere() -> None:
    data = board_of(links=[{"url": "/d/none"}])
    assert codes_in(data, codes=("MG609",)) == []
    assert codes_in(data, board_of(uid="c"), codes=("MG609",)) == ["MG609"]


def test_the_same_board_twice_is_no_clash() -> None:
    assert codes_in(board_of(), board_of(), codes=("MG61",)) == []
    assert codes_in(board_of(), board_of(title="C"), codes=("MG610",)) == ["MG610"]


def config_map(
    name: str, key: str, content: str, folder: str = "", label: str = "grafana_dashboard"
) -> Document:
    metadata = {"name": name, "annotations": {"grafana_folder": folder}, "labels": {label: "1"}}
    return Document(Text("", "x.yaml"), 0, "config-map", {"metadata": metadata, "data": {key: content}})


def test_data_keys_clash_within_a_folder() -> None:
    first = config_map("a", "x.json", "{}")
    assert codes_in(first, config_map("b", "x.json", '{"a": 1}'), codes=("MG611",)) == ["MG611"]
    assert codes_in(first, config_map("b", "x.json", "{}"), codes=("MG611",)) == []
    assert codes_in(first, config_map("b", "x.json", '{"a": 1}', "other"), codes=("MG611",)) == []
    assert codes_in(first, config_map("a", "x.json", '{"a": 1}'), codes=("MG611",)) == []


def test_files_of_other_config_maps_are_no_boards() -> None:
    documents = [config_map(name, "config.json", f'"{name}"', label="app") for name in ("a", "b")]
    assert codes_in(*documents, codes=("MG611",)) == []


def query(name: str, **keys: Any) -> dict[str, Any]:
    return {"type": "query", "name": name, "query": "label_values(up, x)", "refresh": 2, **keys}


@pytest.mark.parametrize(
    "keys",
    [
        {"panels": [panel_of('up{a="$v"}')]},
        {"panels": [panel_of("up", repeat="v")]},
        {"panels": [panel_of("up", title="[[v]]")]},
        {"links": [{"type": "dashboards", "includeVars": True}]},
        {"panels": [{"type": "text", "options": {"content": "${v:text}"}}]},
        {"panels": [panel_of("up", libraryPanel={"uid": "x"})]},
    ],
)
def test_a_variable_is_used(keys: dict[str, Any]) -> None:
    data = {**board_of(variables=[query("v")]), **keys}
    assert codes_in(data, codes=("MG612",)) == []


def test_a_variable_that_only_names_itself_is_not_used() -> None:
    data = board_of(variables=[query("v", regex="/$v/")])
    assert codes_in(data, codes=("MG612",)) == ["MG612"]
    assert codes_in(board_of(variables=[query("v", type="adhoc")]), codes=("MG612",)) == []


@pytest.mark.parametrize(
    ("expr", "severity"),
    [
        ('up{a="$v", b="$__user", c="${__from}"}', None),
        ('up{a="$w"}', "error"),
        ('up{a="${CLUSTER}"}', "warning"),
        ('label_replace(up, "a", "$1", "b", "(.*)")', None),
        ('label_replace(up, "a", "$all", "b", "(?P<all>.*)")', None),
        ('up{a=~"[[0-9]]+"}', None),
    ],
)
def test_undefined_variables(expr: str, severity: str | None) -> None:
    found = found_in(board_of(panel_of(expr), variables=[query("v")]), codes=("MG613",))
    assert [f.severity or "error" for _, f in found] == ([severity] if severity else [])


def test_dollars_in_titles_and_texts_are_no_variables() -> None:
    data = board_of(panel_of("up", title="Cost in $USD", description="$HOME"))
    assert codes_in(data, codes=("MG613",)) == []


def test_other_data_sources_have_macros() -> None:
    data = board_of(panel_of("rate({a='b'}[$x])", datasource={"type": "loki"}))
    assert codes_in(data, codes=("MG613",)) == []


@pytest.mark.parametrize(
    ("matcher", "several", "found"),
    [
        ('a="$v"', True, 1),
        ('a!="[[v]]"', True, 1),
        ('a=~"$v"', True, 0),
        ('a="$v"', False, 0),
        ('a="x$v"', True, 0),
    ],
)
def test_several_values_compared_as_one(matcher: str, several: bool, found: int) -> None:
    expr = f"up{{z='1', {matcher}}}"
    told = found_in(board_of(panel_of(expr), variables=[query("v", multi=several)]), codes=("MG617",))
    assert len(told) == found
    for _, one in told:
        assert one.fix is not None
        (change,) = one.fix.changes
        fixed = expr[: change.start] + change.text + expr[change.end :]
        assert fixed == expr.replace('a="', 'a=~"').replace('a!="', 'a!~"')


@pytest.mark.parametrize(
    ("keys", "severities"),
    [
        ({"uid": "a" * 40}, []),
        ({"uid": "a" * 41}, ["error"]),
        ({"uid": "a.b"}, ["error"]),
        ({"uid": ""}, ["info"]),
        ({"title": " "}, ["error"]),
    ],
)
def test_what_grafana_refuses(keys: dict[str, Any], severities: list[str]) -> None:
    found = found_in({**board_of(), **keys}, codes=("MG615",))
    assert [f.severity or "error" for _, f in found] == severities


def test_sizes() -> None:
    def message(length: int) -> str:
        found = found_in(board_of(panel_of("up", description="x" * length)), codes=("MG614",))
        return found[0][1].message if found else ""

    assert message(261_000) == ""
    assert "`kubectl apply`" in message(263_000)
    assert "1,048,576" in message(1_050_000)


def test_queries_without_expression() -> None:
    prometheus = {"type": "prometheus"}
    for target, found in (
        ({"expr": " "}, 1),
        ({"datasource": prometheus}, 1),
        ({"expr": "", "hide": True}, 0),
        ({"rawSql": "select 1"}, 0),
        ({"datasource": {"type": "loki"}}, 0),
    ):
        panel = panel_of("up")
        panel["targets"].append({"refId": "B", **target})
        assert len(codes_in(board_of(panel), codes=("MG606",))) == found, target


def test_units_are_not_asked_where_words_are_shown() -> None:
    for keys, found in (
        ({}, 1),
        ({"fieldConfig": {"defaults": {"mappings": [{}]}}}, 0),
        ({"fieldConfig": {"overrides": [{"properties": [{"id": "unit", "value": "s"}]}]}}, 0),
        ({"type": "stat", "options": {"reduceOptions": {"fields": "/^os$/"}}}, 0),
        ({"type": "graph", "yaxes": [{"format": "bytes"}]}, 0),
        ({"type": "text"}, 0),
    ):
        assert len(codes_in(board_of(panel_of("up", **keys)), codes=("MG605",))) == found, keys


def test_one_refid_twice() -> None:
    panel = panel_of("up")
    panel["targets"] *= 2
    assert codes_in(board_of(panel), codes=("MG616",)) == ["MG616"]


MAC = "fleet: f\nhosts:\n  - {name: mac, hardware: apple-silicon, memory: 192GB}\n"
LINUX = MAC + "  - {name: box, os: linux}\n"


@pytest.mark.parametrize(
    ("inventory", "targets", "empty"),
    [
        (MAC, ["node_memory_MemAvailable_bytes"], True),
        (MAC, ["node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes"], True),
        (MAC, ["node_memory_MemAvailable_bytes", "node_load1"], False),
        (MAC, ["node_memory_MemAvailable_bytes", "sum("], False),
        (MAC, ["node_memory_MemAvailable_bytes", None], False),
        (LINUX, ["node_memory_MemAvailable_bytes"], False),
        (LINUX, ["my_own_metric"], False),
    ],
)
def test_empty_panels(tmp_path: Path, inventory: str, targets: list[str | None], empty: bool) -> None:
    path = tmp_path / "hosts.yaml"
    path.write_text(inventory, encoding="utf-8")
    fleet = load(path, kinds)
    panel = panel_of("")
    panel["targets"] = [{"expr": t} if t else {"datasource": {"type": "loki"}, "expr": "{}"} for t in targets]
    board = read_board(board_of(panel))
    linted = Linted(documents=[board.document], boards=[board])
    context = Context(linted, LintSettings(), fleet, World(fleet))
    found = list(REGISTRY["MG608"].find(board.panels[0], context))
    assert bool(found) == empty
    for one in found:
        assert "`P` is empty on every host" in one.message
        assert one == replace(one, keys=("panels", 0, "title"))
