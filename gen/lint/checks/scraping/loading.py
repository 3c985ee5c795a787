"""What Prometheus loads as its configuration, and as a file of scrape_config_files: prometheus.json.

Go's reader takes any scalar for a text, and reads more words as numbers and booleans than monogen's: such a
value is never reported. What stands in the place of an entry of scrape_configs is a matter of MG003.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from monogen.inventory.findings import Finding
from monogen.lint.check import check
from monogen.lint.checks.manifests.objects import is_templated
from monogen.lint.checks.schemas import Schema
from monogen.lint.checks.scraping.examples import prometheus
from monogen.lint.context import Context
from monogen.lint.documents import Document
from monogen.lint.model import Found, Keys
from monogen.lint.reading.lenient import as_list
from monogen.lint.reading.scrapes import raw_scrapes
from monogen.lint.reading.source import Placed
from msgspec.structs import replace

_FILE = Path(__file__).with_name("prometheus.json")
CONFIGURATION = Schema(_FILE, "configuration")
SCRAPE_CONFIG = Schema(_FILE, "scrape_config")

_GOS_OWN = re.compile(r"[yYnN]|[-+]?0[0-7xob_][0-9a-fA-F_]*|[-+]?[0-9][0-9_]*_[0-9_]*|[-+]?[0-9]{19,}")
"""Plain words that Go's reader takes for a boolean or a number; monogen's leaves them text."""

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")

_GOOD = prometheus("""
    scrape_configs:
    - job_name: litellm
      metrics_path: /metrics/
      scrape_interval: 30s
      static_configs:
      - targets: [nas.lan:4000]
        labels: {instance: nas}
""")


@check(
    "MG512",
    "unknown-scrape-key",
    family="scraping",
    severity="error",
    on="document",
    what="A key of `prometheus.yml` that Prometheus does not know: at the top, in `global` or `alerting`, "
    "in an entry of `scrape_configs`, a relabeling or a static config.",
    why="Prometheus refuses the whole file for one misspelled key.",
    bad=prometheus(_GOOD.text.replace("metrics_path", "metric_path")),
    good=_GOOD,
)
def unknown_scrape_key(document: Document, _: Context) -> Iterator[Found]:
    """Look at the keys of Prometheus' own form; the operator's are a matter of its schema."""
    for refusal in _refusals(document):
        if refusal.on_key:
            near = refusal.hint.startswith("did you mean")
            hint = refusal.hint if near else "Prometheus refuses the file for it"
            yield Found(refusal.keys, refusal.message, hint, on_key=True)


@check(
    "MG513",
    "refused-by-prometheus",
    family="scraping",
    severity="error",
    on="document",
    what="A value in `prometheus.yml` of a type that Prometheus does not take: a duration without its unit, "
    "a text where a list belongs, a word where a number or `true` belongs.",
    why="Prometheus refuses the whole file: it does not start, or keeps the configuration that it had.",
    bad=prometheus(_GOOD.text.replace("30s", "30")),
    good=_GOOD,
)
def refused_by_prometheus(document: Document, _: Context) -> Iterator[Found]:
    """Hold the file against the schema of what Prometheus loads."""
    for refusal in _refusals(document):
        value = _value(document, refusal.keys)
        if not refusal.on_key and not _is_taken(value):
            yield Found(refusal.keys, refusal.message, _hint(refusal, value))


def _refusals(document: Document) -> Iterator[Finding]:
    """What the schema refuses in the file."""
    if document.kind != "prometheus":
        return
    if isinstance(document.data, Mapping):
        yield from CONFIGURATION.refusals(document.data, partial(_written, document, ()))
    keys, jobs = raw_scrapes(document)
    for number, job in enumerate(as_list(jobs)):
        if isinstance(job, Mapping):
            place = (*keys, number)
            for refusal in SCRAPE_CONFIG.refusals(job, partial(_written, document, place)):
                yield replace(refusal, keys=(*place, *refusal.keys))


def _written(document: Document, place: Keys, keys: Keys) -> str | None:
    source = document.source
    return source.written(document.number, (*place, *keys)) if isinstance(source, Placed) else None


def _value(document: Document, keys: Keys) -> Any:
    try:
        return document.at(keys)
    except (LookupError, TypeError):
        return None


def _is_taken(value: Any) -> bool:
    """Whether Prometheus reads it otherwise than monogen, or something fills it in before."""
    if isinstance(value, int):
        # No time and no bytes are written without a unit.
        return value == 0 and not isinstance(value, bool)
    return isinstance(value, str) and (_GOS_OWN.fullmatch(value) is not None or is_templated(value))


def _hint(refusal: Finding, value: Any) -> str:
    """The schema's own; a duration without a unit gets one, and a number in quotes loses them."""
    is_number = _NUMBER.fullmatch(str(value)) is not None
    if is_number and "a duration" in refusal.message:
        return f"add the unit: `{value}s`, `{value}m`"
    return "remove the quotes" if is_number and "must be a number" in refusal.message else refusal.hint
