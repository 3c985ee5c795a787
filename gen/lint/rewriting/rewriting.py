"""Rewrites a stock expression to series that every host has, in the author's own text.

Each rewriting is proved before it is offered: on every host where the old expression gives something the new
one does, and on at least one where it was empty it is not any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from monogen.lint.context import Context
from monogen.lint.documents import Expression
from monogen.lint.model import Change, Fix, Keys
from monogen.lint.rewriting.finding import Finder
from monogen.lint.rewriting.fitting import NewSeries, alike, fit
from monogen.lint.rewriting.proving import Place, is_better, kinds_of
from monogen.lint.rewriting.readers import is_lacking, is_read
from monogen.lint.rewriting.scaling import unscaled
from monogen.lint.rewriting.stock import OURS, Entry, stock
from monogen.lint.rewriting.writing import Writer
from monogen.lint.world import World
from monogen.promql import Binary, Node, parents_of, selectors, walk
from msgspec import Struct

_WANTED_LABEL = re.compile(r"\s*,\s*(\w+)\s*\)\s*\Z")


class Rewriting(Struct, frozen=True):
    """A proved rewriting: its fix, and the series that it reads now."""

    fix: Fix
    series: tuple[str, ...]


def rewritten(
    expression: Expression, context: Context, asked: frozenset[str] = frozenset()
) -> Rewriting | None:
    """The expression with series that more hosts have; None where there is nothing that says the same.

    ``asked`` are variables of the board for which the same question is open already.
    """
    tree, world = expression.tree, context.world
    if tree is None or world is None or _records_ours(expression):
        return None
    entries = [
        entry
        for entry in stock().reading(frozenset(leaf.name for leaf in selectors(tree)))
        if not entry.without or expression.used_in == "variable"
    ]
    if not entries:
        return None
    kinds = {host: answer.kind for answer in context.answers(tree) for host in answer.hosts}
    author = _Author(expression, tree, context, world, entries, asked)
    for draft in author.drafts([host for host, kind in kinds.items() if kind == "empty"]):
        if draft and author.fits(draft) and is_better(expression, world, draft, kinds):
            return _rewriting(author, draft)
    return None


def _records_ours(expression: Expression) -> bool:
    """Whether it is a rule that records one of these series: it would read itself."""
    return expression.used_in == "record" and expression.name.startswith(OURS)


class _Author:
    """An author's expression, and all that is asked about it."""

    def __init__(
        self,
        expression: Expression,
        tree: Node,
        context: Context,
        world: World,
        entries: Sequence[Entry],
        asked: frozenset[str],
    ) -> None:
        self.expression = expression
        self.tree = tree
        self.context = context
        self.world = world
        self.entries = entries
        self.asked = asked
        self.parents: dict[Node, Node] = parents_of(tree)
        self.writer = Writer(expression, self.parents)
        hosts = context.fleet.hosts if context.fleet else ()
        self.own = frozenset(label for host in hosts for label in context.own_labels(host.name))

    def empty_leaves(self, hosts: Sequence[str]) -> frozenset[Node]:
        """The selectors that give nothing on one of the hosts."""
        found = set()
        for leaf in selectors(self.tree):
            kinds = kinds_of(self.world, leaf)
            if any(kinds[host] == "empty" for host in hosts):
                found.add(leaf)
        return frozenset(found)

    def drafts(self, lacking: Sequence[str]) -> Iterator[list[Place]]:
        """What might be replaced for the hosts that have nothing, the least first."""
        empty = self.empty_leaves(lacking)
        letting_in = [entry for entry in self.entries if entry.lets_in]
        if letting_in:
            yield self.draft(letting_in, empty)
        yield self.draft(self.entries, empty)
        yield self.draft(self.entries, None)

    def draft(self, entries: Sequence[Entry], only: frozenset[Node] | None) -> list[Place]:
        """What these entries would replace; with ``only`` just what stands for one of these selectors."""
        finder = Finder(self.expression, self.tree, self.world, self.own, self._is_rewritten)
        found = list(finder.found(self.tree, entries, only))
        bare_units = unscaled(self.tree, {m.node: m.entry.factor for m in found if not m.beside})
        return [self.writer.place(match, is_bare_unit=match.node in bare_units) for match in found]

    def fits(self, draft: Sequence[Place]) -> bool:
        """Whether labels that are read are still there: by what is around the new series, by a variable."""
        ours = [place for place in draft if place.entry.is_ours]
        target = stock().target_labels
        for place in ours:
            labels = self.own | place.entry.details
            new = NewSeries(place.node, labels, target, place.entry.forgets, beside=bool(place.alone))
            if not fit(new, self.parents):
                return False
        replaced = {leaf for place in ours if not place.alone for leaf in selectors(place.node)}
        joined = {leaf for place in ours if place.alone for leaf in selectors(place.node)}
        # An operation within a replaced part is gone, and one within a part that stays is as it was.
        gone = {node for place in draft for node in walk(place.node)}
        operations = (node for node in walk(self.tree) if isinstance(node, Binary) and node not in gone)
        if not all(alike(node, replaced, joined) for node in operations):
            return False
        return self._keeps_labels(draft) and not self._is_missed(ours)

    def _is_missed(self, ours: Sequence[Place]) -> bool:
        """Whether somebody reads a label of the result that the new series do not have."""
        if not ours:
            return False
        there = self.own.union(frozenset.intersection(*(place.entry.details for place in ours)))
        lost = stock().target_labels - there
        return is_read(lost, self.expression, self.context) or is_lacking(
            there, self.expression, self.context
        )

    def _keeps_labels(self, draft: Sequence[Place]) -> bool:
        """Whether a variable still finds the label whose values it lists."""
        if self.expression.used_in != "variable":
            return True
        if any(place.alone for place in draft):
            return False
        if not any(place.entry.is_ours for place in draft):
            return True
        _, end = self.expression.origin((0, len(self.expression.text)))
        wanted = _WANTED_LABEL.match(self.expression.authors_text, end)
        details = frozenset().union(*(place.entry.details for place in draft))
        return wanted is not None and wanted[1] in self.own | details

    def _is_rewritten(self, variable: str) -> bool:
        """Whether a variable of the same board asks for nothing that is there, and will be rewritten too."""
        if variable in self.asked:
            return False
        for board in self.context.linted.boards:
            for one in board.expressions if board.document is self.expression.document else ():
                if one.used_in == "variable" and one.name == variable and one.tree is not None:
                    empty = set(kinds_of(self.world, one.tree).values()) == {"empty"}
                    return empty and rewritten(one, self.context, self.asked | {variable}) is not None
        return False


def _rewriting(author: _Author, draft: Sequence[Place]) -> Rewriting:
    expression = author.expression
    series = tuple(dict.fromkeys(name for place in draft for name in place.entry.series))
    changes = tuple(
        Change(keys, *expression.origin((place.node.start, place.node.end)), author.writer.written(place))
        for keys in (expression.keys, *_copies(expression))
        for place in draft
    )
    names = " and ".join(f"`{name}`" for name in series)
    says = "leave out no host" if draft[0].entry.lets_in else f"use {names}"
    return Rewriting(Fix(says, "unsafe", changes), series)


def _copies(expression: Expression) -> Iterator[Keys]:
    """Grafana keeps the text of a variable's query once more, as its definition."""
    if expression.used_in != "variable":
        return
    keys = expression.keys[:-2] if expression.keys[-2:] == ("query", "query") else expression.keys[:-1]
    variable = expression.document.at(keys)
    if expression.keys[-1] != "definition" and variable.get("definition") == expression.authors_text:
        yield (*keys, "definition")
