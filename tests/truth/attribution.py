"""Why an expression that a real server finds empty is empty: told from the servers alone.

Neither the abstract reading nor the catalog is asked, since they are what is measured. What is known here
comes from the real series of all worlds, from more questions to the host's own server (every part of an
expression can be asked), and from known_nevers.yaml, which is written by hand.

Emptiness *follows* (``Cause.follows``) from a never, an impossible label or an impossible match:

- **never**: nothing on the host gives the metric: no such exporter, another operating system, hardware that
  cannot have it; or the rules that would record it have nothing to read for one of these three reasons.
- **label**: the metric is there, and a matcher asks for a label or a value that it cannot have: a label the
  target does not carry, one that no host of that system has on the metric, a value outside a closed set.
- **match**: both sides of an operator have series, but a label they must agree on is missing on one whole
  side, or has by construction other values there (both sides pin it by ``=``, or the target sets it).

All other causes are *other*: optional hardware, a value that another host might have, a comparison that is
quiet now (found by asking again with ``bool``), time, series taken away by ``unless`` or ``absent``.

An empty part makes the whole empty through most operators, so the search goes down from the top: `a + b`
follows if one side does, `a or b` if both do. Where it cannot be proven that emptiness follows, it is said
to be other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from monogen.monitoring import Rule
from monogen.promql import (
    Aggregation,
    Binary,
    Call,
    Matcher,
    Node,
    Number,
    Parens,
    Selector,
    String,
    Subquery,
    Unary,
    read,
    selectors,
)
from truth_knowledge import empty_labels, known, never_there
from truth_parts import NAME, clashes, holds, matching_labels, pinned, relaxed, rewritten, written
from truth_worlds import HostWorld, Labels, Worlds

FOLLOWS = ("never", "label", "match")
LITERALS = re.compile(r"[\w:]+(\|[\w:]+)*")
ONLY_ABSENT = (("=", ""), ("=~", ""), ("=~", "|"), ("!~", ".+"), ("!~", ".*"))
NATIVE = ("histogram_count", "histogram_sum", "histogram_avg", "histogram_stddev", "histogram_stdvar")


@dataclass(frozen=True, slots=True)
class Cause:
    """Why there is nothing. ``kind`` is one of FOLLOWS, or another: optional, value, comparison, time, ..."""

    kind: str
    says: str = ""

    @property
    def follows(self) -> bool:
        """Whether it is a never, an impossible label or an impossible match."""
        return self.kind in FOLLOWS


class Attribution:
    """Answers for all hosts of the worlds.

    ``real`` are the names that metrics of the exporters have anywhere: a name that no page has and that is
    not among them may be anything, and its absence proves nothing. Where they exist is not taken from it.
    """

    def __init__(self, worlds: Worlds, real: Iterable[str] = ()) -> None:
        self.real = frozenset(real)
        self.worlds = worlds.hosts
        self.hosts = {host.name: host for host in worlds.built.fleet.hosts}
        self.rules: dict[str, list[Rule]] = {}
        for rule in worlds.built.monitoring.rules:
            self.rules.setdefault(rule.record or "ALERTS", []).append(rule)
        self.kinds = _kind_by_job(worlds)
        self.attached = set().union(*(target_labels(world) for world in self.worlds.values()))

    def cause(self, tree: Node, text: str, host: str) -> Cause:
        """Why ``text`` (read as ``tree``) gives nothing on the host. It must be empty there."""
        return _Search(self, self.worlds[host], text, ()).cause(tree)

    def kinds_of(self, host: str) -> set[str]:
        """The exporters that run for the host."""
        return {self.kinds[target["job"]] for target in self.worlds[host].targets}

    def givers(self, name: str) -> set[str]:
        """The kinds of exporters that give a metric: seen on a page, or told by the beginning of its name."""
        seen = {
            self.kinds[labels["job"]]
            for world in self.worlds.values()
            for labels in world.series.get(name, ())
            if "job" in labels
        }
        told = {
            kind
            for kind, starts in known()["families"].items()
            if any(name.startswith(start) for start in starts)
        }
        also = {kind for kind, starts in known()["process"].items() if any(map(name.startswith, starts))}
        return (seen or (told if name in self.real else set())) | also

    def knows(self, name: str) -> bool:
        """Whether somebody gives or records a metric of that name."""
        anywhere = any(name in world.series for world in self.worlds.values())
        return anywhere or name in self.rules or bool(self.givers(name))

    def sometimes(self, name: str, label: str) -> bool:
        """Whether a metric has the label in some setups, or on some samples, whatever the worlds show."""
        if label in empty_labels().get(name, ()):
            return True
        return any(label in known()["may"].get(kind, ()) for kind in self.givers(name))

    def peers(self, host: str, same: Sequence[str] = ("os", "hardware")) -> Iterator[HostWorld]:
        """The worlds of other hosts that are like this one."""
        for name, world in self.worlds.items():
            if name != host and all(
                getattr(self.hosts[name], trait) == getattr(self.hosts[host], trait) for trait in same
            ):
                yield world


def target_labels(world: HostWorld) -> set[str]:
    """Labels that scraping attaches; ``model`` left out, which many servers also set themselves."""
    return {label for target in world.targets for label in target} - {"model"}


def _kind_by_job(worlds: Worlds) -> dict[str, str]:
    """The exporter by the label ``job``; each kind has one of its own in the harness's inventory."""
    jobs = {}
    for job in worlds.built.monitoring.scrape_jobs:
        jobs[job.job] = job.kind
    return jobs


class _Search:
    """The search in one expression on one host. ``through`` are the rules it came through."""

    def __init__(self, all_: Attribution, world: HostWorld, text: str, through: tuple[str, ...]) -> None:
        self.all = all_
        self.world = world
        self.text = text
        self.through = through

    def cause(self, node: Node) -> Cause:
        """Why a part of the expression has no series, were it for comparisons without ``bool`` or not."""
        result = self.world.ask(relaxed(node, self.text))
        if result.error:
            return Cause("error", result.error)
        if result.series:
            return Cause("comparison", "it has series once comparisons do not drop them")
        return self.of_part(node)

    def of_part(self, node: Node) -> Cause:
        """The same for a part that is known to have none."""
        match node:
            case Selector():
                cause = self.of_selector(node)
            case Parens() | Unary():
                cause = self.cause(node.expr)
            case Subquery():
                cause = self.of_range(node.expr)
            case Aggregation():
                cause = self.of_aggregation(node)
            case Call():
                cause = self.of_call(node)
            case Binary():
                cause = self.of_binary(node)
            case _:
                cause = Cause("unexplained", f"a {type(node).__name__} is never empty")
        return cause

    def empty(self, node: Node) -> bool:
        """Whether the part has nothing even if comparisons drop nothing."""
        return self.world.ask(relaxed(node, self.text)).empty

    # --- what stands around the selectors

    def of_range(self, node: Node) -> Cause:
        """A subquery: its expression now stands for the expression at its steps."""
        return (
            self.cause(node) if self.empty(node) else Cause("time", "it has series now, not over the range")
        )

    def of_aggregation(self, node: Aggregation) -> Cause:
        if self.empty(node.expr):
            return self.cause(node.expr)
        return Cause("parameter", f"{node.op} leaves nothing of what it gets")

    def of_call(self, node: Call) -> Cause:
        if node.name in ("absent", "absent_over_time"):
            return Cause("taken away", "what should be absent is there")
        vectors = [arg for arg in node.args if not isinstance(arg, Number | String)]
        for arg in vectors:
            if isinstance(arg, Subquery):
                return self.of_range(arg.expr)
            if isinstance(arg, Selector) and arg.range is not None:
                cause = self.of_selector(arg)
                return cause if cause.kind != "unexplained" else Cause("time", "too few samples")
        empty = next((arg for arg in vectors if self.empty(arg)), None)
        return self.of_values(node) if empty is None else self.cause(empty)

    def of_values(self, node: Call) -> Cause:
        """A function that makes nothing of series that are there."""
        if node.name in ("histogram_quantile", "histogram_fraction"):
            return self.of_buckets(node.args[-1])
        if node.name in NATIVE:
            return Cause("native", f"{node.name} is about native histograms")
        return Cause("parameter", f"{node.name} leaves nothing of what it gets")

    def of_buckets(self, node: Node) -> Cause:
        """Buckets that are there: without ``le`` on any of them there is nothing to read."""
        sides = self.world.ask(relaxed(node, self.text)).series
        if self.means_anything(node):
            return Cause("unknown", "a name is a pattern, which may mean native histograms")
        if any("le" in labels for labels in sides):
            return Cause("value", "the buckets make no histogram")
        return Cause("label", "no series has the label le")

    def of_binary(self, node: Binary) -> Cause:
        left, right = self.empty(node.lhs), self.empty(node.rhs)
        if node.op == "or":
            causes = [self.cause(node.lhs), self.cause(node.rhs)]
            return next((cause for cause in causes if not cause.follows), causes[0])
        if node.op == "unless":
            return self.cause(node.lhs) if left else Cause("taken away", "the right side has the same labels")
        if left or right:
            causes = [self.cause(side) for side, empty in ((node.lhs, left), (node.rhs, right)) if empty]
            return next((cause for cause in causes if cause.follows), causes[0])
        return self.of_match(node)

    # --- vector matching

    def of_match(self, node: Binary) -> Cause:
        """Both sides have series, and none of them agree."""
        if self.means_anything(node):
            return Cause("unknown", "a name is a pattern, which may mean anything")
        if self.matches_on_a_peer(node):
            return Cause("value", "a host of the same class has a match")
        lhs = self.world.ask(relaxed(node.lhs, self.text)).series
        rhs = self.world.ask(relaxed(node.rhs, self.text)).series
        for label in matching_labels(node, lhs, rhs):
            left = {labels.get(label, "") for labels in lhs}
            right = {labels.get(label, "") for labels in rhs}
            if left & right:
                continue
            if left == {""} or right == {""}:
                if self.may_appear(node.lhs if left == {""} else node.rhs, label):
                    continue
                return Cause("match", f"only one side has the label {label}")
            if self.attached_apart(node, label) or self.pinned_apart(node, label):
                return Cause("match", f"the sides have the label {label} for other values by construction")
        return Cause("value", "no two series have the same values of the labels they are matched by")

    def matches_on_a_peer(self, node: Binary) -> bool:
        text = relaxed(node, self.text)
        return any(world.ask(text).series for world in self.all.peers(self.world.name))

    def may_appear(self, side: Node, label: str) -> bool:
        """Whether a host of the same operating system has the label on that side."""
        if label in self.all.attached:
            return False
        if any(self.all.sometimes(leaf.name, label) for leaf in selectors(side)):
            return True
        text = relaxed(side, self.text)
        peers = self.all.peers(self.world.name, ("os",))
        return any(labels.get(label) for world in peers for labels in world.ask(text).series)

    def means_anything(self, node: Node) -> bool:
        """Whether a selector in it may mean metrics that no page has."""
        for leaf in selectors(node):
            names = self.names_meant(leaf, [m for m in leaf.matchers if m.label == NAME])
            if names is None or any(name.startswith("ALERTS") or not self.all.knows(name) for name in names):
                return True
        return False

    def attached_apart(self, node: Binary, label: str) -> bool:
        """Whether scraping attaches the label, and nothing else does.

        Another exporter of this host may give the same metric, although its page here lacks it.
        """
        running = self.all.kinds_of(self.world.name)
        two_jobs = any(len(self.all.givers(leaf.name) & running) > 1 for leaf in selectors(node))
        return label in target_labels(self.world) and not two_jobs and not rewritten(node, label)

    def pinned_apart(self, node: Binary, label: str) -> bool:
        left, right = pinned(node.lhs, label), pinned(node.rhs, label)
        return left is not None and right is not None and not left & right

    # --- selectors

    def of_selector(self, node: Selector) -> Cause:
        own = [matcher for matcher in node.matchers if matcher.label != NAME]
        names = self.names_meant(node, [matcher for matcher in node.matchers if matcher.label == NAME])
        if names is None:
            return Cause("unknown", "the name is a pattern, which may mean anything")
        causes = [self.of_name(name, own) for name in sorted(names)]
        return next((cause for cause in causes if not cause.follows), causes[0])

    def names_meant(self, node: Selector, matchers: Sequence[Matcher]) -> set[str] | None:
        """The names a selector can mean: its own, or those its pattern lists; None if there is no list."""
        if node.name:
            return {node.name} if all(holds(matcher, node.name) for matcher in matchers) else None
        found: set[str] = set()
        for matcher in matchers:
            if matcher.op == "=" or (matcher.op == "=~" and LITERALS.fullmatch(matcher.value)):
                found |= {name for name in matcher.value.split("|") if all(holds(m, name) for m in matchers)}
        return found or None

    def of_name(self, name: str, matchers: Sequence[Matcher]) -> Cause:
        here = self.world.series.get(name, ())
        if name in ("ALERTS", "ALERTS_FOR_STATE"):
            return Cause("comparison", "no alert like that is pending or firing")
        if here:
            return self.of_labels(name, here, matchers)
        if name in self.all.rules:
            return self.of_rules(name, matchers)
        return self.of_metric(name, matchers)

    def of_metric(self, name: str, matchers: Sequence[Matcher]) -> Cause:
        """A scraped metric that the host has no series of."""
        givers = self.all.givers(name)
        if not givers:
            return Cause("unknown", f"no page has {name}")
        running = givers & self.all.kinds_of(self.world.name)
        if not running:
            return Cause("never", f"{self.world.name} runs no exporter that gives {name}")
        targets = [target for target in self.world.targets if self.all.kinds[target["job"]] in running]
        if refused := self.by_target(targets, matchers):
            return refused
        host = self.all.hosts[self.world.name]
        if strange := self.never_labelled(name, matchers):
            return strange
        reasons = [never_there(kind, name, host) for kind in running]
        if all(reasons):
            return Cause("never", reasons[0] or "")
        return Cause("optional", f"{name} needs something that this host lacks")

    def never_labelled(self, name: str, matchers: Sequence[Matcher]) -> Cause | None:
        """An impossible label of a metric that is not here: one that it has nowhere."""
        there = [labels for world in self.all.worlds.values() for labels in world.series.get(name, ())]
        for matcher in matchers:
            carried = any(matcher.label in labels for labels in (*there, *self.world.targets))
            if (
                there
                and not carried
                and not holds(matcher, "")
                and not self.all.sometimes(name, matcher.label)
            ):
                return Cause("label", f"{name} has no label {matcher.label}")
        return None

    def by_target(self, targets: Sequence[Labels], matchers: Sequence[Matcher]) -> Cause | None:
        """An impossible label, if no target has the labels that scraping attaches as they are asked for."""
        attached = {label for target in targets for label in target}
        asked = [matcher for matcher in matchers if matcher.label in attached]
        if any(all(holds(m, target.get(m.label, "")) for m in asked) for target in targets):
            return None
        return Cause("label", f"no target has {', '.join(written(matcher) for matcher in asked)}")

    def of_rules(self, name: str, matchers: Sequence[Matcher]) -> Cause:
        """A series that rules record, and none does on this host."""
        if name in self.through:
            return Cause("unexplained", f"{name} depends on itself")
        if refused := self.by_host_label(name, matchers):
            return refused
        causes = []
        for rule in self.all.rules[name]:
            if rule.labels.get("instance", self.world.name) != self.world.name:
                causes.append(Cause("never", f"{name} is stated for other hosts"))
                continue
            if any(not holds(m, rule.labels[m.label]) for m in matchers if m.label in rule.labels):
                causes.append(Cause("label", f"the rule of {name} sets another value"))
                continue
            search = _Search(self.all, self.world, rule.expr, (*self.through, name))
            tree = read(rule.expr)
            if self.world.ask(rule.expr).series:
                causes.append(Cause("time", f"{name} has not been recorded yet"))
            else:
                causes.append(search.cause(tree))
        first = next((cause for cause in causes if not cause.follows), causes[0])
        return Cause("never", f"{name}: {first.says}") if first.follows else first

    def by_host_label(self, name: str, matchers: Sequence[Matcher]) -> Cause | None:
        """An impossible label of a recorded series that is not here: this host has another name or system."""
        elsewhere = [labels for world in self.all.worlds.values() for labels in world.series.get(name, ())]
        for matcher in matchers:
            mine = {target.get(matcher.label, "") for target in self.world.targets}
            if (
                matcher.label in ("instance", "fleet", "site")
                and all(matcher.label in labels for labels in elsewhere)
                and not any(holds(matcher, value) for value in mine)
                and elsewhere
            ):
                return Cause("label", f"{written(matcher)} is never so on {self.world.name}")
        return None

    def of_labels(self, name: str, here: Sequence[Labels], matchers: Sequence[Matcher]) -> Cause:
        """The metric is there: which matcher refuses all of its series?"""
        refusing = [m for m in matchers if not any(holds(m, labels.get(m.label, "")) for labels in here)]
        causes = [self.of_matcher(name, here, matcher) for matcher in refusing]
        causes += [
            Cause("label", f"{written(a)} and {written(b)} contradict each other")
            for a, b in clashes(matchers)
        ]
        targets = [
            target for target in self.world.targets if self.all.kinds[target["job"]] in self.all.givers(name)
        ]
        if targets and name not in self.all.rules and (refused := self.by_target(targets, matchers)):
            causes.append(refused)
        if not causes:
            if not any(all(holds(m, labels.get(m.label, "")) for m in matchers) for labels in here):
                return Cause("value", f"{name} has each value, not all on one series")
            return Cause("unexplained", f"{name} is there")
        return next((cause for cause in causes if cause.follows), causes[0])

    def of_matcher(self, name: str, here: Sequence[Labels], matcher: Matcher) -> Cause:
        """One matcher that no series of the metric satisfies."""
        label = matcher.label
        recorded = name in self.all.rules
        if label in self.all.attached and not any(label in labels for labels in (*here, *self.world.targets)):
            return Cause("label", f"no target of {self.world.name} has {label}")
        if label in target_labels(self.world) and any(label in labels for labels in here):
            return Cause("label", f"{written(matcher)} is never so on {self.world.name}")
        alike = [
            labels
            for world in self.all.peers(self.world.name, ("os", "hardware") if recorded else ("os",))
            for labels in world.series.get(name, ())
        ]
        every = (*here, *alike)
        if not any(label in labels for labels in every) and not self.all.sometimes(name, label):
            return Cause("label", f"{name} has no label {label}")
        always = all(label in labels for labels in every) and not self.all.sometimes(name, label)
        if always and (matcher.op, matcher.value) in ONLY_ABSENT:
            return Cause("label", f"{name} always has the label {label}")
        if name in known()["closed"].get(label, ()):
            values = {labels.get(label, "") for labels in every}
            if not any(holds(matcher, value) for value in values):
                return Cause("label", f"{label} of {name} is only ever one of {', '.join(sorted(values))}")
        return Cause("value", f"{name} has another {label} here")
