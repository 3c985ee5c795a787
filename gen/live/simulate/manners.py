"""How each kind of exporter talks: its page's format, labels and values. Knowledge, in exporters/*.yaml.

What is on a page, its types, units and label names come from the catalog; these files say which of the
host's quantities a metric shows, where its rows come from, and what else a page of that exporter has.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import yaml
from monogen.catalog.metrics import PLACES
from monogen.catalog.model import Metric, Version, at
from msgspec import Struct, field

FOLDER = Path(__file__).parent / "exporters"
TEXT = "text/plain; version=0.0.4; charset=utf-8"

Style = Literal["go", "python", "plain", "dcgm"]


def _empty() -> Mapping[str, Any]:
    return MappingProxyType({})


class Manner(Struct, frozen=True):
    """One kind of exporter.

    ``version`` is the one it runs where the inventory states none, ``collectors`` those it was started
    with beyond its defaults. ``optional`` are patterns of metrics that the catalog calls optional and that
    are there all the same (those with a leading ``!`` are not). ``rows`` maps a collector or a label to the
    table that has the rows of such metrics. ``labels`` are values of labels that no table has; a list makes
    a row for each, and ``missing_label`` stands where nothing is said. ``values`` maps a metric to the
    quantity it shows (or a number, or both with rows and labels of its own). ``buckets`` are those of
    histograms, by metric or unit. ``serves`` says that it tells of models served on its host, and
    ``unloaded`` what it does without its model: it answers with that status, 0 stands for refused
    connections, None for a page as ever. ``models_path`` lists the models, ``redirect`` leads to the page.
    """

    kind: str
    version: Version | None = None
    style: Style = "go"
    content_type: str = TEXT
    collectors: Mapping[str, bool] = field(default_factory=_empty)
    optional: Any = ()
    rows: Mapping[str, Any] = field(default_factory=_empty)
    labels: Mapping[str, Any] = field(default_factory=_empty)
    values: Mapping[str, Any] = field(default_factory=_empty)
    buckets: Mapping[str, tuple[float, ...]] = field(default_factory=_empty)
    missing_label: str = ""
    serves: bool = False
    unloaded: int | None = None
    models_path: str = ""
    redirect: str = ""

    def shows(self, metric: Metric, os: str, hardware: str) -> bool:
        """Whether a page there has this metric although the catalog calls it optional."""
        patterns = placed(self.optional, os, hardware) or ()
        if any(fnmatchcase(metric.name, pattern[1:]) for pattern in patterns if pattern[0] == "!"):
            return False
        return any(fnmatchcase(metric.name, pattern) for pattern in patterns)


def placed(value: Any, os: str, hardware: str) -> Any:
    """The value for a host, where it is stated by place (as in the catalog), else the value itself."""
    if isinstance(value, dict) and value and value.keys() <= PLACES:
        return at(value, os, hardware)
    return value


@cache
def manner(kind: str) -> Manner:
    """How that kind talks; a kind that no file describes gets plain manners and no quantities."""
    return _all().get(kind) or Manner(kind)


@cache
def servers() -> frozenset[str]:
    """The kinds that tell of models which are served on their host."""
    return frozenset(kind for kind, found in _all().items() if found.serves)


@cache
def _all() -> Mapping[str, Manner]:
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.yaml"))}


def _read(path: Path) -> Manner:
    data = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
    version = data.pop("version", None)
    buckets = {name: tuple(map(float, edges)) for name, edges in data.pop("buckets", {}).items()}
    return Manner(
        kind=path.stem,
        version=None if version is None else tuple(map(int, str(version).split("."))),
        buckets=buckets,
        **data,
    )
