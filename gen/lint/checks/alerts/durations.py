"""How long an alert waits, held against how often it is evaluated."""

from __future__ import annotations

from collections.abc import Iterator

from monogen.lint.check import check
from monogen.lint.checks.alerts.examples import alert_file
from monogen.lint.context import Context
from monogen.lint.documents import RuleItem
from monogen.lint.model import Found
from monogen.lint.reading.rules import seconds_of
from monogen.quantities import format_duration


def seconds(text: str) -> float | None:
    """The length of a duration as a rule states it; None for what Prometheus does not read."""
    return 0.0 if text == "0" else seconds_of(text)


@check(
    "MG408",
    "for-below-interval",
    family="alerts",
    severity="warning",
    on="rule",
    what="An alert's `for` is shorter than the interval at which its group is evaluated.",
    why="The alert waits for the next evaluation all the same: such a `for` promises a speed that is not "
    "there, and one failed scrape is enough for it.",
    bad=alert_file(hold="10s", interval="1m"),
    good=alert_file(hold="2m", interval="1m"),
)
def for_below_interval(rule: RuleItem, context: Context) -> Iterator[Found]:
    """Compare both, where the interval is known: stated by the group, or by an inventory for the server."""
    hold = seconds(rule.hold) if rule.alert and rule.hold else None
    interval = rule.expression.interval
    if interval is None and context.fleet is not None:
        interval = context.prometheus.evaluation_interval
    if hold and interval and hold < interval:
        says = f"`for: {rule.hold}` is shorter than the {format_duration(interval)} between two evaluations"
        hint = f"make it {format_duration(2 * interval)} or more, or leave it out"
        yield Found((*rule.keys, "for"), says, hint)
