"""What a rule has to see to be right: one target, all targets of a host, or all hosts.

Worked out from the expressions. A rule looks across hosts where something in it, or in a recorded series it
reads, forgets which host a series is of: an aggregation that does not keep `instance`, a match without it.
It needs all targets of a host where it reads series of more than one exporter, or what the inventory states
beside what was scraped: an evaluator that does not see the target takes it for missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from monogen.build import build
from monogen.lint.world import ALERTS, World
from monogen.lint.world.exposed import SCRAPED
from monogen.monitoring import Rule
from monogen.promql import read
from monogen.promql.tree import Aggregation, Binary, Node, Selector, selectors, walk

ROOT = Path(__file__).parents[2]
EXAMPLES = ("hosts/fleet.yaml", "tests/golden/everything/hosts.yaml")
INVENTORY = "inventory"


def forgets_the_host(tree: Node) -> bool:
    """Whether an expression itself joins or counts across hosts."""
    return any(
        (isinstance(node, Aggregation) and not _keeps(node.without, [w.text for w in node.labels]))
        or (isinstance(node, Binary) and _joins_hosts(node))
        for node in walk(tree)
    )


def _keeps(without: bool, labels: Iterable[str]) -> bool:
    return ("instance" in labels) != without


def _joins_hosts(node: Binary) -> bool:
    if not (any(selectors(node.lhs)) and any(selectors(node.rhs))) or not node.matching.stated:
        return False
    return not _keeps(not node.matching.on, [w.text for w in node.matching.labels])


def _states(rule: Rule) -> bool:
    """Whether it is a constant from the inventory."""
    return rule.expr.startswith("vector(")


class Scopes:
    """The scope of every rule of a fleet. ``ALL_HOSTS`` and ``HOST`` and ``TARGET`` are the answers."""

    ALL_HOSTS = "all hosts"
    HOST = "all targets of its host"
    TARGET = "one target"

    def __init__(self, inventory: Path) -> None:
        built = build(inventory, "prometheus")
        self._world = World(built.fleet)
        written = [file for file in built.monitoring.rule_files if not file.name.startswith("own-")]
        groups = [group for file in written for group in file.groups]
        every = [(group.name, rule) for group in groups for rule in group.rules]
        self.rules = [(name, rule) for name, rule in every if not _states(rule)]
        self._constants = {rule.record for _, rule in every if _states(rule)}
        self._trees: dict[str, list[Node]] = {}
        for _, rule in self.rules:
            if rule.record:
                self._trees.setdefault(rule.record, []).append(read(rule.expr))

    def of(self, expr: str) -> str:
        """What the rule with that expression has to see."""
        trees = self._behind(read(expr))
        if any(forgets_the_host(tree) for tree in trees):
            return self.ALL_HOSTS
        sources = {source for tree in trees for leaf in selectors(tree) for source in self._sources(leaf)}
        return self.TARGET if len(sources) == 1 and sources != {INVENTORY} else self.HOST

    def _behind(self, tree: Node) -> list[Node]:
        """The expression, and those of all rules it reads."""
        found, names = [tree], set()
        for each in found:
            for leaf in selectors(each):
                if leaf.name not in names:
                    names.add(leaf.name)
                    found += self._trees.get(leaf.name, [])
        return found

    def _sources(self, leaf: Selector) -> Iterable[str]:
        """The exporters that a selector reads; what Prometheus makes of every target stands for several."""
        if leaf.name in self._trees:
            return ()
        if leaf.name in self._constants:
            return (INVENTORY,)
        if leaf.name in SCRAPED or leaf.name in ALERTS:
            return ("every target", INVENTORY)
        return {kind for kind, _ in self._world.metrics(leaf.name)} or {leaf.name}


def table() -> str:
    """The table of docs/scaling.md: groups of rules by what they have to see."""
    groups: dict[str, dict[str, dict[str, None]]] = {}
    for example in EXAMPLES:
        scopes = Scopes(ROOT / example)
        for group, rule in scopes.rules:
            scope = scopes.of(rule.expr)
            groups.setdefault(group, {}).setdefault(rule.name, {})[scope] = None
    order = (Scopes.TARGET, Scopes.HOST, Scopes.ALL_HOSTS)
    lines = [f"| group | {' | '.join(order)} |", "|---|--:|--:|--:|"]
    for group, rules in sorted(groups.items()):
        # A rule that reads more in one fleet than in another counts as what it needs most.
        widest = [max(found, key=order.index) for found in rules.values()]
        lines.append(f"| {group} | {' | '.join(str(widest.count(scope)) for scope in order)} |")
    return "\n".join(lines) + "\n"
