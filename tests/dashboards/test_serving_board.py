"""The Serving board: words for what a server does not export, and names that change nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from monogen import catalog
from monogen.dashboards.interpolation import fill
from monogen.dashboards.serving import NOT_EXPORTED, SERVERS
from monogen.inventory.model import Exporter, Fleet, Host
from monogen.plan import plan
from monogen.plan.planning import recorded_series
from msgspec.structs import replace
from sample_boards import MIXED, PRICED, boards, cpu_server, exporters, expressions, gb10, generic, mac, shown
from test_hostile_names import PASSABLE, literal

LLAMA = Fleet("f", (cpu_server(),))
BOTH = Fleet("f", (cpu_server(), gb10()))


def panel(board: dict[str, Any], title: str) -> dict[str, Any]:
    (found,) = [one for one in shown(board) if one["title"] == title]
    return found


def words(board: dict[str, Any], title: str) -> str:
    said: str = panel(board, title)["fieldConfig"]["defaults"]["noValue"]
    return said


@pytest.mark.parametrize("kind", SERVERS)
def test_what_a_server_does_not_export_agrees_with_the_rules(kind: str) -> None:
    host = Host("h", "h", "linux", "generic", (Exporter(kind, "h:1", server=kind),))
    series = recorded_series(plan(Fleet("f", (host,)), catalog, lambda *_: None).rules)
    unknown = {name for name in NOT_EXPORTED if not series.has(name)}
    assert unknown == {name for name, kinds in NOT_EXPORTED.items() if kind in kinds}


def test_every_model_server_of_the_catalog_is_known() -> None:
    servers = {kind for kind, header in catalog.kinds().items() if header.server}
    assert set(SERVERS) == servers - {"litellm"}, "LiteLLM serves no model: it has the tiers board"


def test_panels_say_what_llama_server_does_not_export() -> None:
    board = boards(BOTH)["serving"]
    for title in ("KV cache", "Time to first token, p95"):
        assert words(board, title).endswith("or: llama-server does not export this")
        assert "llama-server does not export this." in panel(board, title)["description"]
    assert words(board, "Fullest KV") == "not exported"
    assert words(board, "Tokens per second") == "No server answers on this host"


def test_several_that_do_not_export_are_named_together() -> None:
    more = replace(generic("x"), exporters=exporters("node", "lmstudio"))
    board = boards(Fleet("f", (*BOTH.hosts, more)))["serving"]
    assert "llama-server and LM Studio do not export this" in words(board, "KV cache")


def test_a_fleet_of_llama_servers_has_no_panel_for_what_they_lack() -> None:
    board = boards(LLAMA)["serving"]
    text = json.dumps(board)
    assert "kv_cache" not in text
    assert "time_to_first_token" not in text
    assert "host:gpu" not in text
    assert [one["title"] for one in shown(board) if one["type"] == "stat"] == [
        "Tokens/s", "Running", "Waiting", "Models loaded",
    ]  # fmt: skip


def test_one_host_is_chosen_of_those_that_serve() -> None:
    source, instance, server, model = boards(MIXED)["serving"]["templating"]["list"]
    assert source["name"] == "datasource"
    either = '__name__=~"server:requests_running|server:model_resident"'
    assert instance["definition"] == f'label_values({{{either}, fleet="homelab"}}, instance)'
    assert not instance["multi"]
    assert (server["name"], model["name"]) == ("server", "model")
    assert server["allValue"] == model["allValue"] == ".*"
    assert "server=~`${server:regex}`" in model["definition"]


def test_the_table_chooses_a_host_and_opens_it() -> None:
    table = panel(boards(PRICED)["serving"], "All servers of the fleet")
    (host,) = [o for o in table["fieldConfig"]["overrides"] if o["matcher"]["options"] == "Host"]
    (links,) = [entry["value"] for entry in host["properties"] if entry["id"] == "links"]
    assert [link["url"].split("?")[0] for link in links] == [
        "/d/monogen-priced-serving",
        "/d/monogen-priced-host",
    ]


def test_no_alert_line_without_unified_memory() -> None:
    graph = panel(boards(LLAMA)["serving"], "Memory left")
    assert [target["legendFormat"] for target in graph["targets"]] == ["RAM available"]
    assert "red line" not in graph["description"]


def test_no_board_without_a_model_server() -> None:
    assert "serving" not in boards(Fleet("f", (mac(), generic())))


@settings(deadline=None, max_examples=50)
@given(host=PASSABLE, server=PASSABLE, model=PASSABLE)
def test_chosen_names_arrive_in_prometheus_as_they_are(host: str, server: str, model: str) -> None:
    """A server and a model stand as escaped patterns, a host as it is; neither ends the expression."""
    values = {"instance": host, "server": [server], "model": [model], "__range": "3h", "__interval": "30s"}
    for expression in expressions(boards(BOTH)["serving"]):
        filled = fill(expression, values)
        assert {value for _, value in literal(filled, "instance")} <= {host}
        for label, name in (("server", server), ("model", model)):
            assert {value for _, value in literal(filled, label)} <= {_pattern(name)}


def _pattern(name: str) -> str:
    return fill("${x:regex}", {"x": [name]})
