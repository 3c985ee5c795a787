"""Writes the evidence table of docs/catalog.md: of each exporter, how many metrics are known from what.

``python -m monogen.catalog.evidence docs/catalog.md`` puts the table where the page has its marks.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from monogen.catalog.loading import exporter, kinds
from monogen.catalog.model import ExporterKind, Metric

BEGIN = "<!-- evidence table: begin -->\n"
END = "<!-- evidence table: end -->\n"
_HOSTS = {
    "Linux": ("linux", "generic"),
    "GB10": ("linux", "gb10"),
    "Linux with NVIDIA GPUs": ("linux", "nvidia"),
    "Apple Silicon": ("darwin", "apple-silicon"),
    "Intel Mac": ("darwin", "generic"),
}


def table() -> str:
    """The table in Markdown: a line per exporter and counts, with the classes of hosts they hold for."""
    lines = ["| exporter | on | may be there | page | source | claim | never there | of these watched |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for kind in kinds().values():
        if exporter(kind.kind).metrics:
            lines += _lines(kind)
        else:
            lines.append(f"| {kind.kind} | | header only | | | | | |")
    return "\n".join(lines) + "\n"


def _lines(kind: ExporterKind) -> list[str]:
    """The lines of one exporter; hosts with the same counts share one."""
    hosts = {host: _counts(kind, place) for host, place in _HOSTS.items() if kind.runs_on(*place)}
    found: dict[tuple[int, ...], list[str]] = {}
    for host, counts in hosts.items():
        found.setdefault(counts, []).append(host)
    return [
        "| "
        + " | ".join(map(str, (kind.kind, "any" if len(on) == len(_HOSTS) else ", ".join(on), *counts)))
        + " |"
        for counts, on in found.items()
    ]


def _counts(kind: ExporterKind, place: tuple[str, str]) -> tuple[int, ...]:
    """The counts for one class of host, in the order of the table's columns."""
    catalog = exporter(kind.kind)
    there = [m for m in catalog.metrics.values() if _may_be_there(m, place)]
    known = Counter(metric.evidence_on(*place) for metric in there)
    never = len(catalog.metrics) - len(there)
    watched = len(catalog.absent_but_watched(*place))
    return len(there), known["page"], known["source"], known["claim"], never, watched


def _may_be_there(metric: Metric, place: tuple[str, str]) -> bool:
    """Whether some version of the exporter may give the metric there."""
    return metric.presence_on(*place).possible


def put(page: str) -> str:
    """The page with the table between its marks renewed."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table() + END + after


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(put(path.read_text(encoding="utf-8")), encoding="utf-8")
