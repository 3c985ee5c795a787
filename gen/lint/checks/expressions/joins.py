"""Binary operations between series: whether the sides can find each other, and one each."""

from __future__ import annotations

from collections.abc import Iterator

from monogen.lint.check import check
from monogen.lint.checks.expressions.examples import record
from monogen.lint.checks.expressions.parts import found, parts_of, shorter
from monogen.lint.context import Context
from monogen.lint.documents import Expression
from monogen.lint.facts.label_reading import LabelReading
from monogen.lint.facts.series import Facts
from monogen.lint.model import Found, Severity
from monogen.promql.functions import PICKING
from monogen.promql.tree import NAME, Aggregation, Binary, Node, Number, Selector, bare, selectors
from monogen.promql.types import is_scalar


def _joins(expression: Expression) -> Iterator[Binary]:
    """The operations that match series of two sides. ``or`` takes the right side's where nothing matches."""
    for binary in parts_of(expression).binaries:
        if type(binary.rhs) is Number or binary.op == "or" or binary.matching.fill:
            continue
        if not is_scalar(binary.lhs) and not is_scalar(binary.rhs):
            yield binary


@check(
    "MG206",
    "join-on-missing-label",
    family="expressions",
    severity="error",
    on="expression",
    what="A join that compares a label which one side has and the other cannot have.",
    why="Series match when all compared labels are equal, and a missing label is an empty one. So nothing "
    "matches and the result is empty, without any error.",
    bad=record("node_filesystem_avail_bytes\n  /\nsum by (device) (node_filesystem_size_bytes)"),
    good=record(
        "sum by (instance, device) (node_filesystem_avail_bytes)\n  /\n"
        "sum by (instance, device) (node_filesystem_size_bytes)"
    ),
)
def join_on_missing_label(expression: Expression, context: Context) -> Iterator[Found]:
    """Compare what the two sides can carry."""
    for join in _joins(expression):
        reading = context.facts.reading(parts_of(expression).root)
        left, right = reading.of(join.lhs), reading.of(join.rhs)
        if left.names == right.names and left.gone.keys() == right.gone.keys():
            continue  # what the one side can have, the other can have too
        if join.matching.on:
            yield from _on_missing(expression, join, reading)
        else:
            yield from _compared_missing(expression, join, reading)


def _on_missing(expression: Expression, join: Binary, reading: LabelReading) -> Iterator[Found]:
    left, right = reading.of(join.lhs), reading.of(join.rhs)
    for word in join.matching.labels:
        on_left, on_right = left.may_have(word.text), right.may_have(word.text)
        if on_left == on_right:
            continue
        has, lacks = (join.lhs, "right") if on_left else (join.rhs, "left")
        certain = word.text in reading.certain(has)
        if not certain and not _states(has, word.text):
            continue  # series without the label may be meant
        message = f"the {lacks} side of `{join.op}` cannot have the label `{word.text}`"
        severity: Severity = "error" if certain and join.op != "unless" else "warning"
        hint = f"{_outcome(join)} where the other side has it; keep it on both sides, or leave it out of `on`"
        yield found(expression, word.start, word.end, message, hint, severity=severity)


def _states(node: Node, label: str) -> bool:
    """Whether the author says that the side has the label: by an aggregation that keeps it."""
    node = bare(node)
    return isinstance(node, Aggregation) and not node.without and any(w.text == label for w in node.labels)


def _outcome(join: Binary) -> str:
    return "nothing is taken away" if join.op == "unless" else "nothing matches"


def _compared_missing(expression: Expression, join: Binary, reading: LabelReading) -> Iterator[Found]:
    """Without ``on`` all labels are compared but the ignored ones."""
    ignored = {NAME, *(word.text for word in join.matching.labels)}
    for side, has, lacks in (("right", join.lhs, join.rhs), ("left", join.rhs, join.lhs)):
        possible, names = reading.of(lacks), reading.of(has).names
        if possible.is_open or (names is not None and all(map(possible.may_have, names - ignored))):
            continue
        certain = sorted(label for label in reading.certain(has) - ignored if not possible.may_have(label))
        stated = sorted(label for label in (names or set()) - ignored if _states(has, label))
        surplus = certain or [label for label in stated if not possible.may_have(label)]
        if not surplus:
            continue
        named = ", ".join(f"`{label}`" for label in surplus)
        plural = "labels" if len(surplus) > 1 else "label"
        message = f"the {side} side of `{join.op}` cannot have the {plural} {named}, which the other side has"
        severity: Severity = "error" if certain and join.op != "unless" else "warning"
        hint = f"{_outcome(join)}; say with `on (...)` what is to be equal, or aggregate both sides alike"
        yield found(expression, join.operator.start, join.operator.end, message, hint, severity=severity)
        return


@check(
    "MG207",
    "many-to-many",
    family="expressions",
    severity="warning",
    on="expression",
    what="A join in which several series of one side have the same compared labels, without `group_left` or "
    "`group_right` to allow it, or on the side that has to have one.",
    why="Prometheus refuses it when it happens: the rule fails, the panel shows an error. It may happen "
    "only on the one host that has two disks.",
    bad=record(
        "sum by (instance, mode) (rate(node_cpu_seconds_total[5m]))\n  / on (instance)\n"
        "sum by (instance) (rate(node_cpu_seconds_total[5m]))"
    ),
    good=record(
        "sum by (instance, mode) (rate(node_cpu_seconds_total[5m]))\n  / on (instance) group_left ()\n"
        "sum by (instance) (rate(node_cpu_seconds_total[5m]))"
    ),
)
def many_to_many(expression: Expression, context: Context) -> Iterator[Found]:
    """Ask of each side that has to be unique which labels tell its series apart, and are not compared."""
    for join in _joins(expression):
        if join.is_set_operation:
            continue
        matching = join.matching
        facts = context.facts
        reading = facts.reading(parts_of(expression).root)
        compared = frozenset([word.text for word in matching.labels])
        included = frozenset([word.text for word in matching.include])
        sides = (("left", join.lhs, join.rhs), ("right", join.rhs, join.lhs))
        for side, node, other in sides:
            if matching.group == side or (matching.on and _is_by_only(node, compared)):
                continue
            apart = _tells_apart(node, facts)
            if not apart:
                continue
            uncompared = _uncompared(join, apart, reading, other) - included
            uncompared = frozenset(filter(reading.of(node).may_have, uncompared))
            if uncompared:
                yield _several(expression, join, side, node, sorted(uncompared))
                break


def _is_by_only(node: Node, compared: frozenset[str]) -> bool:
    """Whether the side was aggregated by compared labels, so that it is unique."""
    if not isinstance(node, Aggregation) or node.without or node.op in PICKING:
        return False
    return compared.issuperset([word.text for word in node.labels])


def _uncompared(join: Binary, apart: frozenset[str], reading: LabelReading, other: Node) -> frozenset[str]:
    """The labels that tell series of a side apart, and do not take part in matching."""
    listed = frozenset(word.text for word in join.matching.labels)
    if join.matching.on:
        return apart - listed
    # A label that is compared and that the other side lacks matches nothing: another check's business.
    ignored = apart & listed
    return frozenset(label for label in ignored if not reading.of(other).may_have(label))


_MULTIPLY = frozenset({"core", "cpu", "device", "le", "mode", "mountpoint", "quantile"})
"""Labels of which every host has several values."""


def _tells_apart(node: Node, facts: Facts) -> frozenset[str]:
    """Labels that very likely have several values: somebody aggregated by them, or they are known."""
    node = bare(node)
    if isinstance(node, Aggregation) and not node.without:
        if node.op in PICKING:
            return _tells_apart(node.expr, facts)
        return frozenset(word.text for word in node.labels) - _pinned(node.expr)
    if isinstance(node, Selector) and node.range is None:
        return _of_selector(node, facts)
    return frozenset()


def _pinned(node: Node) -> frozenset[str]:
    """Labels that a matcher holds to one value, where the expression has one selector only."""
    found_selectors = list(selectors(node))
    if len(found_selectors) != 1:
        return frozenset()
    return frozenset(m.label for m in found_selectors[0].matchers if m.op == "=")


def _of_selector(node: Selector, facts: Facts) -> frozenset[str]:
    metrics = [metric for _, metric in facts.catalog.get(node.name, ())]
    if not metrics or node.name in facts.records:
        return frozenset()
    named = [
        {label.name for labels in metric.labels.values() for label in labels if not label.optional}
        | ({"le"} if node.name.endswith("_bucket") else set())
        for metric in metrics
    ]
    pinned = {m.label for m in node.matchers if m.op in ("=", "=~")}
    return frozenset(set.intersection(*named) & _MULTIPLY - pinned)


def _several(expression: Expression, join: Binary, side: str, node: Node, labels: list[str]) -> Found:
    named = ", ".join(f"`{label}`" for label in labels)
    part = shorter(expression, node, 40)
    message = f"the {side} side of `{join.op}` has a series for each {named}, which is not compared"
    if join.matching.group:
        hint = (
            f"with `group_{join.matching.group}` the {side} side has to be unique: aggregate `{part}` further"
        )
    else:
        hint = f"write `group_{side} ()` if each of them is to be matched, or aggregate {named} away"
    return found(expression, join.operator.start, join.operator.end, message, hint)
