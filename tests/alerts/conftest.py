"""A real Prometheus that remembers the histories of all cases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cases import CASES, open_metrics
from engine import Prometheus, backfill


@pytest.fixture(scope="session")
def history(prometheus_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A server with the samples of cases.yaml; nothing is scraped and no rule runs."""
    folder = tmp_path_factory.mktemp("history")
    backfill(folder / "data", "\n".join([*open_metrics(CASES), ""]))
    config = folder / "prometheus.yml"
    config.write_text("global: {}\n")
    with Prometheus(prometheus_binary, config, folder / "data") as server:
        yield server
