"""Which rule reads what which other rule records, and the order in which all of them can be followed.

A rule reads another where a selector of it can select the recorded series: by name, by a matcher of
``__name__``, and unless a matcher contradicts a label that the other one sets by itself. So
``record: a`` with ``labels: {os: darwin}`` is not read by ``a{os="linux"}``. It is computed once for all
groups, and every check that asks about dependencies takes it from here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from monogen.lint.documents import GroupItem, RuleItem
from monogen.promql.matchers import passes
from monogen.promql.tree import NAME, Binary, Matcher, Node, Selector, Subquery, children
from msgspec import Struct, field


class Reading(Struct, frozen=True, eq=False):
    """A selector of a rule that can select what ``rules`` record.

    ``window`` is the range it looks over, subqueries around it included, and ``back`` the sum of
    its offsets, both in seconds; ``fixed`` says that ``@`` pins its time.
    """

    selector: Selector
    rules: tuple[RuleItem, ...]
    window: float
    back: float
    fixed: bool


class Order(Struct, frozen=True, eq=False):
    """Dependencies of all rules that are loaded together.

    ``in_order`` has every rule after those it reads, and otherwise in the order of the files; the
    rules of a cycle stand together. A cycle is a set of rules that read each other (or one that reads
    itself), in the order of the files.
    """

    in_order: tuple[RuleItem, ...]
    cycles: tuple[tuple[RuleItem, ...], ...]
    records: Mapping[str, tuple[RuleItem, ...]]
    groups: Mapping[RuleItem, GroupItem]
    readings: Mapping[RuleItem, tuple[Reading, ...]] = field(default_factory=dict)

    def reads(self, rule: RuleItem) -> tuple[Reading, ...]:
        """What the rule reads of others, in the order of its text."""
        return self.readings.get(rule, ())


def order(groups: Sequence[GroupItem]) -> Order:
    """The dependencies of these groups, taken together as one server loads them."""
    rules = [rule for group in groups for rule in group.rules]
    of_group = {rule: group for group in groups for rule in group.rules}
    recorded = _Recorded(rules, of_group)
    # Equal expressions are one tree: the constants of thousands of hosts are a few.
    of_tree: dict[Node, tuple[Reading, ...]] = {}
    readings: dict[RuleItem, tuple[Reading, ...]] = {}
    for rule in rules:
        tree = rule.expression.tree
        if tree is None:
            continue
        found = of_tree.get(tree)
        if found is None:
            found = of_tree[tree] = tuple(_readings(tree, recorded))
        if found:
            readings[rule] = found
    in_order, cycles = _sorted(rules, readings)
    names = {name: tuple(those) for name, those in recorded.by_name.items()}
    return Order(in_order, cycles, names, of_group, readings)


def static_labels(rule: RuleItem, group: GroupItem) -> Mapping[str, str]:
    """Labels that the rule sets whatever its expression gives; "" takes a label away."""
    return {**group.labels, **rule.labels} if group.labels else rule.labels


def _readings(tree: Node, recorded: _Recorded) -> Iterator[Reading]:
    """What the selectors of an expression read, in the order of the text.

    Ten thousand trees are walked here, so it is a plain loop, and most names are none that is recorded.
    """
    by_name = recorded.by_name
    stack: list[tuple[Node, float, float, bool]] = [(tree, 0.0, 0.0, False)]
    while stack:
        node, window, back, fixed = stack.pop()
        if isinstance(node, Binary):
            stack += ((node.rhs, window, back, fixed), (node.lhs, window, back, fixed))
        elif isinstance(node, Selector):
            if (not node.name or node.name in by_name) and (rules := recorded.selected_by(node)):
                pinned = fixed or node.at is not None
                yield Reading(node, rules, window + (node.range or 0.0), back + node.offset, pinned)
        elif isinstance(node, Subquery):
            pinned = fixed or node.at is not None
            stack.append((node.expr, window + node.range, back + node.offset, pinned))
        else:
            stack += [(child, window, back, fixed) for child in reversed(children(node))]


class _Recorded:
    """The recording rules, to be found by selectors. Answers are kept: many rules select the same way."""

    def __init__(self, rules: Iterable[RuleItem], of_group: Mapping[RuleItem, GroupItem]) -> None:
        self.by_name: dict[str, list[RuleItem]] = defaultdict(list)
        self._labels = {}
        for rule in rules:
            if rule.record:
                self.by_name[rule.record].append(rule)
                self._labels[rule] = static_labels(rule, of_group[rule])
        self._by_label: dict[tuple[str, str], dict[str | None, list[RuleItem]]] = {}
        self._answers: dict[object, tuple[RuleItem, ...]] = {}

    def selected_by(self, selector: Selector) -> tuple[RuleItem, ...]:
        """The rules whose series the selector can select."""
        key = (selector.name, *[(m.label, m.op, m.value) for m in selector.matchers])
        if (answer := self._answers.get(key)) is None:
            answer = self._answers[key] = self._select(selector)
        return answer

    def _select(self, selector: Selector) -> tuple[RuleItem, ...]:
        others = [matcher for matcher in selector.matchers if matcher.label != NAME]
        names = self._names(selector.name, selector.matchers)
        return tuple(rule for name in names for rule in self._of_name(name, others))

    def _names(self, name: str, matchers: Sequence[Matcher]) -> Iterable[str]:
        by_name = [matcher for matcher in matchers if matcher.label == NAME]
        if not name and not by_name:
            # A selector without a name reads any series; that it may be a recorded one too says nothing.
            return ()
        candidates = (name,) if name else self.by_name
        return [one for one in candidates if all(passes(matcher, one) for matcher in by_name)]

    def _of_name(self, name: str, matchers: Sequence[Matcher]) -> Iterable[RuleItem]:
        equal = next((matcher for matcher in matchers if matcher.op == "=" and matcher.value), None)
        candidates = self._having(name, equal) if equal else self.by_name.get(name, ())
        return (rule for rule in candidates if self._may_match(rule, matchers))

    def _having(self, name: str, equal: Matcher) -> Iterable[RuleItem]:
        """Those that set the label to that value, or do not set it."""
        index = self._by_label.get((name, equal.label))
        if index is None:
            index = self._by_label[name, equal.label] = defaultdict(list)
            for rule in self.by_name[name]:
                index[self._labels[rule].get(equal.label)].append(rule)
        return (*index.get(equal.value, ()), *index.get(None, ()))

    def _may_match(self, rule: RuleItem, matchers: Sequence[Matcher]) -> bool:
        labels = self._labels[rule]
        return all(passes(m, labels[m.label]) for m in matchers if m.label in labels)


def _sorted(
    rules: Sequence[RuleItem], readings: Mapping[RuleItem, tuple[Reading, ...]]
) -> tuple[tuple[RuleItem, ...], tuple[tuple[RuleItem, ...], ...]]:
    """The rules with those they read before them, and the cycles.

    Rules that are selected in the same way share one node, so that the edges stay few where thousands
    of rules read one name that thousands of others record.
    """
    number = {rule: index for index, rule in enumerate(rules)}
    edges: list[Sequence[int]] = [()] * len(rules)
    shared: dict[int, int] = {}
    for rule, found in readings.items():
        targets = []
        for reading in found:
            # Equal selections are one tuple: _Recorded keeps its answers.
            node = shared.get(id(reading.rules))
            if node is None:
                node = shared[id(reading.rules)] = len(edges)
                edges.append([number[read] for read in reading.rules])
            targets.append(node)
        edges[number[rule]] = targets
    in_order: list[RuleItem] = []
    cycles = []
    for component in _components(edges):
        members = [rules[node] for node in sorted(component) if node < len(rules)]
        in_order += members
        if len(component) > 1:
            cycles.append(tuple(members))
    return tuple(in_order), tuple(cycles)


def _components(edges: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Strongly connected components, each after those it leads to: Tarjan's algorithm without recursion."""
    unseen = -1
    seen_at = [unseen] * len(edges)
    low = [0] * len(edges)
    pending = [False] * len(edges)
    stack: list[int] = []
    clock = 0
    for root in range(len(edges)):
        if seen_at[root] != unseen:
            continue
        work = [(root, iter(edges[root]))]
        seen_at[root] = low[root] = clock
        clock += 1
        stack.append(root)
        pending[root] = True
        while work:
            node, targets = work[-1]
            for target in targets:
                if seen_at[target] == unseen:
                    seen_at[target] = low[target] = clock
                    clock += 1
                    stack.append(target)
                    pending[target] = True
                    work.append((target, iter(edges[target])))
                    break
                if pending[target]:
                    low[node] = min(low[node], seen_at[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == seen_at[node]:
                    yield _popped(stack, pending, node)


def _popped(stack: list[int], pending: list[bool], node: int) -> list[int]:
    component = []
    while True:
        member = stack.pop()
        pending[member] = False
        component.append(member)
        if member == node:
            return component
