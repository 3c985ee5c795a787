"""What checks may ask about beside what they look at: the settings, the inventory, all that is linted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from monogen.inventory.model import Fleet, PrometheusSettings
from monogen.lint.abstract.shapes import Vector
from monogen.lint.documents import (
    Expression,
    GroupItem,
    Linted,
    RuleItem,
    Source,
)
from monogen.lint.facts.order import Order, order
from monogen.lint.facts.series import Facts
from monogen.lint.reading.source import Placed
from monogen.lint.reading.suppression import EXPECTS_EMPTY, Suppression, suppressions_in
from monogen.lint.settings import LintSettings
from monogen.lint.world import Answer, World
from monogen.lint.world.hosts import HostClass, own_labels
from monogen.lint.world.world import answers_of
from monogen.monitoring import Rule
from monogen.promql import Node, selectors


class Context:
    """One run of the linter.

    ``fleet`` and ``world`` (what the fleet's hosts expose and what rules record) are None without an
    inventory. ``generated`` are groups that a build of the inventory records beside those that are linted,
    ``planned`` the rules of that build, which know for which hosts they are meant.
    """

    def __init__(
        self,
        linted: Linted,
        settings: LintSettings,
        fleet: Fleet | None = None,
        world: World | None = None,
        generated: Sequence[GroupItem] = (),
        planned: Iterable[Rule] = (),
    ) -> None:
        """Nothing is computed before a check asks for it."""
        self.linted = linted
        self.settings = settings
        self.fleet = fleet
        self.world = world
        self.generated = generated
        self._planned = {(rule.name, rule.expr): rule for rule in planned}
        self._answers: dict[Node, list[Answer]] = {}
        self._vectors: dict[Node, Sequence[tuple[HostClass, Vector]]] = {}
        self._declared: dict[str, list[Suppression]] = {}

    def planned(self, name: str, expr: str) -> Rule | None:
        """The rule that a build of the inventory makes, if this is one: it knows its hosts."""
        return self._planned.get((name, expr))

    def answers(self, tree: Node) -> list[Answer]:
        """What an expression gives on the hosts of the inventory; asked once for each tree. Needs a world."""
        found = self._answers.get(tree)
        if found is None:
            found = self._answers[tree] = answers_of(self.vectors(tree))
        return found

    def vectors(self, tree: Node) -> Sequence[tuple[HostClass, Vector]]:
        """The series that an expression gives, by class of hosts; asked once for each tree. Needs a world."""
        if self.world is None:
            raise ValueError("without an inventory nothing is known of what an expression gives")
        found = self._vectors.get(tree)
        if found is None:
            found = self._vectors[tree] = tuple(self.world.vectors(tree))
        return found

    def expects_empty(self, expression: Expression) -> bool:
        """Whether the rule of a build, or a comment, says that no data is the good news."""
        planned = self.planned(expression.name, expression.text)
        if planned is not None:
            return planned.expects_empty
        declared = self._declared_in(expression.document.source)
        if not declared:
            return False
        start, end = expression.document.source.place(expression.document.number, expression.keys)
        return any(comment.holds_for(start, end) for comment in declared)

    def _declared_in(self, source: Source) -> list[Suppression]:
        """The comments of a file that say of a rule that it expects to find nothing."""
        found = self._declared.get(source.path)
        if found is None:
            looked_at = isinstance(source, Placed) and EXPECTS_EMPTY in source.text
            comments = suppressions_in(source.file) if looked_at and isinstance(source, Placed) else []
            found = self._declared[source.path] = [comment for comment in comments if comment.expects_empty]
        return found

    def rule_of(self, expression: Expression) -> RuleItem | None:
        """The rule that the expression is of; None for those of boards."""
        return self._rules.get(expression)

    def own_labels(self, host: str) -> Mapping[str, str]:
        """The labels that all series of a host carry."""
        return self._own_labels[host]

    @cached_property
    def _rules(self) -> dict[Expression, RuleItem]:
        return {rule.expression: rule for rule in self.linted.rules}

    @cached_property
    def readers(self) -> Mapping[str, Sequence[Expression]]:
        """The linted expressions that read series of a name."""
        found: dict[str, list[Expression]] = {}
        for expression in self.linted.expressions:
            tree = expression.tree
            for name in dict.fromkeys(leaf.name for leaf in selectors(tree)) if tree is not None else ():
                found.setdefault(name, []).append(expression)
        return found

    @cached_property
    def _own_labels(self) -> dict[str, dict[str, str]]:
        fleet = self.fleet
        return {host.name: own_labels(fleet, host) for host in fleet.hosts} if fleet else {}

    @cached_property
    def prometheus(self) -> PrometheusSettings:
        """The server that will evaluate: the inventory's word, else the defaults."""
        return self.fleet.prometheus if self.fleet else PrometheusSettings()

    @cached_property
    def groups(self) -> tuple[GroupItem, ...]:
        """All groups that will be loaded together: the linted and the generated ones."""
        return (*self.linted.groups, *self.generated)

    @cached_property
    def order(self) -> Order:
        """Which of all these rules reads which; a world of the same groups knows it already."""
        world, groups = self.world, self.groups
        return world.records.order if world is not None and world.groups == groups else order(groups)

    @cached_property
    def facts(self) -> Facts:
        """What catalogs and all these rules say about series."""
        return Facts(self.order, self.fleet, self.prometheus)
