"""From the rule templates to the rules of one fleet: only what some host needs, each for its hosts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from monogen.dashboards.identity import uid
from monogen.inventory.model import DEFAULT_RESERVED, AlertSettings, Fleet
from monogen.monitoring import Rule, RuleFile, RuleGroup
from monogen.plan.labels import label_list
from monogen.plan.selection import HostClasses, parse_needs
from monogen.plan.subjects import Subject, known_alerts, render, subjects
from monogen.quantities import format_duration
from msgspec import Struct


class Watch(Struct, frozen=True):
    """Metrics that an exporter does not have on some hardware today, and that may come."""

    exporter: str
    hardware: str
    metrics: tuple[str, ...]


def rule_files(
    fleet: Fleet, classes: HostClasses, watches: Sequence[Watch], remote_jobs: Sequence[str] = ()
) -> tuple[RuleFile, ...]:
    """One file a group of the templates, without rules that no host of the fleet needs.

    ``remote_jobs`` are jobs whose exporters look at a host from elsewhere (blackbox_exporter): that
    they answer does not say that the host does.
    """
    context = _context(fleet, classes, watches, remote_jobs)
    groups: dict[str, list[Rule]] = {}
    for subject in subjects():
        if not classes.meeting(subject.needs):
            continue
        for entry in render(subject, context):
            rule = _rule(entry, subject, fleet, classes)
            if rule is not None:
                groups.setdefault(subject.group, []).append(rule)
    return tuple(
        RuleFile(name=name, groups=(RuleGroup(name, tuple(rules)),)) for name, rules in groups.items()
    )


def _context(
    fleet: Fleet, classes: HostClasses, watches: Sequence[Watch], remote_jobs: Sequence[str]
) -> dict[str, Any]:
    """What the templates may say: label lists, the fleet's selector, thresholds."""
    frontier, local = _frontier(fleet)
    stated = frozenset().union(*(host_class.states for host_class in classes))
    return {
        "L": label_list(fleet),
        "L_without_os": label_list(fleet, without=["os"]),
        "L_without_instance": label_list(fleet, without=["instance"]),
        "F": f'fleet="{fleet.name}"',
        "fleet_name": fleet.name,
        "default_reserved": DEFAULT_RESERVED,
        "appearing": watches,
        "remote_jobs": remote_jobs,
        "frontier": frontier,
        "local": local,
        "stated": stated.__contains__,
        "threshold": lambda alert: _number(_threshold(fleet, alert)),
        "fleet_threshold": lambda alert: _settings(fleet, alert).threshold is not None,
        "limit": _limits(fleet, classes),
    }


def _frontier(fleet: Fleet) -> tuple[str, str]:
    """The matchers that tell LiteLLM's frontier series from the local ones, and the local ones from those."""
    settings = fleet.frontier
    label, values = (
        ("model_id", settings.model_ids) if settings.model_ids else ("api_provider", settings.providers)
    )
    if len(values) == 1:
        text = json.dumps(values[0], ensure_ascii=False)
        return f"{label}={text}", f"{label}!={text}"
    text = json.dumps("|".join(map(re.escape, values)), ensure_ascii=False)
    return f"{label}=~{text}", f"{label}!~{text}"


def _limits(fleet: Fleet, classes: HostClasses) -> Callable[[str], str]:
    """What an alert compares with: a number, or a series where some host has its own number.

    The number of rules does not grow with the hosts: one constant for each number that the inventory
    states, and the fleet's number for all the others.
    """
    own = frozenset().union(*(host_class.thresholds for host_class in classes))

    def limit(alert: str) -> str:
        number = _number(_threshold(fleet, alert))
        if alert not in own:
            return number
        selector = f'fleet="{fleet.name}"'
        return (
            "on (instance) group_left () ("
            f'max by (instance) (monogen:threshold{{{selector}, alert="{alert}"}})'
            f" or on (instance) host:info{{{selector}}} * 0 + {number})"
        )

    return limit


def _settings(fleet: Fleet, alert: str) -> AlertSettings:
    return fleet.alerts.get(alert, AlertSettings())


def _threshold(fleet: Fleet, alert: str) -> float:
    stated = _settings(fleet, alert).threshold
    default = known_alerts()[alert]
    if stated is not None:
        return stated
    if default is None:
        raise ValueError(f"the alert {alert} has no threshold")
    return default


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _rule(entry: Mapping[str, Any], subject: Subject, fleet: Fleet, classes: HostClasses) -> Rule | None:
    """The rule of one entry, or None where no host of the fleet needs it or the inventory turns it off."""
    expr, hosts = _expression(entry, subject, classes)
    if not hosts:
        return None
    if "alert" in entry:
        return _alert(entry, expr, hosts, fleet)
    return Rule(
        record=entry["record"],
        expr=expr,
        labels=entry.get("labels", {}),
        unit=entry["unit"],
        meaning=entry["meaning"],
        hosts=hosts,
        optional=entry.get("optional", ""),
    )


def _expression(
    entry: Mapping[str, Any], subject: Subject, classes: HostClasses
) -> tuple[str, frozenset[str]]:
    """The expression and the hosts it is for.

    An entry with ``from`` lists where the same thing may come from, in the order of precedence: for
    each ``first`` (the labels to join on) the first source that has data counts.
    """
    if "from" not in entry:
        needs = parse_needs(entry["needs"]) if "needs" in entry else subject.needs
        return entry["expr"], classes.meeting(needs)
    sources = [
        (source["expr"], hosts)
        for source in entry["from"]
        if (hosts := classes.meeting(parse_needs(source["needs"])))
    ]
    expr = f"\nor on ({entry['first']})\n".join(text for text, _ in sources)
    return expr, frozenset().union(*(hosts for _, hosts in sources))


def _alert(entry: Mapping[str, Any], expr: str, hosts: frozenset[str], fleet: Fleet) -> Rule | None:
    name = entry["alert"]
    settings = _settings(fleet, name)
    if not settings.enabled:
        return None
    hold = entry["for"] if settings.hold is None else format_duration(settings.hold)
    return Rule(
        alert=name,
        expr=expr,
        hold="" if hold == "0s" else hold,
        labels={"severity": settings.severity or entry["severity"]},
        annotations={
            "summary": entry["summary"],
            "description": entry["description"],
            "runbook_url": f"{fleet.runbooks}#{name.lower()}",
            "dashboard_url": _dashboard_url(fleet, entry["board"]),
        },
        hosts=hosts,
        expects_empty=entry.get("expects_empty", False),
    )


def _dashboard_url(fleet: Fleet, board: str) -> str:
    """The board that shows the alert. Prometheus fills in the host; Go's urlquery escapes its name."""
    base = f"{fleet.grafana.url.rstrip('/')}/d/{uid(fleet.name, board)}"
    return base if board == "fleet" else base + "?var-instance={{ $labels.instance | urlquery }}"
