"""The names of the entries of scrape_configs."""

from __future__ import annotations

from collections.abc import Iterator

from monogen.inventory.findings import quoted
from monogen.lint.check import FoundThere, check
from monogen.lint.checks.scraping.examples import prometheus
from monogen.lint.checks.scraping.normal import scalar_text
from monogen.lint.context import Context
from monogen.lint.documents import Document, ScrapeItem
from monogen.lint.model import Found


@check(
    "MG510",
    "job-name",
    family="scraping",
    severity="error",
    on="everything",
    what="Two entries of `scrape_configs` have the same `job_name`, or one has none.",
    why="Prometheus refuses the whole file: it does not start, or keeps its old configuration. Targets of"
    " two entries can share the label `job`: set it in `labels`, and give the entries names of their "
    "own.",
    bad=prometheus("""
        scrape_configs:
        - job_name: disks
          static_configs:
          - targets: [gpu-box.lan:9633]
            labels: {instance: gpu-box}
        - job_name: disks
          scrape_interval: 5m
          static_configs:
          - targets: [nas.lan:9633]
            labels: {instance: nas}
    """),
    good=prometheus("""
        scrape_configs:
        - job_name: disks-gpu-box
          static_configs:
          - targets: [gpu-box.lan:9633]
            labels: {instance: gpu-box, job: disks}
        - job_name: disks-nas
          scrape_interval: 5m
          static_configs:
          - targets: [nas.lan:9633]
            labels: {instance: nas, job: disks}
    """),
)
def job_name(context: Context) -> Iterator[FoundThere]:
    """Compare the entries of each file."""
    seen: dict[tuple[Document, str], ScrapeItem] = {}
    for item in context.linted.scrapes:
        if item.form != "prometheus":
            continue
        stated = item.data.get("job_name")
        name = scalar_text(stated)
        if isinstance(stated, dict | list):
            continue
        if not name:
            yield (
                item.document,
                Found(item.keys, "a scrape config without `job_name`", "Prometheus needs one"),
            )
        elif seen.setdefault((item.document, name), item) is not item:
            yield (
                item.document,
                Found(
                    (*item.keys, "job_name"),
                    f"there is a job {quoted(name)} already",
                    "give it another name, and set the label `job` of its targets",
                ),
            )
