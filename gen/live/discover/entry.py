"""The entry of a host in the inventory: every line with where it is from, guesses marked as such."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from monogen.live.client import Connection
from monogen.live.discover import settings
from monogen.live.discover.machine import Machine, Told, machine, os_of
from monogen.live.discover.naming import is_name, short_name
from monogen.live.discover.recognising import Recogniser
from monogen.live.discover.seen import Found, Login, RouterModel
from monogen.live.discover.yamllines import Items, Line
from monogen.live.telling import cleaned
from msgspec import Struct
from msgspec.structs import replace

MOST_MODELS = 30
"""Models of a host that are listed; a page that names more lists no models but requests."""

_OS_OF = {"gb10": "linux", "nvidia": "linux", "apple-silicon": "darwin"}
_FOREIGN_MODELS = frozenset({"litellm"})
"""Servers that pass requests on: the models they name run elsewhere."""


class Entry(Struct, frozen=True):
    """A host as the inventory will have it. ``notes`` are sentences about what the lines cannot say."""

    name: str
    address: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    machine: Machine

    def named(self, name: str, why: str) -> Entry:
        """The same host under another name."""
        lines = [Line("name", name, why) if line.key == "name" else line for line in self.lines]
        if all(line.key != "address" for line in lines) and name != self.address:
            lines.insert(1, Line("address", self.address))
        return replace(self, name=name, lines=tuple(lines))


def entry(
    address: str, found: Sequence[Found], recogniser: Recogniser, connection: Connection, *, name: str = ""
) -> Entry | None:
    """The entry of the host at ``address`` with what was found there; ``name`` is what a person calls it.

    None where nothing is certain enough to be scraped.
    """
    told = machine(found)
    named = _name(address, told, name)
    exporters = _Exporters(told, recogniser, connection)
    lines = [Line("name", named.value, named.by)]
    if address != named.value:
        lines.append(Line("address", address))
    lines += _machine_lines(told)
    of_exporters = exporters.lines(found)
    if all(line.off for line in of_exporters):
        return None
    lines.append(Line("exporters", of_exporters))
    models, model_notes = _models(found, recogniser)
    if models:
        comment = "as the servers say; add sizes (`file: 18.6GiB`) for budgets: docs/fit.md"
        lines.append(Line("models", Items(tuple({"name": model} for model in models)), comment))
    notes = [*told.hints, *(note for one in found for note in one.notes), *model_notes, *exporters.notes]
    if not any(one.kind == "node" for one in found):
        notes.append("no node_exporter was seen: CPU, memory, disks and network of the host stay dark")
    return Entry(named.value, address, tuple(lines), tuple(notes), told)


def _name(address: str, told: Machine, stated: str) -> Told:
    """What a person calls it, else the address's first word, else what the host calls itself."""
    if stated:
        return Told(stated, "")
    if re.search("[A-Za-z]", address) and ":" not in address and address != "localhost":
        return Told(address.split(".", maxsplit=1)[0], "")
    if told.name:
        return Told(told.name.value, f"guess: what {told.name.by} says", guess=True)
    return Told(address, "guess: nothing told a name", guess=True)


def _machine_lines(told: Machine) -> Iterator[Line]:
    if told.hardware.value == "generic":
        yield Line("os", told.os.value, _by(told.os))
    else:
        yield Line("hardware", told.hardware.value, _by(told.hardware))
    if told.memory:
        yield Line("memory", told.memory.value, _by(told.memory))
    if told.chip:
        yield Line("chip", told.chip.value, _by(told.chip))
    if told.gpu_memory:
        sizes = [f"{size}MiB" for size in told.gpu_memory]
        yield Line("gpu_memory", sizes[0] if len(sizes) == 1 else sizes, told.gpu_memory_by)


def _by(told: Told) -> str:
    return ("guess: " if told.guess else "") + told.by


class _Exporters:
    """Writes the exporters of one host."""

    def __init__(self, told: Machine, recogniser: Recogniser, connection: Connection) -> None:
        self._told = told
        self._recogniser = recogniser
        self._connection = connection
        self.notes: list[str] = []

    def lines(self, found: Sequence[Found]) -> tuple[Line, ...]:
        """A line a kind, in order; what does not fit the host is written off."""
        lines = []
        # First what tells of the host, then what runs on it.
        kinds = self._recogniser.kinds
        for kind in sorted({one.kind for one in found}, key=lambda k: (k != "node", kinds[k].server, k)):
            every = [one for one in found if one.kind == kind]
            good = [one for one in every if not self._why_not(one)]
            if good:
                lines.append(self._line(kind, good))
            for one in every:
                if why := self._why_not(one):
                    lines.append(Line(kind, self._settings(one), why, off=True))
        return tuple(lines)

    def _why_not(self, one: Found) -> str:
        """Why an exporter cannot stand in the entry, "" where it can."""
        kind = self._recogniser.kinds[one.kind]
        os, hardware = self._told.os.value, self._told.hardware.value
        if not one.certain:
            return f"guess: {one.by} are {kind.title}'s; take the `#` away if it is"
        if not kind.runs_on(os, hardware):
            return f"{kind.title} does not run on {os} with {hardware}: is it another machine's?"
        page_os = os_of(one.page) if one.kind == "node" and one.page else None
        if page_os and page_os.value != os:
            return f"{page_os.by} says {page_os.value}, and the host is {os}: is it a virtual machine's?"
        return ""

    def _line(self, kind: str, every: Sequence[Found]) -> Line:
        if len(every) == 1 and not every[0].router:
            return Line(kind, self._settings(every[0]), self._comment(every[0]))
        entries: list[dict[str, Any]] = []
        for one in every:
            if one.router:
                entries += [self._of_router(one, model) for model in one.models if self._usable(model.name)]
            else:
                entries.append(self._settings(one))
        named = _with_names(kind, entries)
        comment = "; ".join(dict.fromkeys(self._comment(one) for one in every))
        return Line(kind, Items(tuple(named)), comment)

    def _comment(self, one: Found) -> str:
        words = [one.by]
        loaded = [model.name for model in one.models if model.loaded]
        if one.router:
            words.append("loaded now: " + (", ".join(cleaned(name, longest=60) for name in loaded) or "none"))
        if login := self._login(one):
            words.append(
                f"its {'key' if login == 'bearer' else 'login'} goes into the Secret `{_secret(one)}`"
            )
        version = self._version(one)
        if version:
            words.append(f"version: {version.by}")
        return "; ".join(words)

    def _version(self, one: Found) -> Told | None:
        if one.page is None:
            return None
        known = self._recogniser.catalog(one.kind)
        return settings.version(one.page, known, self._told.os.value, self._told.hardware.value)

    def _settings(self, one: Found) -> dict[str, Any]:
        """The exporter's settings, those only that are not as usual."""
        kind = self._recogniser.kinds[one.kind]
        stated: dict[str, Any] = {}
        if one.port.number != kind.port:
            stated["port"] = one.port.number
        if one.port.scheme == "https":
            stated["scheme"] = "https"
        if one.path != kind.path:
            stated["path"] = one.path
        version = self._version(one)
        if version:
            stated["version"] = version.value
        if one.model and self._usable(one.model):
            stated["model"] = one.model
        stated |= self._access(one)
        if one.page:
            numbers = tuple(map(int, version.value.split("."))) if version else None
            collectors = settings.collectors(
                one.page,
                self._recogniser.catalog(one.kind),
                self._told.os.value,
                self._told.hardware.value,
                numbers,
            )
            if collectors:
                stated["collectors"] = collectors
        return stated

    def _of_router(self, one: Found, model: RouterModel) -> dict[str, Any]:
        """A target a model, never to be scraped without autoload=false."""
        stated = self._settings(one)
        return {**stated, "model": model.name, "params": {"model": [model.name], "autoload": ["false"]}}

    def _access(self, one: Found) -> dict[str, Any]:
        """How the scraper gets in, by references to Secrets that the person makes."""
        stated: dict[str, Any] = {}
        secret = _secret(one)
        login = self._login(one)
        if login == "bearer":
            stated["auth"] = {"bearer": {"secret": secret, "key": "token"}}
        elif login == "basic":
            keys = {part: {"secret": secret, "key": part} for part in ("username", "password")}
            stated["auth"] = {"basic": keys}
        if one.port.scheme == "https" and self._connection.tls.insecure:
            stated["tls"] = {"insecure_skip_verify": True}
        elif one.port.scheme == "https" and self._connection.tls.ca_file:
            stated["tls"] = {"ca": {"secret": f"{secret}-tls", "key": "ca.crt"}}
        return stated

    def _login(self, one: Found) -> Login:
        """How the scraper logs in: as the server asks for it, else as this look did."""
        if one.login or not one.port.named:
            return one.login
        if self._connection.auth:
            return "bearer" if self._connection.auth.token else "basic"
        match self._connection.authorization:
            case "":
                return ""
            case "bearer":
                return "bearer"
            case "basic":
                return "basic"
        self._note(
            f"port {one.port.number}: `Authorization` is neither Bearer nor Basic, so no `auth` is stated"
        )
        return ""

    def _note(self, words: str) -> None:
        if words not in self.notes:
            self.notes.append(words)

    def _usable(self, model: str) -> bool:
        if is_name(model):
            return True
        self._note(_unusable(model))
        return False


def _secret(one: Found) -> str:
    return one.kind


def _with_names(kind: str, entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each with a name of its own: its model, else its kind and port."""
    taken: set[str] = set()
    named = []
    for stated in entries:
        short = short_name(str(stated.get("model", "")))
        name = short if short and short not in taken else f"{kind}-{stated.get('port', 'usual')}"
        number = 2
        while name in taken:
            name = f"{short or kind}-{number}"
            number += 1
        taken.add(name)
        named.append({"name": name, **stated})
    return named


def _models(found: Sequence[Found], recogniser: Recogniser) -> tuple[list[str], list[str]]:
    """The models of the host's own servers, and what is to be said of those that are not listed."""
    names: dict[str, None] = {}
    for one in found:
        kind = recogniser.kinds[one.kind]
        if one.model:
            names[one.model] = None
        names |= dict.fromkeys(model.name for model in one.models if model.loaded)
        if one.page and kind.server and one.kind not in _FOREIGN_MODELS:
            names |= dict.fromkeys(settings.models(one.page, recogniser.catalog(one.kind)))
    good = [name for name in names if is_name(name)]
    notes = [_unusable(name) for name in names if not is_name(name)]
    if len(good) > MOST_MODELS:
        notes.append(f"{len(good)} models are named on its pages; the first {MOST_MODELS} are listed")
    return good[:MOST_MODELS], list(dict.fromkeys(notes))


def _unusable(model: str) -> str:
    return f"the model `{cleaned(model, longest=60)}` has a name that the inventory cannot hold: left out"
