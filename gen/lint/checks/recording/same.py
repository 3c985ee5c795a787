"""Rules that are there twice, or that record the same series from two expressions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations

from monogen.catalog import Metric
from monogen.lint.check import FoundThere, check
from monogen.lint.checks.recording.examples import rule_file
from monogen.lint.context import Context
from monogen.lint.documents import GroupItem, RuleItem
from monogen.lint.facts.order import static_labels
from monogen.lint.model import Found
from monogen.promql.tree import Node, Selector, selectors

MOST_RULES = 200
"""Rules of one name that are compared with each other; constants of a large fleet are more."""


def _folder(group: GroupItem) -> str:
    """Files of one folder are loaded together; those of others may belong to another server."""
    return group.document.source.path.rpartition("/")[0]


def _text(rule: RuleItem) -> str:
    return " ".join(rule.expression.text.split())


def _told(rule: RuleItem, group: GroupItem, other: GroupItem) -> str:
    """Where a rule stands, as seen from another group."""
    if group is other:
        return f"as rule {rule.index + 1} of the same group"
    if group.document.source is other.document.source:
        return f"in the group `{group.name}`"
    return f"in the group `{group.name}` of {group.document.source.path}"


@check(
    "MG302",
    "duplicate-rule",
    family="recording",
    severity="warning",
    on="everything",
    what="A rule is there twice: the same record or alert, with the same labels and the same expression.",
    why="Both are evaluated. Of a record only one value is kept, with a warning in the log each time; of "
    "an alert two are sent. Mostly one of them was meant to become something else and was never "
    "changed.",
    bad=rule_file("""
        - record: job:http_requests:rate5m
          expr: sum by (job) (rate(http_requests_total[5m]))
        - record: job:http_requests:rate5m
          expr: sum by (job) (rate(http_requests_total[5m]))
    """),
    good=rule_file("""
        - record: job:http_requests:rate5m
          expr: sum by (job) (rate(http_requests_total[5m]))
        - record: job:http_errors:rate5m
          expr: sum by (job) (rate(http_requests_total{code=~"5.."}[5m]))
    """),
)
def duplicate_rule(context: Context) -> Iterator[FoundThere]:
    """Tell of every rule that repeats an earlier one."""
    first: dict[object, tuple[RuleItem, GroupItem]] = {}
    for group in context.linted.groups:
        for rule in group.rules:
            labels = frozenset(static_labels(rule, group).items())
            key = (_folder(group), rule.record, rule.alert, labels, _text(rule))
            if key not in first:
                first[key] = (rule, group)
                continue
            there, of = first[key]
            what = "record" if rule.record else "alert"
            says = f"the {what} `{rule.name}` is there already, {_told(there, of, group)}"
            hint = "delete one of them, or change what was meant to differ"
            yield rule.document, Found((*rule.keys, what), says, hint)


@check(
    "MG303",
    "same-series",
    family="recording",
    severity="warning",
    on="everything",
    what="Two rules record series of the same name and labels from different expressions.",
    why="Prometheus keeps the value that comes first and drops the other; which of them a panel shows is "
    "a matter of order, and only the server's log tells. Rules whose labels differ (`labels: {os: "
    "linux}`), or that select different values of a label, are no such pair.",
    bad=rule_file("""
        - record: instance:disk_bytes:rate5m
          expr: sum by (instance) (rate(node_disk_read_bytes_total[5m]))
        - record: instance:disk_bytes:rate5m
          expr: sum by (instance) (rate(node_disk_written_bytes_total[5m]))
    """),
    good=rule_file("""
        - record: instance:disk_bytes:rate5m
          expr: sum by (instance) (rate(node_disk_read_bytes_total[5m]))
          labels: {direction: read}
        - record: instance:disk_bytes:rate5m
          expr: sum by (instance) (rate(node_disk_written_bytes_total[5m]))
          labels: {direction: written}
    """),
)
def same_series(context: Context) -> Iterator[FoundThere]:
    """Compare the rules of each name, unless they are constants by the hundred."""
    order = context.order
    groups = order.groups
    linted = {group.name for group in context.linted.groups}
    # A group of the same name is what was written from the inventory, perhaps before its last change.
    beside = {group for group in context.generated if group.name not in linted}
    foreign = set(context.generated)
    for rules in order.records.values():
        by_labels: dict[object, list[RuleItem]] = defaultdict(list)
        for rule in rules:
            group = groups[rule]
            labels = frozenset(static_labels(rule, group).items())
            if group in beside or group not in foreign:
                by_labels[labels].append(rule)
        for same in by_labels.values():
            if 1 < len(same) <= MOST_RULES:
                yield from _pairs(same, groups, beside, context)


def _pairs(
    rules: list[RuleItem], groups: Mapping[RuleItem, GroupItem], beside: set[GroupItem], context: Context
) -> Iterator[FoundThere]:
    told = set()
    # The generated ones first, so that the linted one of a pair is to blame.
    for first, second in combinations(sorted(rules, key=lambda rule: groups[rule] not in beside), 2):
        one, two = groups[first], groups[second]
        if second in told or two in beside or _text(first) == _text(second):
            continue
        if one not in beside and _folder(one) != _folder(two):
            continue
        if _overlap(first, second, one is two, context):
            told.add(second)
            says = f"`{second.record}` is recorded already, {_told(first, one, two)}"
            hint = "give one of them another name or a label of its own, or join both expressions with `or`"
            yield second.document, Found((*second.keys, "record"), says, hint)


def _overlap(first: RuleItem, second: RuleItem, together: bool, context: Context) -> bool:
    """Whether both are sure to give the same series, or one looks like a copy that was never changed."""
    one, two = first.expression.tree, second.expression.tree
    if one is None or two is None:
        return False
    reading = context.facts.reading
    if reading(one).of(one).names == frozenset() == reading(two).of(two).names:
        return True
    matchers, others = _matchers(one), _matchers(two)
    if any(matchers[label] != others[label] for label in matchers.keys() & others.keys()):
        return False
    if _names(one) == _names(two):
        return bool(_names(one))
    return together and not _never_both(one, two, context)


def _matchers(tree: Node) -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for selector in selectors(tree):
        for matcher in selector.matchers:
            found[matcher.label].add((matcher.op, matcher.value))
    return found


def _names(tree: Node) -> set[str]:
    return {selector.name for selector in selectors(tree)}


def _never_both(one: Node, two: Node, context: Context) -> bool:
    """Whether the catalogs say that no machine has the metrics of both."""
    catalog = context.facts.catalog
    for selector in selectors(one):
        for other in selectors(two):
            places = _places(selector, catalog), _places(other, catalog)
            if all(places) and not places[0] & places[1]:
                return True
    return False


def _places(
    selector: Selector, catalog: Mapping[str, tuple[tuple[str, Metric], ...]]
) -> set[tuple[str, str]]:
    """Operating systems and kinds of hardware on which an exporter may show the metric."""
    found = set()
    for _, metric in catalog.get(selector.name, ()):
        for os, hardware in _HOSTS:
            if metric.presence_on(os, hardware).possible:
                found.add((os, hardware))
    return found


_HOSTS = (
    ("linux", "generic"),
    ("linux", "gb10"),
    ("linux", "nvidia"),
    ("darwin", "apple-silicon"),
    ("darwin", "generic"),
)
