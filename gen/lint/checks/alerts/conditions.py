"""Whether an alert has a condition, and whether it can ever be fulfilled, or always is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monogen.lint.check import check
from monogen.lint.checks.alerts.bounds import Bounds, bounds
from monogen.lint.checks.alerts.durations import seconds
from monogen.lint.checks.alerts.examples import alert_file
from monogen.lint.checks.alerts.outcomes import always, is_never
from monogen.lint.checks.alerts.quiet import never_quiet
from monogen.lint.checks.expressions.parts import found, shorter
from monogen.lint.context import Context
from monogen.lint.documents import Expression, RuleItem
from monogen.lint.facts.series import Facts
from monogen.lint.model import Found
from monogen.promql.tree import (
    Aggregation,
    Binary,
    Call,
    Node,
    Selector,
    Subquery,
    bare,
    children,
    walk,
)

_DELIBERATE = re.compile(r"watchdog|dead.?man|heart.?beat|always.?firing|snitch", re.IGNORECASE)
"""Names of alerts that fire always so that somebody notices when they stop."""

PATIENT = 300.0
"""Seconds of a window of absent_over_time that wait as a ``for`` would."""


def _is_deliberate(rule: RuleItem) -> bool:
    return bool(_DELIBERATE.search(rule.alert)) or rule.labels.get("severity") == "none"


@check(
    "MG401",
    "alert-without-condition",
    family="alerts",
    severity="warning",
    on="rule",
    what="An alert's expression has no condition: it gives data whenever its series are there.",
    why="An alert fires for each series that its expression returns, whatever the value, 0 included. "
    "Without a comparison it fires for every healthy machine; `bool` turns a comparison into a value "
    "and takes the condition away.",
    bad=alert_file("node_filesystem_avail_bytes < bool 1e9"),
    good=alert_file("node_filesystem_avail_bytes < 1e9"),
)
def alert_without_condition(rule: RuleItem, context: Context) -> Iterator[Found]:
    """Look for something that can be quiet."""
    tree = rule.expression.tree
    if not rule.alert or tree is None or _is_deliberate(rule):
        return
    facts = context.facts
    part = never_quiet(tree, facts)
    if part is None or always(tree, facts) is not None:
        return
    part = bare(part)
    text = shorter(rule.expression, part)
    says = f"the alert has no condition: `{text}` gives data whenever its series are there"
    hint = "compare it with something: `> 0`"
    if any(isinstance(node, Binary) and node.bool for node in walk(part)):
        hint = "leave out `bool`: it turns the comparison into a value, 0 or 1"
    yield found(rule.expression, part.start, part.end, says, hint)


@check(
    "MG409",
    "absent-without-for",
    family="alerts",
    severity="warning",
    on="rule",
    what="An alert on `absent()` has no `for`.",
    why="A series is absent for a moment after every restart, of the exporter and of Prometheus itself, "
    "and the alert fires each time. A `for` of some minutes waits until the first scrapes are there.",
    bad=alert_file('absent(up{job="node"})', hold="", description="No node exporter is scraped."),
    good=alert_file('absent(up{job="node"})', hold="10m", description="No node exporter is scraped."),
)
def absent_without_for(rule: RuleItem, context: Context) -> Iterator[Found]:  # noqa: ARG001 - all are called alike
    """Look for absent() where nothing makes the alert wait."""
    tree = rule.expression.tree
    if not rule.alert or tree is None or seconds(rule.hold or "0") != 0.0:
        return
    for call in _absences(tree):
        says = f"`{call.name}` fires at every restart, since the alert has no `for`"
        yield found(rule.expression, call.start, call.end, says, "add `for: 5m`")
        return


def _absences(tree: Node) -> Iterator[Call]:
    """Calls of absent that decide whether the alert fires."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Binary) and node.op == "unless":
            stack.append(node.lhs)
        elif isinstance(node, Call) and node.name == "absent":
            yield node
        elif isinstance(node, Call) and node.name == "absent_over_time":
            window = bare(node.args[0])
            if isinstance(window, Selector | Subquery) and (window.range or 0.0) < PATIENT:
                yield node
        elif not isinstance(node, Subquery):
            stack.extend(reversed(children(node)))


@check(
    "MG410",
    "alert-never-fires",
    family="alerts",
    severity="error",
    on="rule",
    what="An alert's condition is one that no value fulfils.",
    why="It looks like a safety net and is none. Typical are a `count()` that is compared with 0 (of "
    "nothing, count gives nothing at all), `up` above 1, a ratio that is compared with percents, and "
    "two limits that leave nothing between.",
    bad=alert_file(
        'count(up{job="node"} == 1) < 1', name="AllNodesDown", description="No node exporter answers."
    ),
    good=alert_file(
        'absent(up{job="node"} == 1)', name="AllNodesDown", description="No node exporter answers."
    ),
)
def alert_never_fires(rule: RuleItem, context: Context) -> Iterator[Found]:
    """Look for the smallest part that nothing passes."""
    tree = rule.expression.tree
    if not rule.alert or tree is None:
        return
    facts = context.facts
    if not is_never(tree, facts):
        return
    part = bare(tree)
    while (inner := next((child for child in children(part) if is_never(child, facts)), None)) is not None:
        part = bare(inner)
    says, hint = _why_never(part, rule.expression, facts)
    yield found(rule.expression, part.start, part.end, f"the alert can never fire: {says}", hint)


def _why_never(part: Node, expression: Expression, facts: Facts) -> tuple[str, str]:
    text = shorter(expression, part)
    if isinstance(part, Binary) and part.is_comparison:
        left, right = bounds(part.lhs, facts), bounds(part.rhs, facts)
        inner = bare(part.lhs)
        counts = isinstance(inner, Aggregation) and inner.op == "count"
        if counts and right.low <= 1:
            return (
                f"a `count` is never below 1, it gives nothing instead of 0 (`{text}`)",
                "ask with `absent(...)`",
            )
        if _is_known(left):
            return f"`{shorter(expression, part.lhs)}` is {_between(left)} (`{text}`)", _percent_hint(
                left, right
            )
        if _is_known(right):
            return f"`{shorter(expression, part.rhs)}` is {_between(right)} (`{text}`)", _percent_hint(
                right, left
            )
    return f"no value passes `{text}`", ""


def _is_known(value: Bounds) -> bool:
    return value.low > float("-inf") or value.high < float("inf")


def _between(value: Bounds) -> str:
    if value.low == value.high:
        return f"always {value.low:g}"
    if value.high == float("inf"):
        return f"never below {value.low:g}"
    if value.low == float("-inf"):
        return f"never above {value.high:g}"
    return f"between {value.low:g} and {value.high:g}"


def _percent_hint(value: Bounds, limit: Bounds) -> str:
    if value == Bounds(0.0, 1.0) and 1 < limit.low <= 100:  # noqa: PLR2004 - percents
        return f"as a ratio {limit.low:g} percent are {limit.low / 100:g}"
    return ""


@check(
    "MG411",
    "alert-always-fires",
    family="alerts",
    severity="warning",
    on="rule",
    what="An alert's condition is one that every value fulfils.",
    why="It fires from the first evaluation on and never stops, so people learn to overlook it. An alert "
    "that is meant to fire always, to prove that alerts arrive, is called Watchdog or DeadMansSwitch "
    "and is left alone.",
    bad=alert_file("node_filesystem_files >= 0 or vector(1)"),
    good=alert_file(
        "vector(1)", name="Watchdog", hold="", labels={"severity": "none"}, description="Alerting works."
    ),
)
def alert_always_fires(rule: RuleItem, context: Context) -> Iterator[Found]:
    """Look for a part that fires whatever the values."""
    tree = rule.expression.tree
    if not rule.alert or tree is None or _is_deliberate(rule):
        return
    part = always(tree, context.facts)
    if part is None:
        return
    part = bare(part)
    text = shorter(rule.expression, part)
    says = f"the alert fires always: every value passes `{text}`"
    if not isinstance(part, Binary):
        says = f"the alert fires always: `{text}` is always there"
    hint = "call it Watchdog if that is meant"
    yield found(rule.expression, part.start, part.end, says, hint)
