"""What `monogen lint` does: settings, looking, mending, telling, and the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from monogen.lint.gathering import OUT, Gathered, gathered, read
from monogen.lint.model import Finding, Severity
from monogen.lint.reading.files import names
from monogen.lint.report import color, render
from monogen.lint.report.listing import listing
from monogen.lint.report.printable import printable
from monogen.lint.report.summary import looked_at, statistics, summary, would_mend
from monogen.lint.run import Located, lint_located
from monogen.lint.settings import LintSettings
from monogen.lint.settings.configuration import settings_near, unknown_codes
from monogen.lint.settings.selection import silent_without_inventory
from monogen.problems import InputError, Problem
from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from monogen.lint.fixing.mending import Mended

CLEAN = 0
FOUND = 1

FOR_PEOPLE = ("full", "concise")
"""The formats that may be coloured, and replaced by statistics."""


class Options(Struct, frozen=True):
    """The command line of `monogen lint`; ``select`` and ``ignore`` may hold several codes, with commas."""

    paths: tuple[Path, ...] = ()
    inventory: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Severity | None = None
    form: str = "full"
    output: Path | None = None
    fix: bool = False
    unsafe: bool = False
    diff: bool = False
    exit_zero: bool = False
    statistics: bool = False
    show_files: bool = False


def lint(options: Options) -> int:
    """Look, tell, and return the exit code: 0 clean, 1 where there is an error or a warning.

    With ``diff`` 1 where there is something to mend.

    Raises InputError and click's UsageError (both exit with 2) for what cannot be used.
    """
    _refuse_contradictions(options)
    settings = _settings(options)
    if options.show_files:
        reading = read(options.paths, settings)
        _write(listing(reading), options.output)
        click.echo(f"monogen: {looked_at(len(names(reading.documents)), len(reading.passed_over))}", err=True)
        return CLEAN
    given = gathered(options.paths, options.inventory, settings)
    for folder in given.barren:
        click.echo(printable(f"monogen: {folder.file}: {folder.message}"), err=True)
    if options.diff:
        changes = _show_mended(given, settings, options)
        return FOUND if changes and not options.exit_zero else CLEAN
    findings, fixed = _mend(given, settings, options) if options.fix else (_found(given, settings), 0)
    _write(_report(findings, options), options.output)
    click.echo(f"monogen: {_closing(findings, given, settings, options, fixed)}", err=True)
    return CLEAN if options.exit_zero else exit_code(findings)


def _found(given: Gathered, settings: LintSettings) -> list[Finding]:
    return [one.finding for one in _look(settings)(given)]


def _look(settings: LintSettings) -> Callable[[Gathered], list[Located]]:
    return lambda given: lint_located(
        given.linted, settings, given.fleet, given.world, given.generated, given.planned
    )


def _judge(options: Options) -> Callable[[Gathered], list[Located]] | None:
    """What looks at mended files, where the command line has only some of the checks told; else None."""
    if not (options.select or options.ignore or options.severity):
        return None
    return _look(_settings(replace(options, select=(), ignore=(), severity=None)))


def _show_mended(given: Gathered, settings: LintSettings, options: Options) -> bool:
    """Print what --fix would change, and tell whether that is anything."""
    from monogen.lint.fixing.mending import mend  # noqa: PLC0415 - looking does without
    from monogen.lint.fixing.saving import diff  # noqa: PLC0415

    mended = mend(given, _look(settings), unsafe=options.unsafe, judge=_judge(options))
    _write("".join(f"{line}\n" for line in diff(mended.files)), options.output)
    _tell_unmended(mended)
    closing = would_mend(mended.fixed, len(mended.found), len(mended.files))
    click.echo(f"monogen: {closing}{_judged(given, settings)}", err=True)
    return bool(mended.files)


def _mend(given: Gathered, settings: LintSettings, options: Options) -> tuple[list[Finding], int]:
    """Mend the files; what is left to find in them, and how many findings are mended."""
    from monogen.lint.fixing.mending import mend  # noqa: PLC0415 - looking does without
    from monogen.lint.fixing.saving import may_be_written, save  # noqa: PLC0415

    mended = mend(
        given, _look(settings), unsafe=options.unsafe, judge=_judge(options), is_open=may_be_written
    )
    save(mended.files)
    return [one.finding for one in mended.left], mended.fixed


def _tell_unmended(mended: Mended) -> None:
    for one in mended.unmended:
        where = f"{one.finding.path}:{one.finding.start.line}"
        click.echo(f"monogen: {where}: {one.finding.code} is not mended: {one.reason}", err=True)


def exit_code(findings: Sequence[Finding]) -> int:
    """1 where there is an error or a warning. Notes (info) are told, and fail nothing."""
    return FOUND if any(finding.severity != "info" for finding in findings) else CLEAN


def _refuse_contradictions(options: Options) -> None:
    if options.unsafe and not (options.fix or options.diff):
        raise click.UsageError("--unsafe says which fixes: it goes with --fix or --diff")
    if options.statistics and options.form not in FOR_PEOPLE:
        raise click.UsageError("--statistics is for people: it goes with --format full or concise")


def _settings(options: Options) -> LintSettings:
    """The settings of the project, with the command line's word over them."""
    settings = settings_near(Path())
    select, ignore = _codes(options.select, "--select"), _codes(options.ignore, "--ignore")
    return replace(
        settings,
        select=select or settings.select,
        ignore=(*settings.ignore, *ignore),
        severity=options.severity or settings.severity,
    )


def _codes(stated: Sequence[str], option: str) -> tuple[str, ...]:
    codes = tuple(code.strip().upper() for each in stated for code in each.split(",") if code.strip())
    problems = [
        Problem(f"{option} {code}", 0, 0, "no check has this code", hint)
        for code, hint in unknown_codes(codes)
    ]
    if problems:
        raise InputError(problems)
    return codes


def _closing(
    findings: Sequence[Finding], given: Gathered, settings: LintSettings, options: Options, fixed: int
) -> str:
    """The last line. An inventory without out/ is half of what people expect to be looked at."""
    if given.source and not options.paths and not OUT.is_dir():
        source = given.source.as_posix()
        return f"{source} can be used; there is no {OUT}/ to lint, `monogen build {source}` writes it"
    files = len(names(given.linted.documents))
    if not files:
        return f"nothing in {OUT}/ is anything that is linted"
    passed_over = len(given.passed_over)
    return summary(findings, files, fixed, passed_over=passed_over, judged=_judged(given, settings))


def _judged(given: Gathered, settings: LintSettings) -> str:
    """By which inventory: the same file gets another verdict where another one is found."""
    if given.source and given.fleet:
        count = len(given.fleet.hosts)
        hosts = f"the {count} hosts" if count != 1 else "the one host"
        return f", for {hosts} of {printable(given.source.as_posix())}"
    silent = silent_without_inventory(settings)
    if not silent:
        return ""
    were = "checks that need one were" if silent != 1 else "check that needs one was"
    return f", without an inventory: {silent} {were} silent"


def _report(findings: Sequence[Finding], options: Options) -> str:
    if options.statistics:
        return statistics(findings)
    colored = options.output is None and color.wanted(sys.stdout, os.environ)
    encoding = _encoding() if options.output is None else "utf-8"
    return render(options.form, findings, color=colored, encoding=encoding)


def _encoding() -> str:
    return sys.stdout.encoding or "utf-8"


def _write(report: str, output: Path | None) -> None:
    """To the file, or to stdout in what its encoding can hold: a log may be ASCII only."""
    if output is None:
        encoding = _encoding()
        click.echo(report.encode(encoding, "backslashreplace").decode(encoding), nl=False)
        return
    try:
        output.write_text(report, encoding="utf-8")
    except OSError as error:
        problem = Problem(str(output), 0, 0, f"the report cannot be written: {error.strerror}")
        raise InputError([problem]) from None
