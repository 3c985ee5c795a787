"""`monogen card`: from options to the text that is printed or written."""

from __future__ import annotations

import difflib
import json
import time
from pathlib import Path
from typing import NoReturn

from monogen import catalog, inventory
from monogen.inventory.model import Fleet
from monogen.live.card import markdown
from monogen.live.card.card import Card, card
from monogen.live.card.history import read
from monogen.live.card.plain import as_json
from monogen.live.card.subject import listed
from monogen.live.card.text import code
from monogen.live.card.window import Window, window, windows
from monogen.live.prometheus import Prometheus
from monogen.live.settings import Connection
from monogen.problems import InputError, Problem
from msgspec import Struct


class Options(Struct, frozen=True):
    """What the command line says; ``now`` is Unix seconds, None for the clock's."""

    url: str
    host: str
    model: str = ""
    fleet: str = ""
    start: str = ""
    end: str = "now"
    baseline: str = "10m"
    windows: tuple[str, ...] = ()
    compare: bool = False
    inventory: Path | None = None
    as_json: bool = False
    charts: bool = True
    now: float | None = None


def make(options: Options, connection: Connection = Connection()) -> str:  # noqa: B008  it is frozen
    """Ask the server and write the card, or cards. Raises InputError and LiveError."""
    chosen = _windows(options, time.time() if options.now is None else options.now)
    fleet = inventory.load(options.inventory, catalog.kinds) if options.inventory else None
    if fleet is not None:
        _check_host(options, fleet)
    with Prometheus(options.url, connection) as server:
        histories = [read(server, options.host, each, options.fleet) for each in chosen]
    if fleet is not None:
        _check_fleet(options, fleet, histories[0].fleet)
    cards = [card(history, options.model, fleet) for history in histories]
    _check_model(options, cards)
    return text(cards, options)


def text(cards: list[Card], options: Options) -> str:
    """The cards as they were asked for; ends with a line feed."""
    if options.as_json:
        return json.dumps(as_json(cards), indent=2, allow_nan=False) + "\n"
    if options.compare:
        return markdown.side_by_side(cards, charts=options.charts)
    return "\n".join(markdown.one(each, charts=options.charts) for each in cards)


def write(file: Path, text: str) -> None:
    """Write the card to a file. Raises InputError where that cannot be."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        _refuse(
            "--output",
            f"`{file}` cannot be written: {error.strerror}",
            "name a file in a folder that is there",
        )


def _windows(options: Options, now: float) -> tuple[Window, ...]:
    if options.windows and options.start:
        _refuse("--window", "both `--window` and `--from` are given", "one of both says what to look at")
    if not options.windows and not options.start:
        _refuse("--from", "no window is given", "say `--from -2h`, or `--window A=-3h..-2h` several times")
    if options.compare and len(options.windows) < 2:  # noqa: PLR2004
        _refuse("--compare", "there is nothing to compare", "give two or more `--window LABEL=FROM..TO`")
    if options.windows:
        return windows(options.windows, options.baseline, now)
    return (window(options.start, options.end, options.baseline, now),)


def _check_host(options: Options, fleet: Fleet) -> None:
    if all(host.name != options.host for host in fleet.hosts):
        hint = "the name is the label `instance`; leave `--inventory` away to do without its sizes"
        _refuse("--inventory", f"`{options.inventory}` has no host `{options.host}`", hint)


def _check_fleet(options: Options, fleet: Fleet, recorded: str) -> None:
    """An inventory of other machines must not correct these."""
    if fleet.name != recorded:
        _refuse(
            "--inventory",
            f"`{options.inventory}` is the inventory of the fleet `{fleet.name}`, and `{options.host}` was "
            f"recorded for the fleet {code(recorded)}",
            "name the inventory that was deployed",
        )


def _check_model(options: Options, cards: list[Card]) -> None:
    """A name that nothing knows is a slip of the pen, where names are known at all."""
    known = sorted(set().union(*(each.subject.known for each in cards)))
    if not options.model or not known or options.model in known:
        return
    near = difflib.get_close_matches(options.model, known, 1)
    hint = f"did you mean {code(near[0])}?" if near else f"known: {listed(known)}"
    _refuse("--model", f"no server of `{options.host}` and no inventory names {code(options.model)}", hint)


def _refuse(option: str, message: str, hint: str) -> NoReturn:
    raise InputError([Problem(option, 0, 0, message, hint)])
