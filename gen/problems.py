"""What is wrong with the input, where, and what to do: the one shape of every error a user sees."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct


class Problem(Struct, frozen=True, order=True):
    """One thing wrong in one place.

    ``file`` is the path as the user gave it; ``line`` and ``column`` count from 1 and are 0 where a
    file as a whole is meant. ``message`` says what is wrong, ``hint`` what is allowed or what to do.
    """

    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """``hosts.yaml:7:13: what is wrong`` and the hint on a line of its own."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.message}" + (f"\n    {self.hint}" if self.hint else "")


class InputError(Exception):
    """The input cannot be used. Carries every problem found, so that all are told at once.

    The command line prints the problems and exits with 2; nothing has been written by then.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems sorted by place, without repetitions."""
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))
