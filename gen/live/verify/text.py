"""The report for a person: what is wrong first, then how much is fine, then what was not looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monogen.lint.report.printable import printable
from monogen.live.verify.grouping import Trouble, troubles, wrong
from monogen.live.verify.model import Cardinality, Count, QuestionKind, Report
from monogen.live.verify.words import counted, lasting, some
from monogen.promql.placeholder import shown

SHOWN_PANELS = 6
SHOWN_NOTES = 5
MOST_HOSTS = 3
ALL = 1_000_000

_DARK: tuple[tuple[QuestionKind, str, str], ...] = (
    ("panel", "panel query", "panel queries"),
    ("rule", "recording rule", "recording rules"),
    ("alert", "alert", "alerts"),
)
_SAYS: dict[QuestionKind, str] = {"panel": "dark", "rule": "not recorded", "alert": "blind"}


def text(report: Report, *, verbose: bool = False) -> str:
    """The whole report. ``verbose`` names every host and every expression."""
    found = troubles(report)
    if other := report.other_fleet:
        return _printed([_headline(report, 1), f"      {other.hint}"])
    lines = [_headline(report, len(wrong(found)))]
    for trouble in wrong(found):
        lines += ["", *_trouble(trouble, verbose)]
    lines += ["", *_counts(report)]
    lines += _notes([one for one in found if not one.gap], verbose)
    if report.unchecked:
        lines += ["", "Not checked:", *(f"  {one}" for one in report.unchecked)]
    if report.warnings:
        lines += [
            "",
            "The server warns that answers may not be whole:",
            *(f"  {one}" for one in report.warnings),
        ]
    if verbose:
        lines += ["", f"{counted(report.questions, 'question')} in {report.seconds:.1f} s"]
    return _printed(lines)


def _printed(lines: Iterable[str]) -> str:
    return "\n".join(printable(shown(line)) for line in lines) + "\n"


def _headline(report: Report, number: int) -> str:
    server = f"{report.url} ({report.build})"
    if other := report.other_fleet:
        return f"{server}: {other.message}"
    outcome = counted(number, "thing is wrong", "things are wrong") if number else ""
    if report.too_early:
        outcome = f"too early: {report.too_early}" + (f"; {outcome}" if outcome else "")
    elif not number:
        outcome = "all that could be checked is well" if report.unchecked else "all is well"
    who = f"host {report.host}" if report.host else counted(report.hosts, "host")
    return f"{server}, fleet {report.fleet}, {who}: {outcome}"


def _trouble(trouble: Trouble, verbose: bool) -> Iterator[str]:
    hosts = list(trouble.hosts)
    where = f": {some(hosts, ALL if verbose else MOST_HOSTS)}" if hosts else ""
    yield f"  {trouble.message}{where}"
    details = dict.fromkeys(trouble.hosts.values()) if verbose else {}
    for detail in [one for one in details if one] or [trouble.detail]:
        if detail:
            yield f"      {detail}"
    if trouble.dark:
        yield from _dark(trouble, verbose)
    if trouble.hint:
        yield f"      {trouble.hint}"


def _dark(trouble: Trouble, verbose: bool) -> Iterator[str]:
    """What is empty because of it, board by board."""
    for kind, one, several in _DARK:
        by_place = trouble.names(kind)
        number = sum(map(len, by_place.values()))
        if not number:
            continue
        yield f"      {_SAYS[kind]}: {counted(number, one, several)}"
        if verbose:
            yield from _asked(trouble, kind)
            continue
        for place, names in by_place.items():
            between = "; " if kind == "panel" else ", "
            listed = some(list(names), SHOWN_PANELS, between)
            yield f"        {place}: {listed}" if kind == "panel" else f"        {listed}"


def _asked(trouble: Trouble, kind: QuestionKind) -> Iterator[str]:
    """Each panel, rule or alert by itself, with what it asks."""
    expressions: dict[str, dict[str, None]] = {}
    for one in trouble.dark:
        question = one.question
        if question.kind == kind:
            title = f"{question.place}: {question.name}" if kind == "panel" else question.name
            expressions.setdefault(title, {})[question.text] = None
    for title, texts in expressions.items():
        yield f"        {title}"
        for expression in texts:
            yield f"          asked: {expression}"


def _counts(report: Report) -> Iterator[str]:
    rows = [(count.part, f"{count.fine:,} of {count.all:,}", _of(count)) for count in report.counts]
    width = max((len(number) for _, number, _ in rows), default=0)
    for part, number, of in rows:
        yield f"  {part:8} {number:>{width}} {of}"
    yield from _series(report.cardinality, 1 if report.host else report.hosts)


def _of(count: Count) -> str:
    return f"{count.of} ({count.note})" if count.note else count.of


def _series(series: Cardinality, hosts: int) -> Iterator[str]:
    if not series.recorded and not series.scraped:
        return
    recorded, scraped = sum(series.recorded.values()), sum(series.scraped.values())
    head = f", of {series.head:,} that the server holds" if series.head else ""
    yield f"  series   {recorded:,} recorded and {scraped:,} scraped{head}"
    if hosts > 1:
        yield f"           {recorded / hosts:,.0f} and {scraped / hosts:,.0f} a host; most: {_most(series)}"


def _most(series: Cardinality) -> str:
    total = {host: series.recorded.get(host, 0) + n for host, n in series.scraped.items()} or series.recorded
    host, number = max(total.items(), key=lambda item: item[1])
    names = sorted(series.names.items(), key=lambda item: -item[1])[:1]
    return f"{host} has {number:,}" + "".join(f", `{name}` {count:,}" for name, count in names)


def _notes(notes: list[Trouble], verbose: bool) -> Iterator[str]:
    if not notes:
        return
    yield ""
    yield "Worth knowing:"
    for note in notes if verbose else notes[:SHOWN_NOTES]:
        hosts = list(note.hosts)
        where = f": {some(hosts, ALL if verbose else MOST_HOSTS)}" if hosts else ""
        dark = f" ({counted(len(note.dark), 'answer')} empty)" if note.dark else ""
        yield f"  {note.message}{dark}{where}"
        if longest := max((d.reason.seconds for d in note.dark), default=0.0):
            yield f"      that comes by itself, within {lasting(longest)} {note.dark[0].reason.since}"
        if verbose and note.detail:
            yield f"      {note.detail}"
    if not verbose and len(notes) > SHOWN_NOTES:
        yield f"  and {len(notes) - SHOWN_NOTES:,} more: --verbose"
