"""How big the KV cache of a model is, as llama.cpp allocates it.

Full attention: cells x layers x (key width + value width) x bytes an element. The tests hold every
kind of attention that is computed here against figures that others have published; what has no such
figure is unknown, and the answer says how to state it by hand.
"""

from __future__ import annotations

from monogen.fit.spec import AUTO_SLOTS, CACHE_TYPES, AttentionLayers, ModelSpec, Serving
from msgspec import Struct

CELLS = 256
"""llama.cpp rounds the cells of a cache up to a multiple of this."""

BY_HAND = (
    "state it by hand: start the server once and copy the sizes it logs (llama-server: the lines "
    "`llama_kv_cache: size =` and `llama_memory_recurrent: size =`, added up) into `kv_cache: 4GiB`"
)


class KvCache(Struct, frozen=True):
    """``size`` in bytes, None where not known; ``why`` says then what is missing and what to do.

    ``slot_read`` is what one token reads of it when its slot's context is full. ``note`` tells of an
    assumption that was made.
    """

    size: int | None
    slot_read: int | None = None
    why: str = ""
    note: str = ""


def kv_cache(model: ModelSpec) -> KvCache:
    """The KV cache of a model: as stated, or computed from its architecture and serving."""
    serving = model.serving
    if model.kv_cache is not None:
        return KvCache(model.kv_cache, model.kv_cache // (serving.slots or 1))
    architecture = model.architecture
    if architecture is None:
        return KvCache(None, why=f"its KV cache is not stated and nothing to compute it from; {BY_HAND}")
    if architecture.unknown:
        return KvCache(None, why=f"{architecture.unknown}; {BY_HAND}")
    context = serving.context or architecture.trained_context
    if context is None:
        return KvCache(None, why="its context is not stated; add `context:` in tokens")
    slots = serving.slots or AUTO_SLOTS
    size = sum(_allocated(layers, context, serving) for layers in architecture.attention)
    read = sum(_slot_read(layers, context, serving) for layers in architecture.attention)
    state = architecture.state
    return KvCache(size + state * slots, read + state, note=_note(model, context))


def row_bytes(elements: int, cache_type: str) -> int:
    """Bytes of so many elements of a ggml type: whole blocks only."""
    block, size = CACHE_TYPES[cache_type]
    return -(-elements // block) * size


def slot_context(context: int, serving: Serving) -> int:
    """Tokens that one slot can hold: all of a shared cache, its share of a split one."""
    if serving.context_per_slot or serving.slots is None:
        return context
    return -(-context // serving.slots)


def _padded(cells: int) -> int:
    return -(-cells // CELLS) * CELLS


def _cells(layers: AttentionLayers, context: int, serving: Serving) -> int:
    """Cells of all slots together.

    A window keeps the window and one micro batch (llama-kv-cache-iswa.cpp): per slot where the cache is
    split, every slot's window and one micro batch where it is shared.
    """
    slots = serving.slots or AUTO_SLOTS
    shared = serving.slots is None
    if shared:
        whole = context * slots if serving.context_per_slot else context
        streams, windows = 1, slots
    else:
        whole = slot_context(context, serving)
        streams, windows = slots, 1
    cells = _padded(whole)
    if layers.window is not None:
        cells = min(cells, _padded(layers.window * windows + serving.ubatch))
    return cells * streams


def _token_bytes(layers: AttentionLayers, serving: Serving) -> int:
    """Bytes of one token in one layer.

    Windows are quantized like the rest, as build 11669 of llama-server does (tests/fit/test_llama_server.py);
    builds of April 2026 kept them at f16 (pull request 21277).
    """
    return row_bytes(layers.key_width, serving.key_type) + row_bytes(layers.value_width, serving.value_type)


def _allocated(layers: AttentionLayers, context: int, serving: Serving) -> int:
    return _cells(layers, context, serving) * layers.count * _token_bytes(layers, serving)


def _slot_read(layers: AttentionLayers, context: int, serving: Serving) -> int:
    tokens = slot_context(context, serving)
    if layers.window is not None:
        tokens = min(tokens, layers.window)
    return tokens * layers.count * _token_bytes(layers, serving)


def _note(model: ModelSpec, context: int) -> str:
    if model.serving.context is None:
        return f"context not stated: {context} tokens as trained"
    return ""
