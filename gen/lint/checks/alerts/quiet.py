"""Whether an expression can be quiet: whether it sometimes gives nothing although its series are there."""

from __future__ import annotations

from monogen.lint.facts.series import Facts
from monogen.lint.world.exposed import ALERTS
from monogen.promql.tree import Aggregation, Binary, Call, Node, Parens, Selector, Subquery, Unary
from monogen.promql.types import is_scalar

_FILTERS = frozenset({"absent", "absent_over_time", "info"})


def never_quiet(node: Node, facts: Facts) -> Node | None:
    """A part that gives data whenever its series are there, so that the whole does; None if it can be quiet.

    What nobody can know from here counts as quiet: series that an unknown rule records, vector matching.
    """
    return _Quiet(facts).never(node)


class _Quiet:
    """Follows an expression, and the rules that record what it reads."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.followed: set[str] = set()

    def never(self, node: Node) -> Node | None:
        """See ``never_quiet``."""
        if is_scalar(node):
            return node
        if isinstance(node, Selector):
            return None if _asks_for_a_fact(node) or self._comes_and_goes(node.name) else node
        if isinstance(node, Binary):
            return self._binary(node)
        if isinstance(node, Call):
            return self._call(node)
        if isinstance(node, Parens | Unary | Subquery | Aggregation):
            return self.never(node.expr) and node
        return node

    def _comes_and_goes(self, name: str) -> bool:
        if not name or name in ALERTS or name in self.followed:
            return True
        if name not in self.facts.records:
            return ":" in name
        self.followed.add(name)
        trees = [rule.expression.tree for rule in self.facts.records[name]]
        comes_and_goes = any(tree is None or self.never(tree) is None for tree in trees)
        self.followed.discard(name)
        return comes_and_goes

    def _binary(self, node: Binary) -> Node | None:
        if node.op == "or":
            return self.never(node.lhs) or self.never(node.rhs)
        if node.is_set_operation or (node.is_comparison and not node.bool):
            return None
        vectors = [side for side in (node.lhs, node.rhs) if not is_scalar(side)]
        if len(vectors) > 1 and (node.matching.stated or node.matching.group):
            return None
        return node if all(self.never(side) for side in vectors) else None

    def _call(self, node: Call) -> Node | None:
        if node.name in _FILTERS:
            return None
        vectors = [argument for argument in node.args if not is_scalar(argument)]
        return node if node.name == "vector" or all(self.never(side) for side in vectors) else None


def _asks_for_a_fact(selector: Selector) -> bool:
    """``os_info{version="5.4"}``: facts stand in the labels of such series, so a matcher is a condition."""
    facts = any(matcher.label not in _TARGET for matcher in selector.matchers)
    return facts and selector.name.endswith(_FACTS)


_FACTS = ("_info", "_taint", "_labels")
_TARGET = frozenset({"job", "instance", "fleet", "cluster", "namespace", "__name__"})
"""Labels that only say which series are meant."""
