"""What becomes of an author's matchers when other series take the place of those they were written for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from monogen.lint.rewriting.patterns import Leaf
from monogen.lint.rewriting.stock import Entry
from monogen.promql.matchers import passes
from monogen.promql.placeholder import END, START
from monogen.promql.tree import Matcher

Span = tuple[int, int]
Piece = str | Span
"""Text that is new, or characters of the old expression that stay as their author wrote them."""

Written = tuple[Piece, ...]
"""A matcher as it will be written."""

EVERYTHING = (".*", ".+")


class NoPlace(Exception):  # noqa: N818 - not an error: then nothing is rewritten
    """A matcher that the new series cannot have, and that cannot be left out."""


@dataclass(frozen=True, slots=True)
class Selecting:
    """How matchers are carried over. ``own`` are the labels of hosts, ``target`` those of scraping.

    ``is_rewritten`` tells of a board's variable whether it will ask the new series too.
    """

    own: frozenset[str]
    target: frozenset[str]
    is_rewritten: Callable[[str], bool]

    def kept(self, entry: Entry, leaf: Leaf) -> list[Written]:
        """The matchers that the new series get. Raises NoPlace."""
        if entry.is_ours:
            return [written for matcher in leaf.others for written in self._ours(entry, matcher)]
        as_written = [_as_written(matcher) for matcher in leaf.others]
        kept = [written for matcher in leaf.others for written in _let_in(entry, matcher)]
        if entry.lets_in and kept == as_written:
            raise NoPlace
        return kept

    def _ours(self, entry: Entry, matcher: Matcher) -> Iterator[Written]:
        """The matcher for a recorded series: as it was, in other words, or not at all."""
        label = matcher.label
        if label in self.own:
            yield _as_written(matcher)
        elif label in entry.details:
            yield from self._detail(entry, matcher)
        elif label not in self.target and not (label in entry.forgets and _is_choice(matcher)):
            raise NoPlace

    def _detail(self, entry: Entry, matcher: Matcher) -> Iterator[Written]:
        label, value = matcher.label, matcher.value
        if label in entry.chosen and not (_is_variable(value) and self.is_rewritten(value[1:-1])):
            raise NoPlace
        if label in entry.implied and matcher.op in ("=", "=~"):
            if not _passes(matcher, entry.implied[label]):
                raise NoPlace
            return
        spelled = entry.values.get(label, {}).get(value) if matcher.op == "=" else None
        yield (f'{label}=~"{spelled}"',) if spelled else _as_written(matcher)


def _let_in(entry: Entry, matcher: Matcher) -> Iterator[Written]:
    """The matcher, so that it leaves no host out."""
    if matcher.label in entry.without:
        return
    widening = entry.widened.get(matcher.label)
    if widening and matcher.op == "=~" and any(_passes(matcher, value) for value in widening.like):
        quote = matcher.end - 1
        yield (matcher.start, quote), f"|{widening.by}", (quote, matcher.end)
    else:
        yield _as_written(matcher)


def _as_written(matcher: Matcher) -> Written:
    return ((matcher.start, matcher.end),)


def _is_choice(matcher: Matcher) -> bool:
    """Whether a reader of the board chooses, or nothing is left out."""
    return _is_variable(matcher.value) or (matcher.op == "=~" and matcher.value in EVERYTHING)


def _is_variable(value: str) -> bool:
    return value.startswith(START) and value.endswith(END) and value.count(START) == 1


def _passes(matcher: Matcher, value: str) -> bool:
    """Of what a reader of the board chooses nobody knows whether the value is among it."""
    return START not in matcher.value and passes(matcher, value)
