"""Names that no catalog and no rule knows, and that look like one that is known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from itertools import islice
from weakref import WeakKeyDictionary

from monogen.lint.abstract.selecting import names_of
from monogen.lint.check import check
from monogen.lint.checks.expressions.examples import FLEET, record
from monogen.lint.checks.expressions.parts import found, parts_of
from monogen.lint.context import Context
from monogen.lint.documents import Expression
from monogen.lint.facts.series import OWN
from monogen.lint.model import Found
from monogen.lint.world import World

NEAR = 0.88
"""How much alike two names must be (difflib's ratio) for one to be a misspelling of the other."""

ENDINGS = (
    "_total",
    "_bytes",
    "_seconds",
    "_bucket",
    "_ratio",
    "_bytes_total",
    "_seconds_total",
    "_seconds_bucket",
)
"""What is often forgotten at the end of a name."""

MOST_LOOKED_UP = 500
"""Names that are compared with the known ones in a run; a file full of others' metrics is no typing error."""


@check(
    "MG112",
    "unknown-metric",
    family="expressions",
    severity="warning",
    on="expression",
    needs_inventory=True,
    what="A metric that no catalog and no rule knows, and whose name looks like one that is known; or "
    "a `host:` series that no rule records.",
    why="A misspelt name is valid PromQL and gives nothing, for ever. Metrics of exporters that monogen does "
    "not know are not reported.",
    bad=record("node_memory_MemAvailble_bytes", "instance:memory_available:bytes", FLEET),
    good=record('node_memory_MemAvailable_bytes{os!="darwin"}', "instance:memory_available:bytes", FLEET),
)
def unknown_metric(expression: Expression, context: Context) -> Iterator[Found]:
    """Each selector by its name or by the names that its matcher of ``__name__`` lists."""
    world = context.world
    if world is None:
        return
    for selector in parts_of(expression).selectors:
        for name in sorted(names_of(selector) or ()):
            if world.knows(name):
                continue
            near = _spelling(context, world).nearest(name)
            if near or name.startswith(OWN):
                hint = f"did you mean `{near}`?" if near else "`docs/series.md` lists what is recorded"
                end = selector.name_end if selector.name else selector.end
                yield found(expression, selector.start, end, f"nothing is known to give `{name}`", hint)


class _Spelling:
    """The known names of a world, and what was looked up among them.

    Which names are looked up does not depend on who asks first: a second process may look at half of a run.
    """

    def __init__(self, unknown: Iterable[str], known: Iterable[str]) -> None:
        self._looked_up = frozenset(islice(dict.fromkeys(unknown), MOST_LOOKED_UP))
        self._by_beginning: dict[str, list[str]] = {}
        for name in sorted(known):
            self._by_beginning.setdefault(name[:4], []).append(name)
        self._found: dict[str, str] = {}

    def nearest(self, name: str) -> str:
        """The known name that this one was probably meant to be; "" if none is near."""
        if name not in self._looked_up:
            return ""
        if name not in self._found:
            self._found[name] = self._look_up(name)
        return self._found[name]

    def _knows(self, name: str) -> bool:
        return name in self._by_beginning.get(name[:4], ())

    def _look_up(self, name: str) -> str:
        longer = next((name + ending for ending in ENDINGS if self._knows(name + ending)), "")
        if longer:
            return longer
        alike = self._by_beginning.get(name[:4], ())
        candidates = [known for known in alike if abs(len(known) - len(name)) <= 3]  # noqa: PLR2004 - letters
        matches = difflib.get_close_matches(name, candidates, n=1, cutoff=NEAR)
        return matches[0] if matches and not _another(name, matches[0]) else ""


_spellings: WeakKeyDictionary[Context, _Spelling] = WeakKeyDictionary()


def _spelling(context: Context, world: World) -> _Spelling:
    found = _spellings.get(context)
    if found is None:
        found = _spellings[context] = _Spelling(_unknown(context, world), world.names)
    return found


def _unknown(context: Context, world: World) -> Iterator[str]:
    """The names that nothing is known to give, in the order in which they are linted."""
    for expression in context.linted.expressions:
        for selector in parts_of(expression).selectors:
            yield from (name for name in sorted(names_of(selector) or ()) if not world.knows(name))


def _another(name: str, known: str) -> bool:
    """Whether the names differ by whole words: ``_read_`` and ``_written_`` are no misspelling."""
    words, others = name.split("_"), known.split("_")
    if len(words) != len(others):
        return False
    differing = [(a, b) for a, b in zip(words, others, strict=True) if a != b]
    return any(difflib.SequenceMatcher(None, a, b).ratio() < 0.6 for a, b in differing)  # noqa: PLR2004
