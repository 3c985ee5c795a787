"""The Tiers and cost board: what it compares depends on what the inventory states, and it says so."""

from __future__ import annotations

import json
from typing import Any

from monogen.inventory.model import Fleet, FrontierSettings
from msgspec.structs import replace
from sample_boards import FLEETS, PRICED, boards, cpu_server, mac, panels_of, titles

ASSUMPTIONS = "The assumptions"


def assumptions(board: dict[str, Any]) -> str:
    (text,) = [one for one in panels_of(board) if one["title"] == ASSUMPTIONS]
    content: str = text["options"]["content"]
    return content


def cost_stats(board: dict[str, Any]) -> list[str]:
    heading = titles(board).index("What local tokens cost")
    return [one["title"] for one in panels_of(board)[heading:] if one["type"] == "stat"]


def test_everything_that_can_be_compared() -> None:
    board = boards(PRICED)["tiers"]
    assert cost_stats(board) == [
        "Local tokens", "Energy", "Energy per M", "Electricity", "Electricity/M", "At frontier",
        "At frontier/M",
    ]  # fmt: skip
    text = assumptions(board)
    for point in ("Tokens", "Energy", "Electricity", "At frontier", "Spend", "Left out"):
        assert f"- **{point}**" in text
    assert "18 to 44 % low" in text


def test_without_prices_energy_stands_alone_and_the_board_says_why() -> None:
    board = boards(FLEETS["proxy without prices"])["tiers"]
    assert cost_stats(board) == ["Local tokens", "Energy", "Energy per M"]
    text = assumptions(board)
    assert "**Electricity**: the inventory states no price" in text
    assert "**Frontier**: the inventory does not state a price" in text


def test_one_price_does_not_need_the_other() -> None:
    no_frontier = replace(PRICED, frontier=FrontierSettings())
    assert "Electricity/M" in cost_stats(boards(no_frontier)["tiers"])
    assert "At frontier" not in cost_stats(boards(no_frontier)["tiers"])
    no_electricity = replace(PRICED, electricity=None)
    assert "Electricity" not in cost_stats(boards(no_electricity)["tiers"])
    assert "At frontier/M" in cost_stats(boards(no_electricity)["tiers"])


def test_a_price_for_output_alone_gives_no_comparison() -> None:
    board = boards(replace(PRICED, frontier=FrontierSettings(output_price=15.0)))["tiers"]
    assert "At frontier" not in cost_stats(board)
    assert "does not state a price for input and one for output" in assumptions(board)


def test_without_model_servers_energy_is_unknown() -> None:
    board = boards(FLEETS["proxy alone"])["tiers"]
    assert cost_stats(board) == ["Local tokens"]
    assert "**Energy** is unknown" in assumptions(board)
    assert "host:gpu" not in json.dumps(board)


def test_hosts_that_report_no_power_are_counted_by_number_not_by_name() -> None:
    text = assumptions(boards(PRICED)["tiers"])
    assert "report no power, and so count as 0: 1." in text
    assert "old-pc" not in text
    assert "report no power" not in assumptions(boards(replace(PRICED, hosts=_all_with_power()))["tiers"])


def _all_with_power() -> tuple[Any, ...]:
    spark, _, studio = PRICED.hosts
    proxy = replace(
        studio, name="mini", exporters=(*studio.exporters, *cpu_server("x", "litellm").exporters[2:])
    )
    return spark, studio, proxy


def test_a_gb10s_power_is_explained_only_where_there_is_one() -> None:
    studio = replace(mac(), exporters=(*mac().exporters, *cpu_server("x", "litellm").exporters[1:]))
    board = boards(Fleet("macs", (studio,)))["tiers"]
    assert "Energy per M" in cost_stats(board)
    assert "GB10" not in json.dumps(board)


def test_a_day_is_shown_at_first() -> None:
    assert boards(PRICED)["tiers"]["time"] == {"from": "now-24h", "to": "now"}
    assert boards(PRICED)["serving"]["time"]["from"] == "now-3h"
