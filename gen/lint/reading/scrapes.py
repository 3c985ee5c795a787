"""The ways of scraping in a ScrapeConfig, in prometheus.yml, or in a file of scrape_config_files.

What is malformed is left out here; ``monogen.lint.checks.files`` says what is wrong with it.
"""

from __future__ import annotations

from typing import Any

from monogen.lint.documents import Document, ScrapeItem
from monogen.lint.model import Keys
from monogen.lint.reading.rules import seconds_of, text_of


def scrapes_of(document: Document) -> list[ScrapeItem]:
    """The scrape jobs of a document of kind "scrape-config" or "prometheus"."""
    if document.kind == "scrape-config":
        return _of_object(document)
    keys, entries = raw_scrapes(document)
    if not isinstance(entries, list):
        return []
    server = document.data.get("global") if isinstance(document.data, dict) else None
    defaults = server if isinstance(server, dict) else {}
    return [
        ScrapeItem(
            document=document,
            keys=(*keys, number),
            form="prometheus",
            job=text_of(document, (*keys, number, "job_name"), entry.get("job_name")),
            data=entry,
            interval=seconds_of(entry.get("scrape_interval", defaults.get("scrape_interval"))),
            timeout=seconds_of(entry.get("scrape_timeout", defaults.get("scrape_timeout"))),
        )
        for number, entry in enumerate(entries)
        if isinstance(entry, dict)
    ]


def raw_scrapes(document: Document) -> tuple[Keys, Any]:
    """The keys that lead to the list of scrape_configs, and what stands there."""
    if isinstance(document.data, list):
        return (), document.data
    return ("scrape_configs",), document.data.get("scrape_configs")


def _of_object(document: Document) -> list[ScrapeItem]:
    """A ScrapeConfig without ``jobName`` gets its job from the operator: its kind, namespace and name."""
    spec, metadata = document.data.get("spec"), document.data.get("metadata")
    if not isinstance(spec, dict):
        return []
    named = metadata if isinstance(metadata, dict) else {}
    full_name = f"scrapeConfig/{named.get('namespace', 'default')}/{named.get('name', '')}"
    return [
        ScrapeItem(
            document=document,
            keys=("spec",),
            form="operator",
            job=text_of(document, ("spec", "jobName"), spec.get("jobName")) or full_name,
            data=spec,
            interval=seconds_of(spec.get("scrapeInterval")),
            timeout=seconds_of(spec.get("scrapeTimeout")),
        )
    ]
