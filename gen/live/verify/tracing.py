"""Follows an expression down: from what it reads, through the rules that record it, to the exporters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from monogen.inventory.model import Fleet
from monogen.lint.abstract.selecting import names_of
from monogen.lint.world import World
from monogen.lint.world.exposed import SCRAPED
from monogen.live.errors import LiveError
from monogen.live.prometheus import Prometheus
from monogen.live.verify.lifting import lifted
from monogen.live.verify.model import Dark, Question, Reason
from monogen.live.verify.planned import Planned
from monogen.live.verify.rules import Loaded
from monogen.live.verify.targets import Scraped
from monogen.monitoring import Monitoring, Rule
from monogen.promql.placeholder import shown
from monogen.promql.tree import Binary, Node, Selector, Subquery, selectors, walk
from monogen.promql.writing import quoted, write
from msgspec import Struct, field
from msgspec.structs import replace

NAMES_AT_ONCE = 40
"""Metric names in one question: each gives an answer of a line a host."""

ALERTS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
"""Series that are there only while something is wrong: nobody misses them."""


class Evidence(Struct):
    """Everything that was found out before."""

    fleet: Fleet
    world: World
    monitoring: Monitoring
    planned: Sequence[Planned]
    scraped: Scraped
    loaded: Loaded
    age: float | None = None
    """Seconds since the server loaded its configuration, None where nobody knows."""


class _Known(Struct):
    """Which hosts have which series, by name and by selector, and since when they are scraped."""

    names: dict[str, frozenset[str]] = field(default_factory=dict)
    selectors: dict[str, frozenset[str]] = field(default_factory=dict)


class Tracing:
    """Follows expressions down. Answers are kept by (expression, host)."""

    def __init__(self, evidence: Evidence) -> None:
        """Nothing is asked before ``ask``."""
        self._evidence = evidence
        self._known = _Known()
        self._targets: dict[str, list[Planned]] = defaultdict(list)
        for target in evidence.planned:
            self._targets[target.host.name].append(target)
        self._planned: dict[tuple[str, str], Rule] = {(r.name, r.expr): r for r in evidence.monitoring.rules}
        self._names: dict[int, tuple[tuple[Selector, str], ...]] = {}
        self._answers: dict[tuple[int, str], str] = {}
        self._of_target: dict[tuple[int, str], Reason | None] = {}

    # ---- the exporter is to blame

    def target(self, tree: Node, host: str) -> Reason | None:
        """The reason of an exporter that the expression needs on the host, and that gives nothing."""
        key = (id(tree), host)
        if key not in self._of_target:
            self._of_target[key] = None  # rules may go in circles
            self._of_target[key] = self._target(tree, host)
        return self._of_target[key]

    def _target(self, tree: Node, host: str) -> Reason | None:
        for _, name in self._leaves(tree):
            targets = self._giving(name, host)
            reasons = [self._evidence.scraped.reason(target) for target in targets]
            if reasons and all(reasons):
                return reasons[0]
            for below in self._trees(name, host):
                if reason := self.target(below, host):
                    return reason
        return None

    def partly(self, giving: Iterable[tuple[Question, frozenset[str]]]) -> Iterator[Dark]:
        """Expressions that have data on a host, but none of a model server that fails there."""
        failing: dict[str, dict[str, tuple[Planned, Reason]]] = {}
        for target in self._evidence.planned:
            reason = self._evidence.scraped.reason(target)
            silent = self._evidence.scraped.state(target) in ("down", "missing", "labels")
            if reason and silent and target.header.server:
                failing.setdefault(target.kind, {})[target.host.name] = (target, reason)
        for question, hosts in giving if failing else ():
            if question.of_fleet:
                continue
            # What Prometheus itself adds (`up`) is there in any case.
            names = {name for _, name in self._below(question.tree)} - SCRAPED
            kinds = {kind for name in names for kind, _ in self._evidence.world.metrics(name)}
            for kind in sorted(kinds & failing.keys()):
                for host in sorted(hosts & failing[kind].keys()):
                    target, reason = failing[kind][host]
                    if any(target in self._giving(name, host) for name in names):
                        yield Dark(question, host, reason, partly=True)

    def _giving(self, name: str, host: str) -> list[Planned]:
        """The host's targets that have such a series while all is well."""
        if name in SCRAPED:
            return self._targets[host]
        having = dict(self._evidence.world.metrics(name))
        return [
            target
            for target in self._targets[host]
            if (metric := having.get(target.kind)) is not None
            and metric.presence_on(
                target.host.os, target.host.hardware, target.exporter.version, target.exporter.collectors
            ).possible
        ]

    def _certain(self, name: str, host: str) -> Planned | None:
        """The host's target that must have such a series."""
        having = dict(self._evidence.world.metrics(name))
        for target in self._giving(name, host):
            metric = having.get(target.kind)
            host_ = target.host
            version, collectors = target.exporter.version, target.exporter.collectors
            if metric and metric.presence_on(host_.os, host_.hardware, version, collectors).certain:
                return target
        return None

    # ---- rules, metrics and labels are to blame

    def ask(self, server: Prometheus, trees: Iterable[Node]) -> None:
        """Ask which hosts have the series behind these expressions, by name and by selector."""
        leaves = {id(leaf): (leaf, name) for tree in trees for leaf, name in self._below(tree)}
        names = sorted({name for _, name in leaves.values()})
        texts = {}
        for leaf, _ in leaves.values():
            bare = lifted(replace(leaf, range=None, offset=0.0, at=None), self._evidence.fleet.name)
            if bare is not None:
                texts[write(leaf)] = f"group by (instance) ({write(bare)})"
        self._known.names = hosts_by_name(server, names)
        answers = server.ask_all(texts.values())
        for key, text in texts.items():
            answer = answers[text]
            if not isinstance(answer, LiveError):
                self._known.selectors[key] = frozenset(s.labels.get("instance", "") for s in answer)

    def causes(self, tree: Node, host: str) -> list[tuple[Reason, bool]]:
        """What may be to blame where the exporters answer, nearest first, and whether that is certain."""
        return list(self._causes(tree, host, set()))

    def _causes(self, tree: Node, host: str, seen: set[str]) -> Iterator[tuple[Reason, bool]]:
        for leaf, name in self._leaves(tree):
            answer = self._answer(leaf, host)
            if name in seen or answer == "empty":  # meant for other hardware
                continue
            there = self._has(self._known.names.get(name), host)
            if (
                there
                and name not in ALERTS
                and self._has(self._known.selectors.get(write(leaf)), host) is False
            ):
                words = f"`{name}` is there, but none of it passes `{shown(write(leaf))}`"
                yield Reason("labels", words, name), answer == "data"
            elif there is False:
                seen.add(name)
                yield from self._absent(name, host, seen)

    def _absent(self, name: str, host: str, seen: set[str]) -> Iterator[tuple[Reason, bool]]:
        """Why the host has no series of that name."""
        if words := self._evidence.loaded.bad.get(name):
            yield Reason("rule", words, name), True
            return
        if waiting := self._evidence.loaded.waiting.get(name):
            yield waiting, True
            return
        for below in self._trees(name, host):
            yield from self._causes(below, host, seen)
        if target := self._certain(name, host):
            yield Reason("metric", f"{target.header.title} does not give `{name}`", name), True

    def _answer(self, leaf: Selector, host: str) -> str:
        """What a selector finds on the host while all is well: "data", "empty", or nobody can say."""
        key = (id(leaf), host)
        if key not in self._answers:
            instant = replace(leaf, range=None, offset=0.0, at=None)
            self._answers[key] = self._evidence.world.answer(instant, host).kind
        return self._answers[key]

    def begun(self, tree: Node, host: str, before: Mapping[str, frozenset[str]]) -> bool:
        """Whether it reads recorded series that the host has now, and had not ``before``."""
        for name in {name for _, name in self._below(tree)} & before.keys():
            if self._has(self._known.names.get(name), host) and not self._has(before[name], host):
                return True
        return False

    def recorded(self) -> list[str]:
        """The names that were asked for and that rules record."""
        return [name for name in self._known.names if any(self._evidence.world.records.rules(name))]

    def optional(self, tree: Node, host: str) -> frozenset[str]:
        """Metrics that the expression needs and the host may have or not; none where others will do."""
        nodes = (node for one in self._behind(tree) for node in walk(one))
        if any(isinstance(node, Binary) and node.op in ("or", "unless") for node in nodes):
            return frozenset()
        return frozenset(
            name
            for _, name in self._below(tree)
            if name not in SCRAPED and self._giving(name, host) and not self._certain(name, host)
        )

    @staticmethod
    def _has(hosts: frozenset[str] | None, host: str) -> bool | None:
        """None where it was not asked."""
        return None if hosts is None else host in hosts or "" in hosts

    # ---- what reads what

    def _leaves(self, tree: Node) -> tuple[tuple[Selector, str], ...]:
        found = self._names.get(id(tree))
        if found is None:
            found = tuple((leaf, name) for leaf in selectors(tree) for name in names_of(leaf) or ())
            self._names[id(tree)] = found
        return found

    def _trees(self, name: str, host: str) -> Iterator[Node]:
        """The expressions of the rules that record a name for the host."""
        for rule in self._evidence.world.records.rules(name):
            planned = self._planned.get((rule.name, rule.expression.text))
            meant = planned is None or not planned.hosts or host in planned.hosts
            if rule.expression.tree is not None and meant:
                yield rule.expression.tree

    def _behind(self, tree: Node) -> Iterator[Node]:
        """The expression, and those of all rules behind it."""
        waiting, seen = [tree], set()
        while waiting:
            current = waiting.pop()
            if id(current) in seen:
                continue
            seen.add(id(current))
            yield current
            for _, name in self._leaves(current):
                rules = self._evidence.world.records.rules(name)
                waiting += [rule.expression.tree for rule in rules if rule.expression.tree is not None]

    def _below(self, tree: Node) -> Iterator[tuple[Selector, str]]:
        """The selectors of an expression and of all rules behind it."""
        for one in self._behind(tree):
            yield from self._leaves(one)

    def reach(self, tree: Node) -> float:
        """Seconds that the expression and the rules behind it look back at least, before they have data."""
        return max((_back(node) for one in self._behind(tree) for node in walk(one)), default=0.0)


def _back(node: Node) -> float:
    """Seconds that a part looks back at least before there is a result."""
    if isinstance(node, Selector):
        return max(node.offset, 0.0)
    if isinstance(node, Subquery):
        return max(node.offset, 0.0) + (node.step or 0.0)
    return 0.0


def hosts_by_name(server: Prometheus, names: Sequence[str], ago: str = "") -> dict[str, frozenset[str]]:
    """The hosts that have series of each name; what the server does not answer counts as none."""
    packs = [names[i : i + NAMES_AT_ONCE] for i in range(0, len(names), NAMES_AT_ONCE)]
    texts = [f"group by (__name__, instance) ({{__name__=~{quoted('|'.join(pack))}}}{ago})" for pack in packs]
    found: dict[str, set[str]] = defaultdict(set)
    for answer in server.ask_all(texts).values():
        for sample in () if isinstance(answer, LiveError) else answer:
            found[sample.labels.get("__name__", "")].add(sample.labels.get("instance", ""))
    return {name: frozenset(found[name]) for name in names}
