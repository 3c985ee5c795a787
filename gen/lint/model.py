"""What the linter says: a Found of a check, and the Finding it becomes once its place is known."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""The worst first."""

Key = str | int
Keys = tuple[Key, ...]
"""A path into a document, from its root: ("spec", "groups", 0, "rules", 3, "expr")."""

Safety = Literal["safe", "unsafe"]
"""A safe fix leaves what the expression gives as it is; an unsafe one changes it, for the better."""


class Change(Struct, frozen=True):
    """A replacement within one scalar: characters ``start`` to ``end`` of its value become ``text``."""

    keys: Keys
    start: int
    end: int
    text: str


class Fix(Struct, frozen=True):
    """What mends a finding; its changes are made together or not at all."""

    says: str
    safety: Safety
    changes: tuple[Change, ...]


class Found(Struct, frozen=True):
    """One thing that a check found in a document.

    ``keys`` lead to the value that is meant (``on_key``: to its key). ``span`` are the characters of
    that value, offsets as in PromQL nodes, None where the whole value is meant. ``message`` says what is
    wrong, naming the thing; ``hint`` what to do. Its code is that of its check; ``severity`` is set only
    where this case differs from the check's own.
    """

    keys: Keys
    message: str
    hint: str = ""
    span: tuple[int, int] | None = None
    on_key: bool = False
    severity: Severity | None = None
    fix: Fix | None = None


class Position(Struct, frozen=True, order=True):
    """Line and column, counted from 1 (columns in characters); 0, 0 is the file as a whole."""

    line: int = 0
    column: int = 0


class Finding(Struct, frozen=True):
    """A Found with its place in a file: what every output format prints.

    ``end`` is exclusive, as editors count. ``excerpt`` are the file's lines from ``start`` to ``end``
    (only the first few of a long one), without their line ends, each with its number.
    """

    path: str
    start: Position
    end: Position
    code: str
    name: str
    severity: Severity
    message: str
    hint: str = ""
    excerpt: tuple[tuple[int, str], ...] = field(default=())
    fix: Fix | None = None
    keys: Keys = ()
    document: int = 0

    @property
    def sort_key(self) -> tuple[str, Position, str, str]:
        """The order in which findings are told: by file, then from top to bottom."""
        return (self.path, self.start, self.code, self.message)
