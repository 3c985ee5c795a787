"""The KV cache against what others published, and what is not known."""

from __future__ import annotations

import pytest
from monogen.fit.kv_cache import kv_cache, row_bytes
from monogen.fit.spec import (
    AUTO_SLOTS,
    CACHE_TYPES,
    Architecture,
    AttentionLayers,
    ModelSpec,
    Serving,
    stated_architecture,
)
from msgspec.structs import replace
from published import FIGURES, LLAMA_8B, Figure, windowed


def size(architecture: Architecture, serving: Serving) -> int:
    computed = kv_cache(ModelSpec("m", architecture=architecture, serving=serving)).size
    assert computed is not None
    return computed


@pytest.mark.parametrize(
    "figure", FIGURES, ids=lambda f: f"{f.name} {f.serving.context} {f.serving.key_type}"
)
def test_published_figure(figure: Figure) -> None:
    assert size(figure.architecture, figure.serving) == pytest.approx(figure.size, rel=figure.within, abs=0)


def test_figures_are_of_many_models_and_name_their_source() -> None:
    assert len({figure.name for figure in FIGURES}) >= 10
    assert all(figure.source for figure in FIGURES)


@pytest.mark.parametrize("kind", CACHE_TYPES)
def test_row_is_whole_blocks(kind: str) -> None:
    block, per_block = CACHE_TYPES[kind]
    assert row_bytes(block * 4, kind) == per_block * 4
    assert row_bytes(block * 4 + 1, kind) == per_block * 5


def test_context_is_the_total_of_all_slots() -> None:
    """llama-server: --ctx-size 32768 --parallel 4 gives each slot 8192, and allocates the same."""
    architecture = Architecture("llama", LLAMA_8B)
    assert size(architecture, Serving(32_768, slots=4)) == size(architecture, Serving(32_768, slots=1))


def test_context_per_slot_multiplies() -> None:
    """Ollama: num_ctx 8192 and OLLAMA_NUM_PARALLEL=4."""
    architecture = Architecture("llama", LLAMA_8B)
    assert size(architecture, Serving(8192, context_per_slot=True, slots=4)) == size(
        architecture, Serving(32_768)
    )
    assert size(architecture, Serving(8192, context_per_slot=True)) == size(architecture, Serving(32_768))


def test_stated_slots_keep_a_window_each() -> None:
    """4608 cells of a shared cache (4 x 1024 + 512), 4 x 1536 of a split one."""
    sliding = Architecture("gemma3", windowed(0, 1, 1, 1, 1024))
    assert size(sliding, Serving(100_000)) == (AUTO_SLOTS * 1024 + 512) * 4
    assert size(sliding, Serving(100_000, slots=4)) == 4 * (1024 + 512) * 4


def test_window_never_keeps_more_than_the_context() -> None:
    sliding = Architecture("gemma3", windowed(0, 1, 1, 1, 1024))
    assert size(sliding, Serving(512)) == 512 * 4


def test_windows_are_quantized_like_the_rest() -> None:
    sliding = Architecture("gemma3", (AttentionLayers(1, 32, 32, window=128),))
    assert size(sliding, Serving(8192, key_type="q4_0", value_type="q4_0")) == 1024 * 2 * 18
    assert size(sliding, Serving(8192, key_type="f32", value_type="f32")) == 2 * size(sliding, Serving(8192))


def test_full_slot_reads_its_share() -> None:
    whole = kv_cache(ModelSpec("m", architecture=Architecture("llama", LLAMA_8B), serving=Serving(32_768)))
    split = kv_cache(
        ModelSpec("m", architecture=Architecture("llama", LLAMA_8B), serving=Serving(32_768, slots=4))
    )
    assert whole.slot_read == whole.size
    assert split.slot_read is not None and split.slot_read * 4 == split.size


def test_architecture_stated_by_hand() -> None:
    assert stated_architecture(32, 8, 128).attention == LLAMA_8B
    assert size(stated_architecture(2, 4, 192, 128), Serving(256, slots=1)) == 256 * 2 * 4 * (192 + 128) * 2


def test_stated_cache_wins() -> None:
    model = ModelSpec("m", kv_cache=123, architecture=Architecture("llama", LLAMA_8B), serving=Serving(8192))
    assert kv_cache(model).size == 123
    assert kv_cache(ModelSpec("m", kv_cache=0)).size == 0


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (ModelSpec("m"), "not stated"),
        (
            ModelSpec("m", architecture=Architecture("mamba", unknown="how 'mamba' caches")),
            "how 'mamba' caches",
        ),
    ],
)
def test_unknown_says_how_to_state_it(model: ModelSpec, told: str) -> None:
    cache = kv_cache(model)
    assert cache.size is None
    assert told in cache.why and "kv_cache: 4GiB" in cache.why


def test_context_as_trained_is_told() -> None:
    model = ModelSpec("m", architecture=Architecture("llama", LLAMA_8B, trained_context=8192))
    assert kv_cache(model).size == 2**30
    assert "8192 tokens as trained" in kv_cache(model).note
    nowhere = replace(model, architecture=Architecture("llama", LLAMA_8B))
    assert kv_cache(nowhere).size is None and "context" in kv_cache(nowhere).why


@pytest.mark.parametrize("wrong", [{"context": 0}, {"slots": 0}, {"ubatch": 0}, {"key_type": "q9_9"}])
def test_serving_refuses(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"at least 1|known are"):
        Serving(**wrong)  # type: ignore[arg-type]
