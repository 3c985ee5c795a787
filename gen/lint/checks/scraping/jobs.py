"""The entries of scrape_configs: their names, and keys that Prometheus does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monogen.inventory.findings import nearest, quoted
from monogen.lint.check import FoundThere, check
from monogen.lint.checks.scraping.examples import prometheus
from monogen.lint.checks.scraping.normal import scalar_text
from monogen.lint.context import Context
from monogen.lint.documents import Document, ScrapeItem
from monogen.lint.model import Found, Keys

# fmt: off
SCRAPE_KEYS = frozenset({
    "always_scrape_classic_histograms", "authorization", "basic_auth", "bearer_token",
    "bearer_token_file", "body_size_limit", "convert_classic_histograms_to_nhcb", "dns_sd_configs",
    "enable_compression", "enable_http2", "extra_scrape_metrics", "fallback_scrape_protocol",
    "file_sd_configs", "follow_redirects", "honor_labels", "honor_timestamps", "http_headers",
    "http_sd_configs", "job_name", "keep_dropped_targets", "kubernetes_sd_configs", "label_limit",
    "label_name_length_limit", "label_value_length_limit", "metric_name_escaping_scheme",
    "metric_name_validation_scheme", "metric_relabel_configs", "metrics_path",
    "native_histogram_bucket_limit", "native_histogram_min_bucket_factor", "no_proxy", "oauth2",
    "params", "proxy_connect_header", "proxy_from_environment", "proxy_url", "relabel_configs",
    "sample_limit", "scheme", "scrape_classic_histograms", "scrape_failure_log_file", "scrape_interval",
    "scrape_native_histograms", "scrape_protocols", "scrape_timeout", "static_configs", "target_limit",
    "tls_config", "track_timestamps_staleness",
})
# fmt: on
"""Keys of an entry, of all versions up to 3.14; any other ``*_sd_configs`` is taken as known."""

RELABEL_KEYS = frozenset(
    {"source_labels", "separator", "regex", "modulus", "target_label", "replacement", "action"}
)
STATIC_KEYS = frozenset({"targets", "labels"})


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
        name = scalar_text(item.data.get("job_name"))
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


@check(
    "MG512",
    "unknown-scrape-key",
    family="scraping",
    severity="error",
    on="scrape",
    what="A key that an entry of `scrape_configs`, a relabeling or a static config does not have.",
    why="Prometheus refuses the whole file for one misspelled key.",
    bad=prometheus("""
        scrape_configs:
        - job_name: litellm
          metric_path: /metrics/
          static_configs:
          - targets: [nas.lan:4000]
            labels: {instance: nas}
    """),
    good=prometheus("""
        scrape_configs:
        - job_name: litellm
          metrics_path: /metrics/
          static_configs:
          - targets: [nas.lan:4000]
            labels: {instance: nas}
    """),
)
def unknown_scrape_key(item: ScrapeItem, _: Context) -> Iterator[Found]:
    """Look at the keys of Prometheus' own form; the operator's are a matter of its schema."""
    if item.form != "prometheus":
        return
    data = item.data
    yield from _unknown(data, item.keys, SCRAPE_KEYS, "a scrape config")
    for name, known, of in (
        ("relabel_configs", RELABEL_KEYS, "a relabeling"),
        ("metric_relabel_configs", RELABEL_KEYS, "a relabeling"),
        ("static_configs", STATIC_KEYS, "a static config"),
    ):
        entries = data.get(name)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, Mapping):
                yield from _unknown(entry, (*item.keys, name, index), known, of)


def _unknown(data: Mapping[str, Any], keys: Keys, known: frozenset[str], of: str) -> Iterator[Found]:
    for key in data:
        name = str(key)
        if name in known or (known is SCRAPE_KEYS and name.endswith("_sd_configs")):
            continue
        near = nearest(name, sorted(known))
        yield Found(
            (*keys, key),
            f"{quoted(name)} is no key of {of}",
            f"did you mean `{near}`?" if near else "Prometheus refuses the file for it",
            on_key=True,
        )
