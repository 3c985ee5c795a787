"""Mends what can be mended: makes the fixes of findings, looks again, and goes on until nothing changes.

Everything happens in memory; ``monogen.lint.fixing.saving`` shows or writes the result. Of fixes that want
the same characters the first one is made, and whether the other is still needed the next look tells. A fix
after which there is an error or a warning that was not there before is withdrawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from monogen.lint.fixing.editing import Edits, Wanted
from monogen.lint.fixing.scalars import CannotEdit
from monogen.lint.gathering import Gathered
from monogen.lint.model import Finding, Keys
from monogen.lint.reading.source import MarkedSource, Placed
from monogen.lint.reading.texts import documents_of_text, gather
from monogen.lint.run import Located
from monogen.lint.world import World
from msgspec import Struct, field
from msgspec.structs import replace

MOST_ROUNDS = 10
"""How often is looked again: fixes that undo each other would go on for ever."""

Look = Callable[[Gathered], list[Located]]
"""Lints what is given."""


class MendedFile(Struct, frozen=True):
    """A file whose text has changed. ``path`` is as the user gave it, ``fixed`` counts mended findings."""

    path: str
    old: str
    new: str
    fixed: int


class Unmended(Struct, frozen=True):
    """A finding whose fix could not be made, and why, in half a sentence."""

    finding: Finding
    reason: str


class Mended(Struct, frozen=True):
    """What mending came to. ``found`` are the findings before it, ``left`` those after it.

    What could not be mended is among those left without its fix, and says why; ``unmended`` has it too.
    """

    files: tuple[MendedFile, ...]
    found: tuple[Located, ...]
    left: tuple[Located, ...]
    unmended: tuple[Unmended, ...]

    @property
    def fixed(self) -> int:
        """How many findings were mended."""
        return sum(file.fixed for file in self.files)


def mend(
    given: Gathered,
    look: Look,
    *,
    unsafe: bool,
    judge: Look | None = None,
    is_open: Callable[[str], bool] = lambda _: True,
) -> Mended:
    """Make the safe fixes of all findings, and with ``unsafe`` the others too. Writes nothing.

    ``judge`` looks for what a fix brings, where that is more than ``look`` tells. ``is_open`` says of a path
    whether its file may be changed; in others nothing is mended.
    """
    return _Mending(look, judge, unsafe, is_open).run(given)


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


class _Attempt(Struct):
    """Fixes that were made: the old and the new text of each file.

    ``left`` is what is found ``after`` it, ``judged`` what the judge finds.
    """

    after: Gathered
    left: tuple[Located, ...]
    judged: tuple[Located, ...]
    texts: dict[str, tuple[str, str]] = field(default_factory=dict)
    made: list[Located] = field(default_factory=list)


class _Mending(Struct):
    look: Look
    judge: Look | None
    unsafe: bool
    is_open: Callable[[str], bool]
    _old: dict[str, str] = field(default_factory=dict)
    _new: dict[str, str] = field(default_factory=dict)
    _fixed: dict[str, int] = field(default_factory=dict)
    _unmended: dict[tuple[str, str, int, object], Unmended] = field(default_factory=dict)

    def run(self, given: Gathered) -> Mended:
        found = tuple(self.look(given))
        now = _Attempt(given, found, found)
        for _ in range(MOST_ROUNDS):
            withdrawn = len(self._unmended)
            wanted = [one for one in now.left if self._is_wanted(one)]
            if not wanted:
                break
            if self.judge is not None and now.judged is now.left:
                now.judged = tuple(self.judge(now.after))
            attempt = self._harmless(now, wanted)
            if not attempt.texts and len(self._unmended) == withdrawn:
                break
            self._note(attempt)
            now = attempt
        left = tuple(self._without_fix(one) for one in now.left)
        files = (
            MendedFile(path, self._old[path], new, self._fixed[path])
            for path, new in sorted(self._new.items())
            if new != self._old[path]
        )
        return Mended(tuple(files), found, left, tuple(self._unmended.values()))

    def _harmless(self, before: _Attempt, located: Sequence[Located]) -> _Attempt:
        """What becomes of the files with those of the fixes that bring no new error or warning.

        Mostly all are harmless. Else those beside what is new and the others are tried apart, or each half.
        """
        attempt = self._made(before, located)
        new = self._new_in(attempt, before)
        if not new:
            return attempt
        made = attempt.made
        if len(made) == 1:
            codes = sorted({one.finding.code for one in new})
            self._withdraw(made[0], f"it would bring {' and '.join(codes)}")
            return self._made(before, [])
        beside = [one for one in made if any(_are_neighbours(one, other) for other in new)]
        part = beside if 0 < len(beside) < len(made) else made[: len(made) // 2]
        first = self._harmless(before, [one for one in made if one not in part])
        second = self._harmless(before, part)
        if not first.made or not second.made:
            return first if first.made else second
        together = self._made(before, [*first.made, *second.made])
        # Each part does no harm alone: what they cannot do together waits for the next round.
        return first if self._new_in(together, before) else together

    def _made(self, before: _Attempt, located: Sequence[Located]) -> _Attempt:
        """The files with these fixes made as far as they can be, and looked at again."""
        by_file: dict[Placed, list[Located]] = {}
        for one in located:
            source = one.document.source
            if isinstance(source, Placed):
                by_file.setdefault(source.file, []).append(one)
        attempt = _Attempt(before.after, before.left, before.judged)
        for file, ones in by_file.items():
            if isinstance(file, MarkedSource):
                made, text = self._file(file, ones)
                if text != file.text:
                    attempt.texts[file.path] = file.text, text
                    attempt.made += made
        if attempt.texts:
            attempt.after = with_texts(before.after, {path: new for path, (_, new) in attempt.texts.items()})
            attempt.left = attempt.judged = tuple(self.look(attempt.after))
            if self.judge is not None:
                attempt.judged = tuple(self.judge(attempt.after))
        return attempt

    def _new_in(self, attempt: _Attempt, before: _Attempt) -> list[Located]:
        """Errors and warnings that were not there before, and that no fix of the next round is for."""
        known = {_about(one) for one in before.judged}
        known |= {_about(one) for one in attempt.left if self._is_wanted(one)}
        return [one for one in attempt.judged if one.finding.severity != "info" and _about(one) not in known]

    def _note(self, attempt: _Attempt) -> None:
        for path, (old, new) in attempt.texts.items():
            self._old.setdefault(path, old)
            self._new[path] = new
        for one in attempt.made:
            self._fixed[one.finding.path] = self._fixed.get(one.finding.path, 0) + 1

    def _withdraw(self, one: Located, reason: str) -> None:
        self._unmended[_identity(one)] = Unmended(one.finding, reason)

    def _without_fix(self, one: Located) -> Located:
        """A finding whose fix cannot be made is told as one that has none, and why."""
        unmended = self._unmended.get(_identity(one))
        if unmended is None:
            return one
        hint = f"{one.finding.hint}; --fix leaves it: {unmended.reason}".removeprefix("; ")
        return replace(one, finding=replace(one.finding, fix=None, hint=hint))

    def _is_wanted(self, one: Located) -> bool:
        fix = one.finding.fix
        return (
            fix is not None and (self.unsafe or fix.safety == "safe") and _identity(one) not in self._unmended
        )

    def _file(self, file: MarkedSource, located: Sequence[Located]) -> tuple[list[Located], str]:
        """The fixes of a file that can be made together, and the text with them."""
        if not self.is_open(file.path):
            for one in located:
                self._withdraw(one, "the file is read-only")
            return [], file.text
        edits = Edits(file)
        return self._that_go(file, [one for one in located if edits.add(_wanted(one))])

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
                self._withdraw(located[0], str(reason))
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


def _about(one: Located) -> tuple[str, int, Keys, str]:
    """What a finding is about, whatever it says and wherever in the file that has moved to."""
    finding = one.finding
    return finding.path, finding.document, finding.keys, finding.code


def _are_neighbours(one: Located, other: Located) -> bool:
    """Whether both are about the same rule, or the same query of a panel."""
    first, second = one.finding, other.finding
    at_one = first.keys[:-1] == second.keys[: len(first.keys) - 1]
    return (first.path, first.document) == (second.path, second.document) and at_one
