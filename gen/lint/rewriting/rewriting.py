"""Rewrites a stock expression to series that every host has, in the author's own text.

Each rewriting is proved before it is offered: on every host where the old expression gives something the new
one does, and on at least one where it was empty it is not any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from monogen.lint.context import Context
from monogen.lint.documents import Expression
from monogen.lint.model import Change, Fix, Keys
from monogen.lint.rewriting.fitting import NewSeries, alike, fit
from monogen.lint.rewriting.matchers import NoPlace, Piece, Selecting, Span, Written
from monogen.lint.rewriting.patterns import Leaf, Patterns
from monogen.lint.rewriting.proving import Place, filled, is_better, kinds_of
from monogen.lint.rewriting.scaling import unscaled, whole
from monogen.lint.rewriting.stock import OURS, Entry, stock
from monogen.lint.world import World
from monogen.promql import (
    Aggregation,
    Binary,
    Call,
    Node,
    Parens,
    Selector,
    bare,
    children,
    parents_of,
    read,
    selectors,
    walk,
)

_WANTED_LABEL = re.compile(r"\s*,\s*(\w+)\s*\)\s*\Z")
_BLANKS_AND_COMMA = re.compile(r"[\s,]*\}")


@dataclass(frozen=True, slots=True)
class Rewriting:
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


@dataclass(slots=True)
class _Author:
    """An author's expression, and all that is asked about it."""

    expression: Expression
    tree: Node
    context: Context
    world: World
    entries: Sequence[Entry]
    asked: frozenset[str]
    parents: dict[Node, Node] = field(init=False)
    own: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.parents = parents_of(self.tree)
        fleet = self.context.fleet
        hosts = fleet.hosts if fleet else ()
        self.own = frozenset(label for host in hosts for label in self.context.own_labels(host.name))

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
        found = list(self._found(self.tree, entries, only))
        bare_units = unscaled(self.tree, {m.node: m.entry.factor for m in found if not m.beside})
        return [self._place(match, match.node in bare_units) for match in found]

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
        return all(alike(node, replaced, joined) for node in operations) and self._keeps_labels(draft)

    def _keeps_labels(self, draft: Sequence[Place]) -> bool:
        """Whether a variable still finds the label whose values it lists."""
        if self.expression.used_in != "variable" or not any(place.entry.is_ours for place in draft):
            return True
        _, end = self.expression.origin((0, len(self.expression.text)))
        wanted = _WANTED_LABEL.match(self.expression.authors_text, end)
        details = frozenset().union(*(place.entry.details for place in draft))
        return wanted is not None and wanted[1] in self.own | details

    def written(self, place: Place) -> str:
        """What takes the place of a part, in the author's words."""
        text = self.expression.authors_text
        pieces = (
            piece if isinstance(piece, str) else text[slice(*self.expression.origin(piece))]
            for piece in place.pieces
        )
        return "".join(pieces)

    # ---- finding

    def _found(self, node: Node, entries: Sequence[Entry], only: frozenset[Node] | None) -> Iterator[_Match]:
        """The largest parts that an entry fits, from left to right."""
        patterns = Patterns(stock().target_labels | self.own, self._open_windows)
        for entry in entries:
            leaves = patterns.leaves(entry.pattern, node)
            if leaves is None or (only is not None and not any(leaf.selector in only for leaf in leaves)):
                continue
            match = self._match(entry, node, leaves)
            if match is not None:
                yield match
                return
        for child in children(node):
            yield from self._found(child, entries, only)

    def _match(self, entry: Entry, node: Node, leaves: Sequence[Leaf]) -> _Match | None:
        if not self._is_authors(node):
            return None
        try:
            kept = [self._selecting.kept(entry, leaf) for leaf in leaves]
        except NoPlace:
            return None
        if any(self._words(one) != self._words(kept[0]) for one in kept):
            return None
        tail = self._tail(bare(node))
        if tail is None:
            return None
        is_plain = isinstance(entry.template, Selector)
        leaf = leaves[0].selector
        if leaf.range is not None and isinstance(bare(node), Selector) and (entry.beside or not is_plain):
            return None
        beside = entry.beside and any(kind != "empty" for kind in kinds_of(self.world, node).values())
        return _Match(entry, node, tuple(kept[0]), tail, beside)

    def _words(self, matchers: Sequence[Written]) -> frozenset[str]:
        return frozenset(filled(self.expression, matcher) for matcher in matchers)

    def _tail(self, node: Node) -> Span | None:
        """Range, offset and @ of a selector; nothing of anything else, None where it is not understood."""
        if not isinstance(node, Selector):
            return node.end, node.end
        if node.braces < 0:
            return node.name_end, node.end
        inside = max((matcher.end for matcher in node.matchers), default=node.braces + 1)
        closing = _BLANKS_AND_COMMA.match(self.expression.text, inside)
        return (closing.end(), node.end) if closing else None

    @property
    def _selecting(self) -> Selecting:
        return Selecting(self.own, stock().target_labels, self._is_rewritten)

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

    # ---- writing

    def _place(self, match: _Match, is_bare_unit: bool) -> Place:
        """``is_bare_unit`` says that the unit does not matter there, as in a ratio."""
        entry, node = match.entry, match.node
        if match.beside:
            pieces: list[Piece] = [(node.start, node.end), " or on (instance) ", *self._new(match, entry.new)]
            alone = self._in_parentheses(node, self._new(match, entry.new), binds=False)
            written = self._in_parentheses(node, pieces, binds=False)
            return Place(node, tuple(written), entry, tuple(alone))
        if entry.factor == 1.0:
            is_one = isinstance(bare(entry.template), Selector)
            pieces = self._new(match, entry.new)
            return Place(
                node, tuple(pieces if is_one else self._in_parentheses(node, pieces, binds=False)), entry
            )
        outer = node if is_bare_unit else whole(node, entry.factor, self.parents)
        if is_bare_unit or outer is not node:
            return Place(outer, tuple(self._new(match, entry.series[0])), entry)
        return Place(node, tuple(self._in_parentheses(node, self._new(match, entry.new), binds=True)), entry)

    def _new(self, match: _Match, text: str) -> list[Piece]:
        """The new text, its selectors with the author's matchers, range and offset."""
        pieces: list[Piece] = []
        position = 0
        for leaf in selectors(read(text)):
            pieces += [text[position : leaf.end], *_in_braces(match.kept), match.tail]
            position = leaf.end
        return [*pieces, text[position:]]

    def _in_parentheses(self, node: Node, pieces: list[Piece], *, binds: bool) -> list[Piece]:
        """The pieces as an operand of what they stand in; ``binds`` says that they are a product."""
        parent = self.parents.get(node)
        if parent is None or isinstance(parent, Parens | Call | Aggregation):
            return pieces
        if binds and isinstance(parent, Binary):
            weaker = parent.op in ("+", "-") or parent.is_comparison or parent.is_set_operation
            if weaker or (parent.op in ("*", "/") and parent.lhs is node):
                return pieces
        return ["(", *pieces, ")"]


@dataclass(frozen=True, slots=True)
class _Match:
    """An entry that fits a part: the matchers that stay, its range and offset, whether the old part stays."""

    entry: Entry
    node: Node
    kept: tuple[Written, ...]
    tail: Span
    beside: bool


def _in_braces(kept: Sequence[Written]) -> list[Piece]:
    pieces: list[Piece] = []
    for matcher in kept:
        pieces += [", " if pieces else "{", *matcher]
    return [*pieces, "}"] if pieces else []


def _rewriting(author: _Author, draft: Sequence[Place]) -> Rewriting:
    expression = author.expression
    series = tuple(dict.fromkeys(name for place in draft for name in place.entry.series))
    changes = tuple(
        Change(keys, *expression.origin((place.node.start, place.node.end)), author.written(place))
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
