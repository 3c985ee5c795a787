"""What checks may ask about beside what they look at: the settings, the inventory, all that is linted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from monogen.inventory.model import Fleet, PrometheusSettings
from monogen.lint.documents import (
    BoardItem,
    Document,
    Expression,
    GroupItem,
    RuleItem,
    ScrapeItem,
    Source,
)
from monogen.lint.hosts import own_labels
from monogen.lint.reading.source import Placed
from monogen.lint.settings import LintSettings
from monogen.lint.suppression import EXPECTS_EMPTY, Suppression, suppressions_in
from monogen.monitoring import Rule
from monogen.promql import Node

if TYPE_CHECKING:
    from monogen.lint.world import Answer, World


@dataclass(slots=True)
class Linted:
    """All that was read, by what it is."""

    documents: list[Document] = field(default_factory=list)
    groups: list[GroupItem] = field(default_factory=list)
    scrapes: list[ScrapeItem] = field(default_factory=list)
    boards: list[BoardItem] = field(default_factory=list)

    @property
    def rules(self) -> Iterable[RuleItem]:
        """Every rule of every group."""
        return (rule for group in self.groups for rule in group.rules)

    @property
    def expressions(self) -> Iterable[Expression]:
        """Every expression of rules, panels, variables and annotations."""
        yield from (rule.expression for rule in self.rules)
        for board in self.boards:
            yield from (expression for panel in board.panels for expression in panel.expressions)
            yield from board.expressions


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
        self._answers: dict[int, list[Answer]] = {}
        self._declared: dict[str, list[Suppression]] = {}

    def planned(self, name: str, expr: str) -> Rule | None:
        """The rule that a build of the inventory makes, if this is one: it knows its hosts."""
        return self._planned.get((name, expr))

    def answers(self, tree: Node) -> list[Answer]:
        """What an expression gives on the hosts of the inventory; asked once for each tree. Needs a world."""
        if self.world is None:
            raise ValueError("without an inventory nothing is known of what an expression gives")
        found = self._answers.get(id(tree))
        if found is None:
            found = self._answers[id(tree)] = self.world.answers(tree)
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
        return self._rules.get(id(expression))

    def own_labels(self, host: str) -> Mapping[str, str]:
        """The labels that all series of a host carry."""
        return self._own_labels[host]

    @cached_property
    def _rules(self) -> dict[int, RuleItem]:
        return {id(rule.expression): rule for rule in self.linted.rules}

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
