"""Proves that a rewritten expression gives more than the old one: by the abstract reading, host by host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monogen.lint.documents import Expression
from monogen.lint.rewriting.matchers import Piece
from monogen.lint.rewriting.stock import Entry
from monogen.lint.world import AnswerKind, World
from monogen.promql import Node, Unreadable, read
from msgspec import Struct

_RANK: dict[AnswerKind, int] = {"empty": 0, "unknown": 1, "conditional": 2, "data": 3}


class Place(Struct, frozen=True):
    """A part of the expression that is replaced, and what takes its place.

    ``alone`` is the new part without the old one, where that stays for hosts that have it.
    """

    node: Node
    pieces: tuple[Piece, ...]
    entry: Entry
    alone: tuple[Piece, ...] = ()


def kinds_of(world: World, tree: Node) -> dict[str, AnswerKind]:
    """What an expression gives, by host."""
    return {host: answer.kind for answer in world.answers(tree) for host in answer.hosts}


def filled(expression: Expression, pieces: Sequence[Piece]) -> str:
    """New text with the variables of the old one filled in as they are there."""
    return "".join(piece if isinstance(piece, str) else expression.text[slice(*piece)] for piece in pieces)


def is_better(
    expression: Expression, world: World, draft: Sequence[Place], kinds: Mapping[str, AnswerKind]
) -> bool:
    """Whether nobody has less than before (``kinds``), and somebody has something who had nothing.

    ``old or on (instance) new`` is one of both on each host: it is looked at as the one that it is there.
    """
    stays = [kinds_of(world, place.node) if place.alone else {} for place in draft]
    answers: dict[tuple[bool, ...], dict[str, AnswerKind]] = {}
    gained = False
    for host, kind in kinds.items():
        is_old = tuple(there.get(host, "empty") != "empty" for there in stays)
        if is_old not in answers:
            answers[is_old] = _answers(expression, world, draft, is_old)
        new = answers[is_old].get(host, "empty")
        if _RANK[new] < _RANK[kind]:
            return False
        gained = gained or (kind == "empty" and _RANK[new] > _RANK["unknown"])
    return gained


def _answers(
    expression: Expression, world: World, draft: Sequence[Place], is_old: Sequence[bool]
) -> dict[str, AnswerKind]:
    """What the new expression gives where the old part of some places is there."""
    parts, position = [], 0
    for place, old in zip(draft, is_old, strict=True):
        node = place.node
        pieces: Sequence[Piece] = [(node.start, node.end)] if old else place.alone or place.pieces
        parts += [expression.text[position : node.start], filled(expression, pieces)]
        position = node.end
    try:
        return kinds_of(world, read("".join([*parts, expression.text[position:]])))
    except Unreadable:
        return {}
