"""The world of the proofs, once for each real Prometheus."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from world import World, world


@pytest.fixture(scope="session")
def proof(prometheus_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running world; tests that change it put it back."""
    with world(prometheus_binary, tmp_path_factory.mktemp("proof")) as running:
        yield running
