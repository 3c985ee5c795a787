"""Budget of a model against the capacity of a host."""

from __future__ import annotations

from enum import StrEnum

from monogen.fit.kv_cache import KvCache, kv_cache
from monogen.fit.spec import HostSpec, ModelSpec
from msgspec import Struct

MARGIN = 0.07
"""Share of the capacity that must stay free: the number at which the alert ModelHeadroomLow fires."""


class Verdict(StrEnum):
    """``BARELY`` means that it does not fit: less than the margin stays free, and the alert would fire."""

    FITS = "fits"
    BARELY = "barely"
    DOES_NOT_FIT = "does not fit"
    UNKNOWN = "unknown"


class Budget(Struct, frozen=True):
    """The resident size of a model in bytes. ``total`` is None where a part is not known.

    ``at_least`` counts the known parts only, so a model that is too big without its cache is found.
    """

    file: int | None
    cache: KvCache
    overhead: int

    @property
    def total(self) -> int | None:
        """File + KV cache + overhead."""
        return None if self.file is None or self.cache.size is None else self.at_least

    @property
    def at_least(self) -> int:
        """What is known of it."""
        return (self.file or 0) + (self.cache.size or 0) + self.overhead


class Fit(Struct, frozen=True):
    """One model on one host. ``capacity`` and ``headroom`` are bytes, None where not known.

    ``why`` says in a sentence what is missing for an answer, empty where there is one.
    """

    budget: Budget
    capacity: int | None
    headroom: int | None
    verdict: Verdict
    why: str = ""


def budget(model: ModelSpec) -> Budget:
    """The resident size of a model, part by part."""
    return Budget(model.file, kv_cache(model), model.overhead)


def capacity(host: HostSpec, *, split: bool = False) -> int | None:
    """Bytes that one model may use on the host, None where the host's memory is not stated.

    Unified memory: what is left after the reservations, and not above Metal's limit; never below 0.
    GPUs with memory of their own: the biggest one, or all of them for a model that may be split.
    """
    if not host.unified:
        if not host.gpus:
            return None
        return sum(host.gpus) if split else max(host.gpus)
    if host.memory is None:
        return None
    left = max(0, host.memory - host.reserved - sum(host.reservations.values()))
    return left if host.gpu_memory_limit is None else min(left, host.gpu_memory_limit)


def usable(size: int) -> int:
    """The part of a capacity that models may fill so that the margin stays free."""
    return int(size * (1 - MARGIN))


def fit(model: ModelSpec, host: HostSpec) -> Fit:
    """Whether a model fits on a host that holds nothing else."""
    needed = budget(model)
    room = capacity(host, split=model.split)
    if room is None:
        missing = "memory: 128GB" if host.unified else "gpu_memory: 24GiB"
        return Fit(needed, None, None, Verdict.UNKNOWN, f"{host.name}: add `{missing}` to the host")
    if needed.at_least > room:
        return Fit(needed, room, room - needed.at_least, Verdict.DOES_NOT_FIT)
    if needed.total is None:
        return Fit(needed, room, None, Verdict.UNKNOWN, f"{model.name}: {_missing(needed)}")
    return Fit(needed, room, room - needed.total, judged(needed.total, room))


def judged(needed: int, room: int) -> Verdict:
    """The verdict on bytes that are needed, or were, against those that models may have."""
    if needed > room:
        return Verdict.DOES_NOT_FIT
    return Verdict.FITS if needed <= usable(room) else Verdict.BARELY


def _missing(needed: Budget) -> str:
    if needed.file is None:
        return "the size of its file is not stated; add `file: 18.6GiB`"
    return needed.cache.why
