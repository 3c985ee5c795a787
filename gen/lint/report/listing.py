"""What `monogen lint --show-files` prints: every file, and what it is read as."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from monogen.lint.documents import Document, Kind
from monogen.lint.reading.files import Reading
from monogen.lint.report.printable import printable

_WORDS: Mapping[Kind, str] = {
    "rules": "rules of Prometheus",
    "prometheus-rule": "PrometheusRule",
    "scrape-config": "ScrapeConfig",
    "prometheus": "configuration of Prometheus",
    "dashboard": "Grafana board",
    "config-map": "ConfigMap",
    "unreadable": "cannot be read",
    "overlooked": "looks like one of ours, and is not read",
}


def listing(reading: Reading) -> str:
    """A line a file, by name: what is read as what, and what is passed over and why."""
    lines = [*_read(reading), *_passed_over(reading)]
    return "".join(f"{printable(name)}: {printable(text)}\n" for name, text in sorted(lines))


def _read(reading: Reading) -> Iterator[tuple[str, str]]:
    kinds: dict[str, Counter[str]] = {}
    for document in reading.documents:
        kinds.setdefault(document.source.path, Counter())[_word(document)] += 1
    for name, words in kinds.items():
        yield name, ", ".join(f"{count} x {word}" if count > 1 else word for word, count in words.items())


def _passed_over(reading: Reading) -> Iterator[tuple[str, str]]:
    yield from ((file.path, f"passed over: {file.reason}") for file in reading.passed_over)


def _word(document: Document) -> str:
    if document.kind == "manifest":
        return str(document.data.get("kind"))
    return _WORDS[document.kind]
