"""config.json of Hugging Face: well-known models, what is unknown, and hostile files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from monogen.fit.hf_config import read_config
from monogen.fit.kv_cache import kv_cache
from monogen.fit.spec import ModelSpec
from monogen.problems import InputError
from published import FIGURES

LLAMA: dict[str, Any] = {
    "model_type": "llama",
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "hidden_size": 4096,
    "max_position_embeddings": 131_072,
}
QWEN3_CODER: dict[str, Any] = {
    "model_type": "qwen3_moe",
    "num_hidden_layers": 48,
    "num_attention_heads": 32,
    "num_key_value_heads": 4,
    "head_dim": 128,
    "hidden_size": 2048,
    "sliding_window": None,
    "num_experts": 128,
    "use_sliding_window": False,
}
GPT_OSS: dict[str, Any] = {
    "model_type": "gpt_oss",
    "num_hidden_layers": 36,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "head_dim": 64,
    "sliding_window": 128,
    "layer_types": ["sliding_attention", "full_attention"] * 18,
}
GEMMA_27B: dict[str, Any] = {
    "model_type": "gemma3",
    "text_config": {
        "model_type": "gemma3_text",
        "num_hidden_layers": 62,
        "num_attention_heads": 32,
        "num_key_value_heads": 16,
        "head_dim": 128,
        "hidden_size": 5376,
        "sliding_window": 1024,
    },
}
DEEPSEEK_V3: dict[str, Any] = {
    "model_type": "deepseek_v3",
    "num_hidden_layers": 61,
    "kv_lora_rank": 512,
    "qk_rope_head_dim": 64,
    "num_attention_heads": 128,
    "hidden_size": 7168,
}
QWEN3_NEXT: dict[str, Any] = {
    "model_type": "qwen3_next",
    "num_hidden_layers": 48,
    "num_attention_heads": 16,
    "num_key_value_heads": 2,
    "head_dim": 256,
    "full_attention_interval": 4,
    "linear_num_key_heads": 16,
    "linear_key_head_dim": 128,
    "linear_num_value_heads": 32,
    "linear_value_head_dim": 128,
    "linear_conv_kernel_dim": 4,
}


def config(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "config.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("content", "figure"),
    [
        (LLAMA, "Llama-3.1-8B"),
        (QWEN3_CODER, "Qwen3-Coder-30B-A3B"),
        (GPT_OSS, "gpt-oss-120b"),
        (GEMMA_27B, "gemma-3-27b"),
        (DEEPSEEK_V3, "DeepSeek-V3"),
        (QWEN3_NEXT, "Qwen3-Coder-Next"),
    ],
)
def test_gives_the_published_figure(tmp_path: Path, content: dict[str, Any], figure: str) -> None:
    published = next(entry for entry in FIGURES if entry.name == figure)
    model = ModelSpec(figure, architecture=read_config(config(tmp_path, content)), serving=published.serving)
    assert kv_cache(model).size == pytest.approx(published.size, rel=published.within, abs=0)


def test_without_kv_heads_every_head_caches(tmp_path: Path) -> None:
    """Llama-2-7B: 512 KiB a token (32 layers x 32 heads x 128 x 2 x 2 bytes)."""
    content = {**LLAMA, "num_key_value_heads": None, "max_position_embeddings": 4096}
    model = ModelSpec("llama-2-7b", architecture=read_config(config(tmp_path, content)))
    assert kv_cache(model).size == 2 * 2**30


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({**LLAMA, "model_type": "mistral", "sliding_window": 4096}, "sliding_window"),
        ({**LLAMA, "kv_lora_rank": 512}, "kv_lora_rank"),
        ({**LLAMA, "layer_types": ["full_attention", "mamba"]}, "layer_types"),
        ({**LLAMA, "layer_types": 7}, "layer_types"),
        ({**LLAMA, "model_type": "granitemoehybrid"}, "granitemoehybrid"),
        ({**DEEPSEEK_V3, "index_n_heads": 64}, "kv_lora_rank"),
    ],
)
def test_unknown(tmp_path: Path, content: dict[str, Any], told: str) -> None:
    cache = kv_cache(ModelSpec("m", architecture=read_config(config(tmp_path, content))))
    assert cache.size is None and told in cache.why and "state it by hand" in cache.why


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "no object"),
        ({}, "model_type is missing"),
        ({"model_type": 5}, "model_type is missing"),
        ({"model_type": "llama"}, "num_hidden_layers is missing"),
        ({**LLAMA, "num_hidden_layers": 10**9}, "num_hidden_layers is"),
        ({**LLAMA, "num_hidden_layers": -1}, "num_hidden_layers is"),
        ({**LLAMA, "num_hidden_layers": True}, "num_hidden_layers is"),
        ({**LLAMA, "num_key_value_heads": "8"}, "num_key_value_heads is"),
        ({**LLAMA, "num_attention_heads": 0}, "width of its heads"),
        ({**LLAMA, "head_dim": 1e99}, "head_dim is"),
        ({**LLAMA, "text_config": [1]}, "text_config"),
        ({**GPT_OSS, "layer_types": ["full_attention"]}, "layer_types"),
        ("1" * (5 * 2**20), "too big"),
        ('{"model_type": "llama", "num_hidden_layers": ' + "9" * 5000 + "}", "not JSON"),
    ],
)
def test_hostile(tmp_path: Path, content: object, told: str) -> None:
    path = config(tmp_path, content)
    with pytest.raises(InputError) as caught:
        read_config(path)
    (problem,) = caught.value.problems
    assert told in problem.message and problem.file == str(path)


def test_not_text(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(b"\xff\xfe\0")
    with pytest.raises(InputError, match="not JSON"):
        read_config(tmp_path / "config.json")
    with pytest.raises(InputError, match="not a file"):
        read_config(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read_config(tmp_path / "nothing.json")
