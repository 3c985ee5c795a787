"""The ceiling of tokens a second that memory bandwidth sets: a sum on the back of an envelope.

To write one token the weights that are active for it and the cache of its context are read once:

    ceiling = bandwidth / (active weights + KV cache of the context)

Servers reach about half to nine tenths of it (llama.cpp issue 27525 has 44 to 58 % on an M1 Max; one
person's notes on a tuned GPU 89 %). It holds for one request at a time: several at once share the
reading of the weights, and speculative decoding writes more than one token for a reading. It says
nothing about the prompt, which is bound by computing. Experts that are not in the GPU's memory, and
models split over several GPUs, are not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from monogen.fit.kv_cache import kv_cache
from monogen.fit.spec import ModelSpec
from msgspec import Struct

GB = 10**9

GB10_BANDWIDTH = 273.0 * GB
"""Bytes a second of a GB10 (LPDDR5x), as public pages repeat it; NVIDIA's data sheet was not opened."""

APPLE_BANDWIDTH: Mapping[str, float] = MappingProxyType(
    {
        "M1": 68.25 * GB,
        "M1 Pro": 200 * GB,
        "M1 Max": 400 * GB,
        "M1 Ultra": 800 * GB,
        "M2": 100 * GB,
        "M2 Pro": 200 * GB,
        "M2 Max": 400 * GB,
        "M2 Ultra": 800 * GB,
        "M3": 100 * GB,
        "M3 Pro": 150 * GB,
        "M3 Max": 400 * GB,
        "M3 Ultra": 819 * GB,
        "M4": 120 * GB,
        "M4 Pro": 273 * GB,
        "M4 Max": 546 * GB,
        "M5": 153 * GB,
        "M5 Pro": 307 * GB,
        "M5 Max": 614 * GB,
    }
)
"""Bytes a second by chip, from tables in public code that mostly agree; Apple's pages were not opened.

Where a chip is sold in two versions the faster one counts, since this is a ceiling: M3 Max 300 or 400,
M4 Max 410 or 546. The M5 figures as checked in whichllm pull request 92.
"""

UNUSABLE = 10.0
"""Tokens a second below which a ceiling is called unusable: real speed is lower still, and an answer of
500 tokens takes a minute or more."""


class Ceiling(Struct, frozen=True):
    """Tokens a second with an empty context and with a full one; None where not known, with ``why``."""

    empty: float | None
    full: float | None
    why: str = ""

    @property
    def unusable(self) -> bool:
        """Whether even the ceiling is too slow to work with."""
        return self.empty is not None and self.empty < UNUSABLE


def bandwidth(hardware: str, chip: str = "") -> float | None:
    """Bytes a second of known hardware: ``gb10``, or ``apple-silicon`` with its chip (``M4 Max``)."""
    if hardware == "gb10":
        return GB10_BANDWIDTH
    if hardware == "apple-silicon":
        return APPLE_BANDWIDTH.get(chip.removeprefix("Apple "))
    return None


def active_weights(model: ModelSpec) -> int | None:
    """Bytes of weights read for one token, None where nothing tells which share is active."""
    if model.read_per_token is not None:
        return model.read_per_token
    if model.file is None or not model.parameters:
        return None
    active = model.parameters if model.active_parameters is None else model.active_parameters
    return round(model.file * active / model.parameters)


def ceiling(model: ModelSpec, bytes_per_second: float | None) -> Ceiling:
    """The ceiling of a model on memory that gives so many bytes a second."""
    if bytes_per_second is None:
        return Ceiling(None, None, "no source states the memory bandwidth; add `memory_bandwidth: 546GB`")
    weights = active_weights(model)
    if not weights:
        why = (
            f"{model.name}: add `parameters`, such as `parameters: 30.5B`, and, for a mixture of experts, "
            f"`active_parameters`"
        )
        return Ceiling(None, None, why)
    cache = kv_cache(model).slot_read
    full = None if cache is None else bytes_per_second / (weights + cache)
    return Ceiling(bytes_per_second / weights, full)
