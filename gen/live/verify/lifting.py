"""One question for all hosts, made of an expression that asks about one.

A panel asks ``max(host:cpu_count{instance=`$instance`})``. Asked a thousand times, once a host, that is a
thousand questions; *lifted* it is one, ``max by (instance) (host:cpu_count{instance!=""})``, whose result has
a series for every host that the panel would show something for.

What of an expression is told apart by host is followed upwards from the selectors that name the chosen host:
aggregations over it group by instance too, and both sides of an operation that are told apart also meet on
it. A constant (``vector(0)``) becomes one of every host. What cannot be lifted faithfully gives None.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

from monogen.promql.placeholder import START as CHOSEN
from monogen.promql.reading import read
from monogen.promql.tree import (
    Aggregation,
    Binary,
    Call,
    Matcher,
    Matching,
    Node,
    Number,
    Parens,
    Selector,
    String,
    Subquery,
    Unary,
    Word,
    selectors,
    walk,
)
from msgspec.structs import replace

INSTANCE = "instance"

Kind = Literal["host", "fleet", "constant"]
"""What a part of an expression depends on: the chosen host, other series, or nothing."""

_MAKES_LABELS = frozenset({"label_replace", "label_join"})
_NOT_BY_HOST = frozenset({"scalar", "absent", "absent_over_time", "info"})


class NotLiftableError(Exception):
    """This expression cannot be asked for all hosts at once."""


def lifted(tree: Node, fleet: str) -> Node | None:
    """The expression for all hosts at once, None where it cannot be asked so.

    An expression that names no chosen host stays as it is, but for other choices (a model, a server), which
    become "any".
    """
    lifting = _Lifting(fleet)
    try:
        kind, node = lifting.of(tree)
    except NotLiftableError:
        return None
    return lifting.everyone(node) if kind == "constant" and depends_on_host(tree) else node


def for_host(tree: Node, host: str) -> Node:
    """The expression as a board asks it for one host; other choices become "any"."""
    return _Choosing(host).of(tree)


def depends_on_host(tree: Node) -> bool:
    """Whether the expression depends on the chosen host."""
    return any(_is_choice(m) for leaf in selectors(tree) for m in leaf.matchers if m.label == INSTANCE)


def _is_choice(matcher: Matcher) -> bool:
    return CHOSEN in matcher.value


def _word(text: str) -> Word:
    return Word(text, 0, 0)


class _Rewriting(ABC):
    """Walks a tree and makes another; nodes are immutable."""

    @abstractmethod
    def leaf(self, node: Selector) -> Selector:
        """What becomes of a selector."""

    def of(self, node: Node) -> Node:
        match node:
            case Selector():
                return self.leaf(node)
            case Parens() | Unary() | Subquery():
                return replace(node, expr=self.of(node.expr))
            case Binary():
                return replace(node, lhs=self.of(node.lhs), rhs=self.of(node.rhs))
            case Aggregation():
                return replace(node, expr=self.of(node.expr))
            case Call():
                return replace(node, args=tuple(map(self.of, node.args)))
            case _:
                return node


class _Choosing(_Rewriting):
    """Chooses one host, and anything of everything else."""

    def __init__(self, host: str) -> None:
        self._host = host

    def leaf(self, node: Selector) -> Selector:
        return replace(node, matchers=tuple(m for one in node.matchers if (m := self._matcher(one))))

    def _matcher(self, matcher: Matcher) -> Matcher | None:
        if not _is_choice(matcher):
            return matcher
        return replace(matcher, op="=", value=self._host) if matcher.label == INSTANCE else None


class _Lifting:
    """See the module."""

    def __init__(self, fleet: str) -> None:
        # Hosts have one of the two for certain: the inventory's word, or a target.
        names = f'{{__name__=~"host:info|up", fleet={_quoted(fleet)}}}'
        self._everyone = read(f"group by ({INSTANCE}) ({names})")

    def everyone(self, constant: Node) -> Node:
        """A constant, once for every host."""
        scalar = _scalar_of(constant)
        times = Binary(_word("*"), self._everyone, scalar, Matching(), bool=False, start=0, end=0)
        return Parens(times, 0, 0)

    def of(self, node: Node) -> tuple[Kind, Node]:
        kind: Kind = "constant"
        made: Node = node
        match node:
            case Selector():
                kind, made = self._selector(node)
            case String(value) if CHOSEN in value:
                raise NotLiftableError
            case Parens() | Unary() | Subquery():
                kind, inner = self.of(node.expr)
                made = replace(node, expr=inner)
            case Aggregation():
                kind, made = self._aggregation(node)
            case Call():
                kind, made = self._call(node)
            case Binary():
                kind, made = self._binary(node)
        return kind, made

    def _selector(self, node: Selector) -> tuple[Kind, Node]:
        matchers = []
        kind: Kind = "fleet"
        for matcher in node.matchers:
            if not _is_choice(matcher):
                matchers.append(matcher)
            elif matcher.label == INSTANCE:
                kind = "host"
                matchers.append(replace(matcher, op="!=", value=""))
        return kind, replace(node, matchers=tuple(matchers))

    def _aggregation(self, node: Aggregation) -> tuple[Kind, Node]:
        kind, inner = self.of(node.expr)
        if node.param is not None and self.of(node.param)[0] != "constant":
            raise NotLiftableError
        if isinstance(node.param, String) and node.param.value == INSTANCE:
            raise NotLiftableError
        return kind, replace(node, expr=inner, labels=_with(node) if kind == "host" else node.labels)

    def _call(self, node: Call) -> tuple[Kind, Node]:
        parts = [self.of(one) for one in node.args]
        kinds = {kind for kind, _ in parts}
        kind: Kind = "host" if "host" in kinds else "fleet" if "fleet" in kinds else "constant"
        if kind == "host":
            made = node.args[1] if node.name in _MAKES_LABELS else None
            makes_instance = isinstance(made, String) and made.value == INSTANCE
            if node.name in _NOT_BY_HOST or "fleet" in kinds or makes_instance:
                raise NotLiftableError
        return kind, replace(node, args=tuple(part for _, part in parts))

    def _binary(self, node: Binary) -> tuple[Kind, Node]:
        (left, lhs), (right, rhs) = self.of(node.lhs), self.of(node.rhs)
        kinds = {left, right}
        if "host" not in kinds:
            kind: Kind = "fleet" if "fleet" in kinds else "constant"
            return kind, replace(node, lhs=lhs, rhs=rhs)
        if node.matching.fill:
            raise NotLiftableError
        if "constant" in kinds:
            lhs, rhs = (self._side(kind, part) for kind, part in ((left, lhs), (right, rhs)))
        if "fleet" in kinds:
            return "host", replace(node, lhs=lhs, rhs=rhs, matching=_with_fleet(node, left))
        return "host", replace(node, lhs=lhs, rhs=rhs, matching=_meeting(node.matching))

    def _side(self, kind: Kind, part: Node) -> Node:
        """A scalar may stand beside anything; a constant vector must be one of every host."""
        return self.everyone(part) if kind == "constant" and not _is_scalar(part) else part


def _with(node: Aggregation) -> tuple[Word, ...]:
    """The labels of an aggregation that keeps hosts apart."""
    if node.without:
        return tuple(word for word in node.labels if word.text != INSTANCE)
    has = any(word.text == INSTANCE for word in node.labels)
    return node.labels if has else (_word(INSTANCE), *node.labels)


def _meeting(matching: Matching) -> Matching:
    """How two sides meet that are both told apart by host."""
    if not matching.on:
        return replace(matching, labels=tuple(word for word in matching.labels if word.text != INSTANCE))
    if any(word.text == INSTANCE for word in matching.labels):
        return matching
    return replace(matching, labels=(_word(INSTANCE), *matching.labels))


def _with_fleet(node: Binary, left: Kind) -> Matching:
    """How a side that is told apart meets one that is the same for all hosts."""
    matching = node.matching
    host_first = left == "host"
    meets_on_instance = matching.on and any(word.text == INSTANCE for word in matching.labels)
    if node.is_set_operation:
        # `or` adds series of the fleet; `fleet and host` is told apart only where they meet on the host.
        if node.op == "or" or not (host_first or (node.op == "and" and meets_on_instance)):
            raise NotLiftableError
        return matching
    if meets_on_instance:
        return matching
    many: Literal["left", "right"] = "left" if host_first else "right"
    if not matching.on or matching.group not in ("", many):
        raise NotLiftableError
    return replace(matching, group=many)


def _is_scalar(node: Node) -> bool:
    """Whether a constant is a number; ``vector(1)`` is none."""
    return not any(isinstance(part, Call) and part.name == "vector" for part in walk(node))


def _scalar_of(node: Node) -> Node:
    """The number of a constant vector."""
    while isinstance(node, Parens):
        node = node.expr
    if isinstance(node, Call) and node.name == "vector":
        return node.args[0]
    if _is_scalar(node):
        return node
    raise NotLiftableError


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def observed(tree: Node) -> Node:
    """What an alert looks at, whether or not it has something to say: conditions become 0 or 1.

    ``x > 5 unless on (instance) y`` looks at x. An alert whose observed expression is empty on a host is not
    quiet there but blind.
    """
    match tree:
        case Binary():
            lhs = observed(tree.lhs)
            if tree.op == "unless":
                return lhs
            numbers = _is_number(tree.lhs) and _is_number(tree.rhs)
            return replace(
                tree, lhs=lhs, rhs=observed(tree.rhs), bool=tree.bool or (tree.is_comparison and not numbers)
            )
        case Parens() | Unary() | Subquery():
            return replace(tree, expr=observed(tree.expr))
        case Aggregation():
            return replace(tree, expr=observed(tree.expr))
        case Call():
            return replace(tree, args=tuple(map(observed, tree.args)))
        case _:
            return tree


def _is_number(node: Node) -> bool:
    return isinstance(node, Number)
