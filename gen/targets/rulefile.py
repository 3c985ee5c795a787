"""Rule groups in the form that Prometheus, the operator and Mimir share."""

from __future__ import annotations

from typing import Any

from monogen.monitoring import Rule, RuleFile, RuleGroup
from monogen.output.flow import Flow


def groups(file: RuleFile, prefix: str) -> list[dict[str, Any]]:
    """The value of ``groups:``. Group names get the prefix, since Prometheus shows them all in one list."""
    return [_group(group, prefix) for group in file.groups]


def _group(group: RuleGroup, prefix: str) -> dict[str, Any]:
    data: dict[str, Any] = {"name": f"{prefix}-{group.name}"}
    if group.interval:
        data["interval"] = group.interval
    data |= group.options
    data["rules"] = [_constant(rule) if _is_constant(rule) else _rule(rule) for rule in group.rules]
    return data


def _is_constant(rule: Rule) -> bool:
    return rule.expr.startswith("vector(") and not rule.annotations


def _constant(rule: Rule) -> Flow:
    """One line each: there is one for every target of the fleet."""
    return Flow({"record": rule.record, "expr": rule.expr, "labels": dict(rule.labels)})


def _rule(rule: Rule) -> dict[str, Any]:
    data: dict[str, Any] = {"alert": rule.alert} if rule.alert else {"record": rule.record}
    data["expr"] = rule.expr
    if rule.hold:
        data["for"] = rule.hold
    if rule.keep_firing_for:
        data["keep_firing_for"] = rule.keep_firing_for
    if rule.labels:
        data["labels"] = dict(rule.labels)
    if rule.annotations:
        data["annotations"] = dict(rule.annotations)
    return data
