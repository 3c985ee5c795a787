"""The formulas against a real llama-server: what it says it allocates for tiny models with random weights.

Needs the program that .ci/get-llama-server fetches; on the CPU, a start takes about a second.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from monogen.fit.architectures import model_from_gguf
from monogen.fit.kv_cache import kv_cache
from monogen.fit.spec import Serving

CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
SERVER = CACHE / "monogen/engines/llama-server/usr/bin/llama-server"
LAYERS, WIDTH, HEADS, KV_HEADS, HEAD, HIDDEN, WINDOW = 6, 64, 4, 2, 32, 64, 64
GEMMA_NORMS = {
    "post_attention_norm": WIDTH,
    "post_ffw_norm": WIDTH,
    "attn_q_norm": HEAD,
    "attn_k_norm": HEAD,
}
SIZE = re.compile(r"llama_kv_cache\w*: size = +(?P<mib>[0-9.]+) MiB")
DONE = re.compile(r"initializing.* n_slots|server is listening|error|failed", re.IGNORECASE)

pytestmark = pytest.mark.skipif(not SERVER.exists(), reason="no llama-server; run .ci/get-llama-server")


def tiny(path: Path, name: str) -> Path:
    gguf = pytest.importorskip("gguf", reason="gguf is a dependency of the tests")
    numpy: Any = pytest.importorskip("numpy")
    tokens = [b"<unk>", b"<s>", b"</s>", *(f"<0x{byte:02X}>".encode() for byte in range(256))]
    writer = gguf.GGUFWriter(str(path), name)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([2, 3, 3] + [6] * 256)
    numbers = {
        "block_count": LAYERS, "context_length": 8192, "embedding_length": WIDTH,
        "feed_forward_length": HIDDEN,
        "attention.head_count": HEADS, "attention.head_count_kv": KV_HEADS, "attention.key_length": HEAD,
        "attention.value_length": HEAD, "rope.dimension_count": HEAD, "attention.sliding_window": WINDOW,
    }  # fmt: skip
    for key, number in numbers.items():
        if name == "gemma3" or key != "attention.sliding_window":
            writer.add_uint32(f"{name}.{key}", number)
    writer.add_float32(f"{name}.attention.layer_norm_rms_epsilon", 1e-5)
    random = numpy.random.default_rng(7)

    def tensor(tensor_name: str, *shape: int) -> None:
        writer.add_tensor(f"{tensor_name}.weight", random.standard_normal(shape).astype(numpy.float32) / 10)

    tensor("token_embd", len(tokens), WIDTH)
    tensor("output", len(tokens), WIDTH)
    tensor("output_norm", WIDTH)
    for layer in range(LAYERS):
        for part, rows in (
            ("attn_q", HEADS * HEAD),
            ("attn_k", KV_HEADS * HEAD),
            ("attn_v", KV_HEADS * HEAD),
        ):
            tensor(f"blk.{layer}.{part}", rows, WIDTH)
        tensor(f"blk.{layer}.attn_output", WIDTH, HEADS * HEAD)
        for part, rows, columns in (("gate", HIDDEN, WIDTH), ("up", HIDDEN, WIDTH), ("down", WIDTH, HIDDEN)):
            tensor(f"blk.{layer}.ffn_{part}", rows, columns)
        for norm in ("attn_norm", "ffn_norm"):
            tensor(f"blk.{layer}.{norm}", WIDTH)
        if name == "gemma3":
            for norm, size in GEMMA_NORMS.items():
                tensor(f"blk.{layer}.{norm}", size)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def allocated(path: Path, *flags: str) -> float:
    """MiB that the server logs for its KV caches before it listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(SERVER), "-m", str(path), "--port", str(port), "--no-warmup", "-lv", "4", *flags]
    sizes: list[float] = []
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        assert server.stdout is not None
        try:
            for line in server.stdout:
                lines.append(line)
                sizes += [float(match["mib"]) for match in SIZE.finditer(line)]
                if DONE.search(line):
                    break
        finally:
            server.kill()
    assert sizes, "".join(lines[-30:])
    return sum(sizes)


@pytest.mark.parametrize("name", ["llama", "gemma3"])
@pytest.mark.parametrize(
    ("flags", "serving"),
    [
        (["-c", "5000"], Serving(5000)),
        (["-c", "5000", "-np", "1"], Serving(5000, slots=1)),
        (["-c", "4096", "-np", "3"], Serving(4096, slots=3)),
        (["-c", "4096", "-ub", "128", "-b", "128"], Serving(4096, ubatch=128)),
        (["-c", "4096", "-ctk", "q8_0", "-fa", "on"], Serving(4096, key_type="q8_0")),
        (
            ["-c", "4096", "-ctk", "q4_0", "-ctv", "q4_0", "-fa", "on"],
            Serving(4096, key_type="q4_0", value_type="q4_0"),
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_allocates_what_is_computed(tmp_path: Path, name: str, flags: list[str], serving: Serving) -> None:
    path = tiny(tmp_path / "tiny.gguf", name)
    computed = kv_cache(model_from_gguf(path, serving=serving)).size
    assert computed is not None
    assert computed / 2**20 == pytest.approx(allocated(path, *flags), abs=0.011)
