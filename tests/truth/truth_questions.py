"""All that is asked in one run: the project's own, the public ones, and made-up ones to fill up."""

from __future__ import annotations

from collections.abc import Iterator

from generated import generated
from truth_expressions import Question, own, public_style
from truth_worlds import Worlds
from vocabulary import vocabulary

CHUNK = 2500
"""Expressions that are made up with one seed."""

HOSTS_EACH = 4


def questions(running: Worlds, pairs: int, seed: int | None = None) -> Iterator[Question]:
    """At least so many pairs. Without a seed the profile of tests/conftest.py decides what is made up."""
    words = vocabulary(running.built)
    asked = 0
    for question in (*own(running), *public_style(tuple(running.hosts))):
        asked += len(question.hosts)
        yield question
    seen: set[str] = set()
    while asked < pairs:
        count = min(CHUNK, (pairs - asked) // HOSTS_EACH + 50)
        for question in generated(words, count, HOSTS_EACH, seed):
            if question.expr not in seen:
                seen.add(question.expr)
                asked += len(question.hosts)
                yield question
        # Another chunk of the same kind would be the same again.
        seed = 1 if seed is None else seed + 1
