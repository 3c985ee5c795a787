"""Finds what can be replaced in somebody's expression: the parts that an entry of the stock fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from monogen.lint.documents import Expression
from monogen.lint.rewriting.fitting import ABSENT
from monogen.lint.rewriting.matchers import NoPlace, Selecting, Span, Written
from monogen.lint.rewriting.patterns import Leaf, Patterns
from monogen.lint.rewriting.proving import filled, kinds_of
from monogen.lint.rewriting.stock import Entry, stock
from monogen.lint.world import World
from monogen.promql import Call, Node, Selector, bare, children, selectors
from monogen.promql.matchers import values
from msgspec import Struct

_BLANKS_AND_COMMA = re.compile(r"[\s,]*\}")


class Match(Struct, frozen=True):
    """An entry that fits a part: the matchers that stay, its range and offset, whether the old part stays.

    ``range`` is the one within ``node`` that is replaced, where that is a function of it. ``either`` says
    that one selector is to find both: a variable's list of values is asked of one.
    """

    entry: Entry
    node: Node
    kept: tuple[Written, ...]
    tail: Span
    beside: bool
    range: Node | None = None
    either: bool = False


class Finder(Struct, frozen=True):
    """An author's expression, and what decides whether an entry fits a part of it.

    ``own`` are the labels of hosts; ``is_rewritten`` tells of a board's variable whether it will ask for the
    new series too.
    """

    expression: Expression
    tree: Node
    world: World
    own: frozenset[str]
    is_rewritten: Callable[[str], bool]

    def found(self, node: Node, entries: Sequence[Entry], only: frozenset[Node] | None) -> Iterator[Match]:
        """The largest parts within ``node`` that an entry fits, from left to right.

        With ``only`` just those that stand for one of these selectors.
        """
        patterns = Patterns(self.own, self._open_windows)
        for entry in entries:
            leaves = patterns.leaves(entry.pattern, node)
            if leaves is None or (only is not None and not any(leaf.selector in only for leaf in leaves)):
                continue
            match = self._match(entry, node, leaves)
            if match is not None:
                yield match
                return
        over_time = self._over_time(node, entries, only)
        if over_time is not None:
            yield over_time
            return
        for child in children(node):
            yield from self.found(child, entries, only)

    def _over_time(self, node: Node, entries: Sequence[Entry], only: frozenset[Node] | None) -> Match | None:
        """A function of the range of one metric. ``or`` joins no ranges, so it has to join two calls."""
        leaves = [leaf for leaf in children(node) if isinstance(leaf, Selector)]
        if not isinstance(node, Call) or len(leaves) != 1 or leaves[0].range is None:
            return None
        if node.name in ABSENT:
            return None
        patterns = Patterns(self.own, self._open_windows)
        for entry in entries:
            is_metric = isinstance(entry.pattern, Selector) and isinstance(entry.template, Selector)
            found = patterns.leaves(entry.pattern, leaves[0]) if is_metric else None
            if found is None or (only is not None and leaves[0] not in only):
                continue
            match = self._match(entry, leaves[0], found, call=node)
            if match is not None and match.beside:
                return match
        return None

    def _match(
        self, entry: Entry, node: Node, leaves: Sequence[Leaf], call: Call | None = None
    ) -> Match | None:
        try:
            return self._fitting(entry, node, leaves, call)
        except NoPlace:
            return None

    def _fitting(self, entry: Entry, node: Node, leaves: Sequence[Leaf], call: Call | None) -> Match:
        """The match of an entry, of the range within ``call`` if there is one. Raises NoPlace."""
        kept, *others = [self._selecting.kept(entry, leaf) for leaf in leaves]
        if any(self._words(one) != self._words(kept) for one in others) or not self._is_authors(call or node):
            raise NoPlace
        tail = self._tail(bare(node))
        beside = not entry.lets_in and (not self._is_pinned(leaves) or self._tells_more(entry, node))
        is_metric = isinstance(bare(node), Selector)
        is_range = is_metric and leaves[0].selector.range is not None
        if is_range and (not isinstance(entry.template, Selector) or (beside and call is None)):
            raise NoPlace
        if beside and self.expression.used_in == "variable":
            as_written = [((matcher.start, matcher.end),) for matcher in leaves[0].others]
            is_simple = is_metric and isinstance(entry.template, Selector) and tail[0] == tail[1]
            if not is_simple or kept != as_written:
                raise NoPlace
            return Match(entry, node, tuple(kept), tail, beside=False, either=True)
        return Match(entry, call or node, tuple(kept), tail, beside, node if call else None)

    def _tells_more(self, entry: Entry, node: Node) -> bool:
        """Whether the old part says more than the new one on some hosts of the inventory."""
        return entry.beside and any(kind != "empty" for kind in kinds_of(self.world, node).values())

    def _is_pinned(self, leaves: Sequence[Leaf]) -> bool:
        """Whether nobody but hosts of the inventory is asked. Others would have none of the new series."""
        fleet = self.world.fleet
        ours = {"fleet": {fleet.name}, "instance": {host.name for host in fleet.hosts}}
        return all(
            any((values(m) or {""}) <= ours.get(m.label, set()) for m in leaf.selector.matchers)
            for leaf in leaves
        )

    def _words(self, matchers: Sequence[Written]) -> frozenset[str]:
        return frozenset(filled(self.expression, matcher) for matcher in matchers)

    def _tail(self, node: Node) -> Span:
        """Range, offset and @ of a selector; nothing of anything else. Raises NoPlace if not understood."""
        if not isinstance(node, Selector):
            return node.end, node.end
        if node.braces < 0:
            return node.name_end, node.end
        inside = max((matcher.end for matcher in node.matchers), default=node.braces + 1)
        closing = _BLANKS_AND_COMMA.match(self.expression.text, inside)
        if closing is None:
            raise NoPlace
        return closing.end(), node.end

    @property
    def _selecting(self) -> Selecting:
        known = stock()
        return Selecting(self.own, known.target_labels, known.telling_machines, self._jobs, self.is_rewritten)

    def _jobs(self, metric: str) -> frozenset[str]:
        """The jobs under which the inventory's own exporters have a metric."""
        kinds = self.world.exposition.kinds
        stated = self.world.fleet.jobs
        of = {kind for kind, _ in self.world.metrics(metric)}
        named = {stated.get(kind, kinds[kind].job) for kind in of}
        targets = [target for one in self.world.classes for target in one.hosts.likeness.targets]
        return frozenset(named | {target.job for target in targets if target.kind in of})

    # ---- places in the author's text

    def _is_authors(self, node: Node) -> bool:
        """Whether the part begins and ends in the author's text, and not within a variable."""
        offsets = self.expression.offsets
        if offsets is None:
            return True
        begins = node.start == 0 or offsets[node.start] != offsets[node.start - 1]
        return begins and offsets[node.end] != offsets[node.end - 1]

    @property
    def _open_windows(self) -> frozenset[int]:
        """The brackets in which a variable stands."""
        offsets = self.expression.offsets
        if offsets is None:
            return frozenset()
        return frozenset(
            leaf.range_start
            for leaf in selectors(self.tree)
            if leaf.range_start >= 0
            and any(after - before != 1 for before, after in pairwise(offsets[leaf.range_start : leaf.end]))
        )
