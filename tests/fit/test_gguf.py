"""GGUF headers: files that llama.cpp's own package writes, and files that lie."""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monogen.fit.architectures import architecture, model_from_gguf
from monogen.fit.gguf import TENSOR_TYPES, read_gguf
from monogen.fit.kv_cache import kv_cache
from monogen.fit.spec import Serving
from monogen.problems import InputError

HEADER = struct.Struct("<4sIQQ")


def written(path: Path, name: str = "llama", split_max_tensors: int = 0, **keys: object) -> Path:
    """A small model, written by the package ``gguf``: 2 layers, a vocabulary, 4 tensors of 2 KiB."""
    gguf = pytest.importorskip("gguf", reason="gguf is a dependency of the tests")
    numpy = pytest.importorskip("numpy")
    writer = gguf.GGUFWriter(str(path), name, split_max_tensors=split_max_tensors)
    writer.add_name("tiny")
    writer.add_token_list([f"token {number}" for number in range(10_000)])
    writer.add_token_scores([0.5] * 10_000)
    numbers = {
        "block_count": 2,
        "context_length": 4096,
        "embedding_length": 256,
        "attention.head_count": 4,
        "attention.head_count_kv": 2,
        **{key.replace("__", "."): value for key, value in keys.items()},
    }
    for key, value in numbers.items():
        if isinstance(value, list):
            writer.add_array(f"{name}.{key}", value)
        else:
            writer.add_uint32(f"{name}.{key}", value)
    for tensor in ("token_embd.weight", "output.weight", "blk.0.attn_q.weight", "blk.0.ffn_up_exps.weight"):
        writer.add_tensor(tensor, numpy.zeros((4, 256), dtype=numpy.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        model_from_gguf(path)
    (problem,) = caught.value.problems
    assert problem.file == str(path)
    return problem.message


def test_reads_what_the_package_writes(tmp_path: Path) -> None:
    path = written(tmp_path / "tiny.gguf", expert_count=2, expert_used_count=1)
    model = model_from_gguf(path, serving=Serving(1024, slots=1))
    assert model.name == "tiny"
    assert model.file == path.stat().st_size
    assert kv_cache(model).size == 1024 * 2 * (2 * 64 * 2) * 2
    assert model.architecture is not None and model.architecture.trained_context == 4096
    # The embedding is not read, of the experts one half is; each tensor is 2 KiB.
    assert model.read_per_token == 2048 + 2048 + 1024


def test_types_have_the_blocks_of_the_package() -> None:
    constants = pytest.importorskip("gguf.constants")
    known = {int(kind): size for kind, size in constants.GGML_QUANT_SIZES.items()}
    assert {kind: known[kind] for kind in TENSOR_TYPES} == TENSOR_TYPES


def test_lists_a_number_for_each_layer(tmp_path: Path) -> None:
    """Granite 4 and others state KV heads layer by layer; layers without any cache nothing."""
    path = written(tmp_path / "m.gguf", attention__head_count_kv=[0, 2])
    model = model_from_gguf(path, serving=Serving(1024, slots=1))
    assert kv_cache(model).size == 1024 * (2 * 64 * 2) * 2
    short = written(tmp_path / "short.gguf", attention__head_count_kv=[2])
    assert "for each of 2 layers" in refused(short)


def test_split_files_are_summed(tmp_path: Path) -> None:
    written(tmp_path / "big.gguf", split_max_tensors=2)
    first, second = sorted(tmp_path.glob("*.gguf"))
    assert first.name == "big-00001-of-00002.gguf"
    assert read_gguf(first) == read_gguf(second)
    assert read_gguf(first).file_size == first.stat().st_size + second.stat().st_size
    assert len(read_gguf(second).tensors) == 4
    second.unlink()
    with pytest.raises(InputError, match=r"00002-of-00002.gguf: no such file"):
        read_gguf(first)


@pytest.mark.parametrize("name", ["m-00003-of-00002.gguf", "m-00000-of-00002.gguf", "m-00001-of-99999.gguf"])
def test_parts_that_cannot_be(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"GGUF")
    assert "cannot be" in refused(tmp_path / name)


def test_sliding_windows(tmp_path: Path) -> None:
    """gpt-oss: every other layer slides. 1024 cells are whole, the window holds 128 + 512, rounded to 768."""
    path = written(tmp_path / "m.gguf", "gpt-oss", attention__sliding_window=128)
    model = model_from_gguf(path, serving=Serving(1024, slots=1))
    assert kv_cache(model).size == (1024 + 768) * (2 * 64 * 2) * 2


@pytest.mark.parametrize(("mla", "width"), [(192, 512 + 64), (0, 4 * 192 + 4 * 128)])
def test_latent_attention(tmp_path: Path, mla: int, width: int) -> None:
    keys = {"attention__key_length_mla": mla} if mla else {}
    path = written(
        tmp_path / "m.gguf",
        "deepseek2",
        attention__kv_lora_rank=512,
        rope__dimension_count=64,
        attention__head_count_kv=1 if mla else 4,
        attention__key_length=192,
        attention__value_length=128,
        **keys,
    )
    assert kv_cache(model_from_gguf(path, serving=Serving(1024, slots=1))).size == 1024 * 2 * width * 2


def test_hybrid_is_that_of_the_published_figure(tmp_path: Path) -> None:
    """Keys of Qwen3-Coder-Next as github.com/ggml-org/llama.cpp/issues/19345 lists them."""
    path = written(
        tmp_path / "m.gguf",
        "qwen3next",
        block_count=48,
        attention__head_count=16,
        attention__head_count_kv=2,
        attention__key_length=256,
        attention__value_length=256,
        ssm__conv_kernel=4,
        ssm__state_size=128,
        ssm__group_count=16,
        ssm__time_step_rank=32,
        ssm__inner_size=4096,
    )
    assert kv_cache(model_from_gguf(path, serving=Serving(131_072))).size == (3072 + 301.5) * 2**20


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("llama", "attention__sliding_window"),
        ("granitehybrid", "ssm__state_size"),
        ("qwen3", "nextn_predict_layers"),
        ("deepseek2", "attention__indexer__head_count"),
        ("brand-new", "vocab_size"),
    ],
)
def test_what_no_figure_confirms_is_unknown(tmp_path: Path, name: str, key: str) -> None:
    model = model_from_gguf(written(tmp_path / "m.gguf", name, **{key: 1}))
    assert kv_cache(model).size is None
    assert repr(name) in kv_cache(model).why and "kv_cache:" in kv_cache(model).why


def entry(key: str, kind: int, value: bytes) -> bytes:
    return struct.pack("<Q", len(key)) + key.encode() + struct.pack("<I", kind) + value


NAME = entry("general.architecture", 8, struct.pack("<Q", 5) + b"llama")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "ends in the middle"),
        (b"PK\3\4 not a model at all", "not a GGUF file"),
        (HEADER.pack(b"GGUF", 1, 0, 0), "version 1"),
        (struct.pack("<4s", b"GGUF") + struct.pack(">IQQ", 3, 0, 0), "big-endian"),
        (HEADER.pack(b"GGUF", 3, 0, 0), "general.architecture is missing"),
        (HEADER.pack(b"GGUF", 3, 2**63, 0), "claims"),
        (HEADER.pack(b"GGUF", 3, 0, 2**63), "claims"),
        (HEADER.pack(b"GGUF", 3, 0, 1), "ends in the middle"),
        (HEADER.pack(b"GGUF", 3, 0, 1) + struct.pack("<Q", 2**62), "a text of"),
        (HEADER.pack(b"GGUF", 3, 0, 1) + entry("x", 8, struct.pack("<Q", 2**62)), "a text of"),
        (HEADER.pack(b"GGUF", 3, 0, 1) + entry("x", 77, b"\0" * 8), "unknown kind 77"),
        (HEADER.pack(b"GGUF", 3, 0, 1) + entry("x", 9, struct.pack("<IQ", 4, 2**62)), "ends in the middle"),
        (HEADER.pack(b"GGUF", 3, 0, 1) + entry("x", 9, struct.pack("<IQ", 8, 2**61)), "claims"),
        (HEADER.pack(b"GGUF", 3, 0, 1) + entry("x", 9, struct.pack("<IQ", 9, 1) * 500), "unknown kind 9"),
        (HEADER.pack(b"GGUF", 3, 0, 1) + NAME, "llama.block_count is missing"),
        (
            HEADER.pack(b"GGUF", 3, 0, 2) + NAME + entry("llama.block_count", 4, b"\xff" * 4),
            "llama.block_count is",
        ),
        (
            HEADER.pack(b"GGUF", 3, 1, 1) + NAME + struct.pack("<Q", 1) + b"t" + struct.pack("<I", 9),
            "9 dimensions",
        ),
        (
            HEADER.pack(b"GGUF", 3, 1, 1)
            + NAME
            + struct.pack("<Q", 1)
            + b"t"
            + struct.pack("<IQQQQIQ", 4, *[2**63] * 4, 0, 0),
            "the tensors end at",
        ),
    ],
)
def test_lying_files(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    assert told in refused(path)


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.gguf").read_bytes()
    cut = tmp_path / "cut.gguf"
    for length in [*range(0, 600, 7), *range(600, len(whole), 9973), len(whole) - 1]:
        cut.write_bytes(whole[:length])
        assert refused(cut)


@given(st.binary(max_size=300), st.integers(0, 3), st.integers(0, 3))
def test_noise_never_breaks_it(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, tensors: int, keys: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.gguf"
    path.write_bytes(HEADER.pack(b"GGUF", 3, tensors, keys) + noise)
    try:
        model_from_gguf(path)
    except InputError as error:
        assert len(error.problems) == 1


def test_what_is_no_file(tmp_path: Path) -> None:
    assert refused(tmp_path / "missing.gguf") == "no such file"
    assert refused(tmp_path) == "not a file"
    os.mkfifo(tmp_path / "pipe.gguf")
    assert refused(tmp_path / "pipe.gguf") == "not a file"


def test_a_vocabulary_of_half_a_million_is_stepped_over_quickly(tmp_path: Path) -> None:
    texts = struct.pack("<IQ", 8, 500_000) + (struct.pack("<Q", 6) + b"merged") * 500_000
    path = tmp_path / "model.gguf"
    path.write_bytes(HEADER.pack(b"GGUF", 3, 0, 2) + NAME + entry("tokenizer.ggml.merges", 9, texts))
    start = time.perf_counter()
    assert "tokenizer.ggml.merges" not in read_gguf(path).metadata
    assert time.perf_counter() - start < 10


def test_metadata_alone_is_enough() -> None:
    keys = {
        "general.architecture": "llama",
        "llama.block_count": 32,
        "llama.embedding_length": 4096,
        "llama.attention.head_count": 32,
        "llama.attention.head_count_kv": 8,
    }
    (layers,) = architecture(Path("m.gguf"), keys).attention
    assert (layers.count, layers.key_width, layers.value_width) == (32, 1024, 1024)
