"""Keys that the stated version of Prometheus does not know yet, or no longer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monogen.lint.check import FoundThere, check
from monogen.lint.checks.scraping.examples import prometheus
from monogen.lint.checks.scraping.normal import normal
from monogen.lint.context import Context
from monogen.lint.documents import Document
from monogen.lint.model import Found, Keys
from monogen.quantities import format_version

Version = tuple[int, int]

SCRAPE_SINCE: Mapping[str, Version] = {
    "label_limit": (2, 27),
    "label_name_length_limit": (2, 27),
    "label_value_length_limit": (2, 27),
    "body_size_limit": (2, 28),
    "enable_http2": (2, 35),
    "no_proxy": (2, 43),
    "proxy_from_environment": (2, 43),
    "native_histogram_bucket_limit": (2, 45),
    "scrape_classic_histograms": (2, 45),
    "keep_dropped_targets": (2, 47),
    "track_timestamps_staleness": (2, 48),
    "scrape_protocols": (2, 49),
    "enable_compression": (2, 49),
    "native_histogram_min_bucket_factor": (2, 50),
    "fallback_scrape_protocol": (3, 0),
    "metric_name_validation_scheme": (3, 0),
    "convert_classic_histograms_to_nhcb": (3, 0),
    "always_scrape_classic_histograms": (3, 0),
    "metric_name_escaping_scheme": (3, 4),
    "scrape_native_histograms": (3, 8),
}
"""First version that reads a key of a scrape config."""

GROUP_SINCE: Mapping[str, Version] = {"query_offset": (2, 53), "labels": (3, 0)}
KEEP_FIRING_SINCE: Version = (2, 42)
CONFIG_SINCE: Mapping[str, Version] = {"scrape_config_files": (2, 43)}

RENAMED = ("scrape_classic_histograms", (3, 0), "always_scrape_classic_histograms")
"""A key of 2.45 and later that 3.0 refuses, and what it is called there."""

_INVENTORY = """\
fleet: lab
prometheus: {version: "2.53"}
hosts:
- {name: nas, os: linux}
"""


@check(
    "MG511",
    "too-new-key",
    family="scraping",
    severity="error",
    on="everything",
    needs_inventory=True,
    what="A key of a scrape config, a rule group or a rule that the inventory's version of Prometheus does"
    " not read.",
    why="Prometheus refuses the whole file for a key that it does not know. The operator leaves such a "
    "key out without telling you, so that the object does not do what it says.",
    bad=prometheus(
        """
        scrape_configs:
        - job_name: node-exporter
          fallback_scrape_protocol: PrometheusText0.0.4
          static_configs:
          - targets: [nas:9100]
            labels: {instance: nas}
        """,
        inventory=_INVENTORY,
    ),
    good=prometheus(
        """
        scrape_configs:
        - job_name: node-exporter
          static_configs:
          - targets: [nas:9100]
            labels: {instance: nas}
        """,
        inventory=_INVENTORY,
    ),
)
def too_new_key(context: Context) -> Iterator[FoundThere]:
    """Look up each key's first version."""
    if context.fleet is None:
        return
    version = (*context.prometheus.version, 0)[:2]
    for document, keys, since in _gated(context):
        if version < since:
            needed, stated = format_version(since), format_version(version)
            operator = document.kind in ("scrape-config", "prometheus-rule")
            yield (
                document,
                Found(
                    keys,
                    f"`{keys[-1]}` needs Prometheus {needed}, the inventory says {stated}",
                    "the operator leaves it out" if operator else "Prometheus refuses the file for it",
                    on_key=True,
                    severity="warning" if operator else None,
                ),
            )
    old, until, new = RENAMED
    for item in context.linted.scrapes:
        if item.form == "prometheus" and old in item.data and version >= until:
            message = f"Prometheus {format_version(until)} has renamed `{old}`"
            yield item.document, Found((*item.keys, old), message, f"write `{new}`", on_key=True)


def _gated(context: Context) -> Iterator[tuple[Document, Keys, Version]]:
    """Every stated key that has a first version."""
    for document in context.linted.documents:
        if document.kind == "prometheus":
            yield from _stated(document, (), CONFIG_SINCE)
    for item in context.linted.scrapes:
        config = normal(item)
        for name, since in SCRAPE_SINCE.items():
            if config.get(name) is not None:
                yield item.document, config.key(name), since
    for group in context.linted.groups:
        yield from _stated(group.document, group.keys, GROUP_SINCE)
        for rule in group.rules:
            if rule.keep_firing_for:
                yield rule.document, (*rule.keys, "keep_firing_for"), KEEP_FIRING_SINCE


def _stated(
    document: Document, keys: Keys, gates: Mapping[str, Version]
) -> Iterator[tuple[Document, Keys, Version]]:
    mapping = document.at(keys)
    if isinstance(mapping, Mapping):
        for name, since in gates.items():
            if mapping.get(name) is not None:
                yield document, (*keys, name), since
