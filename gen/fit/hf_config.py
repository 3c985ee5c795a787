"""Reads what a model caches from a Hugging Face ``config.json``.

Such a file tells neither the size of the weights nor which server will run them; sizes are what
llama.cpp allocates for the same model. See ``architectures`` for what is computed and what is not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from monogen.fit.spec import Architecture, AttentionLayers
from monogen.problems import InputError, Problem

MAX_SIZE = 4 * 2**20
MAX_NUMBER = 2**31
MAX_LAYERS = 10_000

PLAIN = frozenset(
    {
        "llama", "mistral", "mixtral", "qwen2", "qwen2_moe", "qwen2_vl", "qwen2_5_vl", "qwen3", "qwen3_moe",
        "qwen3_vl", "qwen3_vl_moe", "gemma", "starcoder2", "stablelm", "internlm2", "cohere", "olmo", "olmo2",
        "olmoe", "phi", "granite", "granitemoe", "dbrx", "glm", "glm4", "nemotron", "arcee", "smollm3",
        "seed_oss", "ernie4_5", "ernie4_5_moe", "dots1", "gpt_neox",
    }
)  # fmt: skip
"""Model types in which every layer attends to the whole context, unless the file says otherwise."""

WINDOW_EVERY: Mapping[str, int] = {"gpt_oss": 2, "gemma3": 6, "gemma3_text": 6}
HYBRID_EVERY: Mapping[str, int] = {
    "qwen3_next": 4, "qwen3_5": 4, "qwen3_5_text": 4, "qwen3_5_moe": 4, "qwen3_5_moe_text": 4,
}  # fmt: skip
MLA = frozenset({"deepseek_v2", "deepseek_v3"})

_TELLTALES = ("kv_lora_rank", "attention_chunk_size", "index_n_heads", "mamba_d_state", "mamba_d_conv",
              "ssm_state_size", "num_kv_shared_layers", "layers_block_type", "hybrid_override_pattern",
              "linear_num_value_heads", "block_types", "attn_type_list")  # fmt: skip


def read_config(path: Path) -> Architecture:
    """What the model of a ``config.json`` caches. Raises InputError with one sentence."""
    return _Config(path, _text_config(path, _load(path))).architecture()


def _refuse(path: Path, message: str, hint: str = "") -> NoReturn:
    raise InputError([Problem(str(path), 0, 0, message, hint)])


def _load(path: Path) -> Mapping[str, Any]:
    try:
        if not path.is_file():
            _refuse(path, "not a file" if path.exists() else "no such file")
        if path.stat().st_size > MAX_SIZE:
            _refuse(path, "too big for a model's config.json (more than 4 MiB)")
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        _refuse(path, f"cannot be read: {error.strerror}")
    except (ValueError, RecursionError) as error:
        told = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        _refuse(path, f"not JSON: {told}")
    if not isinstance(content, dict):
        _refuse(path, "not a model's config.json: it holds no object")
    return content


def _text_config(path: Path, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Models that also see or hear keep the language model's numbers in a part of their own."""
    nested = content.get("text_config", content)
    if not isinstance(nested, dict):
        _refuse(path, "text_config is no object")
    return {"model_type": content.get("model_type"), **nested}


class _Config:
    """The numbers of one config; each is checked when it is asked for."""

    def __init__(self, path: Path, content: Mapping[str, Any]) -> None:
        self.path = path
        self.content = content

    def number(self, key: str, default: int | None = None, limit: int = MAX_NUMBER) -> int:
        value = self.content.get(key)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= limit:
            told = "is missing" if value is None else f"is {str(value)[:40]!r}"
            _refuse(self.path, f"{key} {told}, a number is needed")
        return value

    def architecture(self) -> Architecture:
        kind = self.content.get("model_type")
        if not isinstance(kind, str) or not kind:
            _refuse(self.path, "model_type is missing", "is this the config.json of a language model?")
        trained = self.number("max_position_embeddings", 0) or None
        if kind in MLA and not self.content.get("index_n_heads"):
            width = self.number("kv_lora_rank") + self.number("qk_rope_head_dim")
            return Architecture(kind, (AttentionLayers(self.layers(), width, 0),), trained_context=trained)
        if kind in WINDOW_EVERY:
            return self._windowed(kind, trained)
        if kind in HYBRID_EVERY:
            return self._hybrid(kind, trained)
        odd = self._odd()
        if kind in PLAIN and not odd:
            return Architecture(kind, (self._attention(self.layers()),), trained_context=trained)
        because = f" ({odd})" if odd else ""
        unknown = f"how {kind[:40]!r} caches its context is confirmed by no published figure{because}"
        return Architecture(kind, trained_context=trained, unknown=unknown)

    def layers(self) -> int:
        return self.number("num_hidden_layers", limit=MAX_LAYERS)

    def _odd(self) -> str:
        """The first key that says that some layers do not cache in the plain way, or nothing."""
        for key in _TELLTALES:
            if self.content.get(key):
                return key
        if self.content.get("sliding_window") and self.content.get("use_sliding_window", True):
            return "sliding_window"
        kinds = self.content.get("layer_types") or []
        plain = isinstance(kinds, list) and all(kind == "full_attention" for kind in kinds)
        return "" if plain else "layer_types"

    def _attention(self, count: int, window: int | None = None) -> AttentionLayers:
        heads = self.number("num_attention_heads")
        default = self.number("hidden_size", 0) // heads if heads else 0
        width = self.number("num_key_value_heads", heads) * self.number("head_dim", default)
        if not width:
            _refuse(self.path, "the width of its heads does not follow from it")
        return AttentionLayers(count, width, width, window)

    def _full_layers(self, every: int) -> int:
        """Layers that attend to the whole context: as listed, or each n-th."""
        layers = self.layers()
        listed = self.content.get("layer_types")
        if listed is None:
            return layers // every
        if not isinstance(listed, list) or len(listed) != layers:
            _refuse(self.path, f"layer_types is no list of {layers} entries")
        return sum(kind == "full_attention" for kind in listed)

    def _windowed(self, kind: str, trained: int | None) -> Architecture:
        full = self._full_layers(self.number("sliding_window_pattern", WINDOW_EVERY[kind]) or 1)
        window = self.number("sliding_window")
        sliding = self._attention(self.layers() - full, window)
        return Architecture(kind, (self._attention(full), sliding), trained_context=trained)

    def _hybrid(self, kind: str, trained: int | None) -> Architecture:
        full = self._full_layers(self.number("full_attention_interval", HYBRID_EVERY[kind]) or 1)
        keys = self.number("linear_num_key_heads") * self.number("linear_key_head_dim")
        values = self.number("linear_num_value_heads") * self.number("linear_value_head_dim")
        kernel = max(0, self.number("linear_conv_kernel_dim") - 1)
        numbers = kernel * (2 * keys + values) + values * self.number("linear_key_head_dim")
        state = 4 * numbers * (self.layers() - full)
        return Architecture(kind, (self._attention(full),), state=state, trained_context=trained)
