"""The world that verify looks at, once for each real Prometheus."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from checked_world import Checked, checked_world


@pytest.fixture(scope="session")
def checked(prometheus_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checked]:
    """A running world in which all is well; tests that change it put it back."""
    with checked_world(prometheus_binary, tmp_path_factory.mktemp("verify")) as running:
        yield running
