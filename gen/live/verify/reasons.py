"""Why an expression is empty: followed from the panel through rules down to the exporter.

The nearest thing that is known to be wrong is to blame, in this order: an exporter that is missing, down or
labelled otherwise; a rule that is not loaded or fails; a metric that the exporter does not give; a matcher
that no series passes; data that is younger than the expression looks back. What none of them explains is said
to be unexplained.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from monogen.inventory.model import Fleet
from monogen.lint.abstract.selecting import names_of
from monogen.lint.world import World
from monogen.lint.world.exposed import SCRAPED
from monogen.live.errors import LiveError
from monogen.live.prometheus import Prometheus
from monogen.live.verify.answers import Answered
from monogen.live.verify.lifting import lifted
from monogen.live.verify.model import Dark, Question, Reason
from monogen.live.verify.planned import Planned
from monogen.live.verify.rules import Loaded
from monogen.live.verify.targets import Scraped
from monogen.monitoring import Monitoring, Rule
from monogen.promql.tree import Node, Selector, Subquery, selectors, walk
from monogen.promql.writing import quoted, write

NAMES_AT_ONCE = 40
"""Metric names in one question: each gives an answer of a line a host."""

CONSTANTS_INTERVAL = 60.0
"""Seconds between evaluations of the inventory's constants."""

YOUNG = "it looks back further than its host has been scraped"

UNEXPLAINED = Reason("unexplained", "the cause is not known: its parts have data there, and it has none")


@dataclass(slots=True)
class Evidence:
    """Everything that was found out before."""

    fleet: Fleet
    world: World
    monitoring: Monitoring
    planned: Sequence[Planned]
    scraped: Scraped
    loaded: Loaded


@dataclass(slots=True)
class _Known:
    """Which hosts have which series, by name and by selector, and since when they are scraped."""

    names: dict[str, frozenset[str]] = field(default_factory=dict)
    selectors: dict[str, frozenset[str]] = field(default_factory=dict)


def explained(server: Prometheus, evidence: Evidence, answered: Answered) -> tuple[Dark, ...]:
    """Every missing answer with its reason, and what else an exporter that fails has taken away."""
    tracing = _Tracing(evidence)
    dark: list[Dark] = []
    left: list[tuple[Question, str]] = []
    for question, host in answered.missing:
        reason = _of(tracing.target, question, host)
        if reason is None:
            left.append((question, host))
        else:
            dark.append(Dark(question, host, reason))
    for question, host in answered.silent:
        if reason := tracing.target(question.tree, host):
            dark.append(Dark(question, host, reason))
    dark += tracing.partly(answered.giving)
    if left:
        tracing.ask(server, [question.tree for question, _ in left])
        young = _Young(server, evidence)
        for question, host in left:
            reason = _of(tracing.cause, question, host)
            if reason is None or reason.kind == "metric":
                reason = young.reason(tracing, question.tree, host) or reason
            dark.append(Dark(question, host, reason or UNEXPLAINED))
    return tuple(dark)


def _of(tracing: Callable[[Node, str], Reason | None], question: Question, host: str) -> Reason | None:
    """The reason on a host. What is empty for the whole fleet must be so on every host."""
    hosts = [host] if host else sorted(question.expected)
    reasons = [tracing(question.tree, one) for one in hosts]
    return reasons[0] if reasons and all(reasons) else None


class _Tracing:
    """Follows expressions down. Answers are kept by (expression, host)."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._known = _Known()
        self._targets: dict[str, list[Planned]] = defaultdict(list)
        for target in evidence.planned:
            self._targets[target.host.name].append(target)
        self._planned: dict[tuple[str, str], Rule] = {(r.name, r.expr): r for r in evidence.monitoring.rules}
        self._names: dict[int, tuple[tuple[Selector, str], ...]] = {}
        self._others: dict[tuple[int, str], bool] = {}
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
        packs = [names[i : i + NAMES_AT_ONCE] for i in range(0, len(names), NAMES_AT_ONCE)]
        by_name = [
            f"group by (__name__, instance) ({{__name__=~{quoted('|'.join(pack))}}})" for pack in packs
        ]
        answers = server.ask_all([*by_name, *texts.values()])
        found: dict[str, set[str]] = defaultdict(set)
        for text in by_name:
            answer = answers[text]
            for sample in () if isinstance(answer, LiveError) else answer:
                found[sample.labels.get("__name__", "")].add(sample.labels.get("instance", ""))
        self._known.names = {name: frozenset(found[name]) for name in names}
        for key, text in texts.items():
            answer = answers[text]
            if not isinstance(answer, LiveError):
                self._known.selectors[key] = frozenset(s.labels.get("instance", "") for s in answer)

    def cause(self, tree: Node, host: str, seen: frozenset[str] = frozenset()) -> Reason | None:
        """What is to blame where the exporters answer."""
        for leaf, name in self._leaves(tree):
            if name in seen or self._for_others(leaf, host):
                continue
            there = self._has(self._known.names.get(name), host)
            if there and self._has(self._known.selectors.get(write(leaf)), host) is False:
                return Reason("labels", f"`{name}` is there, but none of it passes `{write(leaf)}`", name)
            if there is not False:
                continue
            if reason := self._absent(name, host, seen | {name}):
                return reason
        return None

    def _absent(self, name: str, host: str, seen: frozenset[str]) -> Reason | None:
        """Why the host has no series of that name."""
        if words := self._evidence.loaded.bad.get(name):
            return Reason("rule", words, name)
        for below in self._trees(name, host):
            if reason := self.cause(below, host, seen):
                return reason
        target = self._certain(name, host)
        return Reason("metric", f"{target.header.title} does not give `{name}`", name) if target else None

    def _for_others(self, leaf: Selector, host: str) -> bool:
        """Whether a selector can never find anything on the host: it is meant for other hardware."""
        key = (id(leaf), host)
        if key not in self._others:
            instant = replace(leaf, range=None, offset=0.0, at=None)
            self._others[key] = self._evidence.world.answer(instant, host).kind == "empty"
        return self._others[key]

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

    def _below(self, tree: Node) -> Iterator[tuple[Selector, str]]:
        """The selectors of an expression and of all rules behind it."""
        waiting, seen = [tree], set()
        while waiting:
            current = waiting.pop()
            if id(current) in seen:
                continue
            seen.add(id(current))
            for leaf, name in self._leaves(current):
                yield leaf, name
                rules = self._evidence.world.records.rules(name)
                waiting += [rule.expression.tree for rule in rules if rule.expression.tree is not None]

    def reach(self, tree: Node) -> float:
        """Seconds of history that the expression and the rules behind it need before they have data."""
        settings = self._evidence.fleet.prometheus
        waiting, seen, longest = [tree], set(), 0.0
        while waiting:
            current = waiting.pop()
            if id(current) in seen:
                continue
            seen.add(id(current))
            longest = max(longest, *(_back(node) for node in walk(current)))
            for _, name in self._leaves(current):
                rules = self._evidence.world.records.rules(name)
                waiting += [rule.expression.tree for rule in rules if rule.expression.tree is not None]
        steps = 3 * settings.scrape_interval + 3 * settings.evaluation_interval
        return longest + steps + CONSTANTS_INTERVAL


def _back(node: Node) -> float:
    """Seconds that a part looks back at least before there is a result."""
    if isinstance(node, Selector):
        return max(node.offset, 0.0)
    if isinstance(node, Subquery):
        return max(node.offset, 0.0) + (node.step or 0.0)
    return 0.0


class _Young:
    """Hosts that have not been scraped for long enough."""

    def __init__(self, server: Prometheus, evidence: Evidence) -> None:
        self._server = server
        self._fleet = evidence.fleet
        self._old: dict[float, frozenset[str]] = {}

    def reason(self, tracing: _Tracing, tree: Node, host: str) -> Reason | None:
        """The reason, where the host (or anybody) has been scraped for less time than it takes."""
        seconds = tracing.reach(tree)
        if seconds not in self._old:
            matchers = f"fleet={quoted(self._fleet.name)}"
            expr = f"group by (instance) (up{{{matchers}}} offset {round(seconds * 1000)}ms == 1)"
            self._old[seconds] = frozenset(s.labels.get("instance", "") for s in self._server.query(expr))
        old = self._old[seconds]
        if (host in old) if host else old:
            return None
        return Reason("young", YOUNG, f"{seconds:.0f}", gap=False)
