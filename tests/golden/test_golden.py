"""What `monogen build` writes, to the byte, for inventories worth reviewing.

A case is a folder with an inventory (`hosts.yaml`, and the files it names) and what is written for it:
`out/` for the operator, `out-prometheus/` for a plain Prometheus where that folder exists.
`pytest tests/golden --rewrite-golden` writes them anew; the review of that diff is the test's point.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner
from monogen.cli import main

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TARGET_OF = {"out": "operator", "out-prometheus": "prometheus"}


class Case(NamedTuple):
    inventory: Path
    target: str
    golden: Path


def cases() -> list[Case]:
    """The example fleet, whose operator output is the repository's own out/, and every folder here."""
    example = ROOT / "hosts" / "fleet.yaml"
    found = [
        Case(example, "operator", ROOT / "out"),
        Case(example, "prometheus", HERE / "fleet" / "out-prometheus"),
    ]
    for inventory in sorted(HERE.glob("*/hosts.yaml")):
        found.append(Case(inventory, "operator", inventory.parent / "out"))
        if (inventory.parent / "out-prometheus").is_dir():
            found.append(Case(inventory, "prometheus", inventory.parent / "out-prometheus"))
    return found


def build(case: Case, output: Path) -> None:
    arguments = ["build", str(case.inventory), "--target", case.target, "--quiet", "-o", str(output)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert result.output == "", "--quiet says nothing"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.mark.parametrize("case", cases(), ids=lambda c: f"{c.golden.parent.name}-{c.target}")
def test_output_is_as_reviewed(case: Case, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    written = tmp_path / "out"
    build(case, written)
    if request.config.getoption("--rewrite-golden", default=False):
        shutil.rmtree(case.golden, ignore_errors=True)
        shutil.copytree(written, case.golden)
        return

    expected, actual = contents(case.golden), contents(written)
    assert expected, f"{case.golden} is missing; write it with `make golden` and review it"
    assert sorted(actual) == sorted(expected)
    for path, content in expected.items():
        assert actual[path].decode() == content.decode(), f"{case.golden / path} is stale (`make golden`)"


@pytest.mark.parametrize("case", cases(), ids=lambda c: f"{c.golden.parent.name}-{c.target}")
def test_output_is_the_same_from_another_folder(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the working directory nor how the inventory's path is spelled shows in a byte."""
    build(case, tmp_path / "absolute")
    monkeypatch.chdir(case.inventory.parent)
    build(case._replace(inventory=Path(case.inventory.name)), tmp_path / "relative")
    assert contents(tmp_path / "relative") == contents(tmp_path / "absolute")
