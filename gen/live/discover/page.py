"""Reads a page of metrics that a stranger wrote: the text format of Prometheus, and anything else.

Never fails. Lines that are no samples are left out, and the first of them is remembered, because Prometheus
refuses a page for one bad line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct, field

MAX_SAMPLES = 200_000
"""More than any exporter gives; what comes after them is not read."""

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|(?=\}))')
# A value, and after it a timestamp or (OpenMetrics) an exemplar.
_VALUE = re.compile(r"\s+([^\s#]+)(?:\s+-?[0-9.eE+]+)?(?:\s+#.*)?\s*")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "\\": "\\", '"': '"'}


class Sample(Struct, frozen=True):
    """One line: its labels, and the value."""

    labels: Mapping[str, str]
    value: float


class Page(Struct, frozen=True):
    """The samples by name. ``broken`` is the number of the first line that is none, 0 where all are fine."""

    samples: Mapping[str, tuple[Sample, ...]] = field(default_factory=lambda: MappingProxyType({}))
    broken: int = 0

    def of(self, name: str) -> tuple[Sample, ...]:
        """The samples of that name, none where it is not on the page."""
        return self.samples.get(name, ())

    def value(self, name: str) -> float | None:
        """The value of the first sample of that name."""
        samples = self.of(name)
        return samples[0].value if samples else None

    def label(self, name: str, label: str) -> str:
        """The label of the first sample of that name, "" without."""
        samples = self.of(name)
        return samples[0].labels.get(label, "") if samples else ""

    def labels(self, name: str, label: str) -> Iterator[str]:
        """The label's values of that name, each once, in the page's order."""
        return iter(dict.fromkeys(s.labels[label] for s in self.of(name) if s.labels.get(label)))


def parse(text: str) -> Page:
    """The page that a text is; one without samples where it is none."""
    samples: dict[str, list[Sample]] = {}
    broken = count = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _sample(line.strip())
        if found is None:
            # Names in quotes are Prometheus 3's; no catalog has one.
            broken = broken or (0 if line.lstrip().startswith('{"') else number)
            continue
        samples.setdefault(found[0], []).append(found[1])
        count += 1
        if count >= MAX_SAMPLES:
            break
    return Page(MappingProxyType({name: tuple(list_) for name, list_ in samples.items()}), broken)


def _sample(line: str) -> tuple[str, Sample] | None:
    match = _NAME.match(line)
    if match is None:
        return None
    name, at = match[0], match.end()
    labels: dict[str, str] = {}
    if line[at : at + 1] == "{":
        at += 1
        while label := _LABEL.match(line, at):
            labels[label[1]] = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[0]), label[2])
            at = label.end()
        rest = line[at:].lstrip()
        if not rest.startswith("}"):
            return None
        at = len(line) - len(rest) + 1
    value = _VALUE.fullmatch(line, at) if line[at : at + 1].isspace() else None
    if value is None:
        return None
    try:
        return name, Sample(labels, float(value[1]))
    except ValueError:
        return None
