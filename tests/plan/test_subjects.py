"""The rule templates themselves: headers that tell the truth, and text that Jinja must not touch."""

import re
from typing import Any

import pytest

from monogen.plan.selection import Needs
from monogen.plan.subjects import Subject, known_alerts, render, subjects

CONTEXT: dict[str, Any] = {
    "L": "instance, os",
    "L_without_os": "instance",
    "L_without_instance": "os",
    "F": 'fleet="x"',
    "fleet_name": "x",
    "default_reserved": {"gb10": 1, "apple-silicon": 2},
    "appearing": [{"exporter": "dcgm", "hardware": "gb10", "metrics": ["A", "B"]}],
    "stated": lambda _: True,
    "threshold": lambda _: "1",
    "fleet_threshold": lambda _: False,
    "limit": lambda _: "1",
}


@pytest.mark.parametrize("subject", subjects(), ids=lambda subject: subject.name)
def test_the_header_names_exactly_the_alerts_of_the_body(subject: Subject) -> None:
    alerts = [entry["alert"] for entry in render(subject, CONTEXT) if "alert" in entry]
    assert alerts == list(subject.alerts)


@pytest.mark.parametrize("subject", subjects(), ids=lambda subject: subject.name)
def test_every_entry_is_a_rule_with_what_a_rule_needs(subject: Subject) -> None:
    for entry in render(subject, CONTEXT):
        assert ("expr" in entry) != ("from" in entry), entry
        needed = {"for", "severity", "board", "summary", "description"} if "alert" in entry else {"unit", "meaning"}
        assert needed <= set(entry), entry


def test_what_is_read_is_recorded_before_in_the_same_group() -> None:
    """A rule that reads a later rule of its group would always be one evaluation late."""
    recorded: dict[str, list[str]] = {}
    everything: dict[str, str] = {}
    entries = [(s.group, e) for s in subjects() for e in render(s, CONTEXT) if "record" in e]
    for group, entry in entries:
        everything.setdefault(entry["record"], group)
    for group, entry in entries:
        text = entry.get("expr") or " ".join(source["expr"] for source in entry["from"])
        for name in re.findall(r"\bhost:[a-z0-9_]+(?::[a-z0-9_]+)?", text):
            if everything.get(name) == group and name != entry["record"]:
                assert name in recorded.get(group, []), f"{entry['record']} reads {name} too early"
        recorded.setdefault(group, []).append(entry["record"])


def test_prometheus_own_syntax_passes_untouched() -> None:
    body = (
        "- alert: A\n"
        "  expr: rate(x{a=~\"[[:alpha:]]+\", b=\"$1\"}[5m]) > << limit('A') >>\n"
        "  description: \"{{ $labels.x }} {{ with $v }}{{ . }}{{ end }} {% raw %} ${var} $1 [[x]] {# no #}\"\n"
    )
    subject = Subject("s", "g", (Needs(),), (), {}, body)
    (entry,) = render(subject, CONTEXT)
    assert entry["expr"] == 'rate(x{a=~"[[:alpha:]]+", b="$1"}[5m]) > 1'
    assert entry["description"] == "{{ $labels.x }} {{ with $v }}{{ . }}{{ end }} {% raw %} ${var} $1 [[x]] {# no #}"


def test_alert_names_are_unique() -> None:
    assert len(known_alerts()) == sum(len(subject.alerts) for subject in subjects())
