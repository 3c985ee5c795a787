"""Reads a page of an exporter: types, label names and label values of each metric."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

_SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$")
_LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')


@dataclass(slots=True)
class Page:
    """``types`` by metric; ``labels`` by stored name: one mapping of labels per series."""

    types: dict[str, str] = field(default_factory=dict)
    labels: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))


def read(text: str) -> Page:
    """The page as data; a line that is neither comment nor sample is an error of the page."""
    page = Page()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            page.types[name] = kind
        elif line.strip() and not line.startswith("#"):
            sample = _SAMPLE.match(line)
            assert sample, f"no sample: {line}"
            page.labels[sample["name"]].append(dict(_LABEL.findall(sample["labels"] or "")))
    return page
