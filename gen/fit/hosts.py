"""From the inventory to what is judged."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from monogen.fit.architectures import model_from_gguf
from monogen.fit.hf_config import read_config
from monogen.fit.spec import Architecture, HostSpec, ModelSpec, Serving, stated_architecture
from monogen.fit.speed import bandwidth
from monogen.inventory.model import Host, Model
from msgspec.structs import asdict


@cache
def model_spec(model: Model) -> ModelSpec:
    """A model as the inventory states it; its own files fill in what is not stated, and are read once.

    Raises InputError for a GGUF or a config.json that cannot be read.
    """
    serving = Serving(**asdict(model.serving))
    from_file = (
        model_from_gguf(Path(model.gguf), overhead=model.overhead, serving=serving, split=model.split)
        if model.gguf
        else ModelSpec(model.name, architecture=read_config(Path(model.config)) if model.config else None)
    )
    return ModelSpec(
        name=model.name,
        file=from_file.file if model.file is None else model.file,
        kv_cache=model.kv_cache,
        overhead=model.overhead,
        architecture=_stated(model) or from_file.architecture,
        serving=serving,
        parameters=model.parameters,
        active_parameters=model.active_parameters,
        read_per_token=from_file.read_per_token,
        split=model.split,
    )


def _stated(model: Model) -> Architecture | None:
    return None if model.shape is None else stated_architecture(**asdict(model.shape))


def host_spec(host: Host, models: tuple[ModelSpec, ...] | None = None) -> HostSpec:
    """The memory of a host that models may use; ``models`` instead of those the inventory states."""
    return HostSpec(
        name=host.name,
        unified=host.unified_memory,
        memory=host.memory,
        reserved=host.system_memory - sum(host.reservations.values()),
        reservations=host.reservations,
        gpu_memory_limit=host.gpu_memory_limit,
        gpus=host.gpu_memory,
        bandwidth=host.memory_bandwidth or bandwidth(host.hardware, host.chip),
        exclusive=host.exclusive,
        models=tuple(map(model_spec, host.models)) if models is None else models,
        notes=_notes(host),
    )


def _notes(host: Host) -> tuple[str, ...]:
    notes = []
    if host.unified_memory and host.reserved is None:
        usual = host.system_memory - sum(host.reservations.values())
        notes.append(f"{host.name}: `reserved` is not stated; {usual / 2**30:g}GiB is assumed")
    if host.hardware == "apple-silicon" and host.gpu_memory_limit is None:
        notes.append(
            f"{host.name}: `gpu_memory_limit` is not stated, so Metal's limit is not checked; macOS lets the "
            "GPU hold about 65 to 75 % of the RAM unless iogpu.wired_limit_mb says otherwise"
        )
    return tuple(notes)
