"""The rule templates themselves: headers that tell the truth, and text that Jinja must not touch."""

import re
from pathlib import Path

import pytest
from monogen.plan.reference import everything
from monogen.plan.selection import Needs
from monogen.plan.subjects import Subject, known_alerts, render, subjects

CONTEXT = everything()


@pytest.mark.parametrize("subject", subjects(), ids=lambda subject: subject.name)
def test_the_header_names_exactly_the_alerts_of_the_body(subject: Subject) -> None:
    alerts = [entry["alert"] for entry in render(subject, CONTEXT) if "alert" in entry]
    assert alerts == list(subject.alerts)


@pytest.mark.parametrize("subject", subjects(), ids=lambda subject: subject.name)
def test_every_entry_is_a_rule_with_what_a_rule_needs(subject: Subject) -> None:
    for entry in render(subject, CONTEXT):
        assert ("expr" in entry) != ("from" in entry), entry
        of_alert = {"for", "severity", "board", "summary", "description"}
        needed = of_alert if "alert" in entry else {"unit", "meaning"}
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


DESCRIPTION = "{{ $labels.x }} {{ with $v }}{{ . }}{{ end }} {% raw %} ${var} $1 [[x]] {# no #}"


def test_prometheus_own_syntax_passes_untouched(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml.j2"
    file.write_text(f"""group: g
---
- alert: A
  expr: rate(x{{a=~"[[:alpha:]]+", b="$1"}}[5m]) > << limit('A') >>
  description: "{DESCRIPTION}"
""")
    subject = Subject("s", "g", (Needs(),), (), {}, file)
    (entry,) = render(subject, CONTEXT)
    assert entry["expr"] == 'rate(x{a=~"[[:alpha:]]+", b="$1"}[5m]) > ...'
    assert entry["description"] == DESCRIPTION


def test_alert_names_are_unique() -> None:
    assert len(known_alerts()) == sum(len(subject.alerts) for subject in subjects())
