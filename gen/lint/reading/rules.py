"""The groups and rules of a rule file or a PrometheusRule.

What is malformed is left out here; ``monogen.lint.checks.files`` says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monogen.lint.documents import Document, Expression, GroupItem, RuleItem
from monogen.lint.model import Keys
from monogen.lint.reading.source import Placed
from monogen.promql import Node, Unreadable, read, read_ahead
from monogen.quantities import parse_duration

_NO_OPTIONS = frozenset({"name", "interval", "rules", "labels"})


def groups_of(document: Document) -> list[GroupItem]:
    """The groups of a document of kind "rules" or "prometheus-rule"."""
    keys, groups = raw_groups(document)
    if not isinstance(groups, list):
        return []
    read_ahead(_expressions(groups))
    return [
        _group(document, (*keys, number), group)
        for number, group in enumerate(groups)
        if isinstance(group, dict)
    ]


def _expressions(groups: list[Any]) -> Iterator[str]:
    """The texts of all expressions, as far as they are texts."""
    for group in groups:
        rules = group.get("rules") if isinstance(group, dict) else None
        for rule in rules if isinstance(rules, list) else ():
            expr = rule.get("expr") if isinstance(rule, dict) else None
            if isinstance(expr, str):
                yield expr


def raw_groups(document: Document) -> tuple[Keys, Any]:
    """The keys that lead to the groups, and what stands there."""
    data = document.data
    if document.kind == "prometheus-rule":
        spec = data.get("spec")
        return ("spec", "groups"), spec.get("groups") if isinstance(spec, dict) else None
    return ("groups",), data.get("groups")


def seconds_of(value: Any) -> float | None:
    """The seconds of a duration as written; None where it states none, or one that Prometheus refuses."""
    try:
        return parse_duration(value) if isinstance(value, str) else None
    except ValueError:
        return None


def text_of(document: Document, keys: Keys, value: Any) -> str:
    """A scalar as it is written: what Prometheus takes where a text belongs. "" for anything else."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, dict | list):
        return ""
    # Whole numbers are numbers only in their plain form.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    source = document.source
    return source.written(document.number, keys) if isinstance(source, Placed) else str(value)


def _group(document: Document, keys: Keys, data: Mapping[str, Any]) -> GroupItem:
    interval = seconds_of(data.get("interval"))
    rules = data.get("rules")
    read_rules = (
        _rule(document, (*keys, "rules", index), index, rule, interval)
        for index, rule in enumerate(rules if isinstance(rules, list) else ())
    )
    return GroupItem(
        document=document,
        keys=keys,
        name=text_of(document, (*keys, "name"), data.get("name")),
        rules=tuple(rule for rule in read_rules if rule is not None),
        interval=interval,
        labels=_texts(document, (*keys, "labels"), data.get("labels")),
        options={key: value for key, value in data.items() if key not in _NO_OPTIONS},
    )


def _rule(document: Document, keys: Keys, index: int, data: Any, interval: float | None) -> RuleItem | None:
    """The rule, None where it names no series and no alert, or has no expression."""
    if not isinstance(data, dict):
        return None
    texts = {
        key: text_of(document, (*keys, key), data[key])
        for key in ("record", "alert", "expr", "for", "keep_firing_for")
        if key in data
    }
    record, alert = texts.get("record", ""), texts.get("alert", "")
    if not texts.get("expr") or not (record or alert):
        return None
    tree, unreadable = understood(texts["expr"])
    expression = Expression(
        document=document,
        keys=(*keys, "expr"),
        text=texts["expr"],
        tree=tree,
        used_in="record" if record else "alert",
        name=record or alert,
        unreadable=unreadable,
        interval=interval,
    )
    return RuleItem(
        document=document,
        keys=keys,
        index=index,
        expression=expression,
        record=record,
        alert=alert,
        hold=texts.get("for", ""),
        keep_firing_for=texts.get("keep_firing_for", ""),
        labels=_texts(document, (*keys, "labels"), data.get("labels")),
        annotations=_texts(document, (*keys, "annotations"), data.get("annotations")),
    )


def understood(text: str) -> tuple[Node | None, Unreadable | None]:
    """The tree of an expression, or why there is none."""
    try:
        return read(text), None
    except Unreadable as error:
        return None, error


def _texts(document: Document, keys: Keys, data: Any) -> dict[str, str]:
    if not isinstance(data, dict):
        return {}
    return {
        key: value if isinstance(value, str) else text_of(document, (*keys, key), value)
        for key, value in data.items()
    }
