"""Rules for Grafana Mimir's ruler: one file for ``mimirtool rules load``, and the bare boards.

All groups of a fleet are in one namespace, since mimirtool refuses a namespace that stands in two files, and
since `monogen push-rules` removes what is built no more from this namespace and no other. Scraping is no
business of Mimir's: an agent does it, with what the other targets write.

Mimir's ruler stores of a group its name, interval, query_offset (not in older versions) and rules, and loses
what it does not know without a word (pkg/ruler/rulespb/compat.go). So the labels of a group are written to
each of its rules, which means the same, and ``limit`` is left out and told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from monogen.inventory.model import Fleet
from monogen.monitoring import Artifact, Monitoring
from monogen.output.flow import Flow
from monogen.output.yamltext import document
from monogen.targets import grafana
from monogen.targets.rulefile import groups

HEADER = "# Written by monogen from the inventory. Change the inventory, not this file.\n"

MOST_RULES = 20
"""Rules of a group that Mimir takes unless it is told otherwise (``ruler_max_rules_per_rule_group``)."""

MOST_GROUPS = 70
"""Groups of a tenant likewise (``ruler_max_rule_groups_per_tenant``)."""

SHOWN_GROUPS = 3


def render(fleet: Fleet, monitoring: Monitoring) -> list[Artifact]:
    """``rules/<fleet>.yaml`` and the boards."""
    rules = {"namespace": namespace(fleet.name), "groups": rule_groups(monitoring)}
    return [
        Artifact(f"rules/{fleet.name}.yaml", HEADER + document(rules)),
        *(grafana.bare(monitoring, dashboard) for dashboard in monitoring.dashboards),
    ]


def namespace(fleet: str) -> str:
    """The namespace that belongs to a fleet, and to nobody else."""
    return f"monogen-{fleet}"


def rule_groups(monitoring: Monitoring) -> list[dict[str, Any]]:
    """Every group as Mimir takes it; names are unique in the namespace, and begin with its name."""
    prefix = namespace(monitoring.fleet)
    made = [(file.name, group) for file in monitoring.rule_files for group in groups(file, prefix)]
    names = Counter(group["name"] for _, group in made)
    return [
        _group(group, f"{prefix}-{file}{group['name'].removeprefix(prefix)}")
        if names[group["name"]] > 1
        else _group(group, group["name"])
        for file, group in made
    ]


def notes(monitoring: Monitoring) -> tuple[str, ...]:
    """What Mimir does not take as it is, in sentences for the build."""
    found = [group for file in monitoring.rule_files for group in file.groups]
    return (*_left_out(group.name for group in found if "limit" in group.options), *_limits(monitoring))


def _group(group: Mapping[str, Any], name: str) -> dict[str, Any]:
    labels = group.get("labels") or {}
    kept = {key: value for key, value in group.items() if key not in ("labels", "limit")}
    kept["name"] = name
    if labels:
        kept["rules"] = [_labelled(rule, labels) for rule in group["rules"]]
    return kept


def _labelled(rule: Any, labels: Mapping[str, str]) -> Any:
    """The rule's own labels win, as they do in Prometheus; a rule on one line stays there."""
    if isinstance(rule, Flow):
        return Flow(_labelled(rule.value, labels))
    return {**rule, "labels": {**labels, **rule.get("labels", {})}}


def _left_out(names: Iterable[str]) -> Iterator[str]:
    limited = list(names)
    if limited:
        yield f"`limit` of {_some(limited)}: Mimir's ruler knows no limit of a group, so it is left out"


def _limits(monitoring: Monitoring) -> Iterator[str]:
    """Mimir refuses what is above its limits, group by group, when the rules are loaded."""
    made = rule_groups(monitoring)
    big = [group["name"] for group in made if len(group["rules"]) > MOST_RULES]
    if big:
        most = max(len(group["rules"]) for group in made)
        yield (
            f"more than {MOST_RULES} rules are in {_some(big)}: give the tenant "
            f"`ruler_max_rules_per_rule_group: {most}` or more, or Mimir refuses them"
        )
    if len(made) > MOST_GROUPS:
        yield (
            f"there are more than {MOST_GROUPS} groups: give the tenant "
            f"`ruler_max_rule_groups_per_tenant: {len(made) + 1}` or more, or Mimir refuses some"
        )


def _some(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:SHOWN_GROUPS])
    return shown + (f" and {len(names) - SHOWN_GROUPS} more" if len(names) > SHOWN_GROUPS else "")
