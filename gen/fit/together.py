"""Which models can be resident side by side on one host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from monogen.fit.spec import HostSpec, ModelSpec
from monogen.fit.verdict import Verdict, budget, capacity, fit, usable
from msgspec import Struct

EXHAUSTIVE = 12
"""Up to so many models every set is tried (4096 of them); above, one set for each model is looked for."""

TRIES = 1000
"""Places tried to pack one set on several GPUs; then it counts as not fitting, which is the safe side."""


class Together(Struct, frozen=True):
    """``sets``: names of models that fit together, none of which could take one more.

    Each in the host's order, the biggest sets first. ``complete`` is False where there may be further
    sets. ``left_out``: models that do not fit even alone, or whose size is not known.
    """

    sets: tuple[tuple[str, ...], ...]
    complete: bool
    left_out: tuple[str, ...]


def together(host: HostSpec) -> Together:
    """The maximal sets of the host's models that fit at the same time, the margin left free.

    On an ``exclusive`` host each set is one model.
    """
    fitting = [model for model in host.models if fit(model, host).verdict is Verdict.FITS]
    left_out = tuple(model.name for model in host.models if model not in fitting)
    if host.exclusive:
        return Together(tuple((model.name,) for model in fitting), True, left_out)
    if len(fitting) <= EXHAUSTIVE:
        return Together(_names(_maximal(fitting, host)), True, left_out)
    return Together(_names(_grown(fitting, host)), False, left_out)


def fits_together(models: Sequence[ModelSpec], host: HostSpec) -> bool:
    """Whether models of known size fit at the same time, the margin left free.

    On several GPUs a model that is not split needs one GPU for itself and what it shares it with; what
    is split is assumed to fill what the others leave.
    """
    sizes = [(budget(model).at_least, model.split) for model in models]
    if host.unified:
        return sum(size for size, _ in sizes) <= usable(capacity(host) or 0)
    free = [usable(gpu) for gpu in host.gpus]
    whole = sorted((size for size, split in sizes if not split), reverse=True)
    return sum(size for size, _ in sizes) <= sum(free) and _packs(whole, free, iter(range(TRIES)))


def _packs(sizes: list[int], free: list[int], tries: Iterator[int]) -> bool:
    """Whether every size finds a bin; sizes are given biggest first, equal bins are tried once."""
    if not sizes:
        return True
    for room in sorted({room for room in free if room >= sizes[0]}):
        if next(tries, None) is None:
            return False
        rest = list(free)
        rest[rest.index(room)] -= sizes[0]
        if _packs(sizes[1:], rest, tries):
            return True
    return False


def _maximal(models: Sequence[ModelSpec], host: HostSpec) -> list[tuple[ModelSpec, ...]]:
    """Every maximal set. Biggest first, so that a subset of a set that was found needs no look."""
    found: list[frozenset[int]] = []
    for size in range(len(models), 0, -1):
        for chosen in combinations(range(len(models)), size):
            covered = any(bigger.issuperset(chosen) for bigger in found)
            if not covered and fits_together([models[index] for index in chosen], host):
                found.append(frozenset(chosen))
    return [tuple(models[index] for index in sorted(members)) for members in found]


def _grown(models: Sequence[ModelSpec], host: HostSpec) -> list[tuple[ModelSpec, ...]]:
    """For each model one maximal set that holds it: the others are added in the host's order."""
    found: dict[frozenset[int], None] = {}
    for first in range(len(models)):
        chosen = [first]
        for other in range(len(models)):
            if other not in chosen and fits_together([models[i] for i in [*chosen, other]], host):
                chosen.append(other)
        found[frozenset(chosen)] = None
    return [tuple(models[index] for index in sorted(members)) for members in found]


def _names(sets: Sequence[tuple[ModelSpec, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(model.name for model in members) for members in sets)
