"""The series and alerts that monogen knows, for the docs; no inventory needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monogen.plan.constants import MEANINGS
from monogen.plan.rules import DEFAULT_RESERVED, Watch
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
    yield "| series | unit | meaning | hosts |"
    yield "|---|---|---|---|"
    rows: dict[str, dict[str, str]] = {}
    for subject, entry in _entries():
        if "record" in entry:
            row = rows.setdefault(
                entry["record"], {"unit": entry["unit"], "meaning": entry["meaning"], "hosts": ""}
            )
            hosts = _needs_in_words(subject, entry)
            if entry.get("optional"):
                hosts += f"; only with {entry['optional']}"
            row["hosts"] = " or ".join(filter(None, (row["hosts"], hosts)))
    for name, row in sorted(rows.items()):
        yield f"| `{name}` | {row['unit']} | {row['meaning']} | {row['hosts']} |"


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


def _needs_in_words(subject: Subject, entry: Mapping[str, Any]) -> str:
    if "from" in entry:
        alternatives = [needs for source in entry["from"] for needs in parse_needs(source["needs"])]
    elif "needs" in entry:
        alternatives = list(parse_needs(entry["needs"]))
    else:
        alternatives = list(subject.needs)
    words = [_in_words(needs) for needs in alternatives]
    return "all" if "" in words else " or ".join(dict.fromkeys(words))


def _in_words(needs: Needs) -> str:
    """ "node on linux", "dcgm before 4.9 on nvidia"; "" where nothing is needed."""
    text = "/".join(sorted(needs.exporter))
    if needs.before:
        text += f" before {'.'.join(map(str, needs.before))}"
    if needs.since:
        text += f" from {'.'.join(map(str, needs.since))}"
    where = "/".join(sorted(needs.hardware) or sorted(needs.os))
    if where:
        text += f" on {where}"
    if needs.states or needs.threshold:
        text += f" where {needs.states or 'a threshold'} is stated"
    return text.strip()
