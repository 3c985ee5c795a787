"""What becomes of an author's matchers when other series take the place of those they were written for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from monogen.lint.rewriting.patterns import Leaf
from monogen.lint.rewriting.stock import Entry
from monogen.promql.matchers import passes, values
from monogen.promql.placeholder import END, START
from monogen.promql.tree import Matcher
from msgspec import Struct
from msgspec.structs import replace

Span = tuple[int, int]
Piece = str | Span
"""Text that is new, or characters of the old expression that stay as their author wrote them."""

Written = tuple[Piece, ...]
"""A matcher as it will be written."""

EVERYTHING = ".*"
ANYTHING = ".+"

DARWIN = "Darwin"
"""How a Mac calls its system in ``sysname``."""


class NoPlace(Exception):  # noqa: N818 - not an error: then nothing is rewritten
    """A matcher that the new series cannot have, and that cannot be left out."""


class Selecting(Struct, frozen=True):
    """How matchers are carried over.

    ``own`` are the labels of hosts, ``target`` those of scraping, ``machines`` those of which a value means
    some machines only. ``jobs`` gives for a metric those under which the inventory has it.
    ``is_rewritten`` tells of a board's variable whether it will ask the new series too.
    """

    own: frozenset[str]
    target: frozenset[str]
    machines: frozenset[str]
    jobs: Callable[[str], frozenset[str]]
    is_rewritten: Callable[[str], bool]

    def kept(self, entry: Entry, leaf: Leaf) -> list[Written]:
        """The matchers that the new series get. Raises NoPlace."""
        if entry.is_ours:
            return [written for matcher in leaf.others for written in self._ours(entry, matcher, leaf)]
        as_written = [_as_written(matcher) for matcher in leaf.others]
        kept = [written for matcher in leaf.others for written in _let_in(entry, matcher)]
        if entry.lets_in and kept == as_written:
            raise NoPlace
        return kept

    def _ours(self, entry: Entry, matcher: Matcher, leaf: Leaf) -> Iterator[Written]:
        """The matcher for a recorded series: as it was, in other words, or not at all."""
        label = matcher.label
        if label in self.own:
            yield _as_written(matcher)
        elif label in entry.details:
            if label in entry.chosen and not self._is_chosen_there(matcher.value):
                raise NoPlace
            yield _as_written(matcher)
        elif not self._goes(entry, matcher, leaf):
            raise NoPlace

    def _is_chosen_there(self, value: str) -> bool:
        """Whether it is chosen from a list of the new series' values."""
        return _is_variable(value) and self.is_rewritten(value[1:-1])

    def _goes(self, entry: Entry, matcher: Matcher, leaf: Leaf) -> bool:
        """Whether a matcher on a label that the new series do not have leaves no machine of theirs out.

        What a reader of a board chooses goes where the hosts are chosen, too: those of another job or cluster
        are others.
        """
        label = matcher.label
        if label not in self.target and label not in entry.forgets:
            return False
        if matcher.op == "=~" and matcher.value == EVERYTHING:
            return True
        if label == "job" and not _is_variable(matcher.value):
            jobs = self.jobs(leaf.selector.name)
            return bool(jobs) and all(_passes(matcher, job) for job in jobs)
        if label in entry.forgets and matcher.op == "=~" and matcher.value == ANYTHING:
            return True
        if label in self.machines or matcher.op not in ("=", "=~") or not _is_variable(matcher.value):
            return False
        return any(other.label == "instance" for other in leaf.others)


def _let_in(entry: Entry, matcher: Matcher) -> Iterator[Written]:
    """The matcher, so that it leaves no host out."""
    if matcher.label in entry.without:
        if matcher.op not in ("!=", "!~") or _passes(matcher, DARWIN):
            raise NoPlace
        left_out = values(replace(matcher, op="=~" if matcher.op == "!~" else "="))
        if left_out is None or left_out - {DARWIN}:
            raise NoPlace
        return
    widening = entry.widened.get(matcher.label)
    if widening and matcher.op == "=~" and any(_passes(matcher, value) for value in widening.like):
        quote = matcher.end - 1
        yield (matcher.start, quote), f"|{widening.by}", (quote, matcher.end)
    else:
        yield _as_written(matcher)


def _as_written(matcher: Matcher) -> Written:
    return ((matcher.start, matcher.end),)


def _is_variable(value: str) -> bool:
    return value.startswith(START) and value.endswith(END) and value.count(START) == 1


def _passes(matcher: Matcher, value: str) -> bool:
    """Of what a reader of the board chooses nobody knows whether the value is among it."""
    return START not in matcher.value and passes(matcher, value)
