"""What `monogen discover` does: look, print or add, and the exit code."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from monogen.live.discover.discovering import Report, discover
from monogen.live.discover.into import add
from monogen.live.discover.looking import Progress
from monogen.live.discover.report import as_json, entries, remarks
from monogen.live.settings import Connection
from msgspec import Struct

GAPS = 1
HEADING = "for `hosts:` of an inventory; what is a guess says so"


class Options(Struct, frozen=True):
    """The command line of `monogen discover`."""

    hosts: tuple[str, ...]
    connection: Connection
    ports: tuple[int, ...] = ()
    name: str = ""
    into: Path | None = None
    as_json: bool = False


def run(options: Options) -> int:
    """Look, tell, add; 0, or 1 where a host gave nothing or could not be added. Raises InputError."""
    _refuse_contradictions(options)
    report = discover(
        options.hosts, options.connection, ports=options.ports, name=options.name, into=options.into,
        progress=shown_progress(),
    )  # fmt: skip
    if options.into:
        add(options.into, [host.entry.lines for host in report.new if host.entry])
    _tell(report, options)
    return 0 if report.complete else GAPS


def _refuse_contradictions(options: Options) -> None:
    if options.name and (not options.name.isprintable() or options.name != options.name.strip()):
        raise click.UsageError("--name: a name is one line, without space before or after it")
    if options.name and len({_host_of(host) for host in options.hosts}) > 1:
        raise click.UsageError("--name is for one host")
    named = bool(options.ports) or any(_host_of(host) != host for host in options.hosts)
    if (options.connection.auth or options.connection.headers) and not named:
        raise click.UsageError("credentials go only to ports that you name: write HOST:PORT, or use --port")


def _host_of(text: str) -> str:
    """The host of HOST:PORT, roughly: enough to see whether two are one."""
    bare = text.partition("://")[2] or text
    host, colon, port = bare.rpartition(":")
    return host if colon and port.isdigit() and (":" not in host or host.endswith("]")) else bare


def shown_progress() -> Progress | None:
    """A line on stderr that counts, where a person looks at it and there is much to do."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        if total > 2 * PORTS_OF_A_HOST:
            end = "\r\033[K" if done == total else ""
            click.echo(f"\r{done} of {total} ports looked at{end}", nl=False, err=True)

    return show


PORTS_OF_A_HOST = 15


def _tell(report: Report, options: Options) -> None:
    for line in remarks(report, str(options.into) if options.into else ""):
        click.echo(line, err=True)
    if options.as_json:
        click.echo(json.dumps(as_json(report), indent=2, ensure_ascii=True))
    elif not options.into:
        text = entries(report)
        if text:
            click.echo(
                _printable("  # for `hosts:` of an inventory; what is a guess says so\n" + text), nl=False
            )


def _printable(text: str) -> str:
    """In what stdout's encoding can hold."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
