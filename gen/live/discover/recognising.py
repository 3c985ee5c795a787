"""Tells an exporter by the names on its page, whatever its port.

The catalogs say which names an exporter gives. Those that only one of them gives decide; what a client
library shows on every page (go_*, process_*) says nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from monogen import catalog
from monogen.catalog import ExporterKind
from monogen.live.discover.page import Page
from msgspec import Struct

ENOUGH = 10
"""So many names of its own tell an exporter on a page with any number of other names (a textfile's)."""

SHARE = 0.3
"""Else this part of the page's own names must be the exporter's."""

RIVAL = 0.5
"""A second exporter with so many names beside the first is worth a word."""

_RUNTIME = ("go_", "process_", "python_", "promhttp_", "scrape_")


class Recognised(Struct, frozen=True):
    """The exporter of a page: how many of the page's ``names`` are ``own`` names of its kind.

    ``rivals`` are other kinds whose names are on the page, too.
    """

    kind: str
    own: int
    names: int
    rivals: tuple[str, ...] = ()


class Recogniser:
    """Knows all catalogs, people's own (``extra``) included."""

    def __init__(self, extra: Sequence[Path] = ()) -> None:
        """Read the catalogs. Raises InputError for one that is none."""
        self._extra = tuple(extra)
        self.kinds = catalog.kinds(self._extra)
        names = {kind: _names(catalog.exporter(kind, self._extra)) for kind in self.kinds}
        count = Counter(name for of_kind in names.values() for name in of_kind)
        self._owner = {name: kind for kind, own in names.items() for name in own if count[name] == 1}

    def catalog(self, kind: str) -> catalog.ExporterCatalog:
        """What is known of a kind."""
        return catalog.exporter(kind, self._extra)

    def looked_for(self) -> list[ExporterKind]:
        """The kinds that run on the host they tell about."""
        return [kind for kind in self.kinds.values() if not kind.remote]

    def ports(self) -> list[int]:
        """The ports that exporters usually have, each once, in order."""
        return sorted({kind.port for kind in self.looked_for()})

    def paths(self) -> list[str]:
        """The paths at which some exporter has its page, other than /metrics."""
        return sorted({kind.path for kind in self.looked_for()} - {"/metrics"})

    def at_port(self, port: int) -> list[str]:
        """The kinds whose usual port this is."""
        return [kind.kind for kind in self.looked_for() if kind.port == port]

    def recognise(self, page: Page) -> Recognised | None:
        """The exporter that gave the page, None where monogen knows none that does."""
        names = [name for name in page.samples if not name.startswith(_RUNTIME)]
        score = Counter(self._owner[name] for name in names if name in self._owner)
        if not score:
            return None
        (kind, own), *others = score.most_common()
        if own < ENOUGH and own < SHARE * len(names):
            return None
        rivals = tuple(other for other, count in others if count >= min(ENOUGH, RIVAL * own))
        return Recognised(kind, own, len(names), rivals)


def prefixes(page: Page, most: int = 3) -> list[str]:
    """How the names of an unknown page begin, the commonest first: "prometheus_", "caddy_"."""
    begins = Counter(
        name.split("_")[0].split(":")[0] + ("_" if "_" in name else "")
        for name in page.samples
        if not name.startswith(_RUNTIME)
    )
    return [begin for begin, _ in begins.most_common(most)] or sorted(
        {name.split("_")[0] + "_" for name in page.samples}
    )[:most]


def _names(known: catalog.ExporterCatalog) -> Iterable[str]:
    return {name for metric in known.metrics.values() for name in metric.sample_names()}
