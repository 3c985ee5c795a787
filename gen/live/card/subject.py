"""Which model a card is about, which others were in memory, and what the inventory declares for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from monogen.inventory.model import Fleet, Host, Model
from monogen.live.card.history import SERVER, History, Part
from monogen.live.card.text import code, gib
from monogen.plan.budgets import budget_bytes
from msgspec import Struct

RESIDENT = "server:model_resident"
RESERVED = "host:memory_reserved_bytes"


class Subject(Struct, frozen=True):
    """``model`` is "" where the card is about the host, whatever ran on it; ``chosen`` says how it was found.

    ``before``, ``during`` and ``after`` are the models that servers reported as resident, "" for one of a
    server that names none; ``reported`` is whether any server of the host reports that at all. ``known`` are
    the models that anything names: servers, what was recorded, the inventory. ``budgets`` are declared bytes
    by model, those of the inventory where one is given; ``deployed`` are those that were recorded.
    ``reserved`` is the reservation as recorded and as the inventory has it, None where either is not known.
    ``declared`` is the model as the inventory states it, None without one.
    """

    model: str
    chosen: str = ""
    before: frozenset[str] = frozenset()
    during: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    reported: bool = False
    known: frozenset[str] = frozenset()
    budgets: tuple[tuple[str, float], ...] = ()
    deployed: tuple[tuple[str, float], ...] = ()
    reserved: tuple[float, float] | None = None
    declared: Model | None = None
    host: Host | None = None

    @property
    def loaded_before(self) -> bool:
        """Whether the model was in memory already when the window began, as far as servers name theirs."""
        nameless = "" in self.before and self.model not in self.during
        return bool(self.model) and (self.model in self.before or nameless)

    @property
    def newcomers(self) -> frozenset[str]:
        """Models that came into memory in the window."""
        return self.during - self.before

    @property
    def others(self) -> frozenset[str]:
        """Models beside it in the window."""
        return self.during - {self.model}

    def absent(self, asked: str) -> str:
        """Why nobody can say that the model asked for was there, "" where it was or none was asked for."""
        if not asked or asked in self.during:
            return ""
        if asked not in self.known:
            return f"nothing names {code(asked)}: neither a server of this host nor the inventory"
        nameless = "" in self.during
        return f"no server reported {code(asked)} in the window" if self.reported and not nameless else ""

    def differences(self) -> Iterator[str]:
        """Where the inventory given here is not what was deployed."""
        if self.host is None:
            return
        file, deployed = dict(self.budgets), dict(self.deployed)
        for name in sorted(file.keys() & deployed.keys()):
            if told := self.difference(name):
                yield f"{code(name)}: {told}; the card goes by the file"
        if self.reserved is not None and (told := _differs(*self.reserved)):
            yield f"`reserved`: {told}; the footprint was recorded with what is deployed"
        named = {model.name for model in self.host.models}
        for name in sorted((deployed.keys() | self.during) - named - {""}):
            size = f"; deployed: {gib(deployed[name])}" if name in deployed else ""
            yield f"the file has no model {code(name)} on this host{size}"
        for name in sorted(file.keys() - deployed.keys()):
            yield f"{code(name)}: deployed: no budget, file: {gib(file[name])}"

    def difference(self, model: str) -> str:
        """What was deployed and what the file says, "" where they agree or one of both is not known."""
        file, deployed = dict(self.budgets).get(model), dict(self.deployed).get(model)
        return _differs(deployed, file) if self.host and file is not None and deployed is not None else ""


def _differs(deployed: float, file: float) -> str:
    told = f"deployed: {gib(deployed)}, file: {gib(file)}"
    return told if gib(deployed) != gib(file) else ""


def subject(history: History, model: str, fleet: Fleet | None) -> Subject:
    """Find out what the card is about; ``model`` is what was asked for, "" for nothing."""
    parts: list[Part] = [history.before, history.during, history.after]
    before, during, after = (frozenset(_resident(history, part)) for part in parts)
    host = next((h for h in fleet.hosts if h.name == history.host), None) if fleet else None
    deployed = dict(_deployed(history))
    file = dict(_sizes(host)) if host else {}
    budgets = file if host else deployed
    name, chosen = (model, "") if model else _only(before, during, budgets)
    declared = next((m for m in host.models if m.name == name), None) if host else None
    stated = history.during(history.one(RESERVED))
    known = {*deployed, *_served(history), *(each.name for each in (host.models if host else ()))} - {""}
    return Subject(
        name, chosen, before, during, after, bool(history.of(RESIDENT)), frozenset(known),
        tuple(sorted(budgets.items())), tuple(sorted(deployed.items())),
        (stated.values[-1], float(host.system_memory)) if host and stated else None, declared, host,
    )  # fmt: skip


def _resident(history: History, part: Part) -> Iterable[str]:
    return (
        detail[0] for detail, curve in history.of(RESIDENT).items() if any(v > 0 for v in part(curve).values)
    )


def _only(before: frozenset[str], during: frozenset[str], budgets: Mapping[str, float]) -> tuple[str, str]:
    """The model that must be meant, where only one can be."""
    new = during - before - {""}
    if len(new) == 1:
        (name,) = new
        return name, f"{code(name)} is the one model that was loaded in the window"
    present = during - {""}
    if len(present) == 1:
        (name,) = present
        return name, f"{code(name)} is the one model that was in memory"
    if not during and len(budgets) == 1:
        (name,) = budgets
        return name, f"{code(name)} is the one model that the inventory declares for the host"
    return "", ""


def _deployed(history: History) -> Iterator[tuple[str, float]]:
    """Bytes by model, as recorded in the window."""
    for (name,), curve in history.of("host:model_budget_bytes").items():
        if part := history.during(curve):
            yield name, part.values[-1]


def _sizes(host: Host) -> Iterator[tuple[str, float]]:
    """Bytes by model, as the inventory given here states them."""
    for model in host.models:
        size = budget_bytes(model)
        if size is not None:
            yield model.name, float(size)


def _served(history: History) -> Iterator[str]:
    """Every model that a server of the host has named, around the window too."""
    for name, series in history.curves.items():
        if name.startswith("server:"):
            yield from (detail[SERVER.index("model")] for detail in series)


def listed(names: Iterable[str]) -> str:
    """Models by name, in order."""
    return ", ".join(code(name) if name else "a model without a name" for name in sorted(names))
