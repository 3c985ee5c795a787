"""Models from files, before any inventory has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from monogen.fit.candidates import DEFAULT_OVERHEAD, candidates
from monogen.fit.spec import Serving
from monogen.fit.verdict import budget
from monogen.problems import InputError
from test_gguf import written
from test_hf_config import LLAMA, config


def test_a_folder_from_hugging_face(tmp_path: Path) -> None:
    path = config(tmp_path, LLAMA)
    (tmp_path / "model-00001-of-00002.safetensors").write_bytes(b"x" * 1000)
    (tmp_path / "model-00002-of-00002.safetensors").write_bytes(b"x" * 500)
    (model,) = candidates([], [path], Serving(8192, slots=1), split=True)
    assert model.name == tmp_path.name and model.split
    assert budget(model).total == 1500 + 2**30 + DEFAULT_OVERHEAD


def test_config_alone_has_no_size(tmp_path: Path) -> None:
    (model,) = candidates([], [config(tmp_path, LLAMA)], Serving(8192))
    assert budget(model).total is None and budget(model).cache.size == 2**30


def test_gguf(tmp_path: Path) -> None:
    path = written(tmp_path / "tiny.gguf")
    (model,) = candidates([path], [], Serving(256, slots=1), overhead=7)
    assert budget(model).total == path.stat().st_size + 256 * 2 * 256 * 2 + 7


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        candidates([], [tmp_path / "config.json"], Serving())
