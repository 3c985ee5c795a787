"""The world that verify looks at, once for each real Prometheus."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from checked_world import Checked, all_well, checked_world, messages


@pytest.fixture(scope="session")
def running(prometheus_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checked]:
    """A running world in which all is well."""
    with checked_world(prometheus_binary, tmp_path_factory.mktemp("verify")) as world:
        yield world


@pytest.fixture
def checked(running: Checked) -> Checked:
    """The world, once all is well in it: a test before may have spoiled something and put it right."""
    code, report = running.verify_until(all_well)
    assert code == 0, messages(report)
    return running
