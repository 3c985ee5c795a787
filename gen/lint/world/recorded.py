"""What rules record: the recording rules of a world, in the order in which they can be followed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from monogen.inventory.model import Fleet
from monogen.lint.abstract.values import Own, only
from monogen.lint.documents import GroupItem, RuleItem
from monogen.lint.facts.order import Order, order, static_labels
from monogen.lint.world.hosts import Constant, own_labels
from monogen.promql.placeholder import START as CHOSEN
from monogen.promql.tree import Selector, selectors

Telling = frozenset[tuple[str, str, str]]
"""Matchers (label, operator, text) that can tell hosts of one class apart."""


class Records:
    """The recording rules of a world.

    Rules that state something of one host (``vector(1)`` with ``instance: spark-1``) are constants of that
    host, kept apart: there may be many of them, and they depend on nothing.
    """

    def __init__(self, fleet: Fleet, groups: Iterable[GroupItem]) -> None:
        """Sort the rules of these groups."""
        self._personal = frozenset(("instance", *fleet.label_names))
        self._own = {host.name: own_labels(fleet, host) for host in fleet.hosts}
        self.constants: dict[str, list[Constant]] = {}
        self._constant_names: set[str] = set()
        kept = [replace(group, rules=tuple(self._without_constants(group))) for group in groups]
        self.order: Order = order(kept)
        self._circular = frozenset(rule for cycle in self.order.cycles for rule in cycle)
        self._telling: dict[RuleItem, Telling] = {}

    def _without_constants(self, group: GroupItem) -> Iterator[RuleItem]:
        for rule in group.rules:
            constant = self._constant(rule, group)
            if constant is None:
                yield rule
            else:
                host, labels = constant
                self._constant_names.add(rule.record)
                self.constants.setdefault(host, []).append((rule.record, labels))

    def _constant(
        self, rule: RuleItem, group: GroupItem
    ) -> tuple[str, tuple[tuple[str, Own | frozenset[str]], ...]] | None:
        """The host and the labels of a rule that only states something of that host."""
        labels = static_labels(rule, group)
        own = self._own.get(labels.get("instance", ""))
        tree = rule.expression.tree
        if own is None or not rule.record or tree is None or any(selectors(tree)):
            return None
        told = tuple(
            (label, Own(label) if own.get(label) == text else only(text))
            for label, text in sorted(labels.items())
        )
        return labels["instance"], told

    def __contains__(self, name: object) -> bool:
        """Whether some rule records series of that name."""
        return name in self._constant_names or name in self.order.records

    @property
    def names(self) -> frozenset[str]:
        """Every name that is recorded."""
        return frozenset(self._constant_names).union(self.order.records)

    def rules(self, name: str) -> tuple[RuleItem, ...]:
        """The rules that record that name, constants left out."""
        return self.order.records.get(name, ())

    def labels(self, rule: RuleItem) -> Mapping[str, str]:
        """The labels that a rule sets itself."""
        return static_labels(rule, self.order.groups[rule])

    def is_circular(self, rule: RuleItem) -> bool:
        """Whether the rule reads its own past, directly or by way of others."""
        return rule in self._circular

    def before(self, rule: RuleItem, done: Mapping[RuleItem, object]) -> list[RuleItem]:
        """The rules that must be followed before this one and are not ``done``, and the rule itself, last."""
        in_order: list[RuleItem] = []
        seen = {rule}
        stack = [(rule, iter(self._read_by(rule)))]
        while stack:
            current, rest = stack[-1]
            following = next((r for r in rest if r not in seen and r not in done), None)
            if following is None:
                in_order.append(current)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(self._read_by(following))))
        return in_order

    def _read_by(self, rule: RuleItem) -> tuple[RuleItem, ...]:
        return tuple(read for reading in self.order.reads(rule) for read in reading.rules)

    def read_through(self, rule: RuleItem) -> Mapping[Selector, tuple[RuleItem, ...]]:
        """The rules that each selector of the rule reads."""
        return {reading.selector: reading.rules for reading in self.order.reads(rule)}

    def telling(self, selector: Selector, names: Iterable[str]) -> Telling:
        """The matchers of a selector, and of all rules behind it, that tell hosts of one class apart."""
        own = self._telling_of(selector)
        for name in names:
            for rule in self.rules(name):
                own |= self._telling_behind(rule)
        return own

    def _telling_of(self, selector: Selector) -> Telling:
        return frozenset(
            (m.label, m.op, m.value)
            for m in selector.matchers
            if m.label in self._personal and CHOSEN not in m.value
        )

    def _telling_behind(self, rule: RuleItem) -> Telling:
        found = self._telling.get(rule)
        if found is None:
            behind = self.before(rule, {})
            trees = [read.expression.tree for read in behind if read.expression.tree is not None]
            found = frozenset().union(*(self._telling_of(leaf) for tree in trees for leaf in selectors(tree)))
            self._telling[rule] = found
        return found
