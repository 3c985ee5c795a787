"""Rules that read what other rules record: too early, too rarely, or in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from monogen.lint.check import FoundThere, check
from monogen.lint.checks.recording.examples import rule_file, two_groups
from monogen.lint.context import Context
from monogen.lint.documents import RuleItem
from monogen.lint.facts.order import Order, Reading
from monogen.lint.model import Found
from monogen.quantities import format_duration

LOOKBACK = 300.0
"""Seconds that an instant selector looks back for a sample: Prometheus' default."""


def _is_memory(reading: Reading) -> bool:
    """Whether the past is what is meant: an offset, a window, a fixed time."""
    return reading.window > 0 or reading.back > 0 or reading.fixed


def _span(rule: RuleItem, reading: Reading) -> tuple[int, int]:
    return rule.expression.origin((reading.selector.start, reading.selector.end))


@check(
    "MG305",
    "later-record",
    family="recording",
    severity="warning",
    on="everything",
    what="A rule reads what a later rule of its own group records.",
    why="The rules of a group are evaluated one after the other, so this one sees the value of the "
    "evaluation before: a whole interval old, and none at all the first time.",
    bad=rule_file("""
        - record: instance:cpu_busy:ratio
          expr: 1 - instance:cpu_idle:ratio_rate5m
        - record: instance:cpu_idle:ratio_rate5m
          expr: avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))
    """),
    good=rule_file("""
        - record: instance:cpu_idle:ratio_rate5m
          expr: avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))
        - record: instance:cpu_busy:ratio
          expr: 1 - instance:cpu_idle:ratio_rate5m
    """),
)
def later_record(context: Context) -> Iterator[FoundThere]:
    """Compare places within each group."""
    order = context.order
    in_a_circle = {rule for cycle in order.cycles for rule in cycle}
    for group in context.linted.groups:
        for rule in group.rules:
            if rule in in_a_circle:
                continue
            for reading in order.reads(rule):
                later = _later(rule, reading, order)
                if later is None or _is_memory(reading):
                    continue
                says = (
                    f"`{later.record}` is recorded by a later rule of the group, so its value here is one "
                    "evaluation old"
                )
                hint = f"move `{rule.name}` below it"
                yield rule.document, Found(rule.expression.keys, says, hint, _span(rule, reading))
                break


def _later(rule: RuleItem, reading: Reading, order: Order) -> RuleItem | None:
    group = order.groups[rule]
    own = (read for read in reading.rules if order.groups[read] is group)
    return next((read for read in own if read.index > rule.index), None)


@check(
    "MG306",
    "lag-over-range",
    family="recording",
    severity="warning",
    on="everything",
    what="A rule reads a series that another group records so rarely that there is not always a sample to "
    "read.",
    why="An expression finds a sample that is at most five minutes old, and a window finds those within "
    "it. A group that is evaluated less often leaves gaps: the rule that reads it is empty every now "
    "and then, and an alert starts its `for` again each time.",
    bad=two_groups(
        """
        - record: job:requests:increase1d
          expr: sum by (job) (increase(http_requests_total[1d]))
        """,
        """
        - record: job:requests_per_user:ratio
          expr: job:requests:increase1d / on (job) job:users:count
        """,
        interval="15m",
    ),
    good=two_groups(
        """
        - record: job:requests:increase1d
          expr: sum by (job) (increase(http_requests_total[1d]))
        """,
        """
        - record: job:requests_per_user:ratio
          expr: last_over_time(job:requests:increase1d[20m]) / on (job) job:users:count
        """,
        interval="15m",
    ),
)
def lag_over_range(context: Context) -> Iterator[FoundThere]:
    """Hold what each selector looks over against how often its series is recorded."""
    order = context.order
    for rule in context.linted.rules:
        for reading in order.reads(rule):
            if context.fleet is not None and reading.selector.range is not None:
                # With an inventory every window is compared with what is known: MG203.
                continue
            slowest = _slowest(rule, reading, order)
            reach = reading.window or LOOKBACK
            if slowest is None or reading.fixed or slowest[0] <= reach:
                continue
            interval, record = slowest
            looks = (
                f"this window reaches {format_duration(reach)} back"
                if reading.window
                else f"an expression finds nothing older than {format_duration(reach)}"
            )
            says = f"`{record}` is recorded every {format_duration(interval)}, and {looks}"
            hint = (
                f"read `last_over_time({record}[{format_duration(2 * interval)}])`, or record it more often"
            )
            yield rule.document, Found(rule.expression.keys, says, hint, _span(rule, reading))


def _slowest(rule: RuleItem, reading: Reading, order: Order) -> tuple[float, str] | None:
    """The longest interval of other groups that record what is read, where one is stated."""
    group = order.groups[rule]
    others = [(order.groups[read], read.record) for read in reading.rules]
    stated = [(other.interval, name) for other, name in others if other is not group and other.interval]
    return max(stated, default=None)


@check(
    "MG307",
    "cyclic-rules",
    family="recording",
    severity="warning",
    on="everything",
    what="Rules read each other in a circle, also across groups and files.",
    why="Prometheus evaluates them all the same, each with what the others gave one evaluation before. "
    "Values go round and never settle, and what was wrong once stays wrong. A rule that means to "
    "remember says so by an `offset` or a window, and is left alone.",
    bad=rule_file("""
        - record: job:load:avg
          expr: job:load:sum / job:load:count
        - record: job:load:sum
          expr: job:load:avg * job:load:count
    """),
    good=rule_file("""
        - record: job:load:sum
          expr: sum by (job) (node_load1)
        - record: job:load:avg
          expr: job:load:sum / count by (job) (node_load1)
    """),
)
def cyclic_rules(context: Context) -> Iterator[FoundThere]:
    """Tell of each circle once, at its first rule that is linted."""
    order = context.order
    linted = set(context.linted.rules)
    for cycle in order.cycles:
        chain = _circle(cycle, order)
        if chain is None or not linted & set(chain):
            continue
        at = next(number for number, rule in enumerate(chain) if rule in linted)
        chain = chain[at:] + chain[:at]
        reading = next(r for r in order.reads(chain[0]) if chain[1 % len(chain)] in r.rules)
        if len(chain) == 1:
            says = f"`{chain[0].record}` is computed from its own last value"
        else:
            shown = [f"`{rule.record}`" for rule in (*chain[:_SHOWN], chain[0])]
            says = f"rules read each other in a circle: {' reads '.join(shown[:2])}"
            says += "".join(f", which reads {name}" for name in shown[2:])
        hint = "break the circle; where the last value is meant, say so by `offset` or a window"
        yield chain[0].document, Found(chain[0].expression.keys, says, hint, _span(chain[0], reading))


def _circle(cycle: tuple[RuleItem, ...], order: Order) -> list[RuleItem] | None:
    """A shortest way round among the rules of a cycle, by readings that mean the present."""
    members = set(cycle)
    direct = {
        rule: [
            read
            for reading in order.reads(rule)
            if not _is_memory(reading)
            for read in reading.rules
            if read in members
        ]
        for rule in cycle
    }
    for start in cycle[:_STARTS]:
        came_from: dict[RuleItem, RuleItem] = {}
        front = [start]
        while front and start not in came_from:
            reached = []
            for rule in front:
                for read in direct[rule]:
                    if read not in came_from:
                        came_from[read] = rule
                        reached.append(read)
            front = reached
        if start in came_from:
            return _walked(start, came_from)
    return None


_SHOWN = 6
"""Rules of a circle that a message names."""

_STARTS = 50
"""Rules of a cycle from which a way round is looked for."""


def _walked(start: RuleItem, came_from: dict[RuleItem, RuleItem]) -> list[RuleItem]:
    backwards = [came_from[start]]
    while backwards[-1] is not start:
        backwards.append(came_from[backwards[-1]])
    return backwards[::-1]
