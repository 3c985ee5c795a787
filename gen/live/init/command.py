"""What `monogen init` does: gather hosts, write a repository, say what comes next."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
from monogen.lint.report.printable import printable
from monogen.live.discover.command import shown_progress
from monogen.live.discover.discovering import Report, discover
from monogen.live.discover.report import remarks
from monogen.live.init.ansible import ansible
from monogen.live.init.file_sd import file_sd
from monogen.live.init.repository import check, write
from monogen.live.init.taken import Source, Taken, merged
from monogen.live.init.texts import files
from monogen.live.settings import Connection
from monogen.problems import InputError, Problem
from msgspec import Struct

GAPS = 1
VERSION = 1
_FLEET = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


class Options(Struct, frozen=True):
    """The command line of `monogen init`."""

    folder: Path
    connection: Connection
    hosts: tuple[str, ...] = ()
    ansible: tuple[Path, ...] = ()
    file_sd: tuple[Path, ...] = ()
    fleet: str | None = None
    as_json: bool = False


def run(options: Options) -> int:
    """Write the repository; 0, or 1 (and nothing is written) where a host gave nothing. Raises InputError."""
    fleet = options.fleet if options.fleet is not None else _fleet_name(options.folder)
    if not _FLEET.fullmatch(fleet):
        hint = "lower-case letters, digits and -, at most 40 characters"
        raise InputError([Problem("--fleet", 0, 0, "this cannot be a fleet's name", hint)])
    if options.connection.auth or options.connection.headers:
        hint = "make the repository, then `monogen discover HOST:PORT --into hosts.yaml` with them"
        raise InputError([Problem("monogen init", 0, 0, "credentials are for single ports", hint)])
    # Told before anybody is asked anything.
    check(options.folder, files(fleet, ()))
    report = (
        discover(options.hosts, options.connection, progress=shown_progress())
        if options.hosts
        else Report(())
    )
    for line in remarks(report):
        click.echo(line, err=True)
    if not report.complete:
        click.echo("monogen: nothing was written; leave the host out and add it later", err=True)
        return GAPS
    hosts, left_out = merged(_sources(options, report))
    if (options.ansible or options.file_sd or options.hosts) and not hosts:
        for line in left_out:
            click.echo(printable(line), err=True)
        raise InputError([Problem("monogen init", 0, 0, "no host was found in what was named")])
    made = files(fleet, hosts)
    check(options.folder, made)
    write(options.folder, made)
    _tell(options, fleet, hosts, left_out, list(made))
    return 0


def _sources(options: Options, report: Report) -> Iterator[Source]:
    """What was seen comes before what files say."""
    seen = [
        Taken(one.entry.name, one.entry.address, one.entry.lines, one.entry.notes)
        for one in report.new
        if one.entry
    ]
    yield Source("what was seen", tuple(seen))
    yield from map(ansible, options.ansible)
    yield from map(file_sd, options.file_sd)


def _fleet_name(folder: Path) -> str:
    """The folder's name as a fleet's name, where it can be made one."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")[:40].strip("-")
    return name or "homelab"


def _tell(
    options: Options, fleet: str, hosts: tuple[Taken, ...], left_out: list[str], made: list[str]
) -> None:
    if options.as_json:
        told = {
            "version": VERSION, "folder": str(options.folder), "fleet": fleet, "files": made,
            "hosts": [{"name": host.name, "address": host.address} for host in hosts], "left_out": left_out,
        }  # fmt: skip
        click.echo(json.dumps(told, indent=2))
        return
    for line in left_out:
        click.echo(printable(line), err=True)
    for name in made:
        click.echo(printable(str(options.folder / name)))
    count = f"{len(hosts)} host{'s' if len(hosts) != 1 else ''}" if hosts else "an example host"
    click.echo(
        f"fleet {fleet}, {count}. Next: look at hosts.yaml, then `monogen build hosts.yaml`, and commit both"
    )
