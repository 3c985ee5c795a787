"""The budgets of models, the same numbers that `monogen fit` shows, and what the build does about them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from monogen.fit.hosts import host_spec, model_spec
from monogen.fit.verdict import Verdict, budget, fit
from monogen.inventory.model import Fleet, Host, Model, Severity
from monogen.problems import Problem
from msgspec import Struct


@cache
def budget_bytes(model: Model) -> int | None:
    """Resident size: file + KV cache + overhead; None where a part of it is not known.

    Reads the header of the model's own file where the inventory names one. Raises InputError for a
    file that is no model.
    """
    return budget(model_spec(model)).total


class Misfit(Struct, frozen=True):
    """A model that hardly fits on its host, or not at all; ``severity`` is what the inventory makes of it."""

    severity: Severity
    host: Host
    model: Model
    sentence: str

    def problem(self, place: tuple[str, int, int]) -> Problem:
        """As an error of the inventory."""
        return Problem(
            *place,
            f"the model `{self.model.name}` does not fit on `{self.host.name}`: it {self.sentence}",
            "`monogen fit` shows the parts; `fit: {impossible: warning}` in the inventory gets past it",
        )

    def note(self) -> str:
        """As a note of the build."""
        told = f"{self.host.name}: the model `{self.model.name}` {self.sentence}"
        return f"{told}; barely fits means it does not fit"


def misfits(fleet: Fleet) -> Iterator[Misfit]:
    """The models that do not fit well, but for those the inventory says to ignore."""
    severities: dict[Verdict, Severity] = {
        Verdict.BARELY: fleet.fit.barely,
        Verdict.DOES_NOT_FIT: fleet.fit.impossible,
    }
    for host in fleet.hosts:
        for model in host.models:
            # The host alone: each model is judged as if it were the only one.
            result = fit(model_spec(model), host_spec(host, ()))
            severity = severities.get(result.verdict, "ignore")
            if severity != "ignore" and result.capacity is not None:
                needed, room = result.budget.at_least / 2**30, result.capacity / 2**30
                sentence = f"needs {needed:.1f} GiB, and the host has {room:.1f} GiB for models"
                yield Misfit(severity, host, model, sentence)
