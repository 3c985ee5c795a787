"""``monogen import``: read the boards, look at Grafana, do what differs, tell it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click
from monogen.inventory.model import GrafanaSettings
from monogen.live.client import Client, Connection
from monogen.live.errors import LiveError
from monogen.live.grafana import files, report
from monogen.live.grafana.answers import at_first
from monogen.live.grafana.applying import Report, Result, apply, foreseen
from monogen.live.grafana.planning import Plan, plan
from monogen.live.grafana.server import Interface, Server
from monogen.problems import InputError, Problem
from msgspec import Struct

GAPS = 1


class Options(Struct, frozen=True):
    """What the command line says. ``folder`` is a title, None where it follows from the inventory."""

    paths: tuple[Path, ...]
    url: str
    folder: str | None = None
    inventory: Path | None = None
    force: bool = False
    prune: bool = False
    dry_run: bool = False
    diff: bool = False
    as_json: bool = False
    interface: Interface = "auto"


def run(options: Options, connection: Connection) -> int:
    """Import, and print what was done; the exit code. Raises InputError and LiveError."""
    paths = options.paths or (Path("out"),)
    boards = files.read(paths)
    title = _folder(options, paths)
    with Client(options.url, connection) as client:
        try:
            server = Server(client, options.interface)
            planned = plan(server, boards, title, force=options.force, prune=options.prune)
        except LiveError as error:
            raise at_first(error, client.url) from None
        done = _carry_out(server, planned, options)
    if options.as_json:
        click.echo(json.dumps(report.as_json(done, diff=options.diff), indent=2, ensure_ascii=False))
    else:
        for line in report.summary(done):
            click.echo(line)
    return 0 if done.good else GAPS


def _carry_out(server: Server, planned: Plan, options: Options) -> Report:
    expected = foreseen(server, planned)
    say = _silent if options.as_json else partial(_say, diff=options.diff)
    if not options.as_json:
        click.echo(report.head(expected))
    if not options.dry_run:
        return apply(server, planned, say)
    for result in expected.results:
        say(result)
    return expected


def _say(result: Result, *, diff: bool) -> None:
    """At once, and not at the end: when the import is killed, what was done has been said."""
    for line in report.lines(result, diff=diff):
        click.echo(line)


def _silent(result: Result) -> None:
    """In JSON all is told at the end."""


def _folder(options: Options, paths: Sequence[Path]) -> str:
    """The folder's title: as said, as in the inventory, as the build wrote it, or the usual one."""
    if options.folder is not None:
        title = options.folder.strip()
        if not title or not title.isprintable():
            hint = "a title is needed; `General` means no folder"
            raise InputError([Problem("--folder", 0, 0, "this is no title of a folder", hint)])
        return title
    if options.inventory is not None:
        from monogen import catalog, inventory  # noqa: PLC0415 - only where one is named

        return inventory.load(options.inventory, catalog.kinds).grafana.folder
    return files.folder(paths) or GrafanaSettings().folder
