"""Each check finds its bad example, and leaves its good one alone."""

from __future__ import annotations

from pathlib import Path

import monogen.lint.checks  # noqa: F401
import pytest
from monogen.lint.check import REGISTRY, Check, Example
from monogen.lint.gathering import gathered
from monogen.lint.model import Finding
from monogen.lint.run import lint
from monogen.lint.settings import LintSettings

FLEET = Path(__file__).parents[2] / "hosts" / "fleet.yaml"

CHECKS = [pytest.param(check, id=f"{code}-{check.name}") for code, check in sorted(REGISTRY.items())]


def findings(check: Check, example: Example, folder: Path) -> list[Finding]:
    """What the linter says about an example; with the tour's inventory where one is needed, none stated."""
    file = folder / example.path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(example.text, encoding="utf-8")
    inventory = FLEET if check.needs_inventory else None
    if example.inventory:
        inventory = folder / "hosts.yaml"
        inventory.write_text(example.inventory, encoding="utf-8")
    settings = LintSettings()
    given = gathered([file], inventory, settings)
    return lint(given.linted, settings, given.fleet, given.world, given.generated, given.planned)


@pytest.mark.parametrize("check", CHECKS)
def test_the_bad_example_is_found(check: Check, tmp_path: Path) -> None:
    found = [finding for finding in findings(check, check.bad, tmp_path) if finding.code == check.code]
    assert found
    # Where in the file is known, but for a file that is bad as a whole.
    lines = check.bad.text.splitlines()
    for finding in found:
        assert 0 <= finding.start.line <= len(lines) + 1
        assert finding.start <= finding.end
        assert all(lines[number - 1] == line for number, line in finding.excerpt)


@pytest.mark.parametrize("check", CHECKS)
def test_the_good_example_is_left_alone(check: Check, tmp_path: Path) -> None:
    told = findings(check, check.good, tmp_path)
    assert [finding for finding in told if finding.code == check.code or finding.severity == "error"] == []


def test_codes_and_names_are_unique_and_in_their_family() -> None:
    families = (
        "files",
        "expressions",
        "expressions",
        "recording",
        "alerts",
        "scraping",
        "dashboards",
        "manifests",
    )
    assert len({check.name for check in REGISTRY.values()}) == len(REGISTRY)
    for code, check in REGISTRY.items():
        assert check.family == families[int(code[2])]
