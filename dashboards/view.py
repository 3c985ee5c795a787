"""What a board may show: the fleet, the series its hosts have, and how to select them in PromQL.

No name from the inventory but the fleet's (a DNS label) ever stands in an expression: hosts, models
and label values come in through variables and labels. A quote, a brace or a ``$`` in a name
therefore cannot change an expression, and Grafana cannot read it as a variable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from monogen.dashboards.colours import HARDWARE, OS
from monogen.dashboards.identity import uid
from monogen.inventory.model import Fleet, Host
from monogen.monitoring import Series

RECORDED = re.compile(r"(?<!\$\{)\b(?:host|server|tier|monogen):[a-zA-Z0-9_:]+")
"""Names of recorded series in an expression, but not a variable of that name: ``${server:regex}``."""
IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
OWN_VARIABLES = frozenset({"datasource", "hardware", "hosts", "instance", "server", "model", "fleet", "os"})
"""Variable names of some board, which links carry to the others: no label of the inventory may take one.

The last two are refused as labels."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel. ``name`` is the legend, or the refId of a table's column."""

    expr: str
    name: str = ""


class View:
    """A fleet as the boards see it."""

    def __init__(self, fleet: Fleet, series: Series, groups: tuple[str, ...] = ()) -> None:
        """``groups`` names the rows to show; empty means all."""
        self.fleet = fleet
        self.series = series
        self.groups = groups
        self._everyone = frozenset(host.name for host in fleet.hosts)

    @property
    def host(self) -> str:
        """The matchers of the boards of one host, the one that is chosen above."""
        return f'fleet="{self.fleet.name}", instance=`${{instance:raw}}`'

    @cached_property
    def hosts(self) -> str:
        """The matchers of the fleet board: every filter that stands above."""
        own = (f"{label}=~`${{{name}:regex}}`" for label, name in self.filters.items())
        parts = [f'fleet="{self.fleet.name}"', "hardware=~`${hardware:regex}`", *own]
        return ", ".join([*parts, "instance=~`${hosts:regex}`"])

    @cached_property
    def filters(self) -> dict[str, str]:
        """The inventory's own labels that tell hosts apart, with the name of their variable.

        Left out: a label that has the same value on every host, one whose name is no identifier, and
        one with a backtick in a value, which a raw string of PromQL cannot hold.
        """
        names: dict[str, str] = {}
        for label in self.fleet.label_names:
            values = {host.labels.get(label, "") for host in self.fleet.hosts}
            fits = IDENTIFIER.fullmatch(label) and not any("`" in value for value in values)
            if fits and len(values) > 1:
                name = label
                while name in OWN_VARIABLES or name in names.values():
                    name += "_"
                names[label] = name
        return names

    def uid(self, board: str) -> str:
        """The uid of another board of this fleet."""
        return uid(self.fleet.name, board)

    def has(self, *names: str) -> bool:
        """Whether every one of these recorded series exists on some host."""
        return all(self.series.has(name) for name in names)

    def has_on_one_host(self, *names: str) -> bool:
        """Whether some host has all of these recorded series: what is joined on the host needs that."""
        return bool(frozenset.intersection(*(self.series.on(name) for name in names)))

    @property
    def has_model_hosts(self) -> bool:
        """Whether some host has memory for models, as far as the inventory knows."""
        return self.has("host:model_capacity_bytes")

    def shown(self, *queries: Query) -> list[Query]:
        """Those queries whose recorded series all exist in this fleet."""
        return [query for query in queries if self.has(*RECORDED.findall(query.expr))]

    def missing(self, name: str, otherwise: str) -> str:
        """What a panel says on a host that lacks the series."""
        without = [host for host in self.fleet.hosts if host.name not in self.series.on(name)]
        systems = {host.os for host in without}
        same_system = [host for host in self.fleet.hosts if host.os in systems]
        if without and len(systems) == 1 and len(without) == len(same_system):
            return f"Not exported on {OS[systems.pop()][0]}"
        return otherwise

    def only(self, *names: str) -> str:
        """ "", or who of the fleet has any of the series: " (Linux only)", for the title of a row."""
        having = frozenset().union(*(self.series.on(name) for name in names))
        if having >= self._everyone:
            return ""
        kinds = self._exactly(having)
        return f" ({kinds} only)" if kinds else " (some hosts only)"

    def _exactly(self, names: frozenset[str]) -> str:
        """The operating system or the kinds of hardware that are just these hosts; "" if none."""
        for system, (text, _) in OS.items():
            if names == {host.name for host in self.fleet.hosts if host.os == system}:
                return text
        kinds = {host.hardware for host in self.fleet.hosts if host.name in names}
        if names == {host.name for host in self.fleet.hosts if host.hardware in kinds}:
            return ", ".join(text for kind, (text, _) in HARDWARE.items() if kind in kinds)
        return ""

    def wants(self, group: str) -> bool:
        """Whether the row is to be shown."""
        return not self.groups or group in self.groups

    @cached_property
    def longest_name(self) -> int:
        """Letters of the longest host name."""
        return max((len(host.name) for host in self.fleet.hosts), default=0)

    @cached_property
    def model_hosts(self) -> tuple[Host, ...]:
        """The hosts that have memory for models."""
        names = self.series.on("host:model_capacity_bytes")
        return tuple(host for host in self.fleet.hosts if host.name in names)

    @cached_property
    def step(self) -> str:
        """The finest step worth asking for: recorded series have one value an evaluation."""
        return _duration(self.fleet.prometheus.evaluation_interval)

    @cached_property
    def refresh(self) -> str:
        """How often a board asks again: no faster than it can change, and at most twice a minute."""
        settings = self.fleet.prometheus
        return _duration(max(settings.scrape_interval, settings.evaluation_interval, 30))


def _duration(seconds: float) -> str:
    """Whole seconds or minutes, as Grafana writes them."""
    whole = max(1, round(seconds))
    return f"{whole // 60}m" if whole % 60 == 0 else f"{whole}s"
