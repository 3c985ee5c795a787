"""Every expression of every rule and panel, with the hosts on which it must give data.

What must be there follows from the linter's reading of the plan (``monogen.lint.world``): catalog, targets
and rules say what an expression gives on each host while all is well. Beside that holds the plan's own word:
a rule that is not optional gives data on every host it is meant for. Constants of the inventory are left out:
whether ``vector(1)`` answers is not the question, whether it is loaded is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from monogen.inventory.model import Fleet
from monogen.lint.abstract.shapes import Vector
from monogen.lint.abstract.values import ABSENT
from monogen.lint.documents import Expression, GroupItem, RuleItem
from monogen.lint.generated import generated_groups
from monogen.lint.reading.texts import documents_of_text, gather
from monogen.lint.world import World
from monogen.lint.world.hosts import HostClass
from monogen.live.verify.lifting import INSTANCE, depends_on_host, for_host, lifted, observed
from monogen.live.verify.model import Question, QuestionKind
from monogen.monitoring import Monitoring, Rule
from monogen.promql import Node, selectors
from monogen.promql.placeholder import shown
from monogen.promql.writing import write
from msgspec import Struct
from msgspec.structs import replace


class Asked(Struct, frozen=True):
    """The questions of a plan; ``unreadable`` names the expressions that cannot be read, and why."""

    questions: tuple[Question, ...]
    unreadable: tuple[str, ...]
    world: World


def questions(fleet: Fleet, monitoring: Monitoring) -> Asked:
    """Every expression of the plan as a question."""
    groups = generated_groups(fleet, monitoring)
    planned = {(rule.name, rule.expr): rule for rule in monitoring.rules}
    world = _Promised(fleet, groups, planned)
    maker = _Maker(fleet, world)
    found = [*_of_rules(maker, groups, planned), *_of_boards(maker, monitoring)]
    return Asked(tuple(found), tuple(maker.unreadable), world)


def _of_rules(
    maker: _Maker, groups: Iterable[GroupItem], planned: Mapping[tuple[str, str], Rule]
) -> Iterator[Question]:
    for group in groups:
        for item in group.rules:
            tree = item.expression.tree
            if tree is not None and not any(selectors(tree)):
                continue
            rule = planned.get((item.name, item.expression.text))
            kind: QuestionKind = "alert" if item.alert else "rule"
            question = maker.question(kind, group.name, item.name, item.expression, rule)
            if question is not None:
                yield question


def _of_boards(maker: _Maker, monitoring: Monitoring) -> Iterator[Question]:
    for dashboard in monitoring.dashboards:
        text = json.dumps(dashboard.json)
        for board in gather(documents_of_text(f"{dashboard.name}.json", text)).boards:
            for panel in board.panels:
                for expression in panel.expressions:
                    question = maker.question("panel", dashboard.title, panel.title, expression)
                    if question is not None:
                        yield question


class _Promised(World):
    """The world of a plan, whose rules give data on the hosts that they are meant for."""

    def __init__(
        self, fleet: Fleet, groups: Iterable[GroupItem], planned: Mapping[tuple[str, str], Rule]
    ) -> None:
        self._planned = planned
        super().__init__(fleet, groups)

    def recorded(self, rule: RuleItem, hosts: HostClass, found: Vector) -> Vector:
        """What the expression says, and for certain where the plan promises it."""
        planned = self._planned.get((rule.name, rule.expression.text))
        promised = planned is not None and not planned.optional and hosts.names[0] in planned.hosts
        if not promised or any(shape.unknown for shape in found.shapes):
            return found
        return replace(found, shapes=tuple(replace(shape, certain=True, needs="") for shape in found.shapes))


class _Maker:
    """Makes questions; equal expressions are looked at once."""

    def __init__(self, fleet: Fleet, world: World) -> None:
        self._fleet = fleet
        self._world = world
        self._everybody = frozenset(host.name for host in fleet.hosts)
        self.unreadable: list[str] = []

    def question(
        self, kind: QuestionKind, place: str, name: str, expression: Expression, rule: Rule | None = None
    ) -> Question | None:
        """The question of an expression; None where it cannot be read."""
        tree = expression.tree
        if tree is None:
            why = expression.unreadable.message if expression.unreadable else "it cannot be read"
            self.unreadable.append(f"{place}, {name}: {why}")
            return None
        if kind == "alert" and not (rule and rule.expects_empty):
            tree = observed(tree)
        expected, possible = self._hosts(tree)
        if rule is not None and rule.expects_empty:
            expected = frozenset()
        elif kind == "rule" and rule is not None and not rule.optional:
            expected |= rule.hosts & possible
        asked, by_host = self._asked(tree, expected)
        of_fleet = not depends_on_host(tree) and self._speaks_for_all(tree)
        if of_fleet and not expected and self._world.together(tree).kind == "data":
            expected = possible = self._everybody
        text = shown(" ".join(expression.text.split()))
        return Question(kind, place, name, text, tree, asked, expected, possible, of_fleet, by_host)

    def _hosts(self, tree: Node) -> tuple[frozenset[str], frozenset[str]]:
        """Hosts with data for certain, and those that may have some."""
        expected: list[str] = []
        possible: list[str] = []
        for answer in self._world.answers(tree):
            if answer.kind == "data":
                expected += answer.hosts
            if answer.kind != "empty":
                possible += answer.hosts
        return frozenset(expected), frozenset(possible)

    def _speaks_for_all(self, tree: Node) -> bool:
        """Whether no result carries the name of a host."""
        shapes = [shape for _, vector in self._world.vectors(tree) for shape in vector.shapes]
        return bool(shapes) and all(shape.label(INSTANCE) == ABSENT for shape in shapes)

    def _asked(self, tree: Node, expected: frozenset[str]) -> tuple[str, dict[str, str]]:
        whole = lifted(tree, self._fleet.name)
        if whole is not None:
            return f"group by (instance) ({write(whole)})", {}
        # One host of each kind stands for the others.
        first = (
            next((name for name in series.hosts.names if name in expected), "")
            for series in self._world.classes
        )
        return "", {host: write(for_host(tree, host)) for host in first if host}
