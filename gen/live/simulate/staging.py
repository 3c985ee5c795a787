"""Which scenario happens on which host and when: read from the command line or a file, asked by time."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from monogen.inventory.model import Exporter, Fleet, Host
from monogen.live.simulate import manners, scenarios
from monogen.live.simulate.scenarios import Move, Scenario
from monogen.live.telling import cleaned
from monogen.problems import InputError, Problem
from monogen.quantities import parse_duration
from msgspec import Struct
from msgspec.structs import replace

ARGUMENT, FILE_ARGUMENT = "--scenario", "--scenarios"


class Stage(Struct, frozen=True):
    """A scenario on a host, and on one of its exporters where that matters.

    ``start`` and ``end`` are seconds of the story's time (which ``--speed`` makes run faster).
    """

    scenario: Scenario
    host: str
    exporter: str = ""
    start: float = 0.0
    end: float | None = None

    def running(self, story: float) -> bool:
        """Whether it happens at that time of the story."""
        begun = self.start <= story or self.scenario.held
        return begun and (self.end is None or story < self.end)


class Levers:
    """What the scenarios do to one host at one moment; where two move the same, the later stage wins."""

    __slots__ = ("_moves",)

    def __init__(self, moves: Mapping[str, tuple[Move, float]] | None = None) -> None:
        """``moves`` by name, each with the seconds since its scenario began."""
        self._moves = moves or {}

    def number(self, name: str, base: float) -> float:
        """The quantity, ``base`` where nothing moves it."""
        moved = self._moves.get(name)
        return base if moved is None else moved[0].number(moved[1], base)

    def text(self, name: str) -> str:
        """The word, "" where nothing says one."""
        moved = self._moves.get(name)
        return "" if moved is None else moved[0].text(moved[1])

    def moves(self, name: str) -> bool:
        """Whether anything moves it."""
        return name in self._moves


def levers(stages: Iterable[Stage], host: str, story: float) -> Levers:
    """What happens on the host at that time of the story. Faults of single exporters are not in it."""
    moves: dict[str, tuple[Move, float]] = {}
    for stage in stages:
        if stage.host == host and stage.running(story):
            elapsed = max(story - stage.start, 0.0)
            moves |= {name: (move, elapsed) for name, move in stage.scenario.moves.items()}
    moves.pop("exporter", None)
    return Levers(moves)


def fault(stages: Iterable[Stage], host: str, exporter: str, remote: bool, story: float) -> str:
    """How an exporter fails then: ``refuses``, ``hangs``, or "" where it answers.

    What looks at the host from elsewhere (``remote``) is not hit by what happens to the host.
    """
    found = ""
    for stage in stages:
        if stage.host != host or not stage.running(story):
            continue
        elapsed = max(story - stage.start, 0.0)
        if stage.exporter == exporter and (move := stage.scenario.moves.get("exporter")):
            found = move.text(elapsed)
        if not remote and (move := stage.scenario.moves.get("host")):
            found = move.text(elapsed)
    return "" if found == "answers" else found


def from_text(text: str, fleet: Fleet, remote: frozenset[str] = frozenset()) -> Stage:
    """The stage that ``name[:host[/exporter]][@start]`` means. Raises InputError.

    Without a host it is the first that suits; ``remote`` are kinds of exporters that run elsewhere.
    """
    where = f"{ARGUMENT} {text}"
    name, _, start = text.partition("@")
    name, _, place = name.partition(":")
    host, _, exporter = place.partition("/")
    try:
        begin = parse_duration(start) if start else 0.0
    except ValueError:
        raise _error(where, f"`{start}` is no time", "a time is written like 90s or 2m") from None
    return placed(Stage(_known(name, where), host, exporter, begin), fleet, where, remote)


def from_file(path: Path, fleet: Fleet, remote: frozenset[str] = frozenset()) -> tuple[Stage, ...]:
    """The stages of a YAML file: a list of scenarios, each known by name or with moves of its own.

    Raises InputError, which names the file and each entry that is wrong.
    """
    where = f"{FILE_ARGUMENT} {path}"
    try:
        data = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
    except OSError as error:
        raise _error(where, f"the file cannot be read: {error.strerror}", "") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise _error(where, "the file is no YAML", "") from None
    if not isinstance(data, list):
        raise _error(where, "a list of scenarios is wanted", _AS_IN)
    stages: list[Stage] = []
    problems: list[Problem] = []
    for number, entry in enumerate(data, 1):
        try:
            stages.append(_entry(entry, where, fleet, remote))
        except InputError as error:
            problems += [replace(one, message=f"entry {number}: {one.message}") for one in error.problems]
    if problems:
        raise InputError(problems)
    return tuple(stages)


_AS_IN = "as in `- {scenario: disk-fills, start: 2m}`"


def _entry(entry: Any, file: str, fleet: Fleet, remote: frozenset[str]) -> Stage:
    if not isinstance(entry, dict):
        raise _error(file, f"`{cleaned(str(entry), longest=60)}` is no scenario", _AS_IN)
    keys = {
        "scenario",
        "host",
        "exporter",
        "start",
        "end",
        "title",
        "about",
        "alert",
        "hosts",
        "before",
        "moves",
    }
    if strange := sorted(map(str, entry.keys() - keys)):
        raise _error(file, f"`{strange[0]}` is no key of a scenario", f"keys are {', '.join(sorted(keys))}")
    name = str(entry.get("scenario", entry.get("title", "")))
    scenario = scenarios.parse(entry, name, file) if "moves" in entry else _known(name, file)
    try:
        start = parse_duration(str(entry.get("start", "0s")))
        end = parse_duration(str(entry["end"])) if "end" in entry else None
    except ValueError:
        raise _error(file, f"`{name}`: start or end is no time", "a time is written like 90s or 2m") from None
    stage = Stage(scenario, str(entry.get("host", "")), str(entry.get("exporter", "")), start, end)
    return placed(stage, fleet, file, remote)


def _known(name: str, place: str) -> Scenario:
    known = scenarios.known()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known)}"
        raise _error(place, f"there is no scenario `{name}`", hint)
    return known[name]


def placed(stage: Stage, fleet: Fleet, place: str, remote: frozenset[str] = frozenset()) -> Stage:
    """The stage with its host, exporter and end filled in.

    Raises InputError where no host suits; ``place`` is where the scenario stands.
    """
    scenario, servers = stage.scenario, manners.servers()
    hosts = {host.name: host for host in fleet.hosts}
    if stage.host and stage.host not in hosts:
        near = difflib.get_close_matches(stage.host, hosts, 1)
        hint = f"did you mean `{near[0]}`?" if near else ""
        raise _error(place, f"the inventory has no host `{stage.host}`", hint)
    wanted = [hosts[stage.host]] if stage.host else list(hosts.values())
    suiting = [host for host in wanted if scenario.suits(host, servers)]
    if not suiting:
        where = f"`{stage.host}` does not suit" if stage.host else "no host suits"
        raise _error(place, f"{where} the scenario `{scenario.name}`", f"it needs {scenario.needs()}")
    host = suiting[0]
    exporter = _exporter(stage, host, place, remote) if "exporter" in scenario.moves else ""
    end = stage.end
    if end is None and scenario.lasts is not None:
        end = stage.start + scenario.lasts
    return replace(stage, host=host.name, exporter=exporter, end=end)


def _exporter(stage: Stage, host: Host, place: str, remote: frozenset[str]) -> str:
    """The exporter that is meant: the one named, else one that is not what tells that the host lives."""
    names = [name_of(exporter) for exporter in host.exporters]
    if stage.exporter:
        if stage.exporter not in names:
            raise _error(
                place, f"`{host.name}` has no exporter `{stage.exporter}`", f"it has {', '.join(names)}"
            )
        return stage.exporter
    candidates: Sequence[Exporter] = [exporter for exporter in host.exporters if exporter.kind not in remote]
    others = [exporter for exporter in candidates if exporter.kind != "node"]
    return name_of((others or candidates or host.exporters)[0])


def name_of(exporter: Exporter) -> str:
    """What an exporter is called on its host: its server's name, else its kind."""
    return exporter.server or exporter.kind


def _error(place: str, message: str, hint: str) -> InputError:
    return InputError([Problem(place, 0, 0, message, hint)])
