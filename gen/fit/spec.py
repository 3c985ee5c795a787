"""What is judged: a model as far as its size goes, how it is served, and the memory of a host."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from monogen.inventory.model import ModelServing
from msgspec import Struct, field

CACHE_TYPES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "f32": (1, 4),
        "f16": (1, 2),
        "bf16": (1, 2),
        "q8_0": (32, 34),
        "q5_1": (32, 24),
        "q5_0": (32, 22),
        "q4_1": (32, 20),
        "q4_0": (32, 18),
        "iq4_nl": (32, 18),
    }
)
"""ggml's block of a KV cache type: elements in a block, bytes of a block (ggml-common.h)."""

AUTO_SLOTS = 4
"""What llama-server takes where ``--parallel`` is not given; these slots share one cache (kv_unified)."""


class AttentionLayers(Struct, frozen=True):
    """Layers that cache alike. Widths are elements a token and layer: KV heads x head dimension.

    ``window`` is the sliding window in tokens, None where a layer sees the whole context.
    """

    count: int
    key_width: int
    value_width: int
    window: int | None = None


class Architecture(Struct, frozen=True):
    """What a model keeps of its context.

    ``state`` is the recurrent state of one slot in bytes (linear attention), whatever the context.
    ``trained_context`` is the longest context in tokens, None where not known. ``unknown`` says why the
    cache cannot be computed; it is empty where it can.
    """

    name: str
    attention: tuple[AttentionLayers, ...] = ()
    state: int = 0
    trained_context: int | None = None
    unknown: str = ""


def stated_architecture(
    layers: int, kv_heads: int, head_dim: int, value_head_dim: int | None = None
) -> Architecture:
    """What the inventory states by hand: every layer attends to the whole context."""
    value = kv_heads * (head_dim if value_head_dim is None else value_head_dim)
    return Architecture("stated", (AttentionLayers(layers, kv_heads * head_dim, value),))


class Serving(ModelServing, frozen=True):
    """How the model is served, as the inventory states it, and checked: ``ModelServing`` has the fields."""

    def __post_init__(self) -> None:
        """Refuse what no server takes. Raises ValueError."""
        for cache_type in (self.key_type, self.value_type):
            if cache_type not in CACHE_TYPES:
                raise ValueError(f"cache type {cache_type!r}: known are {', '.join(CACHE_TYPES)}")
        for name, number in (("context", self.context), ("slots", self.slots), ("ubatch", self.ubatch)):
            if number is not None and number < 1:
                raise ValueError(f"{name} must be at least 1, not {number}")


class ModelSpec(Struct, frozen=True):
    """A model and what its resident size follows from; all sizes in bytes, None where not known.

    ``kv_cache`` stated by hand wins over ``architecture``. ``read_per_token`` is what of the weights is
    read for one token (exact from a GGUF); without it, ``parameters`` and ``active_parameters`` (all of
    them where None: a dense model) give the share of the file. ``split`` allows it to be spread over
    several GPUs.
    """

    name: str
    file: int | None = None
    kv_cache: int | None = None
    overhead: int = 0
    architecture: Architecture | None = None
    serving: Serving = Serving()
    parameters: int | None = None
    active_parameters: int | None = None
    read_per_token: int | None = None
    split: bool = False


class HostSpec(Struct, frozen=True):
    """The memory of a host that models may use; bytes.

    Unified memory (``unified``): ``memory`` less ``reserved`` less ``reservations`` (a cluster's VM),
    and not above ``gpu_memory_limit``. Otherwise ``gpus``: the memory of each GPU. ``bandwidth`` is
    bytes a second of the memory that the weights are in, None where no source states it.
    ``exclusive``: one model at a time. ``notes`` are sentences for the reader.
    """

    name: str
    unified: bool
    memory: int | None = None
    reserved: int = 0
    reservations: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    gpu_memory_limit: int | None = None
    gpus: tuple[int, ...] = ()
    bandwidth: float | None = None
    exclusive: bool = False
    models: tuple[ModelSpec, ...] = ()
    notes: tuple[str, ...] = ()
