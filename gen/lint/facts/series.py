"""What catalogs and recording rules say about a series: counter or gauge, labels, how often it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, TypeVar

from monogen import catalog
from monogen.catalog import Metric
from monogen.inventory.model import Fleet, PrometheusSettings
from monogen.lint.documents import RuleItem
from monogen.lint.facts.label_reading import LabelReading
from monogen.lint.facts.labels import ANY, Labels
from monogen.lint.facts.order import Order, static_labels
from monogen.problems import InputError
from monogen.promql.functions import PICKING
from monogen.promql.tree import NAME, Aggregation, Binary, Call, Node, Number, Selector, bare

Nature: TypeAlias = Literal["counter", "gauge", "summed", ""]
"""What a series is. "summed" are counters added up, whose resets no ``rate`` can see; "" is not known."""

OWN = ("host:", "server:", "tier:", "monogen:")
"""How names begin that only monogen records."""

TARGET_LABELS = frozenset({"instance", "job"})
"""Every series that is scraped has them."""

MOST_RULES_DEEP = 20
"""Rules that read rules that read rules: nobody writes more of them."""

T = TypeVar("T")

_COUNTING = ("_total", "_bucket")


def _nature_of(name: str, metric: Metric) -> Nature:
    if metric.type == "counter":
        return "counter"
    if metric.type == "histogram" or (metric.type == "summary" and name != metric.name):
        return "counter"
    return "gauge" if metric.type in ("gauge", "summary") else ""


class Intervals(NamedTuple):
    """How often samples come, in seconds: where they come most often, and where they come least often."""

    shortest: float
    longest: float
    recorded: bool


class Facts:
    """What is known of series in one run of the linter: by catalogs, and by all rules that are loaded."""

    def __init__(self, order: Order, fleet: Fleet | None, prometheus: PrometheusSettings) -> None:
        """Everything is looked up when it is asked for, and remembered."""
        self._order = order
        self._fleet = fleet
        self._prometheus = prometheus
        self._rules_deep = 0
        self._is_in_order = False
        self._natures: dict[str, Nature] = {}
        self._labels: dict[str, Labels] = {}
        self._certain: dict[str, frozenset[str]] = {}
        self._intervals: dict[str, Intervals | None] = {}
        self._readings: dict[Node, LabelReading] = {}
        self._sorts: dict[str, Sequence[RuleItem]] = {}

    @cached_property
    def catalog(self) -> Mapping[str, tuple[tuple[str, Metric], ...]]:
        """Kinds of exporters and metrics by the series they give, the fleet's own catalogs included."""
        own = tuple(map(Path, self._fleet.catalogs)) if self._fleet else ()
        try:
            return catalog.series(own)
        except InputError:  # told where the inventory is read
            return catalog.series()

    @property
    def records(self) -> Mapping[str, tuple[RuleItem, ...]]:
        """Recording rules by the series they record."""
        return self._order.records

    def is_known(self, name: str) -> bool:
        """Whether a catalog or a rule says something about the series."""
        return name in self.records or name in self.catalog

    def nature(self, name: str) -> Nature:
        """What a series of this name is, by catalog, by the rules that record it, else by a clear name."""
        self._follow_in_order()
        if name not in self._natures:
            self._natures[name] = ""  # a rule that reads itself
            self._natures[name] = self._followed(self._nature, name, "")
        return self._natures[name]

    def _follow_in_order(self) -> None:
        """Answer once for all recorded series that rules read, each after those it is made of.

        So no chain of rules is followed down, and what rules that go in circles are taken for does not
        depend on who asks first.
        """
        if self._is_in_order:
            return
        self._is_in_order = True
        in_order = self._order.in_order
        read = {r.record for rule in in_order for reading in self._order.reads(rule) for r in reading.rules}
        # Each name where its first rule stands: an inventory's constants are thousands of rules of one name.
        for name in dict.fromkeys(rule.record for rule in in_order):
            if name in read:
                self.nature(name)
                self._recorded_labels(name)
                self.certain(Selector(name, (), 0, 0, 0))

    def _followed(self, look_up: Callable[[str], T], name: str, unknown: T) -> T:
        """The answer for a recorded series; a long way through rules that read rules is not followed."""
        if self._rules_deep >= MOST_RULES_DEEP:
            return unknown
        self._rules_deep += 1
        try:
            return look_up(name)
        except RecursionError:  # deep expressions one within another
            return unknown
        finally:
            self._rules_deep -= 1

    def _nature(self, name: str) -> Nature:
        if name in self.records:
            natures = {self._recorded(rule.expression.tree) for rule in self._sorts_of(name)}
        elif name in self.catalog:
            natures = {_nature_of(name, metric) for _, metric in self.catalog[name]}
        else:
            return "counter" if name.endswith(_COUNTING) and ":" not in name else ""
        return natures.pop() if len(natures) == 1 else ""

    def _recorded(self, node: Node | None) -> Nature:
        """What an expression gives."""
        node = bare(node) if node is not None else None
        if isinstance(node, Selector):
            return self.nature(node.name) if node.range is None else ""
        if isinstance(node, Call):
            return self._called(node)
        if isinstance(node, Aggregation):
            inner = self._recorded(node.expr)
            if node.op in ("sum", "avg", "max", "min"):
                return "summed" if inner == "counter" else inner
            return inner if node.op in PICKING else ""
        if isinstance(node, Binary) and node.op in ("*", "/") and isinstance(bare(node.rhs), Number):
            return self._recorded(node.lhs)
        return ""

    def _called(self, node: Call) -> Nature:
        if node.name in ("rate", "irate", "increase", "delta", "idelta", "deriv"):
            return "gauge"
        if node.name in ("label_replace", "label_join", "last_over_time") and node.args:
            inner = bare(node.args[0])
            return self.nature(inner.name) if isinstance(inner, Selector) else self._recorded(inner)
        return ""

    def reading(self, root: Node) -> LabelReading:
        """The labels of an expression's parts, with what catalogs and rules know of its selectors."""
        found = self._readings.get(root)
        if found is None:
            found = self._readings[root] = LabelReading(self)
        return found

    def labels(self, selector: Selector) -> Labels | None:
        """The labels of what a selector selects, as the rules that record it know them."""
        name = selector.name
        if name not in self.records:
            return None
        found = self._recorded_labels(name)
        # What removed a label stands in the rule, not here.
        gone = dict.fromkeys(found.gone, selector)
        return Labels(found.names, gone, None if found.names is None else selector)

    def certain(self, selector: Selector) -> frozenset[str]:
        """The labels that scraping, or each rule that records it, gives every series of a selector."""
        name = selector.name
        if name not in self.records:
            return TARGET_LABELS if name in self.catalog or name == "up" else frozenset()
        self._follow_in_order()
        if name not in self._certain:
            self._certain[name] = frozenset()  # a rule that reads itself
            self._certain[name] = self._followed(self._certain_of, name, frozenset())
        return self._certain[name]

    def _certain_of(self, name: str) -> frozenset[str]:
        each = [
            {*self._stated(rule), *LabelReading(self).certain(rule.expression.tree)}
            for rule in self._sorts_of(name)
            if rule.expression.tree is not None
        ]
        return frozenset(set.intersection(*each)) if each else frozenset()

    def _recorded_labels(self, name: str) -> Labels:
        """What the series of all rules of that name can carry."""
        self._follow_in_order()
        if name not in self._labels:
            self._labels[name] = ANY  # a rule that reads itself
            self._labels[name] = self._followed(self._union, name, ANY)
        return self._labels[name]

    def _union(self, name: str) -> Labels:
        every: list[Labels] = []
        for rule in self._sorts_of(name):
            tree = rule.expression.tree
            read = ANY if tree is None else LabelReading(self).of(tree)
            own = {NAME, *self._stated(rule)}
            names = None if read.names is None else read.names | own
            every.append(Labels(names, {k: by for k, by in read.gone.items() if k not in own}))
        possible = [read.names for read in every if read.names is not None]
        if len(possible) == len(every):
            return Labels(frozenset().union(*possible))
        gone = set.intersection(*({k for k in read.gone if not read.may_have(k)} for read in every))
        return Labels(None, dict.fromkeys(gone, _NOWHERE))

    def _sorts_of(self, name: str) -> Sequence[RuleItem]:
        """One of all rules that record a name by the same expression and set the same labels."""
        found = self._sorts.get(name)
        if found is None:
            sorts = {(rule.expression.tree, *sorted(self._stated(rule))): rule for rule in self.records[name]}
            found = self._sorts[name] = tuple(sorts.values())
        return found

    def _stated(self, rule: RuleItem) -> Mapping[str, str]:
        """The labels that a rule, or its group, sets itself."""
        return static_labels(rule, self._order.groups[rule])

    def intervals(self, selector: Selector) -> Intervals | None:
        """How often new samples of a selector come; None where that is not known."""
        name = selector.name
        if name not in self._intervals:
            found = list(self._each_interval(name))
            self._intervals[name] = Intervals(min(found), max(found), name in self.records) if found else None
        return self._intervals[name]

    def _each_interval(self, name: str) -> Iterator[float]:
        """In seconds, of each rule or target that gives the series."""
        if self._fleet is None:
            return
        if name in self.records:
            for rule in self.records[name]:
                yield self._order.groups[rule].interval or self._prometheus.evaluation_interval
            return
        of = {kind for kind, _ in self.catalog.get(name, ())}
        for host in self._fleet.hosts if of else ():
            for target in host.exporters:
                if target.kind in of:
                    yield target.interval or self._prometheus.scrape_interval


_NOWHERE = Number(0.0, 0, 0)
