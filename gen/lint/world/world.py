"""The world of the linter: which series each host of an inventory has, by catalog, scraping and rules.

``World.answers(tree)`` says what an expression gives on every host. Hosts of one class are looked at once,
and classes on which the expression reads the same series share one evaluation; where an expression names a
host, its class is looked at in parts. What was found once is kept, and equal findings are one object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from monogen.catalog import Metric
from monogen.inventory.model import Fleet
from monogen.lint.abstract.evaluation import Evaluation, Memory
from monogen.lint.abstract.selecting import names_of, select, what_is_left
from monogen.lint.abstract.shapes import Reason, Shape, Vector
from monogen.lint.abstract.values import Own, Watched, narrowed, only
from monogen.lint.documents import GroupItem, RuleItem
from monogen.lint.world.exposed import ALERTS, EXTRA_SCRAPED, SCRAPED, Exposition
from monogen.lint.world.host_series import Everybody, HostSeries
from monogen.lint.world.hosts import HostClass, classes_of, own_labels
from monogen.lint.world.recorded import Records
from monogen.promql.tree import Call, Matcher, Node, Selector, String, bare, selectors, walk

AnswerKind = Literal["data", "conditional", "empty", "unknown"]


@dataclass(frozen=True, slots=True)
class Answer:
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
        self.exposition = Exposition(fleet)
        self.records = Records(fleet, groups)
        self._hosts = {host.name: host for host in fleet.hosts}
        self._vectors: dict[object, Vector] = {}
        self._memory: Memory = {}
        self._selections: dict[tuple[object, ...], Vector] = {}
        self._own_everywhere: dict[Vector, frozenset[str]] = {}
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
        # Only hosts that are looked at together can be told apart.
        texts = _written(tree) if self._has_crowds else frozenset()
        for series in self._parts_for(leaves, texts):
            given = {leaf: series.selected(leaf) for leaf in leaves}
            key = tuple(given.values())
            vector = evaluated.get(key)
            if vector is None:
                own = Watched(series.own)
                vector = Evaluation(_Seen(series, own), given, self._memory).vector(tree)
                if not own.asked:
                    evaluated[key] = vector
            yield series.hosts, vector

    def answer(self, tree: Node, host: str) -> Answer:
        """What an expression gives on one host. KeyError for a host that the fleet does not have."""
        vector = self.vector(tree, host)
        kind, needs = _judged(vector)
        return Answer((host,), kind, vector.reasons, needs)

    def vector(self, tree: Node, host: str) -> Vector:
        """The shapes of series that an expression gives on one host."""
        parts = self._split(self._class_of[host], tuple(selectors(tree)), _written(tree))
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

    def _parts_for(self, leaves: Sequence[Selector], texts: frozenset[str]) -> Iterator[HostSeries]:
        for series in self.classes:
            yield from self._split(series, leaves, texts)

    def _split(
        self, series: HostSeries, leaves: Sequence[Selector], texts: frozenset[str]
    ) -> Sequence[HostSeries]:
        """The class in parts, where the expression (or what it reads) tells its hosts apart.

        ``texts`` are those that it writes into labels: one may be a host's name, and meet that host only.
        """
        hosts = series.hosts
        if len(hosts.names) == 1:
            return (series,)
        telling = frozenset().union(*(self.records.telling(leaf, names_of(leaf) or ()) for leaf in leaves))
        telling |= {(label, "=", text) for text in texts for label in ("instance", *self.fleet.label_names)}
        if not telling:
            return (series,)
        parts: dict[tuple[bool, ...], list[str]] = {}
        matchers = sorted(telling)
        for name in hosts.names:
            own = own_labels(self.fleet, self._hosts[name])
            passes = tuple(_passes(own, *matcher) for matcher in matchers)
            parts.setdefault(passes, []).append(name)
        return [self._part(hosts, tuple(names)) for names in parts.values()] if len(parts) > 1 else (series,)

    def _part(self, whole: HostClass, names: tuple[str, ...]) -> HostSeries:
        part = self._parts.get(names)
        if part is None:
            own = own_labels(self.fleet, self._hosts[names[0]])
            part = self._parts[names] = HostSeries(self, HostClass(whole.likeness, names, own))
        return part

    # ---- what was found once

    def shared(self, vector: Vector) -> Vector:
        """The vector, or one that was found before and says the same."""
        alike = (
            (s.name, s.open, s.certain, s.needs, s.unknown, frozenset(s.labels.items()))
            for s in vector.shapes
        )
        return self._vectors.setdefault((*alike, vector.reasons), vector)

    def selected(self, selector: Selector, series: HostSeries) -> Vector:
        """What a selector finds on some hosts; hosts that have the same series share the answer."""
        if not selector.name:
            return self.shared(select(selector, series))
        found = series.named(selector.name)
        matchers = self._undecided(selector, found, series.own)
        key = (found, *[(m.label, m.op, m.value) for m in matchers])
        result = self._selections.get(key)
        if result is None:
            own = Watched(series.own)
            result = self.shared(what_is_left(selector, found, matchers, _Seen(series, own)))
            # Why there is nothing also depends on the jobs and the labels that the hosts have.
            if found.shapes and not own.asked:
                self._selections[key] = result
        return result

    def _undecided(self, selector: Selector, found: Vector, own: Mapping[str, str]) -> tuple[Matcher, ...]:
        """The matchers that are still to be looked at, once the hosts' own labels have passed theirs.

        ``instance!="a"`` stands in many expressions with another name each; what it leaves is the same.
        """
        labels = self._own_everywhere.get(found)
        if labels is None:
            everywhere = [_own_in(shape) for shape in found.shapes]
            labels = frozenset(set.intersection(*everywhere)) if found.shapes else frozenset()
            self._own_everywhere[found] = labels
        matchers = selector.matchers
        if any(m.label in labels and not _passes(own, m.label, m.op, m.value) for m in matchers):
            return matchers
        return tuple(m for m in matchers if m.label not in labels)


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


def _own_in(shape: Shape) -> set[str]:
    """The labels of a shape that are the host's own."""
    return {label for label, value in shape.labels.items() if value == Own(label)}


def _written(tree: Node) -> frozenset[str]:
    """The texts that ``label_replace`` writes as they stand."""
    calls = (node for node in walk(tree) if isinstance(node, Call) and node.name == "label_replace")
    texts = (bare(call.args[2]) for call in calls)
    return frozenset(text.value for text in texts if isinstance(text, String) and "$" not in text.value)


def _passes(own: Mapping[str, str], label: str, op: str, text: str) -> bool:
    left, _ = narrowed(only(own.get(label, "")), op, text, own)
    return left is not None
