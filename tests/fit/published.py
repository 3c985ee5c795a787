"""KV cache sizes that others published, most of them lines of llama.cpp's own log. None was computed here.

Each names its source. ``LOG`` marks lines of a log that were quoted in a public repository's notes or code.
"""

from __future__ import annotations

from dataclasses import dataclass

from monogen.fit.spec import Architecture, AttentionLayers, Serving

MIB = 2**20
GIB = 2**30

HF_BLOG = "huggingface.co/blog/llama31 (huggingface/blog llama31.md), KV cache in FP16"
ISWA = "reddit.com/r/LocalLLaMA/comments/1krr7hn, tables for llama.cpp pull request 13194"
TYPES = "LOG llama.cpp build 8247, Llama-3.2-3B at 4096 tokens, notes on Q4_HQQ cache types, section 1"


@dataclass(frozen=True, slots=True)
class Figure:
    """``size`` in bytes as published; ``within`` is the relative error that rounding explains."""

    name: str
    attention: tuple[AttentionLayers, ...]
    serving: Serving
    size: float
    source: str
    state: int = 0
    within: float = 0.0

    @property
    def architecture(self) -> Architecture:
        return Architecture(self.name, self.attention, self.state)


def plain(layers: int, kv_heads: int, head: int) -> tuple[AttentionLayers, ...]:
    return (AttentionLayers(layers, kv_heads * head, kv_heads * head),)


def windowed(full: int, sliding: int, kv_heads: int, head: int, window: int) -> tuple[AttentionLayers, ...]:
    width = kv_heads * head
    return AttentionLayers(full, width, width), AttentionLayers(sliding, width, width, window)


def delta_net(layers: int, inner: int, state: int, groups: int) -> int:
    """Bytes of a slot's state: f32 of the convolution's last 3 inputs and of the state itself."""
    return 4 * layers * (3 * (inner + 2 * groups * state) + state * inner)


LLAMA_8B = plain(32, 8, 128)
LLAMA_70B = plain(80, 8, 128)
LLAMA_32_3B = plain(28, 8, 128)
DEEPSEEK_V3 = (AttentionLayers(61, 512 + 64, 0),)

FIGURES = (
    Figure("Llama-3.1-8B", LLAMA_8B, Serving(1024, slots=1), 0.125 * GIB, HF_BLOG),
    Figure("Llama-3.1-8B", LLAMA_8B, Serving(16_000, slots=1), 1.95 * GIB, HF_BLOG, within=0.011),
    Figure("Llama-3.1-8B", LLAMA_8B, Serving(128_000, slots=1), 15.62 * GIB, HF_BLOG, within=0.001),
    Figure("Llama-3.1-70B", LLAMA_70B, Serving(1024, slots=1), 0.313 * GIB, HF_BLOG, within=0.002),
    Figure("Llama-3.1-70B", LLAMA_70B, Serving(128_000, slots=1), 39.06 * GIB, HF_BLOG, within=0.001),
    Figure(
        "Mistral-7B",
        plain(32, 8, 128),
        Serving(4096),
        512 * MIB,
        "LOG of ollama: llama_kv_cache: size = 512.00 MiB (4096 cells, 32 layers)",
    ),
    Figure(
        "Qwen3-8B", plain(36, 8, 128), Serving(40_960), 5760 * MIB, "LOG of ollama: qwen3:8b, 40,960 cells"
    ),
    Figure(
        "Qwen3-14B", plain(40, 8, 128), Serving(16_384), 2560 * MIB, "LOG of ollama: qwen3:14b, 16,384 cells"
    ),
    Figure(
        "Qwen2.5-3B", plain(36, 2, 128), Serving(16_384), 576 * MIB, "LOG of ollama: qwen2.5:3b, 16,384 cells"
    ),
    Figure(
        "Qwen3-Coder-30B-A3B",
        plain(48, 4, 128),
        Serving(1024),
        96 * 1024 * 1024,
        "github.com/aweussom/NoLlama/issues/21: about 96 KB a token",
    ),
    Figure(
        "gpt-oss-20b, windows not used",
        plain(24, 8, 64),
        Serving(131_072, slots=1),
        6144 * MIB,
        "github.com/ikawrakow/ik_llama.cpp/issues/822: KV self size = 6144.00 MiB",
    ),
    Figure(
        "gpt-oss-20b",
        windowed(12, 12, 8, 64, 128),
        Serving(131_072, slots=1),
        (3072 + 18) * MIB,
        "LOG of llama.cpp, n_seq_max = 1: 3072.00 MiB (131072 cells), 18.00 MiB (768 cells), 12 layers each",
    ),
    Figure(
        "gpt-oss-20b",
        windowed(12, 12, 8, 64, 128),
        Serving(131_072),
        (3072 + 24) * MIB,
        "LOG of llama-server on an Apple M5: kv_unified = true, 3072.00 MiB, 24.00 MiB (1024 cells)",
    ),
    Figure(
        "gpt-oss-120b",
        windowed(18, 18, 8, 64, 128),
        Serving(65_535),
        (2304 + 36) * MIB,
        "LOG of llama-server -c 65535 -ub 512: 2304.00 MiB (65536 cells), 36.00 MiB (1024 cells)",
    ),
    Figure(
        "gemma-3-27b", windowed(10, 52, 16, 128, 1024), Serving(65_536, slots=1), (5120 + 624) * MIB, ISWA
    ),
    Figure("gemma-3-12b", windowed(8, 40, 8, 256, 1024), Serving(32_768, slots=1), (2048 + 480) * MIB, ISWA),
    Figure("gemma-3-4b", windowed(5, 29, 4, 256, 1024), Serving(131_072, slots=1), (2560 + 174) * MIB, ISWA),
    Figure(
        "DeepSeek-V3",
        DEEPSEEK_V3,
        Serving(32_768, slots=1),
        2196 * MIB,
        "github.com/ggml-org/llama.cpp/pull/11446: KV self size = 2196.00 MiB, K^R 244.00, c^KV 1952.00",
    ),
    Figure(
        "DeepSeek-V3",
        DEEPSEEK_V3,
        Serving(32_768, key_type="q8_0", slots=1),
        1166.62 * MIB,
        "github.com/ikawrakow/ik_llama.cpp/issues/296: c^KV (q8_0): 1166.62 MiB",
        within=1e-5,
    ),
    Figure(
        "DeepSeek-V3, every head in full, 8 layers of one GPU",
        (AttentionLayers(8, 24_576, 16_384),),
        Serving(16_384, key_type="q4_0", slots=8),
        5824 * MIB,
        "github.com/ggml-org/llama.cpp/issues/9390: CUDA0 KV buffer size = 5824.00 MiB, n_seq_max = 8",
    ),
    Figure(
        "Qwen3.5-27B",
        plain(16, 4, 256),
        Serving(24_576, slots=1),
        (1536 + 149.62) * MIB,
        "LOG of ollama: 1536.00 MiB (24576 cells, 16 layers), llama_memory_recurrent: size = 149.62 MiB",
        state=delta_net(48, 6144, 128, 16),
        within=1e-5,
    ),
    Figure(
        "Qwen3.5-27B, its state alone",
        (),
        Serving(1, slots=3),
        448.88 * MIB,
        "github.com/ggml-org/llama.cpp/pull/23792: RS 448.88 MiB (3 cells), R 16.88, S 432.00",
        state=delta_net(48, 6144, 128, 16),
        within=2e-5,
    ),
    Figure(
        "Qwen3.5-35B-A3B, its state alone",
        (),
        Serving(1),
        251.25 * MIB,
        "LOG of llama-server: llama_memory_recurrent: size = 251.25 MiB (4 cells), R 11.25, S 240.00",
        state=delta_net(30, 4096, 128, 16),
    ),
    Figure(
        "Qwen3-Coder-Next",
        plain(12, 2, 256),
        Serving(131_072),
        (3072 + 301.5) * MIB,
        "LOG of llama-server: 3072.00 MiB (131072 cells, 12 layers), RS buffer size = 301.50 MiB",
        state=delta_net(36, 4096, 128, 16),
    ),
    Figure("Llama-3.2-3B", LLAMA_32_3B, Serving(4096), 448 * MIB, TYPES),
    *(
        Figure(
            "Llama-3.2-3B", LLAMA_32_3B, Serving(4096, key_type=kind), (key + 224) * MIB, f"{TYPES}.1, {kind}"
        )
        for kind, key in {"bf16": 224, "q8_0": 119, "q4_0": 63, "q4_1": 70, "q5_0": 77, "q5_1": 84}.items()
    ),
    Figure(
        "Llama-3.2-3B",
        LLAMA_32_3B,
        Serving(4096, key_type="q4_0", value_type="q4_0"),
        126 * MIB,
        f"{TYPES}.2",
    ),
)
