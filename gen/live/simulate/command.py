"""``monogen simulate``: serve the fleet, tell the addresses, let scenarios happen, until Ctrl-C."""

from __future__ import annotations

import difflib
import json
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import click
from monogen import catalog, inventory
from monogen.inventory.model import Fleet
from monogen.live.simulate import prometheus, scenarios, staging
from monogen.live.simulate.errors import SimulationError
from monogen.live.simulate.expected import expected
from monogen.live.simulate.simulation import Simulation
from monogen.live.simulate.staging import Stage, name_of
from monogen.monitoring import Monitoring
from monogen.problems import InputError, Problem
from monogen.quantities import format_duration, parse_duration
from msgspec import Struct

_LOOK = 0.2
"""Seconds between two looks at what is to be told."""


class Options(Struct, frozen=True):
    """What the command line says; the names are the flags'."""

    inventory: Path
    scenario: tuple[str, ...] = ()
    scenarios: Path | None = None
    prometheus: bool = False
    interval: str = ""
    speed: float = 1.0
    port_from: int = 0
    seed: int = 0
    page: str = ""
    as_json: bool = False


def simulate(options: Options) -> None:
    """Run the simulation until it is stopped. Raises InputError and SimulationError."""
    fleet = inventory.load(options.inventory, catalog.kinds)
    if options.interval:
        fleet = prometheus.scraped_each(fleet, _interval(options.interval))
    simulation = Simulation(
        fleet,
        stages=_stages(options, fleet),
        seed=options.seed,
        speed=options.speed,
        port_from=options.port_from,
    )
    if options.page:
        click.echo(_page(simulation, fleet, options.page), nl=False)
        return
    binary = prometheus.found() if options.prometheus else None
    if options.prometheus and binary is None:
        raise SimulationError("no Prometheus was found on this machine", prometheus.HOW_TO_GET_ONE)
    with _stopping() as stopped, ExitStack() as stack:
        stack.enter_context(simulation)
        server = None
        monitoring = _planned(simulation, options)
        if binary is not None and monitoring is not None and not stopped.is_set():
            server = stack.enter_context(
                prometheus.Prometheus(binary, simulation.fleet, monitoring, stopped.is_set)
            )
        _tell(simulation, server, options)
        hints = [_hint(simulation.fleet, stage, monitoring) for stage in simulation.stages]
        _watch(simulation, server, stopped, hints, quiet=options.as_json)


def _planned(simulation: Simulation, options: Options) -> Monitoring | None:
    """What is generated for the fleet; None where nobody asks, or where only hints would come from it.

    Raises InputError where a Prometheus is to run it.
    """
    if not (options.prometheus or any(stage.scenario.alerts for stage in simulation.stages)):
        return None
    try:
        return prometheus.planned(simulation.fleet, partial(inventory.position, options.inventory))
    except InputError:
        if options.prometheus:
            raise
        return None


def listing(*, as_json: bool) -> str:
    """monogen's own scenarios: name, title, and which alerts fire."""
    known = scenarios.known().values()
    if as_json:
        data = [
            {
                "name": one.name,
                "title": one.title,
                "about": one.about,
                "alerts": list(one.alerts),
                "needs": one.needs(),
            }
            for one in known
        ]
        return json.dumps(data, indent=2) + "\n"
    width = max(len(one.name) for one in known)
    lines = [
        f"{one.name.ljust(width)}  {one.title}" + (f" ({', '.join(one.alerts)})" if one.alerts else "")
        for one in known
    ]
    return "\n".join(lines) + "\n"


def _stages(options: Options, fleet: Fleet) -> tuple[Stage, ...]:
    """All scenarios that are asked for; everything wrong with them at once."""
    kinds = catalog.kinds(tuple(map(Path, fleet.catalogs)))
    remote = frozenset(kind for kind, header in kinds.items() if header.remote)
    found: list[Stage] = []
    problems: list[Problem] = []
    if options.scenarios is not None:
        found += staging.from_file(options.scenarios, fleet, remote)
    for text in options.scenario:
        try:
            found.append(staging.from_text(text, fleet, remote))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return tuple(found)


def _interval(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError:
        seconds = 0.0
    if seconds <= 0:
        raise click.BadParameter(f"`{text}` is no duration; write it like 5s or 1m", param_hint="--interval")
    return seconds


def _page(simulation: Simulation, fleet: Fleet, wanted: str) -> str:
    host, _, exporter = wanted.partition("/")
    known = {f"{host.name}/{name_of(one)}" for host in fleet.hosts for one in host.exporters}
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, 1)
        hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(sorted(known)[:5])}"
        raise InputError([Problem(f"--page {wanted}", 0, 0, "the inventory has no such exporter", hint)])
    return simulation.page(host, exporter)


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that Ctrl-C, SIGTERM and a closed terminal set, so that everything is closed in order."""
    event = threading.Event()
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {name: signal.signal(name, lambda *_: event.set()) for name in names}
    try:
        yield event
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _tell(simulation: Simulation, server: prometheus.Prometheus | None, options: Options) -> None:
    """The addresses, one line an exporter; Prometheus' own where it runs."""
    urls = {key: simulation.url(*key) for key in simulation.addresses}
    if options.as_json:
        targets = [
            {"host": host, "exporter": name, "address": simulation.addresses[host, name], "url": url}
            for (host, name), url in urls.items()
        ]
        data = {"targets": targets, "prometheus": server.url if server else None}
        click.echo(json.dumps(data, indent=2))
        return
    rows = [(host, name, url) for (host, name), url in urls.items()]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for host, name, url in rows:
        click.echo(f"{host.ljust(widths[0])}  {name.ljust(widths[1])}  {url}")
    if server is not None:
        click.echo(f"\nPrometheus runs at {server.url}; alerts are at {server.url}/alerts")
    click.echo("\nCtrl-C stops everything.")


def _watch(
    simulation: Simulation, server: prometheus.Prometheus | None, stopped: threading.Event,
    hints: Sequence[str], *, quiet: bool,
) -> None:  # fmt: skip
    """Wait for the end, and tell what begins (with its hint) and ends meanwhile. Raises SimulationError."""
    running: set[int] = set()
    while not stopped.wait(_LOOK):
        story = simulation.story
        now = {
            place
            for place, stage in enumerate(simulation.stages)
            if stage.start <= story and (stage.end is None or story < stage.end)
        }
        for place in sorted(now ^ running) if not quiet else ():
            stage, hint = simulation.stages[place], hints[place]
            click.echo(_happens(stage, hint, begins=place in now, elapsed=simulation.elapsed))
        running = now
        if server is not None and not server.running:
            raise SimulationError(f"Prometheus has stopped by itself: {server.end}", server.last_words())


def _hint(fleet: Fleet, stage: Stage, monitoring: Monitoring | None) -> str:
    host = next(host for host in fleet.hosts if host.name == stage.host)
    return expected(stage, host, monitoring) if monitoring else ""


def _happens(stage: Stage, hint: str, *, begins: bool, elapsed: float) -> str:
    where = stage.host + (f"/{stage.exporter}" if stage.exporter else "")
    told = f"{format_duration(int(elapsed))}  {where}: {stage.scenario.title}"
    if not begins:
        return f"{told}: over"
    return f"{told}; {hint}" if hint else told
