"""Mends what can be mended: makes the fixes of findings, looks again, and goes on until nothing changes.

Everything happens in memory; ``monogen.lint.fixing.saving`` shows or writes the result. Of fixes that want
the same characters the first one is made, and whether the other is still needed the next look tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from monogen.lint.fixing.editing import Edits, Wanted
from monogen.lint.fixing.scalars import CannotEdit
from monogen.lint.gathering import Gathered
from monogen.lint.model import Finding
from monogen.lint.reading.source import MarkedSource, Placed
from monogen.lint.reading.texts import documents_of_text, gather
from monogen.lint.run import Located
from monogen.lint.world import World

MOST_ROUNDS = 10
"""How often is looked again: fixes that undo each other would go on for ever."""

Look = Callable[[Gathered], list[Located]]
"""Lints what is given."""


@dataclass(frozen=True, slots=True)
class MendedFile:
    """A file whose text has changed. ``path`` is as the user gave it, ``fixed`` counts mended findings."""

    path: str
    old: str
    new: str
    fixed: int


@dataclass(frozen=True, slots=True)
class Unmended:
    """A finding whose fix could not be made, and why, in half a sentence."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Mended:
    """What mending came to. ``found`` are the findings before it, ``left`` those after it."""

    files: tuple[MendedFile, ...]
    found: tuple[Located, ...]
    left: tuple[Located, ...]
    unmended: tuple[Unmended, ...]

    @property
    def fixed(self) -> int:
        """How many findings were mended."""
        return sum(file.fixed for file in self.files)


def mend(given: Gathered, look: Look, *, unsafe: bool) -> Mended:
    """Make the safe fixes of all findings, and with ``unsafe`` the others too. Writes nothing."""
    return _Mending(look, unsafe).run(given)


def with_texts(given: Gathered, texts: Mapping[str, str]) -> Gathered:
    """What is given, with the new texts of some of its files."""
    if not texts:
        return given
    documents = []
    seen: set[str] = set()
    for document in given.linted.documents:
        path = document.source.path
        if path not in texts:
            documents.append(document)
        elif path not in seen:
            seen.add(path)
            documents += documents_of_text(path, texts[path])
    linted = gather(documents)
    world = given.world
    if given.fleet is not None and any(group.document.source.path in texts for group in linted.groups):
        world = World(given.fleet, [*linted.groups, *given.generated])
    return replace(given, linted=linted, world=world)


@dataclass(slots=True)
class _Mending:
    look: Look
    unsafe: bool
    _old: dict[str, str] = field(default_factory=dict)
    _new: dict[str, str] = field(default_factory=dict)
    _fixed: dict[str, int] = field(default_factory=dict)
    _unmended: dict[tuple[str, str, int, object], Unmended] = field(default_factory=dict)

    def run(self, given: Gathered) -> Mended:
        found = left = tuple(self.look(given))
        for _ in range(MOST_ROUNDS):
            texts = self._round(left)
            if not texts:
                break
            given = with_texts(given, texts)
            left = tuple(self.look(given))
        files = (
            MendedFile(path, self._old[path], new, self._fixed[path])
            for path, new in sorted(self._new.items())
            if new != self._old[path]
        )
        return Mended(tuple(files), found, left, tuple(self._unmended.values()))

    def _round(self, located: Iterable[Located]) -> dict[str, str]:
        """The new texts of files in which something could be mended."""
        by_file: dict[Placed, list[Located]] = {}
        for one in located:
            source = one.document.source
            if self._is_wanted(one) and isinstance(source, Placed):
                by_file.setdefault(source.file, []).append(one)
        texts = {}
        for file, ones in by_file.items():
            if isinstance(file, MarkedSource):
                new = self._file(file, ones)
                if new != file.text:
                    texts[file.path] = new
        return texts

    def _is_wanted(self, one: Located) -> bool:
        fix = one.finding.fix
        return (
            fix is not None and (self.unsafe or fix.safety == "safe") and _identity(one) not in self._unmended
        )

    def _file(self, file: MarkedSource, located: Sequence[Located]) -> str:
        edits = Edits(file)
        made = [one for one in located if edits.add(_wanted(one))]
        made, text = self._that_go(file, made)
        if made:
            self._old.setdefault(file.path, file.text)
            self._new[file.path] = text
            self._fixed[file.path] = self._fixed.get(file.path, 0) + len(made)
        return text

    def _that_go(self, file: MarkedSource, located: Sequence[Located]) -> tuple[list[Located], str]:
        """The fixes that can be made, and the text with them. Mostly all can; else the faulty are sought."""
        if not located:
            return [], file.text
        edits = Edits(file)
        for one in located:
            edits.add(_wanted(one))
        try:
            return list(located), edits.text()
        except CannotEdit as reason:
            if len(located) == 1:
                finding = located[0].finding
                self._unmended[_identity(located[0])] = Unmended(finding, str(reason))
                return [], file.text
        middle = len(located) // 2
        first, text = self._that_go(file, located[:middle])
        second, other = self._that_go(file, located[middle:])
        if not first or not second:
            return (first, text) if first else (second, other)
        together = [*first, *second]
        # Each half can be made alone: what they cannot do together waits for the next look.
        return self._that_go(file, together) if len(together) < len(located) else (first, text)


def _wanted(one: Located) -> Wanted:
    source, fix = one.document.source, one.finding.fix
    if not isinstance(source, Placed) or fix is None:
        raise TypeError("only findings with a fix, in files, are mended")
    return Wanted(source, one.document.number, fix)


def _identity(one: Located) -> tuple[str, str, int, object]:
    """The fix, whatever else in the file has moved."""
    finding = one.finding
    return finding.path, finding.code, finding.document, (finding.keys, finding.fix)
