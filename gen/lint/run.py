"""One run of the linter: every check on everything it looks at, and what it found as findings with places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import monogen.lint.checks  # noqa: F401 (registers the checks)
from monogen.inventory.findings import nearest, quoted
from monogen.inventory.model import Fleet
from monogen.lint.check import REGISTRY, Check, On
from monogen.lint.context import Context
from monogen.lint.documents import Document, GroupItem, Linted
from monogen.lint.model import Finding, Found, Position, Severity
from monogen.lint.reading.lines import Lines
from monogen.lint.reading.source import Placed
from monogen.lint.reading.suppression import Suppression, suppressions_in
from monogen.lint.settings import LintSettings
from monogen.lint.settings.selection import ignored_in, is_enabled, is_told, longest, severity_of
from monogen.monitoring import Rule
from monogen.second_process import SecondProcess, can_help
from msgspec import Struct, field

if TYPE_CHECKING:
    from monogen.lint.world import World

LONGEST_EXCERPT = 5
"""Lines that an excerpt shows at most."""

UNUSED, MALFORMED, UNEXPLAINED = "MG010", "MG011", "MG012"
"""The checks of suppressing comments; they look at what all others found."""


class Located(Struct, frozen=True):
    """A finding, and the document that its keys and its fix belong to."""

    finding: Finding
    document: Document


def lint(
    linted: Linted,
    settings: LintSettings | None = None,
    fleet: Fleet | None = None,
    world: World | None = None,
    generated: Sequence[GroupItem] = (),
    planned: Iterable[Rule] = (),
) -> list[Finding]:
    """All findings, by file and from top to bottom. Without a ``fleet``, checks that need one do not run."""
    located = lint_located(linted, settings, fleet, world, generated, planned)
    return [one.finding for one in located]


def lint_located(
    linted: Linted,
    settings: LintSettings | None = None,
    fleet: Fleet | None = None,
    world: World | None = None,
    generated: Sequence[GroupItem] = (),
    planned: Iterable[Rule] = (),
) -> list[Located]:
    """The same, each with its document: for those who want to mend it. ``planned`` is as in Context."""
    context = Context(linted, settings or LintSettings(), fleet, world, generated, planned)
    run = _Run(context)
    for check, document, found in _all_found(run.checks, context):
        run.note(check, document, found)
    run.judge_suppressions()
    return sorted(run.located, key=lambda located: located.finding.sort_key)


MANY = 2000
"""Expressions from which on a second process looks at half of everything."""

Items = Mapping[str, Sequence[tuple[Document, Any]]]
"""What checks look at, each with its document, by the word of ``Check.on``."""


def _all_found(checks: Sequence[Check], context: Context) -> Iterator[tuple[Check, Document, Found]]:
    """What all checks find, each with its check and its document."""
    each = {check.code: check for check in checks if check.on != "everything"}
    items: Items = {on: list(_items(on, context.linted)) for on in {check.on for check in each.values()}}
    parts = 2 if len(items.get("expression", ())) >= MANY and can_help() else 1
    helper = SecondProcess(lambda: list(_part_found(each, items, context, 1, parts))) if parts > 1 else None
    found_here = list(_part_found(each, items, context, 0, parts))
    for check in checks:
        if check.on == "everything":
            yield from ((check, document, found) for document, found in check.find(context))
    for code, number, found in [*found_here, *(helper.result() if helper else ())]:
        yield each[code], items[each[code].on][number][0], found


def _part_found(
    checks: Mapping[str, Check], items: Items, context: Context, first: int, step: int
) -> Iterator[tuple[str, int, Found]]:
    """What is found in every so many-th item: the check's code, the item's number and the Found."""
    for code, check in checks.items():
        looked_at = items[check.on]
        for number in range(first, len(looked_at), step):
            for found in check.find(looked_at[number][1], context):
                yield code, number, found


def _items(on: On, linted: Linted) -> Iterator[tuple[Document, Any]]:
    """What checks of that kind look at, each with its document."""
    if on == "document":
        yield from ((document, document) for document in linted.documents)
        return
    items: Mapping[str, Iterable[Any]] = {
        "expression": linted.expressions,
        "rule": linted.rules,
        "group": linted.groups,
        "scrape": linted.scrapes,
        "board": linted.boards,
        "panel": (panel for board in linted.boards for panel in board.panels),
    }
    yield from ((item.document, item) for item in items[on])


class _File(Struct):
    """What a run needs to know about a file once: its silencing comments, the settings for it."""

    document: Document
    suppressions: list[Suppression]
    ignored: tuple[str, ...]

    def finding(
        self,
        check: Check,
        found: Found,
        severity: Severity,
        place: tuple[Position, Position],
        number: int = 0,
    ) -> Finding:
        """What was found at a place of the file, in its document of that number."""
        start, end = place
        return Finding(
            path=self.document.source.path,
            start=start,
            end=end,
            code=check.code,
            name=check.name,
            severity=severity,
            message=found.message,
            hint=found.hint,
            excerpt=self._excerpt(start, end),
            fix=found.fix,
            keys=found.keys,
            document=number,
        )

    def _excerpt(self, start: Position, end: Position) -> tuple[tuple[int, str], ...]:
        """The lines between two places, the first few of many."""
        if not start.line:
            return ()
        source = self.document.source
        lines = source.lines if isinstance(source, Placed) else Lines(source.text)
        # An end at the first column of a line is the end of the line before.
        last = end.line - 1 if end.column == 1 and end.line > start.line else end.line
        last = min(last, start.line + LONGEST_EXCERPT - 1, len(lines))
        return tuple((number, lines.line(number)) for number in range(start.line, last + 1))


class _Run(Struct):
    context: Context
    located: list[Located] = field(default_factory=list)
    _files: dict[str, _File] = field(default_factory=dict)
    _told: set[tuple[str, Position, Position, str, str]] = field(default_factory=set)

    @property
    def checks(self) -> list[Check]:
        """The checks that run, by code."""
        return [
            check
            for _, check in sorted(REGISTRY.items())
            if is_enabled(check, self.context.settings)
            and (self.context.fleet is not None or not check.needs_inventory)
        ]

    def note(self, check: Check, document: Document, found: Found) -> None:
        """Keep what was found, unless settings or a comment silence it. Its place is looked up last."""
        file = self._file(document)
        if longest(check.code, file.ignored) >= 0:
            return
        settings = self.context.settings
        severity = severity_of(check, found.severity, settings)
        told = is_told(severity, settings)
        if not told and not file.suppressions:
            return
        start, end = document.source.place(document.number, found.keys, found.span, on_key=found.on_key)
        finding = file.finding(check, found, severity, (start, end), document.number)
        silenced = [comment for comment in file.suppressions if comment.silences(finding)]
        if told and not silenced:
            self._tell(finding, document)

    def judge_suppressions(self) -> None:
        """Tell of comments that silence nothing, name no code that there is, or give no reason."""
        for document in self.context.linted.documents:
            self._file(document)
        running = {check.code for check in self.checks}
        for file in self._files.values():
            for comment in file.suppressions:
                for code, found in _about(comment, running):
                    if code in running:
                        self._note_comment(REGISTRY[code], file, comment, found)

    def _note_comment(self, check: Check, file: _File, comment: Suppression, found: Found) -> None:
        settings = self.context.settings
        severity = severity_of(check, None, settings)
        if longest(check.code, file.ignored) >= 0 or not is_told(severity, settings):
            return
        finding = file.finding(check, found, severity, (comment.start, comment.end))
        self._tell(finding, file.document)

    def _tell(self, finding: Finding, document: Document) -> None:
        identity = (finding.path, finding.start, finding.end, finding.code, finding.message)
        if identity not in self._told:
            self._told.add(identity)
            self.located.append(Located(finding, document))

    def _file(self, document: Document) -> _File:
        path = document.source.path
        file = self._files.get(path)
        if file is None:
            source = document.source
            placed = source.file if isinstance(source, Placed) else None
            file = self._files[path] = _File(
                document=document,
                suppressions=suppressions_in(placed) if placed else [],
                ignored=ignored_in(path, self.context.settings),
            )
        return file


def _about(comment: Suppression, running: set[str]) -> Iterator[tuple[str, Found]]:
    """What is wrong with a silencing comment, each with the code that says so."""
    if comment.misspelt:
        message = "this comment silences nothing: it is not spelt as the linter reads it"
        yield MALFORMED, Found((), message, f"did you mean `# {comment.misspelt}`?")
        return
    if comment.misplaced:
        message = "`ignore-file` stands below other lines, where it silences nothing"
        yield MALFORMED, Found((), message, "move it to the top of the file")
        return
    if not comment.codes and not comment.expects_empty:
        message = "this comment does not say what to ignore"
        yield MALFORMED, Found((), message, "write the code in brackets: `# monogen: ignore[MG201] reason`")
        return
    if not comment.reason:
        message = "this comment does not say why"
        yield UNEXPLAINED, Found((), message, "put the reason behind the brackets")
    for code in comment.codes:
        meant = [known for known in REGISTRY if known.startswith(code)]
        if not meant:
            near = nearest(code.upper(), REGISTRY)
            hint = f"did you mean `{near}`?" if near else "`monogen rule --all` lists them"
            yield MALFORMED, Found((), f"there is no check {quoted(code)}", hint)
        elif code not in comment.used and running.issuperset(meant):
            message = f"`{code}` is ignored here, but nothing of it is found"
            yield UNUSED, Found((), message, "remove it from the comment")
