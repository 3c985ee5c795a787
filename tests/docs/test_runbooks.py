"""docs/runbooks.md: a section for every alert, each of the same build, with PromQL and settings that work."""

from __future__ import annotations

import re
from pathlib import Path

import promql_parser
import pytest
import yaml
from doc_blocks import DOCS
from monogen import catalog, inventory
from monogen.inventory.model import Fleet
from monogen.plan.constants import MEANINGS
from monogen.plan.reference import everything
from monogen.plan.subjects import known_alerts, render, subjects
from monogen.quantities import parse_threshold

PARTS = ("How bad:", "It means.", "Look.", "Do.", "Known causes.", "Change it.")
SEVERITY = re.compile(r"(critical|warning|info), ")


def sections() -> dict[str, str]:
    """Heading and text of every section, in the order of the page."""
    text = (DOCS / "runbooks.md").read_text(encoding="utf-8")
    pieces = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    headings = pieces[::2]
    assert len(headings) == len(set(headings)), "a heading stands twice, so its anchor is not the alert's"
    return dict(zip(headings, pieces[1::2], strict=True))


def parts(text: str) -> dict[str, str]:
    """The parts of a section by their first words."""
    pieces = re.split(r"^\*\*([^*]+)\*\*", text, flags=re.MULTILINE)
    assert not pieces[0].strip(), "text before the first part"
    return {name: part.strip() for name, part in zip(pieces[1::2], pieces[2::2], strict=True)}


def severities() -> dict[str, str]:
    """The severity of every alert as the templates have it."""
    return {
        entry["alert"]: entry["severity"]
        for subject in subjects()
        for entry in render(subject, everything())
        if "alert" in entry
    }


def recorded() -> set[str]:
    """Every series that monogen records for some fleet."""
    entries = (entry for subject in subjects() for entry in render(subject, everything()))
    return {entry["record"] for entry in entries if "record" in entry} | set(MEANINGS)


def settings(name: str) -> tuple[str, ...]:
    """The `alerts:` lines of a section's last part."""
    return tuple(re.findall(r"`(alerts: \{.*?\}\})`", parts(sections()[name])["Change it."]))


def test_every_alert_has_its_section_and_no_section_is_without_an_alert() -> None:
    assert set(sections()) == set(known_alerts()) == set(severities())


@pytest.mark.parametrize("name", sorted(known_alerts()))
def test_a_section_has_all_parts_in_order(name: str) -> None:
    found = parts(sections()[name])
    assert tuple(found) == PARTS
    assert all(found.values())


@pytest.mark.parametrize("name", sorted(known_alerts()))
def test_the_first_line_says_how_bad_and_what_to_do_first(name: str) -> None:
    first = parts(sections()[name])["How bad:"]
    assert "\n" not in first
    assert "First: " in first
    stated = SEVERITY.match(first)
    assert stated, "the first word is the severity"
    assert stated[1] == severities()[name]


@pytest.mark.parametrize("name", sorted(known_alerts()))
def test_promql_parses_and_asks_for_series_that_exist(name: str) -> None:
    blocks = re.findall(r"^```promql\n(.*?)^```$", sections()[name], re.MULTILINE | re.DOTALL)
    assert blocks
    for expression in blocks:
        promql_parser.parse(expression)
        assert set(re.findall(r"\b(?:host|monogen):[\w:]+", expression)) <= recorded()


@pytest.mark.parametrize("name", sorted(known_alerts()))
def test_the_default_is_the_templates(name: str) -> None:
    change = parts(sections()[name])["Change it."]
    default = known_alerts()[name]
    if default is None:
        assert change.startswith("Compares with no number")
        assert "threshold" not in change
    else:
        stated = re.match(r"Default `([^`]+)`", change)
        assert stated
        assert parse_threshold(stated[1]) == pytest.approx(default)


@pytest.mark.parametrize("name", sorted(known_alerts()))
def test_the_settings_are_understood(name: str, tmp_path: Path) -> None:
    """The first line is for the fleet, a second one for a host; only alerts with a number have one."""
    lines = settings(name)
    assert len(lines) == (1 if known_alerts()[name] is None else 2)
    fleet = load(tmp_path, *lines)
    stated = fleet.alerts[name]
    assert (stated.threshold, stated.severity, stated.hold, stated.enabled) != (None, None, None, True)
    if len(lines) > 1:
        assert fleet.hosts[0].thresholds[name] != stated.threshold


def load(folder: Path, for_fleet: str, for_host: str = "alerts: {}") -> Fleet:
    """The fleet of an inventory with these lines."""
    host = {"name": "spark-1", "hardware": "gb10", **yaml.safe_load(for_host)}
    data = {"fleet": "homelab", "hosts": [host], **yaml.safe_load(for_fleet)}
    file = folder / "hosts.yaml"
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    return inventory.load(file, catalog.kinds)
