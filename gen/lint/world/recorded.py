"""What rules record: the recording rules of a world, in the order in which they can be followed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from monogen.inventory.model import Fleet
from monogen.lint.abstract.values import Own, only
from monogen.lint.documents import GroupItem, RuleItem
from monogen.lint.facts.order import Order, order, static_labels
from monogen.lint.world.hosts import Constant, own_labels
from monogen.lint.world.telling import Telling, Test
from monogen.promql.placeholder import START as CHOSEN
from monogen.promql.tree import Selector, selectors


class Records:
    """The recording rules of a world.

    Rules that state something of one host (``vector(1)`` with ``instance: spark-1``) are constants of that
    host, kept apart: there may be many of them, and they depend on nothing.
    """

    def __init__(self, fleet: Fleet, groups: Sequence[GroupItem]) -> None:
        """Sort the rules of these groups."""
        self._personal = frozenset(("instance", *fleet.label_names))
        self._own = {host.name: own_labels(fleet, host) for host in fleet.hosts}
        self.hosts = Telling(self._own)
        self.order: Order = order(groups)
        self.constants: dict[str, list[Constant]] = {}
        self._constants: set[RuleItem] = set()
        for rule, group in self.order.groups.items():
            constant = self._constant(rule, group)
            if constant is not None:
                host, labels = constant
                self._constants.add(rule)
                self.constants.setdefault(host, []).append((rule.record, labels))
        self._computed: dict[int, tuple[RuleItem, ...]] = {}
        self._circular = frozenset(rule for cycle in self.order.cycles for rule in cycle)
        self._tests: dict[str, frozenset[Test]] = {}

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
        return name in self.order.records

    @property
    def names(self) -> frozenset[str]:
        """Every name that is recorded."""
        return frozenset(self.order.records)

    def rules(self, name: str) -> tuple[RuleItem, ...]:
        """The rules that record that name, constants left out."""
        return self._without_constants(self.order.records.get(name, ()))

    def _without_constants(self, rules: tuple[RuleItem, ...]) -> tuple[RuleItem, ...]:
        """``rules`` is one of the order's own tuples: thousands of rules, not to be compared one by one."""
        if not self._constants:
            return rules
        found = self._computed.get(id(rules))
        if found is None:
            found = self._computed[id(rules)] = tuple(r for r in rules if r not in self._constants)
        return found

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
        return tuple([read for _, rules in self._reads(rule) for read in rules])

    def read_through(self, rule: RuleItem) -> Mapping[Selector, tuple[RuleItem, ...]]:
        """The rules that each selector of the rule reads."""
        return dict(self._reads(rule))

    def _reads(self, rule: RuleItem) -> Iterator[tuple[Selector, tuple[RuleItem, ...]]]:
        for reading in self.order.reads(rule):
            yield reading.selector, self._without_constants(reading.rules)

    def tests(self, selector: Selector, names: Iterable[str]) -> frozenset[Test]:
        """The matchers of a selector, and of all rules behind it, that tell hosts of one class apart."""
        found = self._tests_of(selector)
        return found.union(*[self._tests_behind(name) for name in names]) if names else found

    def _tests_of(self, selector: Selector) -> frozenset[Test]:
        """Those that not every host passes, of labels that hosts of one class need not have in common."""
        return frozenset(
            [
                (m.label, m.op, m.value)
                for m in selector.matchers
                if m.label in self._personal
                and CHOSEN not in m.value
                and not self.hosts.all_pass(m.label, m.op, m.value)
            ]
        )

    def _tests_behind(self, name: str) -> frozenset[Test]:
        """Those of everything that the rules which record a name stand on."""
        found = self._tests.get(name)
        if found is None:
            behind = {read for rule in self.rules(name) for read in self.before(rule, {})}
            trees = [read.expression.tree for read in behind if read.expression.tree is not None]
            found = frozenset().union(*(self._tests_of(leaf) for tree in trees for leaf in selectors(tree)))
            self._tests[name] = found
        return found
