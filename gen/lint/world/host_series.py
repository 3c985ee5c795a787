"""The series of one class of hosts, and those of all hosts at once: exposed ones and recorded ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from monogen.lint.abstract.evaluation import Evaluation
from monogen.lint.abstract.selecting import names_of, select
from monogen.lint.abstract.shapes import Reason, ReasonKind, Shape, Vector, vector_of
from monogen.lint.abstract.values import ANY, Own, Value, only
from monogen.lint.documents import RuleItem
from monogen.lint.world.exposed import ALERTS
from monogen.lint.world.hosts import HostClass
from monogen.promql.tree import Selector, selectors

if TYPE_CHECKING:
    from monogen.lint.world.world import World


class HostSeries:
    """The series of some hosts that are alike; ``own`` are the labels of the first of them."""

    def __init__(self, world: World, hosts: HostClass) -> None:
        """Nothing is looked up before it is asked for."""
        self._world = world
        self.hosts = hosts
        self.own: Mapping[str, str] = hosts.own
        self.alone = len(hosts.names) == 1
        self.jobs = frozenset(target.job for target in hosts.likeness.targets)
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
        constants = (told for record, told in self.hosts.likeness.constants if record == name)
        # They are a set: sorted, so that the same input gives the same sentences.
        shapes += [Shape(name, dict(told)) for told in sorted(constants, key=repr)]
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
        return Reason("exporter", f"`{name}` comes from {title}, which does not run there", name)

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
        given = {leaf: self._read(leaf, read[leaf]) for leaf in selectors(tree) if leaf in read}
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
        self.jobs: frozenset[str] = frozenset().union(*(series.jobs for series in world.classes))
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


class _Only:
    """The series of some hosts, with what is found under one name told beforehand."""

    def __init__(self, series: HostSeries, name: str, vector: Vector) -> None:
        self.own = series.own
        self.alone = series.alone
        self.jobs = series.jobs
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
