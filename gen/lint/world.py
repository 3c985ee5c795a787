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
from monogen.lint.abstract.selecting import filtered, names_of, select
from monogen.lint.abstract.shapes import Reason, ReasonKind, Shape, Vector, vector_of
from monogen.lint.abstract.values import ANY, Own, Value, Watched, narrowed, only
from monogen.lint.documents import GroupItem, RuleItem
from monogen.lint.exposed import EXTRA_SCRAPED, SCRAPED, Exposition
from monogen.lint.hosts import HostClass, classes_of, own_labels
from monogen.lint.recorded import Records
from monogen.promql.tree import Call, Matcher, Node, Selector, String, bare, selectors, walk

ALERTS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
"""What Prometheus writes while an alert is pending or fires."""

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
        self._class_of = {name: series for series in self.classes for name in series.hosts.names}

    @classmethod
    def of(cls, fleet: Fleet, groups: Iterable[GroupItem] = ()) -> World:
        """The world of a fleet in which these groups are evaluated."""
        return cls(fleet, groups)

    def answers(self, tree: Node) -> list[Answer]:
        """What an expression gives on each host, hosts with the same answer together."""
        found: dict[tuple[AnswerKind, tuple[Reason, ...], str], list[str]] = {}
        for hosts, vector in self.vectors(tree):
            kind, needs = _judged(vector)
            found.setdefault((kind, vector.reasons, needs), []).extend(hosts.names)
        return [Answer(tuple(names), *about) for about, names in found.items()]

    def vectors(self, tree: Node) -> Iterator[tuple[HostClass, Vector]]:
        """The series that an expression gives, for each class of hosts or part of one."""
        leaves = tuple(selectors(tree))
        evaluated: dict[tuple[int, ...], Vector] = {}
        for series in self._parts_for(leaves, _written(tree)):
            given = {id(leaf): series.selected(leaf) for leaf in leaves}
            key = tuple(map(id, given.values()))
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

    def recorded(self, rule: RuleItem, hosts: HostClass, found: Vector) -> Vector:  # noqa: ARG002
        """What a rule records on some hosts; a world that knows more than the expression says adds it."""
        return found

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that a catalog, a rule or Prometheus itself gives."""
        return self.exposition.names() | self.records.names | ALERTS

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
            left = filtered(found, matchers, own) if matchers and found.shapes else found
            result = self.shared(left)
            if not own.asked:
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


class HostSeries:
    """The series of some hosts that are alike; ``own`` are the labels of the first of them."""

    def __init__(self, world: World, hosts: HostClass) -> None:
        """Nothing is looked up before it is asked for."""
        self._world = world
        self.hosts = hosts
        self.own: Mapping[str, str] = hosts.own
        self.alone = len(hosts.names) == 1
        self._named: dict[str, Vector] = {}
        self._recorded: dict[RuleItem, Vector] = {}

    def named(self, name: str) -> Vector:
        """Every series of that name, or the reasons why there are none."""
        found = self._named.get(name)
        if found is None:
            rules = self._world.records.rules(name)
            found = self._named[name] = self._world.shared(self._find(name, rules))
        return found

    def names(self) -> frozenset[str]:
        """Every name that an exporter of the hosts or a rule may give."""
        kinds = [target.kind for target in self.hosts.likeness.targets]
        return self._world.exposition.names(kinds) | self._world.records.names | ALERTS

    def selected(self, selector: Selector) -> Vector:
        """What a selector finds; equal answers are one object."""
        return self._world.selected(selector, self)

    def _find(self, name: str, rules: Iterable[RuleItem]) -> Vector:
        """The series of a name, of recorded ones those of ``rules``."""
        shapes: list[Shape] = []
        reasons: list[Reason] = []
        for target in self.hosts.likeness.targets:
            exposed = self._world.exposition.of(target, self.hosts, name)
            if isinstance(exposed, Shape):
                shapes.append(exposed)
            elif exposed is not None:
                reasons.append(exposed)
        if name in ALERTS:
            shapes.append(_alert_series(name))
        shapes += [
            Shape(name, dict(told)) for record, told in self.hosts.likeness.constants if record == name
        ]
        for rule in rules:
            recorded = self._record(rule)
            shapes += recorded.shapes
            reasons += recorded.reasons
        return vector_of(shapes, reasons) if shapes else self._missing(name, reasons)

    def _missing(self, name: str, reasons: Sequence[Reason]) -> Vector:
        """Nobody on the hosts is known to have it: the reasons, or that nobody can tell."""
        targets = self.hosts.likeness.targets
        described = all(self._world.exposition.samples(target.kind) for target in targets)
        if described and reasons:
            return Vector((), tuple(dict.fromkeys(reasons)))
        if described and self._world.knows(name):
            return Vector((), (self._not_here(name),))
        return _unknown(name)

    def _not_here(self, name: str) -> Reason:
        known = self._world.metrics(name)
        if not known:
            return Reason("record", f"`{name}` is recorded for other hosts only", name)
        title = self._world.exposition.kinds[known[0][0]].title
        return Reason("exporter", f"`{name}` is of {title}, which the host does not run", name)

    def _record(self, rule: RuleItem) -> Vector:
        """What a rule records here. What it reads is looked at first, so that long chains do not recurse."""
        if rule not in self._recorded:
            for needed in self._world.records.before(rule, self._recorded):
                # A selector without a name reads everything, this very rule included.
                self._recorded[needed] = _unknown(needed.record)
                self._recorded[needed] = self._evaluated(needed)
        return self._recorded[rule]

    def _evaluated(self, rule: RuleItem) -> Vector:
        records, tree = self._world.records, rule.expression.tree
        if tree is None or records.is_circular(rule):
            return _unknown(rule.record)
        read = records.read_through(rule)
        given = {id(leaf): self._read(leaf, read[id(leaf)]) for leaf in selectors(tree) if id(leaf) in read}
        found = Evaluation(self, given).vector(tree)
        labels = {label: only(text) for label, text in records.labels(rule).items()}
        recorded = Vector(
            tuple(_named(shape, rule.record, labels) for shape in found.shapes),
            tuple(_behind(reason, rule.record) for reason in found.reasons),
        )
        return self._world.recorded(rule, self.hosts, recorded)

    def _read(self, leaf: Selector, rules: Sequence[RuleItem]) -> Vector:
        """What a selector finds of recorded series, those of rules that it cannot mean left out.

        Rules of one name may stand on each other's other operating system, and only seem to go in circles.
        """
        names = names_of(leaf) or frozenset()
        if len(names) != 1:
            return select(leaf, self)
        (name,) = names
        return select(leaf, _Only(self, name, self._find(name, rules)))


class Everybody:
    """The series of all hosts at once, as one server sees them."""

    def __init__(self, world: World) -> None:
        """The union of all classes; a label of the hosts may be that of any of them."""
        self._world = world
        self.own: Mapping[str, str] = {}
        self.alone = False
        self._named: dict[str, Vector] = {}
        self._followed: dict[RuleItem, None] = {}

    def named(self, name: str) -> Vector:
        """The series of that name on any host, and what rules record of all hosts together."""
        if name not in self._named:
            for rule in self._world.records.rules(name):
                # In order, so that long chains of rules do not recurse.
                for needed in self._world.records.before(rule, self._followed):
                    self._followed[needed] = None
                    self._look_up(needed.record)
            self._look_up(name)
        return self._named[name]

    def _look_up(self, name: str) -> None:
        if name not in self._named:
            self._named[name] = Vector(())  # rules that go in circles find nothing here
            self._named[name] = self._find(name)

    def names(self) -> frozenset[str]:
        """Every name that a host or a rule may give."""
        return frozenset().union(*(series.names() for series in self._world.classes))

    def _find(self, name: str) -> Vector:
        shapes: list[Shape] = []
        reasons: list[Reason] = []
        for series in self._world.classes:
            found = series.named(name)
            shapes += (self._anyones(shape, series.hosts) for shape in found.shapes)
            reasons += found.reasons
        records = self._world.records
        for rule in () if shapes else records.rules(name):
            if rule.expression.tree is not None:
                together = Evaluation(self).vector(rule.expression.tree)
                labels = {label: only(text) for label, text in records.labels(rule).items()}
                shapes += (_named(shape, name, labels) for shape in together.shapes)
        return vector_of(shapes, reasons)

    def _anyones(self, shape: Shape, hosts: HostClass) -> Shape:
        """The shape with the hosts' own labels as what they are on any of the hosts."""
        labels = {label: self._of_any(value, hosts) for label, value in shape.labels.items()}
        return Shape(shape.name, labels, shape.open, shape.certain, shape.needs, shape.unknown)

    def _of_any(self, value: Value, hosts: HostClass) -> Value:
        if not isinstance(value, Own):
            return value
        if value.label in ("os", "hardware", "fleet"):
            return only(hosts.own[value.label])
        return only(hosts.names[0]) if value.label == "instance" and len(hosts.names) == 1 else ANY


class _Seen:
    """The series of some hosts, with labels that are watched."""

    def __init__(self, series: HostSeries, own: Mapping[str, str]) -> None:
        self.own = own
        self.alone = series.alone
        self.named = series.named
        self.names = series.names


class _Only:
    """The series of some hosts, with what is found under one name told beforehand."""

    def __init__(self, series: HostSeries, name: str, vector: Vector) -> None:
        self.own = series.own
        self.alone = series.alone
        self._series = series
        self._name = name
        self._vector = vector

    def named(self, name: str) -> Vector:
        return self._vector if name == self._name else self._series.named(name)

    def names(self) -> frozenset[str]:
        return self._series.names()


def _named(shape: Shape, name: str, labels: Mapping[str, Value]) -> Shape:
    """A result as a recorded series: under its name and with the rule's own labels."""
    merged = {**shape.labels, **labels}
    return Shape(name, merged, shape.open, shape.certain, shape.needs, shape.unknown)


def _behind(reason: Reason, record: str) -> Reason:
    """Why a recorded series is empty, seen from what reads it."""
    kind: ReasonKind = reason.kind if reason.kind == "exporter" else "record"
    return Reason(kind, reason.text, record, reason.instead)


def _unknown(name: str) -> Vector:
    """Series of that name of which nobody can say anything."""
    return Vector((Shape(name, {}, open=True, certain=False, unknown=True),))


def _alert_series(name: str) -> Shape:
    """ALERTS carries whatever labels the alerts have."""
    labels: dict[str, Value] = {"alertname": ANY}
    if name == "ALERTS":
        labels["alertstate"] = frozenset({"pending", "firing"})
    return Shape(name, labels, open=True, certain=False, needs="an alert")


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
