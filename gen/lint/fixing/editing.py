"""From fixes to the new text of a file: edited in place, and read again: nothing else may have changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from monogen.lint.fixing.scalars import CannotEdit, Replacement, replaced, rewriting
from monogen.lint.model import Fix, Keys
from monogen.lint.reading import json_text, yaml_text
from monogen.lint.reading.json_text import JsonSource
from monogen.lint.reading.source import Inner, MarkedSource, Part, Placed
from msgspec import Struct, field

_Place = tuple[Placed, int, Keys]
"""A scalar: the text it stands in, the document of it, and the keys that lead there."""


class Wanted(Struct, frozen=True):
    """A fix, and the document whose values it changes."""

    source: Placed
    document: int
    fix: Fix


class Edits(Struct):
    """Fixes of one file that go together; ``add`` takes those that fit, ``text`` makes them."""

    file: MarkedSource
    fixes: list[Wanted] = field(default_factory=list)
    _wanted: dict[_Place, list[Replacement]] = field(default_factory=dict)

    def add(self, fix: Wanted) -> bool:
        """Take the fix; False where another one wants the same characters.

        Two findings may be mended by one and the same fix: it is taken, and made once.
        """
        wanted = _replacements(fix)
        if all(one in self._wanted.get(place, ()) for place, ones in wanted.items() for one in ones):
            return True
        for place, ones in wanted.items():
            if any(one.overlaps(taken) for one in ones for taken in self._wanted.get(place, ())):
                return False
        for place, ones in wanted.items():
            self._wanted.setdefault(place, []).extend(ones)
        self.fixes.append(fix)
        return True

    def text(self) -> str:
        """The new text of the file. Raises CannotEdit where it would say something else than it should."""
        wanted = _in_file(self._wanted)
        data = documents_of(self.file)
        edits: list[Replacement] = []
        for (_, document, keys), replacements in wanted.items():
            edits += rewriting(self.file, document, keys, replacements)
            data[document] = _with(data[document], keys, replacements)
        if any(one.overlaps(other) for one, other in zip(sorted(edits), sorted(edits)[1:], strict=False)):
            raise CannotEdit("the value is used in several places of the file")
        text = replaced(self.file.text, edits)
        # What is compared are texts: two NaN are never equal, and 1 and true are.
        if repr(documents_of(_source_like(self.file, text))) != repr(data):
            raise CannotEdit("something else in the file would change with it")
        return text


def edited(file: MarkedSource, fixes: Iterable[Wanted]) -> str:
    """The text of the file with these fixes made, which do not overlap. Raises CannotEdit."""
    edits = Edits(file)
    for one in fixes:
        edits.add(one)
    return edits.text()


def documents_of(source: MarkedSource) -> list[Any]:
    """The data of all documents of a text, those that are not linted included. Raises CannotEdit."""
    if isinstance(source, JsonSource):
        read = json_text.read(source.path, source.text)
        documents, stop = [read.data], read.stop
    else:
        result = yaml_text.read(source.path, source.text)
        documents, stop = result.documents, result.stop
    if stop is not None:
        raise CannotEdit(f"the file could not be read any more: {stop.message}")
    return documents


def _source_like(source: MarkedSource, text: str) -> MarkedSource:
    return type(source)(source.path, text)


def _replacements(one: Wanted) -> dict[_Place, list[Replacement]]:
    wanted: dict[_Place, list[Replacement]] = {}
    for change in one.fix.changes:
        replacement = Replacement(change.start, change.end, change.text)
        wanted.setdefault((one.source, one.document, change.keys), []).append(replacement)
    return wanted


def _in_file(wanted: Mapping[_Place, Sequence[Replacement]]) -> dict[_Place, list[Replacement]]:
    """The same in terms of the file's own documents: a board within a ConfigMap is one scalar there."""
    outer: dict[_Place, list[Replacement]] = {}
    inner: dict[Inner, dict[_Place, Sequence[Replacement]]] = {}
    nested = False
    for (source, document, keys), replacements in wanted.items():
        if isinstance(source, Part):
            whole, number, prefix = source.stands
            outer.setdefault((whole, number, (*prefix, *keys)), []).extend(replacements)
            nested = True
        elif isinstance(source, Inner):
            inner.setdefault(source, {})[source.inner, document, keys] = replacements
            nested = True
        else:
            outer.setdefault((source, document, keys), []).extend(replacements)
    for source, scalars in inner.items():
        outer.setdefault(source.stands, []).extend(_of_text_within(source, scalars))
    return _in_file(outer) if nested else outer


def _of_text_within(source: Inner, scalars: Mapping[_Place, Sequence[Replacement]]) -> list[Replacement]:
    """Changes of scalars of a text that is a scalar itself, as changes of that text."""
    data = documents_of(source.inner)
    edits: list[Replacement] = []
    for (_, document, keys), replacements in scalars.items():
        edits += rewriting(source.inner, document, keys, replacements)
        data[document] = _with(data[document], keys, replacements)
    text = replaced(source.inner.text, edits)
    if repr(documents_of(_source_like(source.inner, text))) != repr(data):
        raise CannotEdit("something else in the text within it would change with it")
    return edits


def _with(data: Any, keys: Keys, replacements: Sequence[Replacement]) -> Any:
    """The data with one text in it changed; what an alias repeats is repeated as it was."""
    if not keys:
        if not isinstance(data, str):
            raise CannotEdit("it is no text")
        return replaced(data, replacements)
    copy = data.copy()
    copy[keys[0]] = _with(copy[keys[0]], keys[1:], replacements)
    return copy
