"""The labels by which the operator finds its objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monogen.inventory.findings import quoted
from monogen.lint.check import check
from monogen.lint.checks.scraping.examples import scrape_config
from monogen.lint.context import Context
from monogen.lint.documents import Document
from monogen.lint.model import Found

_INVENTORY = """\
fleet: lab
kubernetes: {labels: {release: kube-prometheus-stack}}
hosts:
- {name: nas, os: linux}
"""
_SPEC = """
    jobName: node-exporter
    staticConfigs:
    - targets: [nas:9100]
      labels: {instance: nas}
"""


@check(
    "MG507",
    "missing-selector-label",
    family="scraping",
    severity="warning",
    on="document",
    needs_inventory=True,
    what="A ScrapeConfig or PrometheusRule without a label of the inventory's `kubernetes.labels`.",
    why="The operator selects objects by these labels (kube-prometheus-stack by `release`). It passes "
    "over an object without them, and nothing tells you so.",
    bad=scrape_config(_SPEC, inventory=_INVENTORY, labels="{}"),
    good=scrape_config(_SPEC, inventory=_INVENTORY),
)
def missing_selector_label(document: Document, context: Context) -> Iterator[Found]:
    """Compare the object's labels with the inventory's."""
    if document.kind not in ("scrape-config", "prometheus-rule") or context.fleet is None:
        return
    metadata = document.data.get("metadata") if isinstance(document.data, Mapping) else None
    if not isinstance(metadata, Mapping):
        return
    labels = metadata.get("labels")
    stated = labels if isinstance(labels, Mapping) else {}
    for name, value in context.fleet.kubernetes.labels.items():
        hint = f"add `{name}: {value}`, by which the operator selects"
        if name not in stated:
            keys = ("metadata", "labels") if "labels" in metadata else ("metadata",)
            yield Found(keys, f"the label {quoted(name)} is missing", hint, on_key=True)
        elif stated[name] != value:
            yield Found(
                ("metadata", "labels", name),
                f"the label {quoted(name)} is {quoted(str(stated[name]))}, in the inventory {quoted(value)}",
                f"write `{name}: {value}`, by which the operator selects",
            )
