"""Which model a card is about, which others were in memory, and what the inventory declares for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monogen.inventory.model import Fleet, Host, Model
from monogen.live.card.curve import Curve
from monogen.live.card.history import History, Part
from monogen.live.card.text import code
from monogen.plan.budgets import budget_bytes

RESIDENT = "server:model_resident"


@dataclass(frozen=True, slots=True)
class Subject:
    """``model`` is "" where the card is about the host, whatever ran on it; ``chosen`` says how it was found.

    ``before``, ``during`` and ``after`` are the models that servers reported as resident, "" for one of a
    server that names none; ``reported`` is whether any server of the host reports that at all. ``budgets``
    are declared bytes by model, ``declared`` is the model as the inventory states it, None without one.
    """

    model: str
    chosen: str = ""
    before: frozenset[str] = frozenset()
    during: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    reported: bool = False
    budgets: tuple[tuple[str, float], ...] = ()
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


def subject(history: History, model: str, fleet: Fleet | None) -> Subject:
    """Find out what the card is about; ``model`` is what was asked for, "" for nothing."""
    parts: list[Part] = [history.before, history.during, history.after]
    before, during, after = (frozenset(_resident(history, part)) for part in parts)
    host = next((h for h in fleet.hosts if h.name == history.host), None) if fleet else None
    budgets = _budgets(history, host)
    name, chosen = (model, "") if model else _only(before, during, budgets)
    declared = next((m for m in host.models if m.name == name), None) if host else None
    series = history.of(RESIDENT)
    return Subject(
        name, chosen, before, during, after, bool(series), tuple(sorted(budgets.items())), declared, host,
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


def _budgets(history: History, host: Host | None) -> dict[str, float]:
    """Bytes by model: what was recorded in the window, else what the inventory given here says."""
    found: dict[str, float] = {}
    for (name,), curve in history.of("host:model_budget_bytes").items():
        part: Curve = history.during(curve)
        if part:
            found[name] = part.values[-1]
    for model in host.models if host else ():
        size = budget_bytes(model)
        if model.name not in found and size is not None:
            found[model.name] = float(size)
    return found


def listed(names: Iterable[str]) -> str:
    """Models by name, in order."""
    return ", ".join(code(name) if name else "a model without a name" for name in sorted(names))
