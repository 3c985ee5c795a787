"""The world of the linter: which series each host of an inventory has, by catalog, scraping and rules.

``World.answers(tree)`` says what an expression gives on every host. Hosts of one class are looked at once,
and classes on which the expression reads the same series share one evaluation; where an expression names a
host, its class is looked at in parts. What was found once is kept, and equal findings are one object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import repeat
from typing import Literal

from monogen.catalog import Metric
from monogen.inventory.model import Fleet
from monogen.lint.abstract.evaluation import Evaluation, Memory
from monogen.lint.abstract.selecting import names_of, select
from monogen.lint.abstract.shapes import Reason, Shape, Vector
from monogen.lint.abstract.values import Own, Watched
from monogen.lint.documents import GroupItem, RuleItem
from monogen.lint.world.exposed import ALERTS, EXTRA_SCRAPED, SCRAPED, Exposition
from monogen.lint.world.host_series import Everybody, HostSeries
from monogen.lint.world.hosts import HostClass, classes_of, own_labels
from monogen.lint.world.recorded import Records
from monogen.lint.world.telling import Test
from monogen.promql.tree import Call, Node, Selector, String, bare, selectors, walk
from msgspec import Struct

AnswerKind = Literal["data", "conditional", "empty", "unknown"]


class Answer(Struct, frozen=True):
    """What an expression gives on some hosts that are alike.

    ``reasons`` say why it is empty (or what of it is missing), ``needs`` what a conditional answer needs.
    """

    hosts: tuple[str, ...]
    kind: AnswerKind
    reasons: tuple[Reason, ...] = ()
    needs: str = ""


class World:
    """Everything that the hosts of a fleet expose and rules record."""

    def __init__(self, fleet: Fleet, groups: Iterable[GroupItem] = ()) -> None:
        """The fleet, and the groups that are evaluated for it; nothing is looked at before it is asked."""
        self.fleet = fleet
        self.groups = tuple(groups)
        self.exposition = Exposition(fleet)
        self.records = Records(fleet, self.groups)
        self._hosts = {host.name: host for host in fleet.hosts}
        self._vectors: dict[object, Vector] = {}
        self._memory: Memory = {}
        self._selections: dict[tuple[object, ...], tuple[Vector, ...]] = {}
        self._own_labels: dict[str, frozenset[str]] = {}
        self._parts: dict[tuple[str, ...], HostSeries] = {}
        classes = classes_of(fleet, self.exposition.kinds, self.records.constants)
        self.classes = [HostSeries(self, hosts) for hosts in classes]
        self._has_crowds = any(len(series.hosts.names) > 1 for series in self.classes)
        self._class_of = {name: series for series in self.classes for name in series.hosts.names}

    def answers(self, tree: Node) -> list[Answer]:
        """What an expression gives on each host, hosts with the same answer together."""
        return answers_of(self.vectors(tree))

    def vectors(self, tree: Node) -> Iterator[tuple[HostClass, Vector]]:
        """The series that an expression gives, for each class of hosts or part of one."""
        leaves = tuple(selectors(tree))
        evaluated: dict[tuple[Vector, ...], Vector] = {}
        for series, selected in self._selected(leaves, self._tests(tree, leaves)):
            vector = evaluated.get(selected)
            if vector is None:
                own = Watched(series.own)
                given = dict(zip(leaves, selected, strict=True))
                vector = Evaluation(_Seen(series, own), given, self._memory).vector(tree)
                if not own.asked:
                    evaluated[selected] = vector
            yield series.hosts, vector

    def answer(self, tree: Node, host: str) -> Answer:
        """What an expression gives on one host. KeyError for a host that the fleet does not have."""
        vector = self.vector(tree, host)
        kind, needs = _judged(vector)
        return Answer((host,), kind, vector.reasons, needs)

    def vector(self, tree: Node, host: str) -> Vector:
        """The shapes of series that an expression gives on one host."""
        parts = self._parts_of(self._class_of[host], self._tests(tree, tuple(selectors(tree))))
        series = next(part for part in parts if host in part.hosts.names)
        return Evaluation(series).vector(tree)

    def together(self, tree: Node) -> Answer:
        """What an expression gives where all hosts are scraped by one server: sums may join hosts."""
        vector = Evaluation(self._everybody).vector(tree)
        kind, needs = _judged(vector)
        return Answer(tuple(self._hosts), kind, vector.reasons, needs)

    def metrics(self, name: str) -> tuple[tuple[str, Metric], ...]:
        """The kinds of exporters that have series of that name, wherever they run, with the metric."""
        return self.exposition.metrics(name)

    def knows(self, name: str) -> bool:
        """Whether a catalog, a rule or Prometheus itself gives series of that name."""
        return bool(self.metrics(name)) or name in self.records or name in SCRAPED | EXTRA_SCRAPED | ALERTS

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that a catalog, a rule or Prometheus itself gives."""
        return self.exposition.names() | self.records.names | ALERTS

    def recorded(self, rule: RuleItem, hosts: HostClass, found: Vector) -> Vector:  # noqa: ARG002
        """What a rule records on hosts that are alike. A world that knows more than the expression says (the
        live one: for which hosts a rule is meant) adds it here.
        """
        return found

    def runs(self, host: str, kind: str) -> bool:
        """Whether the host runs that kind of exporter."""
        return self._hosts[host].has(kind)

    @cached_property
    def _everybody(self) -> Everybody:
        return Everybody(self)

    # ---- classes in parts

    def _tests(self, tree: Node, leaves: Sequence[Selector]) -> frozenset[Test]:
        """What tells hosts of one class apart in an expression, and in what it reads.

        A text that it writes into a label may be a host's name, and meet that host only.
        """
        if not self._has_crowds:
            return frozenset()
        texts = _written(tree)
        labels = ("instance", *self.fleet.label_names) if texts else ()
        written = frozenset((label, "=", text) for text in texts for label in labels)
        return written.union(*(self.records.tests(leaf, names_of(leaf) or ()) for leaf in leaves))

    def _parts_of(self, series: HostSeries, tests: frozenset[Test]) -> Sequence[HostSeries]:
        """The class in parts, where its hosts are told apart."""
        hosts = series.hosts
        if len(hosts.names) == 1 or not tests:
            return (series,)
        parts = self.records.hosts.parts(hosts.names, tests)
        return [self._part(hosts, names) for names in parts] if len(parts) > 1 else (series,)

    def _part(self, whole: HostClass, names: tuple[str, ...]) -> HostSeries:
        part = self._parts.get(names)
        if part is None:
            own = own_labels(self.fleet, self._hosts[names[0]])
            part = self._parts[names] = HostSeries(self, HostClass(whole.likeness, names, own))
        return part

    # ---- what selectors find

    def _selected(
        self, leaves: Sequence[Selector], tests: frozenset[Test]
    ) -> Iterator[tuple[HostSeries, tuple[Vector, ...]]]:
        """What each selector finds on each class of hosts, or on each part of one."""
        if not tests:
            columns = [self._on_classes(leaf) for leaf in leaves]
            rows = zip(*columns, strict=True) if columns else repeat((), len(self.classes))
            yield from zip(self.classes, rows, strict=True)
            return
        for whole in self.classes:
            for series in self._parts_of(whole, tests):
                yield series, tuple([self._found(leaf, series) for leaf in leaves])

    def _found(self, selector: Selector, series: HostSeries) -> Vector:
        return self.shared(select(selector, series))

    def _on_classes(self, selector: Selector) -> tuple[Vector, ...]:
        """What a selector finds on each class. Selectors that ask the same are looked at once."""
        name, all_pass = selector.name, self.records.hosts.all_pass
        settled = self._own_everywhere(name)
        rest = [
            (m.label, m.op, m.value)
            for m in selector.matchers
            if m.label not in settled or not all_pass(m.label, m.op, m.value)
        ]
        key = (name, *rest)
        found = self._selections.get(key)
        if found is None:
            found = tuple([self._found(selector, series) for series in self.classes])
            self._selections[key] = found
        return found

    def _own_everywhere(self, name: str) -> frozenset[str]:
        """The labels that are the hosts' own in all series of a name. Of these a matcher that every host
        passes leaves everything as it is.
        """
        found = self._own_labels.get(name)
        if found is None:
            own = [self._own_in(series, name) for series in self.classes] if name else []
            found = self._own_labels[name] = frozenset.intersection(*own) if own else frozenset()
        return found

    def _own_in(self, series: HostSeries, name: str) -> frozenset[str]:
        shapes = series.named(name).shapes
        return frozenset(series.own).intersection(*map(_own_of, shapes))

    def shared(self, vector: Vector) -> Vector:
        """The vector, or one that was found before and says the same."""
        alike = (
            (s.name, s.open, s.certain, s.needs, s.unknown, frozenset(s.labels.items()))
            for s in vector.shapes
        )
        return self._vectors.setdefault((*alike, vector.reasons), vector)


class _Seen:
    """The series of some hosts, with labels that are watched."""

    def __init__(self, series: HostSeries, own: Mapping[str, str]) -> None:
        self.own = own
        self.alone = series.alone
        self.jobs = series.jobs
        self.named = series.named
        self.names = series.names


def answers_of(vectors: Iterable[tuple[HostClass, Vector]]) -> list[Answer]:
    """What series say as answers, hosts with the same answer together."""
    found: dict[tuple[AnswerKind, tuple[Reason, ...], str], list[str]] = {}
    for hosts, vector in vectors:
        kind, needs = _judged(vector)
        found.setdefault((kind, vector.reasons, needs), []).extend(hosts.names)
    return [Answer(tuple(names), *about) for about, names in found.items()]


def _judged(vector: Vector) -> tuple[AnswerKind, str]:
    if not vector.shapes:
        return "empty", ""
    if any(shape.certain for shape in vector.shapes):
        return "data", ""
    if any(shape.unknown for shape in vector.shapes):
        return "unknown", ""
    return "conditional", next((shape.needs for shape in vector.shapes if shape.needs), "")


def _own_of(shape: Shape) -> set[str]:
    """The labels of a shape that are the host's own."""
    return {label for label, value in shape.labels.items() if value == Own(label)}


def _written(tree: Node) -> frozenset[str]:
    """The texts that ``label_replace`` writes as they stand."""
    calls = (node for node in walk(tree) if isinstance(node, Call) and node.name == "label_replace")
    texts = (bare(call.args[2]) for call in calls)
    return frozenset(text.value for text in texts if isinstance(text, String) and "$" not in text.value)
