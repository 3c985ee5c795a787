"""`monogen verify`: reads the inventory, plans it, asks the server, and tells what does not match.

Targets first, then rules, since they explain most of what is empty; then every expression, and what the
catalog says of each target that is up. The number of questions depends on the rules, boards and kinds of
exporters, hardly on the hosts.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
from monogen import catalog, inventory
from monogen.inventory.model import Fleet
from monogen.live.errors import BadAnswerError, HttpStatusError, LiveError
from monogen.live.prometheus import Build, NotOfferedError, Prometheus
from monogen.live.settings import Connection
from monogen.live.verify import answers, asking, cardinality, metrics, rules, targets
from monogen.live.verify.as_json import as_json
from monogen.live.verify.model import OTHER_FLEET, Cardinality, Count, Finding, Report
from monogen.live.verify.planned import kinds_of, planned_targets
from monogen.live.verify.reasons import explained
from monogen.live.verify.text import text
from monogen.live.verify.tracing import Evidence
from monogen.live.verify.words import some
from monogen.monitoring import Monitoring
from monogen.plan import plan
from monogen.promql.tree import selectors

GAPS = 1

MILLISECOND = 0.001
MINUTE = 60.0

Progress = Callable[[str], None]


def verify(
    path: Path, url: str, connection: Connection, *, host: str | None, verbose: bool, machine: bool
) -> int:
    """Do it, print it, and give the exit code: 1 where something is wrong or it is too early to tell.

    ``host`` tells only what concerns that host, ``machine`` prints JSON. Raises InputError and LiveError.
    """
    fleet = inventory.load(path, catalog.kinds)
    monitoring = plan(fleet, catalog, partial(inventory.position, path))
    if host is not None and all(one.name != host for one in fleet.hosts):
        raise click.BadParameter(f"the inventory has no host `{host}`", param_hint="--host")
    with Prometheus(url, connection) as server:
        report = compare(server, fleet, monitoring, _progress)
    _progress("")
    shown = report if host is None else report.of_host(host)
    if machine:
        click.echo(json.dumps(as_json(shown), indent=2, ensure_ascii=False))
    else:
        click.echo(text(shown, verbose=verbose or host is not None), nl=False)
    return 0 if shown.ok else GAPS


def compare(
    server: Prometheus, fleet: Fleet, monitoring: Monitoring, progress: Progress = lambda _: None
) -> Report:
    """Everything that the server has, held against the plan. Raises LiveError."""
    started = time.monotonic()
    progress("the server")
    now = server.moment = _now(server)
    build = _build(server)
    age = _age(server, now)
    progress("targets")
    planned = planned_targets(fleet, monitoring, kinds_of(fleet))
    scraped = targets.look(server, fleet, planned, age)
    other = None if scraped.of_fleet else _other_fleet(server, fleet)
    if other is not None:
        return _nothing_but(other, server, build, fleet, time.monotonic() - started)
    progress("rules")
    loaded = rules.look(server, fleet, monitoring, now, age)
    # What was scraped and evaluated meanwhile counts as such, so its samples must be seen.
    told = [last + MILLISECOND for last in (scraped.last, loaded.last)]
    server.moment = max([now, *(last for last in told if last < now + MINUTE)])
    progress("expressions")
    asked = asking.questions(fleet, monitoring)
    answered = answers.look(server, asked.questions)
    progress("reasons")
    evidence = Evidence(fleet, asked.world, monitoring, planned, scraped, loaded, age)
    dark = explained(server, evidence, answered)
    progress("metrics")
    used = frozenset(leaf.name for question in asked.questions for leaf in selectors(question.tree))
    compared = metrics.look(server, fleet, planned, scraped, asked.world, used)
    unchecked = [*scraped.unchecked, *loaded.unchecked, *answered.unchecked, *compared.unchecked]
    unchecked += [f"an expression that monogen cannot read: {one}" for one in asked.unreadable]
    series = cardinality.look(server, fleet, monitoring, unchecked)
    answers_count = answers.count(asked.questions, answered, dark)
    counts: list[Count] = [*scraped.counts, *loaded.counts, answers_count, *compared.counts]
    return Report(
        url=server.url,
        build=build,
        fleet=fleet.name,
        hosts=len(fleet.hosts),
        counts=tuple(counts),
        findings=(*scraped.findings, *loaded.findings, *answered.findings, *compared.findings),
        dark=dark,
        unchecked=tuple(unchecked),
        cardinality=series,
        warnings=tuple(server.warnings),
        seconds=time.monotonic() - started,
        questions=server.questions,
    )


def _now(server: Prometheus) -> float:
    """The server's time. Raises LiveError, and says so where this is another kind of server."""
    try:
        samples = server.query("time()")
    except HttpStatusError as error:
        if error.status not in _NOT_FOR_QUESTIONS:
            raise
        words = f"{server.url}: this is no Prometheus, it answers {error.status} to a question"
        raise BadAnswerError(words, _WHERE) from None
    if not samples:
        words = f"{server.url}: this is no Prometheus, it does not answer what time it is"
        raise BadAnswerError(words, _WHERE)
    return samples[0].value


_NOT_FOR_QUESTIONS = frozenset({405, 501})
_WHERE = "is this the address of a Prometheus, with its prefix? Mimir's is http://HOST/prometheus"


def _age(server: Prometheus, now: float) -> float | None:
    """How many seconds ago the server loaded its configuration, None where it does not tell."""
    try:
        loaded = server.loaded_at()
    except LiveError:
        return None
    return max(now - loaded, 0.0) if loaded else None


def _other_fleet(server: Prometheus, fleet: Fleet) -> Finding | None:
    """What to say where the server has no series of this fleet, and has those of others."""
    answers = server.ask_all(['group by (fleet) (host:info{fleet!=""} or up{fleet!=""})'])
    names: set[str] = set()
    for answer in answers.values():
        if not isinstance(answer, LiveError):
            names |= {sample.labels.get("fleet", "") for sample in answer} - {""}
    if not names or fleet.name in names:
        return None
    found = some([f"`{name}`" for name in sorted(names)])
    message = f"the server has the {'fleet' if len(names) == 1 else 'fleets'} {found}, not `{fleet.name}`"
    hint = "another inventory belongs to this server, or what was built from this one is not loaded there"
    return Finding("targets", OTHER_FLEET, fleet.name, message, (), "", hint)


def _nothing_but(finding: Finding, server: Prometheus, build: Build, fleet: Fleet, seconds: float) -> Report:
    """A report of one finding: whatever else there is to say follows from it."""
    return Report(
        url=server.url,
        build=build,
        fleet=fleet.name,
        hosts=len(fleet.hosts),
        counts=(),
        findings=(finding,),
        dark=(),
        unchecked=(),
        cardinality=Cardinality({}, {}, {}),
        warnings=tuple(server.warnings),
        seconds=seconds,
        questions=server.questions,
    )


def _build(server: Prometheus) -> Build:
    try:
        return server.build()
    except NotOfferedError:
        return Build()


def _progress(stage: str) -> None:
    """What is looked at now, on a terminal only; "" clears the line."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[Klooking at {stage} ..." if stage else "\r\033[K", err=True, nl=False)
