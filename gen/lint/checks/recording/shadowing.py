"""Recorded series that carry the name of a scraped metric."""

from __future__ import annotations

from collections.abc import Iterator

from monogen.lint.check import check
from monogen.lint.checks.recording.examples import rule_file
from monogen.lint.context import Context
from monogen.lint.documents import RuleItem
from monogen.lint.model import Found


@check(
    "MG304",
    "shadows-metric",
    family="recording",
    severity="warning",
    on="rule",
    what="A rule records a series under the name of a metric that a host of the fleet exposes.",
    why="Every expression that selects the metric now sees both, and a sum counts them twice. Nobody who "
    "reads the name can tell which one is meant.",
    bad=rule_file("""
        - record: node_load1
          expr: max by (instance) (node_load5)
    """),
    good=rule_file("""
        - record: instance:node_load5:max
          expr: max by (instance) (node_load5)
    """),
    needs_inventory=True,
)
def shadows_metric(rule: RuleItem, context: Context) -> Iterator[Found]:
    """Look the name up among what the fleet's exporters expose."""
    if not rule.record or context.fleet is None:
        return
    running = {exporter.kind for host in context.fleet.hosts for exporter in host.exporters}
    exposing = sorted({kind for kind, _ in context.facts.catalog.get(rule.record, ())} & running)
    if exposing:
        says = f"`{rule.record}` is a metric of {exposing[0]}; recorded under the same name it is there twice"
        yield Found((*rule.keys, "record"), says, "give it a name of its own: level:metric:operations")
