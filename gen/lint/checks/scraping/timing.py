"""How long a scrape may take, held against how often it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monogen.lint.check import FoundThere, check
from monogen.lint.checks.scraping.examples import scrape_config
from monogen.lint.checks.scraping.normal import normal
from monogen.lint.context import Context
from monogen.lint.documents import Document, ScrapeItem
from monogen.lint.model import Found
from monogen.lint.reading.rules import seconds_of
from monogen.quantities import format_duration

PROMETHEUS_INTERVAL = 60.0
"""Seconds between scrapes where a prometheus.yml does not say."""


@check(
    "MG501",
    "timeout-over-interval",
    family="scraping",
    severity="error",
    on="everything",
    what="A scrape's timeout is longer than the interval between scrapes.",
    why="Prometheus refuses to start with such a configuration; the operator drops the ScrapeConfig and "
    "only says so in its log. Where no interval is stated, the server's own counts.",
    bad=scrape_config("""
        scrapeInterval: 15s
        scrapeTimeout: 20s
        staticConfigs:
        - targets: [nas.lan:9633]
          labels: {instance: nas}
    """),
    good=scrape_config("""
        scrapeInterval: 15s
        scrapeTimeout: 10s
        staticConfigs:
        - targets: [nas.lan:9633]
          labels: {instance: nas}
    """),
)
def timeout_over_interval(context: Context) -> Iterator[FoundThere]:
    """Compare each stated timeout with the interval that holds for it."""
    for document in context.linted.documents:
        if document.kind == "prometheus":
            yield from _global(document)
    for item in context.linted.scrapes:
        # As stated: a global timeout is cut to the interval of its job.
        config = normal(item)
        timeout, interval = (
            seconds_of(config.get("scrape_timeout")),
            seconds_of(config.get("scrape_interval")),
        )
        known = (interval, "the interval") if interval else _of_the_server(item, context)
        if timeout is None or known is None or timeout <= known[0]:
            continue
        yield (
            item.document,
            Found(
                config.key("scrape_timeout"),
                f"the timeout of {format_duration(timeout)} is longer than "
                f"{known[1]} of {format_duration(known[0])}",
                "make it shorter, or scrape less often",
                severity="warning" if item.form == "operator" and not interval else None,
            ),
        )


def _global(document: Document) -> Iterator[FoundThere]:
    stated = global_settings(document)
    timeout = seconds_of(stated.get("scrape_timeout"))
    interval = seconds_of(stated.get("scrape_interval")) or PROMETHEUS_INTERVAL
    if timeout is not None and timeout > interval:
        yield (
            document,
            Found(
                ("global", "scrape_timeout"),
                f"the timeout of {format_duration(timeout)} is longer than "
                f"the interval of {format_duration(interval)}",
                "make it shorter, or scrape less often",
            ),
        )


def _of_the_server(item: ScrapeItem, context: Context) -> tuple[float, str] | None:
    """The interval where a scrape states none, and whose it is; None where nothing here can know."""
    if item.form == "operator":
        return context.prometheus.scrape_interval, "the server's interval"
    stated = seconds_of(global_settings(item.document).get("scrape_interval"))
    if stated:
        return stated, "the global interval"
    data = item.document.data
    if isinstance(data, Mapping) and set(data) != {"scrape_configs"}:
        return PROMETHEUS_INTERVAL, "Prometheus' own interval"
    # One of the scrape_config_files of a server whose settings stand elsewhere.
    return (context.prometheus.scrape_interval, "the inventory's interval") if context.fleet else None


def global_settings(document: Document) -> Mapping[str, Any]:
    """The section ``global`` of a prometheus.yml."""
    stated = document.data.get("global") if isinstance(document.data, Mapping) else None
    return stated if isinstance(stated, Mapping) else {}
