"""The knowledge of stock.yaml: stock expressions, and the series that say the same on every host."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from monogen.compiled import compiled
from monogen.promql import Binary, Node, Number, Selector, bare, read, selectors
from msgspec import Struct, field
from msgspec.structs import replace

FILE = Path(__file__).with_name("stock.yaml")

OURS = "host:"
"""How the series begin that carry a host's own labels and no target's."""


class Widening(Struct, frozen=True):
    """A regular expression that lets one of ``like`` through is to let ``by`` through too."""

    like: tuple[str, ...]
    by: str


class Entry(Struct, frozen=True):
    """A stock expression and what takes its place; stock.yaml says what each field means."""

    old: str
    new: str
    details: frozenset[str] = frozenset()
    forgets: frozenset[str] = frozenset()
    chosen: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    widened: Mapping[str, Widening] = field(default_factory=dict)
    beside: bool = False

    @property
    def pattern(self) -> Node:
        """The old expression as a tree."""
        return bare(read(self.old))

    @property
    def template(self) -> Node:
        """The new expression as a tree."""
        return read(self.new)

    @property
    def series(self) -> tuple[str, ...]:
        """The names of the new series."""
        return tuple(dict.fromkeys(leaf.name for leaf in selectors(self.template)))

    @property
    def is_ours(self) -> bool:
        """Whether the new series are recorded ones."""
        return self.new.startswith(OURS)

    @property
    def lets_in(self) -> bool:
        """Whether the metrics stay, and only matchers are changed that leave hosts out."""
        return bool(self.without or self.widened)

    @property
    def factor(self) -> float:
        """What the one new series is multiplied with so that its unit is that of the old; 1 mostly."""
        tree = self.template
        if isinstance(tree, Binary) and isinstance(tree.lhs, Selector) and isinstance(tree.rhs, Number):
            return tree.rhs.value if tree.op == "*" else 1 / tree.rhs.value
        return 1.0

    @property
    def in_percent(self) -> Entry | None:
        """The same for ``100 * a / b``, which is ``(100 * a) / b`` in PromQL; None if it is no ratio."""
        tree = self.pattern
        if not isinstance(tree, Binary) or tree.op != "/":
            return None
        left, right = self.old[tree.lhs.start : tree.lhs.end], self.old[tree.rhs.start : tree.rhs.end]
        return replace(self, old=f"100 * {left} / {right}", new=f"{self.new} * 100")


class Stock(Struct, frozen=True):
    """All entries, in the order in which they are tried, by a name that each of them reads."""

    target_labels: frozenset[str]
    telling_machines: frozenset[str]
    entries: tuple[Entry, ...]

    def reading(self, names: frozenset[str]) -> tuple[Entry, ...]:
        """The entries all of whose metrics are among these."""
        return tuple(entry for entry in self.entries if _names(entry) <= names)


@cache
def stock() -> Stock:
    """The knowledge, read once."""
    data = compiled(FILE, _data, "yaml")
    entries = (
        Entry(
            old=one["old"],
            new=one["new"],
            details=frozenset(one.get("details", ())),
            forgets=frozenset(one.get("forgets", ())),
            chosen=frozenset(one.get("chosen", ())),
            without=frozenset(one.get("without", ())),
            widened={
                label: Widening(tuple(told["like"]), told["by"])
                for label, told in one.get("widened", {}).items()
            },
            beside=one.get("beside", False),
        )
        for one in data["series"]
    )
    forms = ((entry.in_percent, entry) for entry in entries)
    return Stock(
        frozenset(data["target_labels"]),
        frozenset(data["telling_machines"]),
        tuple(form for both in forms for form in both if form),
    )


def _data(text: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return data


@cache
def _names_in(text: str) -> frozenset[str]:
    return frozenset(leaf.name for leaf in selectors(read(text)) if isinstance(leaf, Selector))


def _names(entry: Entry) -> frozenset[str]:
    return _names_in(entry.old)
