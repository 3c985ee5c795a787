"""The worlds of the truth harness, started once: fifteen servers are not started twice."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(TESTS / folder) for folder in ("truth", "proof", "prometheus")]

from engine import HOW_TO_GET_ONE, REQUIRED  # noqa: E402
from judgement import Judgement, judged  # noqa: E402
from monogen.lint.world import World  # noqa: E402
from truth_questions import questions  # noqa: E402
from truth_worlds import Worlds, built_fleet, newest_binary, rule_groups, worlds  # noqa: E402
from vocabulary import vocabulary  # noqa: E402

PAIRS = 10_000
"""The acceptance asks for 5,000; the project's own and the public ones are some 6,000 of these."""

TABLE = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def running_worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """A Prometheus 3 for each host. Without one a test skips; where one is required it fails."""
    binary = newest_binary()
    if binary is None:
        if os.environ.get(REQUIRED):
            pytest.fail(HOW_TO_GET_ONE)
        pytest.skip(HOW_TO_GET_ONE)
    with worlds(binary, tmp_path_factory.mktemp("truth")) as running:
        yield running


@pytest.fixture(scope="session")
def abstract_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same fleet as the linter sees it."""
    built = built_fleet(tmp_path_factory.mktemp("abstract"), 9)
    return World(built.fleet, rule_groups(built))


@pytest.fixture(scope="session")
def judgement(
    running_worlds: Worlds, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Judgement:
    """All pairs asked both ways; the table stands at the end of the test run, the numbers in a file."""
    reader = World(running_worlds.built.fleet, rule_groups(running_worlds.built))
    real = (known.name for known in vocabulary(running_worlds.built).everything)
    found = judged(running_worlds, reader, questions(running_worlds, PAIRS), real)
    file = tmp_path_factory.getbasetemp() / "truth.json"
    found.write(file)
    request.config.stash[TABLE] = f"{found.table()}\nin numbers: {file}"
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table of the measurement."""
    if table := config.stash.get(TABLE, ""):
        terminalreporter.section("the abstract reading and the truth")
        terminalreporter.write_line(table)
