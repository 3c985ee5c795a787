"""The same files give the same words, however Python happens to order its sets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINTED = ("tests/golden", "tests/lint/boards", "out")
SEEDS = ("1", "2", "3")


@pytest.mark.parametrize("options", [("--format", "json"), ("--diff", "--unsafe")], ids=" ".join)
def test_findings_and_fixes_do_not_depend_on_the_order_of_sets(options: tuple[str, ...]) -> None:
    found = {run(seed, *options) for seed in SEEDS}
    assert len(found) == 1
    assert len(found.pop()) > 5_000, "too little was looked at"


def run(seed: str, *options: str) -> str:
    """The output with another seed for the hashes of texts."""
    command = [sys.executable, "-m", "monogen", "lint", *LINTED, "--inventory", "hosts/fleet.yaml", *options]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [*command, "--exit-zero"], capture_output=True, text=True, env=environment, cwd=ROOT, check=True
    )
    return done.stdout + done.stderr
