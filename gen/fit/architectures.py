"""From the metadata of a GGUF to what the model caches.

An architecture is computed when all its layers attend to the whole context, which is the plain formula,
or when a published figure confirms the special one (tests/fit/published.py). All others are unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from monogen.fit.gguf import Gguf, Value, read_gguf
from monogen.fit.spec import Architecture, AttentionLayers, ModelSpec, Serving
from monogen.problems import InputError, Problem

PLAIN = frozenset(
    {
        "llama", "mistral3", "qwen2", "qwen2moe", "qwen2vl", "qwen3", "qwen3moe", "qwen3vl", "qwen3vlmoe",
        "gemma", "starcoder", "starcoder2", "stablelm", "internlm2", "baichuan", "command-r", "olmo", "olmo2",
        "olmoe", "phi2", "granite", "granitemoe", "dbrx", "glm4", "chatglm", "nemotron", "exaone", "gpt2",
        "gptneox", "falcon", "mpt", "bloom", "arcee", "smollm3", "seed_oss", "ernie4_5", "ernie4_5-moe",
        "dots1",
    }
)  # fmt: skip
"""Architectures of llama.cpp in which every layer attends to the whole context."""

WINDOW_EVERY: Mapping[str, int] = {"gpt-oss": 2, "gemma3": 6}
"""Sliding windows that are confirmed: each n-th layer sees the whole context, the others the window."""

HYBRID_EVERY: Mapping[str, int] = {"qwen3next": 4, "qwen35": 4, "qwen35moe": 4}
"""Linear attention that is confirmed: each n-th layer attends, the others keep a state."""

MLA = "deepseek2"

_TELLTALES = (
    "attention.sliding_window",
    "attention.chunk_size",
    "attention.kv_lora_rank",
    "attention.indexer.head_count",
    "attention.shared_kv_layers",
    "full_attention_interval",
    "ssm.state_size",
    "ssm.conv_kernel",
    "wkv.head_size",
    "shortconv.l_cache",
    "nextn_predict_layers",
)
"""Keys that say that some layers do not cache in the plain way."""

MAX_LAYERS = 10_000
MAX_WIDTH = 2**24


class _Keys:
    """The metadata of one architecture; numbers are checked when they are asked for."""

    def __init__(self, path: Path, metadata: Mapping[str, Value], name: str) -> None:
        self.path = path
        self.metadata = metadata
        self.name = name

    def get(self, key: str) -> Value | None:
        return self.metadata.get(f"{self.name}.{key}")

    def has(self, key: str) -> bool:
        value = self.get(key)
        return value is not None and value != 0

    def number(self, key: str, default: int | None = None, limit: int = MAX_WIDTH) -> int:
        value = self.get(key)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= limit:
            told = "is missing" if value is None else f"is {value!r}"
            raise InputError([Problem(str(self.path), 0, 0, f"{self.name}.{key} {told}, a number is needed")])
        return value

    def per_layer(self, key: str, layers: int) -> tuple[int, ...]:
        """A number for all layers, or a list with one for each."""
        value = self.get(key)
        if not isinstance(value, tuple):
            return (self.number(key),) * layers
        numbers = tuple(int(number) for number in value if 0 <= number <= MAX_WIDTH)
        if len(numbers) < layers or len(numbers) != len(value):
            message = f"{self.name}.{key} is no list of a number for each of {layers} layers"
            raise InputError([Problem(str(self.path), 0, 0, message)])
        return numbers[:layers]


def model_from_gguf(
    path: Path, *, name: str = "", overhead: int = 0, serving: Serving | None = None, split: bool = False
) -> ModelSpec:
    """The model in a GGUF file (or in all parts of a split one). Raises InputError.

    The file's size, the architecture, and the weights that one token reads come from the header.
    """
    header = read_gguf(path)
    return ModelSpec(
        name=name or _model_name(path, header.metadata),
        file=header.file_size,
        overhead=overhead,
        architecture=architecture(path, header.metadata),
        serving=serving or Serving(),
        read_per_token=read_per_token(header),
        split=split,
    )


def _model_name(path: Path, metadata: Mapping[str, Value]) -> str:
    name = metadata.get("general.name")
    return name if isinstance(name, str) and name.isprintable() and name else path.stem


def architecture(path: Path, metadata: Mapping[str, Value]) -> Architecture:
    """What a model caches, by the metadata of its GGUF. Raises InputError where numbers are missing."""
    name = metadata.get("general.architecture")
    if not isinstance(name, str) or not name:
        raise InputError(
            [Problem(str(path), 0, 0, "general.architecture is missing: this is no language model")]
        )
    keys = _Keys(path, metadata, name)
    trained = keys.number("context_length", 0, 2**40) or None
    if name == MLA and not keys.has("attention.indexer.head_count"):
        return Architecture(name, (_mla(keys),), trained_context=trained)
    if name in WINDOW_EVERY:
        return Architecture(name, _windowed(keys), trained_context=trained)
    if name in HYBRID_EVERY:
        return _hybrid(keys, trained)
    odd = [key for key in _TELLTALES if keys.has(key)]
    if name in PLAIN and not odd:
        return Architecture(name, _plain(keys), trained_context=trained)
    because = f" ({name}.{odd[0]})" if odd else ""
    return Architecture(
        name,
        trained_context=trained,
        unknown=f"how {name!r} caches its context is confirmed by no published figure{because}",
    )


def _layers(keys: _Keys) -> int:
    """Layers of the model itself, without those for multi-token prediction, which come last."""
    blocks = keys.number("block_count", limit=MAX_LAYERS)
    return max(0, blocks - keys.number("nextn_predict_layers", 0))


def _widths(keys: _Keys, layers: int) -> list[tuple[int, int]]:
    """Key and value width of each layer. A layer without KV heads caches nothing."""
    heads = max(keys.per_layer("attention.head_count", layers), default=0)
    default = keys.number("embedding_length") // heads if heads else 0
    key = keys.number("attention.key_length", default)
    value = keys.number("attention.value_length", default)
    kv_heads = (
        "attention.head_count_kv"
        if keys.get("attention.head_count_kv") is not None
        else "attention.head_count"
    )
    return [(count * key, count * value) for count in keys.per_layer(kv_heads, layers)]


def _grouped(widths: list[tuple[int, int]], window: int | None = None) -> tuple[AttentionLayers, ...]:
    return tuple(
        AttentionLayers(widths.count(width), *width, window=window)
        for width in dict.fromkeys(widths)
        if any(width)
    )


def _plain(keys: _Keys) -> tuple[AttentionLayers, ...]:
    return _grouped(_widths(keys, _layers(keys)))


def _windowed(keys: _Keys) -> tuple[AttentionLayers, ...]:
    layers = _layers(keys)
    widths = _widths(keys, layers)
    every = WINDOW_EVERY[keys.name]
    pattern = keys.get("attention.sliding_window_pattern")
    if isinstance(pattern, tuple) and len(pattern) >= layers:
        windowed = [bool(entry) for entry in pattern[:layers]]
    else:
        windowed = [(layer + 1) % every != 0 for layer in range(layers)]
    whole = [width for width, slides in zip(widths, windowed, strict=True) if not slides]
    sliding = [width for width, slides in zip(widths, windowed, strict=True) if slides]
    return _grouped(whole) + _grouped(sliding, keys.number("attention.sliding_window"))


def _mla(keys: _Keys) -> AttentionLayers:
    """Multi-head latent attention: one compressed row a token instead of keys and values of each head.

    Files made before llama.cpp knew it (April 2025) have no ``key_length_mla``; from these the server
    caches every head in full.
    """
    layers = _layers(keys)
    if not keys.has("attention.key_length_mla"):
        key, value = _widths(keys, layers)[0] if layers else (0, 0)
        return AttentionLayers(layers, key, value)
    width = keys.number("attention.kv_lora_rank") + keys.number("rope.dimension_count")
    return AttentionLayers(layers, width, 0)


def _hybrid(keys: _Keys, trained: int | None) -> Architecture:
    """Attention in each n-th layer; the others keep the last inputs of a convolution and a state, as f32."""
    layers = _layers(keys)
    every = keys.number("full_attention_interval", HYBRID_EVERY[keys.name]) or 1
    widths = _widths(keys, layers)
    attending = [widths[layer] for layer in range(layers) if (layer + 1) % every == 0]
    inner, state = keys.number("ssm.inner_size"), keys.number("ssm.state_size")
    convolved = inner + 2 * keys.number("ssm.group_count") * state
    numbers = max(0, keys.number("ssm.conv_kernel") - 1) * convolved + state * inner
    return Architecture(
        keys.name, _grouped(attending), state=4 * numbers * (layers - len(attending)), trained_context=trained
    )


def read_per_token(header: Gguf) -> int | None:
    """Bytes of weights that one token reads: all but the experts it does not use, None where not known.

    Of the token embedding one row is read, so it is left out; a model without an output matrix uses
    the embedding for it, and then it counts.
    """
    name = header.metadata.get("general.architecture")
    experts, used = (header.metadata.get(f"{name}.{key}", 0) for key in ("expert_count", "expert_used_count"))
    if not (isinstance(experts, int) and isinstance(used, int)):
        return None
    tied = not any(tensor.name == "output.weight" for tensor in header.tensors)
    total = 0.0
    for tensor in header.tensors:
        if tensor.size is None:
            return None
        if tensor.name.startswith("token_embd") and not tied:
            continue
        of_experts = "_exps." in tensor.name and experts > 0
        total += tensor.size * min(1.0, used / experts) if of_experts else tensor.size
    return round(total) or None
