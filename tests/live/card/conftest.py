"""A real Prometheus that remembers the hour of card_history.py."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from card_history import END, START, open_metrics
from engine import Prometheus, backfill
from monogen.live.card.card import Card, card
from monogen.live.card.history import read
from monogen.live.card.window import Window
from monogen.live.prometheus import Prometheus as Asked

Made = Callable[..., Card]


@pytest.fixture(scope="session")
def remembered(prometheus_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """The server; nothing is scraped and no rule runs."""
    folder = tmp_path_factory.mktemp("card")
    backfill(folder / "data", open_metrics())
    (folder / "prometheus.yml").write_text("global: {}\n")
    with Prometheus(prometheus_binary, folder / "prometheus.yml", folder / "data") as server:
        yield server


@pytest.fixture(scope="session")
def made(remembered: Prometheus) -> Made:
    """Makes the card of a host for the hour, or for the window given."""

    def make(
        host: str, model: str = "", fleet: str = "", window: Window | None = None, inventory=None
    ) -> Card:
        hour = window or Window("A", START, END, 600, END + 100_000)
        with Asked(remembered.url) as server:
            return card(read(server, host, hour, fleet), model, inventory)

    return make
