"""The command line: thin, and quick to start. Each command imports what it needs when it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from monogen import __version__, stdout
from monogen.lint.report import FORMATS
from monogen.live.errors import LiveError
from monogen.live.options import connection_options
from monogen.problems import InputError

if TYPE_CHECKING:
    from monogen.build import Built
    from monogen.live.settings import Connection
    from monogen.output.writing import Outcome

USAGE_OR_INPUT = 2
STALE = 1
FAILED = 1
INTERRUPTED = 130
"""As shells have it: 128 and the number of the signal."""


class _Commands(click.Group):
    """Turns what is wrong into lines on stderr, for every command.

    Exit code 2 for the input and for output that cannot be written, 1 for a server that did not give what
    it was asked for, 130 for Ctrl-C.
    """

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Help and usage are printed out here, too."""
        with stdout.told():
            return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            # Click would make it an "Aborted!" with exit code 1, which is that of findings.
            click.echo("monogen: interrupted", err=True)
            sys.exit(INTERRUPTED)
        except InputError as error:
            from monogen.lint.report.printable import printable  # noqa: PLC0415

            # Names of files may hold anything, orders to the terminal included.
            for problem in error.problems:
                click.echo("\n".join(map(printable, str(problem).split("\n"))), err=True)
            count = len(error.problems)
            written = ", nothing was written" if ctx.invoked_subcommand == "build" else ""
            click.echo(f"monogen: {count} problem{'s' if count != 1 else ''}{written}", err=True)
            sys.exit(USAGE_OR_INPUT)
        except LiveError as error:
            click.echo(f"monogen: {error}", err=True)
            sys.exit(FAILED)


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
    "--target", type=click.Choice(["operator", "prometheus", "mimir"]), default="operator", show_default=True,
    help="Objects for kubectl apply, a folder for a plain Prometheus and Grafana, or rules for Mimir.",
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
@click.option("--no-lint", is_flag=True, help="Write also what the linter calls an error.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing unless something is wrong.")
def build(
    inventory: Path,
    output: Path,
    target: str,
    check: bool,
    diff: bool,
    dry_run: bool,
    in_place: bool,
    no_lint: bool,
    quiet: bool,
) -> None:
    """Write rules, scrape configs and dashboards for INVENTORY (a file, or a folder of files)."""
    import gc  # noqa: PLC0415

    from monogen.build import build as make  # noqa: PLC0415

    # A build makes a great many small objects and no cycles: looking for garbage would be most of the
    # time with 100,000 hosts.
    gc.disable()
    built = make(inventory, target)
    if not no_lint:
        _refuse_errors(built)
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


def _one(_: click.Context, option: click.Parameter, values: tuple[Path, ...]) -> Path | None:
    """The value of an option that means one thing: of two, none is taken without a word."""
    if len(values) > 1:
        raise click.UsageError(f"{option.opts[0]} is stated {len(values)} times: name one")
    return values[0] if values else None


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--inventory", multiple=True, type=click.Path(path_type=Path), callback=_one,
    help="Hosts to judge for. [default: as set, else hosts.yaml beside the paths or where you stand]",
)  # fmt: skip
@click.option("--select", multiple=True, metavar="CODES", help="Only these codes, or beginnings: MG2,MG401.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Not these codes, or beginnings.")
@click.option("--severity", type=click.Choice(["error", "warning", "info"]), help="Tell nothing milder.")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="full", show_default=True, help="How to tell it."
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the report to this file."
)
@click.option("--fix", is_flag=True, help="Mend in the files what can be mended without changing results.")
@click.option(
    "--unsafe", is_flag=True, help="With --fix or --diff: also what changes results for the better."
)
@click.option("--diff", is_flag=True, help="Show what --fix would change, write nothing.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 even when something is found.")
@click.option("--statistics", is_flag=True, help="Count by code instead of telling each.")
@click.option("--show-files", is_flag=True, help="List what is read as what, and what is passed over.")
def lint(paths: tuple[Path, ...], **options: Any) -> None:
    """Look for what will not work in rules, scrape configs and dashboards, without a server.

    PATHS are files and folders; without any, the inventory and out/. Exits 1 when an error or a warning is
    found, 2 when the input cannot be used.
    """
    import gc  # noqa: PLC0415

    from monogen.lint import command  # noqa: PLC0415

    # As in a build: many small objects, no cycles. With 10,000 rules it is 40 % of the time.
    gc.disable()
    sys.exit(command.lint(command.Options(paths, **options)))


@main.command()
@click.argument("code", required=False)
@click.option("--all", "everything", is_flag=True, help="List every check.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="Markdown and columns for people, or JSON.",
)  # fmt: skip
def rule(code: str | None, everything: bool, form: str) -> None:
    """Explain the check CODE of `monogen lint`: what, why, a bad and a good example."""
    from monogen.lint.explaining import explain, listing  # noqa: PLC0415

    if bool(code) == everything:
        raise click.UsageError("name one code, or say --all")
    click.echo(explain(code, form) if code else listing(form), nl=False)


@main.command(context_settings={"default_map": {"timeout": 3.0}})
@click.argument("hosts", nargs=-1, required=True, metavar="HOST[:PORT]...")
@click.option(
    "--port", "ports", multiple=True, type=click.IntRange(1, 65535), metavar="PORT",
    help="Look at this port of each host, too.",
)  # fmt: skip
@click.option("--name", default="", help="The host's name in the inventory.")
@click.option(
    "--into", type=click.Path(path_type=Path), metavar="FILE", help="Add the hosts to this inventory file."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@connection_options
def discover(hosts: tuple[str, ...], **options: Any) -> None:
    """Look at hosts for exporters and print their entries of an inventory.

    A HOST is asked at the exporters' usual ports, HOST:PORT at that port only. Exits 1 when a host gave
    nothing. Credentials are sent only to ports that you name.
    """
    from monogen.live.discover import command  # noqa: PLC0415

    sys.exit(command.run(command.Options(hosts, **options)))


@main.command(context_settings={"default_map": {"timeout": 3.0}})
@click.argument("folder", default=".", type=click.Path(path_type=Path), metavar="[DIR]")
@click.option("--host", "hosts", multiple=True, metavar="HOST[:PORT]", help="Look at this host first.")
@click.option(
    "--ansible", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Take the hosts of this Ansible inventory (INI or YAML).",
)  # fmt: skip
@click.option(
    "--file-sd", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Take the targets of this Prometheus file_sd file (JSON or YAML).",
)  # fmt: skip
@click.option("--fleet", metavar="NAME", help="The fleet's name. [default: the folder's]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@connection_options
def init(folder: Path, **options: Any) -> None:
    """Make a repository in DIR: an inventory, a CI workflow, .gitignore and README.

    Never writes over a file that is there, and writes all files or none.
    """
    from monogen.live.init import command  # noqa: PLC0415

    sys.exit(command.run(command.Options(folder, **options)))


def _refuse_errors(built: Built) -> None:
    """Nothing is written that the linter knows will not work."""
    from monogen.build import findings  # noqa: PLC0415

    errors = findings(built)
    if not errors:
        return
    from monogen.lint.report import render  # noqa: PLC0415

    click.echo(render("full", errors, color=False), err=True, nl=False)
    count = len(errors)
    click.echo(
        f"monogen: {count} error{'s' if count != 1 else ''}, nothing was written; "
        "`--no-lint` writes it all the same",
        err=True,
    )
    sys.exit(USAGE_OR_INPUT)


@main.command("import")
@click.argument("out", nargs=-1, type=click.Path(path_type=Path))
@click.option("--grafana", "url", required=True, metavar="URL", help="Address of Grafana, with its sub-path.")
@click.option("--folder", metavar="TITLE", help="Grafana's folder. [default: as the inventory has it]")
@click.option(
    "--inventory", type=click.Path(path_type=Path), help="Take the folder from this inventory, not from OUT."
)
@click.option("--force", is_flag=True, help="Overwrite dashboards of others that have the same uid.")
@click.option("--prune", is_flag=True, help="Remove the fleet's dashboards that are built no more.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, do nothing.")
@click.option("--diff", is_flag=True, help="Show what changes in each dashboard.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--api", "interface", type=click.Choice(["auto", "classic", "apis"]), default="auto", show_default=True,
    help="Grafana's interface: /api, or /apis from 13 on; auto looks.",
)  # fmt: skip
@connection_options
def import_(out: tuple[Path, ...], connection: Connection, **options: Any) -> None:
    """Put the dashboards of OUT (what `monogen build` wrote; default: out) into a running Grafana.

    What is the same there already is not touched, and what somebody else made is not overwritten. When it
    fails half way, run it again.
    """
    from monogen.live.grafana import command  # noqa: PLC0415

    sys.exit(command.run(command.Options(out, **options), connection))


@main.command()
@click.argument("inventory", required=False, type=click.Path(path_type=Path))
@click.option(
    "--scenario", multiple=True, metavar="NAME[:HOST[/EXPORTER]][@START]",
    help="Let this happen: memory-collapses:spark-1@2m. Several are possible.",
)  # fmt: skip
@click.option(
    "--scenarios", type=click.Path(path_type=Path), metavar="FILE", help="A YAML list of scenarios."
)
@click.option("--list", "listing", is_flag=True, help="List the scenarios there are.")
@click.option("--prometheus", is_flag=True, help="Also run a Prometheus with what monogen generates.")
@click.option(
    "--interval", default="", metavar="DURATION", help="Scrape so often. [default: as the inventory says]"
)
@click.option(
    "--speed", type=click.FloatRange(0.01, 1000), default=1.0, show_default=True,
    help="Scenarios run so many times as fast.",
)  # fmt: skip
@click.option(
    "--port-from", type=click.IntRange(0, 65535), default=19100, show_default=True,
    help="Ports of the exporters begin here; 0 takes any free ones.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed gives other numbers.")
@click.option("--page", default="", metavar="HOST/EXPORTER", help="Print this page and stop.")
@click.option("--json", "as_json", is_flag=True, help="Print the addresses as JSON.")
def simulate(inventory: Path | None, listing: bool, **options: Any) -> None:
    """Serve every exporter of INVENTORY on loopback, with values that move, until Ctrl-C."""
    from monogen.live.simulate import command  # noqa: PLC0415

    if listing:
        click.echo(command.listing(as_json=options["as_json"]), nl=False)
        return
    if inventory is None:
        raise click.UsageError("name an inventory, or say --list")
    command.simulate(command.Options(inventory, **options))


@main.command()
@click.option("--prometheus", "url", required=True, metavar="URL", help="The server, with its prefix.")
@click.option("--host", required=True, metavar="NAME", help="The host, by its name in the inventory.")
@click.option("--model", default="", metavar="NAME", help="The model, as its server names it.")
@click.option("--from", "start", default="", metavar="TIME", help="RFC 3339, Unix seconds, or -2h.")
@click.option("--to", "end", default="now", show_default=True, metavar="TIME", help="Likewise.")
@click.option(
    "--window", "windows", multiple=True, metavar="LABEL=FROM..TO",
    help="Instead of --from and --to; several are possible.",
)  # fmt: skip
@click.option("--compare", is_flag=True, help="Put two or more windows side by side.")
@click.option(
    "--baseline", default="10m", show_default=True, metavar="DURATION",
    help="So long before and after is looked at, for what was held without the run.",
)  # fmt: skip
@click.option(
    "--inventory", type=click.Path(path_type=Path), help="For ready lines: the sizes that are declared there."
)
@click.option("--fleet", default="", metavar="NAME", help="Of several fleets that have the host.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@connection_options
def card(connection: Connection, output: Path | None, **options: Any) -> None:
    """Measure a run on one host: memory against budget, tokens, power, energy, and whether it fitted.

    Markdown with small charts; on a terminal without them.
    """
    from monogen.live.card import command  # noqa: PLC0415

    charts = output is not None or not sys.stdout.isatty()
    text = command.make(command.Options(**options, charts=charts), connection)
    if output is None:
        click.echo(text, nl=False)
    else:
        command.write(output, text)
        click.echo(output)


@main.command("push-rules")
@click.argument("inventory", type=click.Path(path_type=Path))
@click.option(
    "--mimir", "url", required=True, metavar="URL", help="Mimir with its prefix: http://HOST/prometheus."
)
@click.option("--tenant", default="", metavar="NAME", help="The tenant, where Mimir has several.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, do nothing.")
@click.option("--diff", is_flag=True, help="Show what changes in each group.")
@click.option("--no-lint", is_flag=True, help="Push also what the linter calls an error.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@connection_options
def push_rules(inventory: Path, no_lint: bool, connection: Connection, **options: Any) -> None:
    """Put the rules of INVENTORY into the ruler of Grafana Mimir, in the fleet's own namespace.

    Groups that are the same there are not touched, groups that are built no more are removed. When it fails
    half way, run it again.
    """
    from monogen.build import build as make  # noqa: PLC0415
    from monogen.live.mimir import command  # noqa: PLC0415

    built = make(inventory, "mimir")
    if not no_lint:
        _refuse_errors(built)
    chosen = command.Options(**options)
    text, well = command.run(built.monitoring, chosen, connection, lambda line: click.echo(line, err=True))
    click.echo(text, nl=False)
    sys.exit(0 if well else FAILED)


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


@main.command()
@click.argument("inventory", type=click.Path(path_type=Path))
@click.option("--prometheus", "url", required=True, metavar="URL", help="The server, with its prefix.")
@click.option("--host", metavar="NAME", help="Tell only what concerns this host, with all details.")
@click.option("-v", "--verbose", is_flag=True, help="Name every host and every expression.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@connection_options
def verify(
    inventory: Path, url: str, host: str | None, verbose: bool, as_json: bool, connection: Connection
) -> None:
    """Tell whether what a Prometheus runs is what INVENTORY plans: targets, rules, panels, metrics.

    Exits 0 when all is well, 1 when something is wrong, 2 when the input cannot be used.
    """
    from monogen.live.verify import command  # noqa: PLC0415

    sys.exit(command.verify(inventory, url, connection, host=host, verbose=verbose, machine=as_json))
