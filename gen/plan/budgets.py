"""The budgets of models, the same numbers that `monogen fit` shows, and what the build does about them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from monogen.fit.hosts import host_spec, model_spec
from monogen.fit.verdict import Verdict, budget, fit
from monogen.inventory.model import Fleet, Host, Model
from monogen.problems import Problem


@cache
def budget_bytes(model: Model) -> int | None:
    """Resident size: file + KV cache + overhead; None where a part of it is not known.

    Reads the header of the model's own file where the inventory names one. Raises InputError for a
    file that is no model.
    """
    return budget(model_spec(model)).total


def verdicts(fleet: Fleet) -> Iterator[tuple[str, Host, Model, str]]:
    """Severity ("error" or "warning"), host, model and a sentence, for each model that does not fit."""
    severities = {Verdict.BARELY: fleet.fit.barely, Verdict.DOES_NOT_FIT: fleet.fit.impossible}
    for host in fleet.hosts:
        for model in host.models:
            result = fit(model_spec(model), host_spec(host))
            severity = severities.get(result.verdict, "ignore")
            if severity != "ignore" and result.capacity is not None:
                needed = result.budget.at_least / 2**30
                room = result.capacity / 2**30
                yield (
                    severity,
                    host,
                    model,
                    f"needs {needed:.1f} GiB, and the host has {room:.1f} GiB for models",
                )


def problem(place: tuple[str, int, int], host: Host, model: Model, sentence: str) -> Problem:
    """A model that cannot fit, as an error of the inventory."""
    return Problem(
        *place,
        f"the model `{model.name}` does not fit on `{host.name}`: it {sentence}",
        "`monogen fit` shows the parts; `fit: {impossible: warning}` in the inventory gets past it",
    )


def note(host: Host, model: Model, sentence: str) -> str:
    """A model that does not fit well, as a note of the build."""
    return f"{host.name}: the model `{model.name}` {sentence}; barely fits means it does not fit"
