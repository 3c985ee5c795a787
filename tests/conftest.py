"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest
from engine import HOW_TO_GET_ONE, REQUIRED, prometheus_binaries, version

BINARIES = prometheus_binaries()

# Examples may take as long as they take: a busy machine is no failure, and time is the bench's business.
# CI tries the same examples each time, so that a red run is about the change; everybody else finds new ones.
hypothesis.settings.register_profile("monogen", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("monogen")


def pytest_report_header() -> str:
    """Tell which real servers the tests run on."""
    return "prometheus: " + (", ".join(map(version, BINARIES)) or HOW_TO_GET_ONE)


@pytest.fixture(
    scope="session", params=BINARIES or [None], ids=lambda b: f"prometheus-{version(b)}" if b else "none"
)
def prometheus_binary(request: pytest.FixtureRequest) -> Path:
    """Each Prometheus of this machine in turn. Without one a test skips; where one is required it fails."""
    if request.param is None:
        if os.environ.get(REQUIRED):
            pytest.fail(HOW_TO_GET_ONE)
        pytest.skip(HOW_TO_GET_ONE)
    binary: Path = request.param
    return binary
