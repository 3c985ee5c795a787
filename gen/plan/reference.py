"""The series and alerts that monogen knows, for the docs; no inventory needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monogen.inventory.model import DEFAULT_RESERVED
from monogen.plan.constants import MEANINGS
from monogen.plan.rules import Watch
from monogen.plan.selection import Needs, parse_needs
from monogen.plan.subjects import Subject, known_alerts, render, subjects

INTRODUCTION = """# Series and alerts

What the generated rules record and when they warn. This page is written by `make docs` from the rule
templates in `templates/rules/`; change those, not this page.

A `host:` series carries the labels instance, os, hardware, fleet, the inventory's own labels, and at
most one kind of detail. It never carries job, so that series of different exporters join on instance.
Units are base units: bytes, seconds, celsius, hertz, watts, and shares from 0 to 1.
"""


def series_and_alerts() -> str:
    """The page docs/series.md."""
    return "\n".join([INTRODUCTION, *_series_table(), "", *_constants_table(), "", *_alert_table(), ""])


def everything() -> dict[str, Any]:
    """Template variables of a fleet that has everything, so that every rule is rendered."""
    return {
        "L": "L",
        "L_without_os": "L",
        "L_without_instance": "L",
        "F": 'fleet="..."',
        "fleet_name": "...",
        "default_reserved": DEFAULT_RESERVED,
        "remote_jobs": (),
        "frontier": "...",
        "local": "...",
        "appearing": [Watch("dcgm", "gb10", ("...",))],
        "stated": lambda _: True,
        "threshold": lambda _: "...",
        "fleet_threshold": lambda _: False,
        "limit": lambda _: "...",
    }


def _entries() -> Iterator[tuple[Subject, Mapping[str, Any]]]:
    context = everything()
    for subject in subjects():
        for entry in render(subject, context):
            yield subject, entry


def _series_table() -> Iterator[str]:
    yield "## Series\n"
    yield "| series | unit | meaning | where |"
    yield "|---|---|---|---|"
    entries: dict[str, list[tuple[Subject, Mapping[str, Any]]]] = {}
    for subject, entry in _entries():
        if "record" in entry:
            entries.setdefault(entry["record"], []).append((subject, entry))
    for name, same in sorted(entries.items()):
        entry = same[0][1]
        where = _where([needs for one in same for needs in _needs(*one)])
        if entry.get("optional"):
            where += f"; needs {entry['optional']}"
        yield f"| `{name}` | {entry['unit']} | {entry['meaning']} | {where} |"


def _constants_table() -> Iterator[str]:
    yield "## Constants from the inventory\n"
    yield "| series | unit | meaning |"
    yield "|---|---|---|"
    for name, (unit, meaning) in sorted(MEANINGS.items()):
        yield f"| `{name}` | {unit} | {meaning} |"


def _alert_table() -> Iterator[str]:
    yield "## Alerts\n"
    yield "Each has a section in [runbooks.md](runbooks.md). Thresholds are in base units.\n"
    yield "| alert | severity | for | threshold | says |"
    yield "|---|---|---|---|---|"
    thresholds = known_alerts()
    for _, entry in _entries():
        if "alert" in entry:
            name = entry["alert"]
            threshold = thresholds[name]
            number = "" if threshold is None else f"{threshold:g}" if threshold < 1e5 else f"{threshold:,.0f}"  # noqa: PLR2004
            link = f"[{name}](runbooks.md#{name.lower()})"
            yield f"| {link} | {entry['severity']} | {entry['for']} | {number} | {entry['summary']} |"


def _needs(subject: Subject, entry: Mapping[str, Any]) -> list[Needs]:
    if "from" in entry:
        return [needs for source in entry["from"] for needs in parse_needs(source["needs"])]
    return list(parse_needs(entry["needs"]) if "needs" in entry else subject.needs)


def _where(alternatives: list[Needs]) -> str:
    """ "node, macmon on apple-silicon": the exporters, and the hardware or OS where not all will do."""
    if any(needs == Needs() for needs in alternatives):
        return "every host"
    places: dict[str, set[str]] = {}
    for needs in alternatives:
        for exporter in sorted(needs.exporter) or ["every host"]:
            places.setdefault(exporter, set()).update(needs.hardware or needs.os or ["anywhere"])
    return ", ".join(
        exporter
        if "anywhere" in on or {"linux", "darwin"} <= on
        else f"{exporter} on {' or '.join(sorted(on))}"
        for exporter, on in places.items()
    )
