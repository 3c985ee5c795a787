"""From the inventory to what is judged."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from monogen.fit.spec import HostSpec, ModelSpec
from monogen.fit.speed import bandwidth
from monogen.inventory.model import Host, Model
from monogen.plan.rules import DEFAULT_RESERVED

_NONE: Mapping[str, int] = MappingProxyType({})


def model_spec(model: Model) -> ModelSpec:
    """A model whose sizes the inventory states."""
    return ModelSpec(model.name, model.file, model.kv_cache, model.overhead)


def host_spec(
    host: Host,
    models: tuple[ModelSpec, ...] | None = None,
    *,
    gpus: tuple[int, ...] = (),
    reservations: Mapping[str, int] = _NONE,
    memory_bandwidth: float | None = None,
    chip: str = "",
    exclusive: bool = False,
) -> HostSpec:
    """The memory of a host that models may use; ``models`` instead of those the inventory states."""
    reserved = DEFAULT_RESERVED.get(host.hardware, 0) if host.reserved is None else host.reserved
    return HostSpec(
        name=host.name,
        unified=host.unified_memory,
        memory=host.memory,
        reserved=reserved,
        reservations=reservations,
        gpu_memory_limit=host.gpu_memory_limit,
        gpus=gpus,
        bandwidth=memory_bandwidth or bandwidth(host.hardware, chip),
        exclusive=exclusive,
        models=tuple(map(model_spec, host.models)) if models is None else models,
        notes=_notes(host, reserved),
    )


def _notes(host: Host, reserved: int) -> tuple[str, ...]:
    notes = []
    if host.unified_memory and host.reserved is None:
        notes.append(f"{host.name}: `reserved` is not stated; {reserved / 2**30:g}GiB is assumed")
    if host.hardware == "apple-silicon" and host.gpu_memory_limit is None:
        notes.append(
            f"{host.name}: `gpu_memory_limit` is not stated, so Metal's limit is not checked; macOS lets the "
            "GPU hold about 65 to 75 % of the RAM unless iogpu.wired_limit_mb says otherwise"
        )
    return tuple(notes)
