"""The command line: thin, and quick to start. Each command imports what it needs when it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from monogen import __version__
from monogen.problems import InputError

if TYPE_CHECKING:
    from monogen.build import Built
    from monogen.output.writing import Outcome

USAGE_OR_INPUT = 2
STALE = 1


class _Commands(click.Group):
    """Turns what is wrong with the input into lines on stderr and exit code 2, for every command."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except InputError as error:
            for problem in error.problems:
                click.echo(str(problem), err=True)
            count = len(error.problems)
            written = ", nothing was written" if ctx.invoked_subcommand == "build" else ""
            click.echo(f"monogen: {count} problem{'s' if count != 1 else ''}{written}", err=True)
            sys.exit(USAGE_OR_INPUT)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="monogen")
def main() -> None:
    """Monitoring as code for machines that run local LLMs.

    Reads an inventory of hosts and writes recording rules, alerts, scrape configs and Grafana
    dashboards that work on Linux, macOS and NVIDIA GB10 alike.
    """


@main.command()
@click.argument("inventory", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("out"), show_default=True,
    help="Folder to write.",
)  # fmt: skip
@click.option(
    "--target", type=click.Choice(["operator", "prometheus"]), default="operator", show_default=True,
    help="Objects for kubectl apply, or a folder for a plain Prometheus and Grafana.",
)  # fmt: skip
@click.option(
    "--check", is_flag=True, help="Write nothing; exit 1 and show the diff when the folder is stale."
)
@click.option("--diff", is_flag=True, help="Show what changes, then write.")
@click.option("--dry-run", is_flag=True, help="Show which files would change, write nothing.")
@click.option(
    "--in-place", is_flag=True,
    help="Replace file by file instead of exchanging the folder: for one that a container has mounted.",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Say nothing unless something is wrong.")
def build(
    inventory: Path,
    output: Path,
    target: str,
    check: bool,
    diff: bool,
    dry_run: bool,
    in_place: bool,
    quiet: bool,
) -> None:
    """Write rules, scrape configs and dashboards for INVENTORY (a file, or a folder of files)."""
    import gc  # noqa: PLC0415

    from monogen.build import build as make  # noqa: PLC0415

    # A build makes a great many small objects and no cycles: looking for garbage would be most of the
    # time with 100,000 hosts.
    gc.disable()
    built = make(inventory, target)
    if check:
        _check(built, output)
    elif dry_run:
        _show(built, output, lines=diff)
    else:
        _write(built, output, in_place=in_place, diff=diff, quiet=quiet)


@main.command()
def schema() -> None:
    """Print the JSON Schema of the inventory, for editors."""
    import json  # noqa: PLC0415

    from monogen.inventory import schema as inventory_schema  # noqa: PLC0415

    click.echo(json.dumps(inventory_schema(), indent=2))


@main.command()
@click.argument("inventory", type=click.Path(path_type=Path))
@click.option(
    "--gguf", "ggufs", multiple=True, type=click.Path(path_type=Path),
    help="Judge this GGUF file on every host instead of the inventory's models.",
)  # fmt: skip
@click.option(
    "--config", "configs", multiple=True, type=click.Path(path_type=Path),
    help="Judge the model of this Hugging Face config.json on every host.",
)  # fmt: skip
@click.option(
    "--context", type=click.IntRange(1, 2**31), help="Tokens, over all slots. [default: as trained]"
)
@click.option(
    "--slots", type=click.IntRange(1, 1024), help="Requests at once. [default: 4 that share one cache]"
)
@click.option(
    "--cache-type", default="f16", show_default=True, help="Type of the KV cache: f16, q8_0, q4_0, ..."
)
@click.option("--split", is_flag=True, help="The model may be spread over several GPUs.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def fit(
    inventory: Path,
    ggufs: tuple[Path, ...],
    configs: tuple[Path, ...],
    context: int | None,
    slots: int | None,
    cache_type: str,
    split: bool,
    as_json: bool,
) -> None:
    """Tell which models fit on which host of INVENTORY, before any is loaded."""
    import json  # noqa: PLC0415

    from monogen import catalog  # noqa: PLC0415
    from monogen import inventory as hosts  # noqa: PLC0415
    from monogen.fit import report  # noqa: PLC0415
    from monogen.fit.candidates import candidates  # noqa: PLC0415
    from monogen.fit.hosts import host_spec  # noqa: PLC0415
    from monogen.fit.spec import CACHE_TYPES, Serving  # noqa: PLC0415

    if cache_type not in CACHE_TYPES:
        raise click.BadParameter(f"one of {', '.join(CACHE_TYPES)}", param_hint="--cache-type")
    serving = Serving(context, key_type=cache_type, value_type=cache_type, slots=slots)
    models = candidates(ggufs, configs, serving, split=split)
    fleet = hosts.load(inventory, catalog.kinds)
    shown = [host for host in fleet.hosts if host.models or (models and host.hardware != "generic")]
    result = report.report([host_spec(host) for host in shown], models)
    click.echo(json.dumps(report.as_json(result), indent=2) if as_json else report.text(result), nl=as_json)


def _check(built: Built, output: Path) -> None:
    from monogen.output.writing import compare  # noqa: PLC0415

    difference = compare(built.artifacts, output, built.fleet.name)
    if not difference:
        return
    for line in difference.lines():
        click.echo(line)
    click.echo(f"monogen: {output} is stale; run `monogen build` again", err=True)
    sys.exit(STALE)


def _show(built: Built, output: Path, lines: bool) -> None:
    from monogen.output.writing import compare  # noqa: PLC0415

    difference = compare(built.artifacts, output, built.fleet.name)
    for line in difference.lines() if lines else difference.summary():
        click.echo(line)
    if not difference:
        click.echo(f"{output} is up to date")


def _write(built: Built, output: Path, *, in_place: bool, diff: bool, quiet: bool) -> None:
    from monogen.output.writing import write  # noqa: PLC0415

    outcome = write(built.artifacts, output, built.fleet.name, in_place=in_place)
    if diff:
        for line in outcome.difference.lines():
            click.echo(line)
    if not quiet:
        _tell(built, output, outcome)


def _tell(built: Built, output: Path, outcome: Outcome) -> None:
    """The summary of a build: a few lines that a person reads."""
    from monogen.targets.operator import disappeared  # noqa: PLC0415

    if outcome.recovered:
        click.echo(outcome.recovered)
    for note in built.monitoring.notes:
        click.echo(f"note: {note}")
    hosts = len(built.fleet.hosts)
    changes = len(outcome.difference.changes)
    click.echo(
        f"{output}: {outcome.files} files for {hosts} host{'s' if hosts != 1 else ''}, "
        + (f"{changes} changed" if changes else "nothing changed")
    )
    if outcome.reason:
        click.echo(f"files were replaced one by one: {outcome.reason}")
    for change in outcome.difference.edited:
        click.echo(f"note: {change.path} had been edited by hand; it is as generated again")
    old = [change.old for change in outcome.difference.changes if change.old is not None]
    for command in disappeared(old, built.artifacts):
        click.echo(f"gone from the output, still in the cluster: {command}")
