"""The numbers of the Serving and the Tiers board, on real Prometheus servers, against a hand calculation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from monogen.inventory.model import Fleet
from msgspec.structs import replace
from sample_boards import PRICED, boards, cpu_server, exporters, generic, shown
from served_history import Asked, an_hour

pytestmark = pytest.mark.prometheus

HOURS_TOKENS = 100 * 3600
KWH = 0.1
"""100 W for an hour; the Mac's 50 W are nobody's."""


@pytest.fixture(scope="module")
def asked(prometheus_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    with an_hour(prometheus_binary, tmp_path_factory.mktemp("hour")) as server:
        yield server


@pytest.fixture(scope="module")
def tiers() -> dict[str, Any]:
    return boards(PRICED)["tiers"]


@pytest.fixture(scope="module")
def serving() -> dict[str, Any]:
    return boards(PRICED)["serving"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Requests local", 0.9),
        ("Tokens local", 100 / 125),
        ("Requests", 3600),
        ("Fallbacks", 36),
        ("Spend", 3.6),
        ("Spend per hour", 3.6),
        ("Local tokens", HOURS_TOKENS),
        ("Energy", KWH),
        ("Energy per M", KWH / HOURS_TOKENS * 1e6),
        ("Electricity", KWH * 0.3),
        ("Electricity/M", KWH * 0.3 / HOURS_TOKENS * 1e6),
        ("At frontier", (90 * 3600 * 3 + 10 * 3600 * 15) / 1e6),
        ("At frontier/M", 0.9 * 3 + 0.1 * 15),
        ("GPU power of the hosts that served", 100),
        ("Energy per million local tokens", 1 / 3.6),
        ("Fallbacks per hour", 36),
    ],
)
def test_what_an_hour_costs(asked: Asked, tiers: dict[str, Any], title: str, expected: float) -> None:
    assert asked.number(tiers, title) == pytest.approx(expected, rel=1e-6)


def test_time_without_data_counts_as_nothing(asked: Asked, tiers: dict[str, Any]) -> None:
    for title, expected in (("Local tokens", HOURS_TOKENS), ("Spend", 3.6), ("Energy", KWH)):
        assert asked.number(tiers, title, __range="5h") == pytest.approx(expected)


def test_prices_come_with_their_currency(asked: Asked, tiers: dict[str, Any]) -> None:
    for title in ("Electricity", "Electricity/M"):
        ((one,),) = asked.panel(tiers, title).values()
        assert one["metric"] == {"currency": "EUR"}


def test_tiers_add_up(asked: Asked, tiers: dict[str, Any]) -> None:
    found = asked.panel(tiers, "Tokens by tier")
    assert [float(series[0]["value"][1]) for series in found.values()] == [100, 25]


def test_a_fleet_whose_requests_all_go_to_the_frontier(asked: Asked) -> None:
    proxy = replace(generic("vm"), exporters=exporters("litellm"))
    cloud = Fleet("cloud", (proxy, cpu_server()), electricity=PRICED.electricity, frontier=PRICED.frontier)
    board = boards(cloud)["tiers"]
    assert asked.number(board, "Requests local") == 0
    assert asked.number(board, "Tokens local") == 0
    assert asked.number(board, "Fallbacks") == 0
    assert asked.number(board, "Spend") == pytest.approx(7.2)
    for title in ("Local tokens", "At frontier/M"):
        assert asked.panel(board, title) == {"A": []}, title


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Tokens/s", 40),
        ("Running", 4),
        ("Waiting", 2),
        ("First token p95", 1.5),
        ("Fullest KV", 0.7),
        ("Models loaded", 2),
    ],
)
def test_one_host(asked: Asked, serving: dict[str, Any], title: str, expected: float) -> None:
    assert asked.number(serving, title, "spark-1") == expected


def test_one_server_of_it(asked: Asked, serving: dict[str, Any]) -> None:
    assert asked.number(serving, "Tokens/s", "spark-1", server="small", model="gemma") == 0
    assert asked.number(serving, "Models loaded", "spark-1", server="small") == 1
    assert asked.panel(serving, "First token p95", "spark-1", server="small") == {"A": []}


def test_the_table_has_a_line_for_each_server_and_model(asked: Asked, serving: dict[str, Any]) -> None:
    columns = asked.panel(serving, "All servers of the fleet")

    def column(ref: str) -> dict[tuple[str, str, str], float]:
        return {
            (one["metric"]["instance"], one["metric"]["server"], one["metric"]["model"]): float(
                one["value"][1]
            )
            for one in columns[ref]
        }

    big, small, llama = (
        ("spark-1", "big", "qwen"), ("spark-1", "small", "gemma"), ("old-pc", "llama-server", "phi"),
    )  # fmt: skip
    assert column("Loaded") == {big: 1, small: 1, llama: 0}
    assert column("Generated") == {big: 40, small: 0, llama: 5}
    assert column("Cache") == {big: 0.7, small: 0.1}
    assert column("FirstToken") == {big: 1.5}
    assert all(set(one["metric"]) == {"instance", "server", "model"} for r in columns.values() for one in r)


NOT_ON_OLD_PC = {
    "First token p95", "Fullest KV", "Time to first token, p95", "KV cache", "GPU busy",
    "When each model was loaded",
}  # fmt: skip
"""What llama-server does not export, what needs a GPU, and what was loaded only earlier in the hour."""


@pytest.mark.parametrize(("host", "silent"), [("spark-1", set()), ("old-pc", NOT_ON_OLD_PC)])
def test_panels_are_empty_only_where_the_words_say_so(
    asked: Asked, serving: dict[str, Any], host: str, silent: set[str]
) -> None:
    empty = set()
    for panel in shown(serving):
        one = {**serving, "panels": [panel]}
        if not any(asked.panel(one, panel["title"], host).values()):
            empty.add(panel["title"])
    assert empty == silent


def test_every_panel_of_the_tiers_board_answers(asked: Asked, tiers: dict[str, Any]) -> None:
    for panel in shown(tiers):
        for ref, found in asked.panel(tiers, panel["title"]).items():
            assert found, f"{panel['title']} {ref}"
