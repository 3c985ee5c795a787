"""Models that are judged before they are in any inventory: from files on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from monogen.fit.architectures import model_from_gguf
from monogen.fit.hf_config import read_config
from monogen.fit.spec import ModelSpec, Serving

DEFAULT_OVERHEAD = 2**30
"""Bytes for compute buffers and the runtime where nothing is stated.

llama.cpp's own logs show 0.4 to 0.7 GiB of compute buffers for gpt-oss-20b at its whole context; CUDA
takes some hundred MiB more.
"""


def candidates(
    ggufs: Sequence[Path],
    configs: Sequence[Path],
    serving: Serving,
    *,
    overhead: int = DEFAULT_OVERHEAD,
    split: bool = False,
) -> tuple[ModelSpec, ...]:
    """A model for each GGUF (any part of a split one) and each ``config.json``. Raises InputError.

    The size of a ``config.json``'s model is that of the ``*.safetensors`` beside it, and not known
    where there are none.
    """
    models = [model_from_gguf(path, overhead=overhead, serving=serving, split=split) for path in ggufs]
    for path in configs:
        folder = path.absolute().parent
        models.append(
            ModelSpec(
                name=folder.name or path.name,
                file=_weights(folder),
                overhead=overhead,
                architecture=read_config(path),
                serving=serving,
                split=split,
            )
        )
    return tuple(models)


def _weights(folder: Path) -> int | None:
    return sum(path.stat().st_size for path in folder.glob("*.safetensors") if path.is_file()) or None
