"""What a simulated host is made of, from the inventory and from hardware.yaml; nothing here moves."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from monogen.catalog.model import at
from monogen.inventory.model import Exporter, Host
from monogen.live.simulate import manners
from monogen.live.simulate.noise import fixed
from monogen.live.simulate.staging import name_of
from monogen.plan.budgets import budget_bytes
from msgspec import Struct

GIB = 2**30
_NAMESPACE = uuid.UUID("6b1f0a52-0c53-47aa-9be1-75d8c1e0a36f")
_ASSUMED_SHARE = 0.25
"""Of the memory for models that a model of unknown size takes, less where there are many."""
_WITH_CACHE = 1.15
"""Times its file is what a model holds whose KV cache is not known."""
_GPU_NAMES = ((10, "NVIDIA RTX A2000"), (13, "NVIDIA GeForce RTX 3060"), (17, "NVIDIA RTX A4000"),
              (25, "NVIDIA GeForce RTX 4090"), (33, "NVIDIA GeForce RTX 5090"), (50, "NVIDIA L40S"),
              (98, "NVIDIA RTX PRO 6000 Blackwell"), (1000, "NVIDIA H200"))  # fmt: skip
"""What a discrete GPU with at most so many GiB is called where the inventory names no chip."""


class Gpu(Struct, frozen=True):
    """One GPU; ``memory`` is 0 where it shares the system's RAM."""

    index: int
    uuid: str
    name: str
    bus: str
    memory: int
    idle_watts: float
    watts: float
    idle_clock: float
    clock: float
    top_clock: float


class Resident(Struct, frozen=True):
    """A model that is or can be in memory: ``size`` with its cache, ``file`` what is read from disk; bytes.

    ``gpus`` are the numbers of those that hold a part of it.
    """

    name: str
    size: int
    file: int
    gpus: tuple[int, ...]


class Server(Struct, frozen=True):
    """A model server, by its exporter's name, and the place of its model in the body's list."""

    name: str
    kind: str
    model: int


class Body(Struct, frozen=True):
    """A host as it stands: sizes in bytes, ``uptime`` in seconds when the simulation starts.

    ``loaded`` are the places of the models that are resident without any scenario. ``facts`` are the
    texts that labels show; the rows of ``disks``, ``nics``, ``filesystems`` and ``sensors`` too.
    """

    host: Host
    facts: Mapping[str, str]
    cpus: int
    memory: int
    system: int
    swap: int
    tokens_per_second: float
    gpus: tuple[Gpu, ...]
    disks: tuple[Mapping[str, Any], ...]
    nics: tuple[Mapping[str, Any], ...]
    filesystems: tuple[Mapping[str, Any], ...]
    sensors: tuple[Mapping[str, Any], ...]
    models: tuple[Resident, ...]
    servers: tuple[Server, ...]
    loaded: frozenset[int]
    uptime: float

    @property
    def discrete(self) -> bool:
        """Whether models live in the memory of GPUs."""
        return any(gpu.memory for gpu in self.gpus)

    @property
    def capacity(self) -> int:
        """Bytes that models can have."""
        return _capacity(self.gpus, self.memory, self.system)


def body(host: Host) -> Body:
    """The body of a host. Raises InputError where a model's own file cannot be used."""
    data = _hardware(host)
    memory = round((host.memory or data["memory"]) * data["seen"])
    gpus = tuple(_gpus(host, data))
    system = min(host.system_memory or memory // 5, memory // 2)
    models, servers = _models(host, gpus, _capacity(gpus, memory, system))
    chip = host.chip or data.get("chip", "")
    efficient = data["cpus"] // 4
    counts = {"cpus": str(data["cpus"]), "e_cpus": str(efficient), "p_cpus": str(data["cpus"] - efficient)}
    facts = {**data["facts"], **counts, "host": host.name, "chip": chip}
    if host.hardware == "apple-silicon" and not facts["chip"].startswith("Apple"):
        facts["chip"] = f"Apple {facts['chip']}"
    return Body(
        host=host,
        facts=facts,
        cpus=data["cpus"],
        memory=memory,
        system=system,
        swap=data["swap"],
        tokens_per_second=data["tokens_per_second"],
        gpus=gpus,
        disks=tuple(data["disks"]),
        nics=tuple(data["nics"]),
        filesystems=tuple(data["filesystems"]),
        sensors=tuple(data["sensors"]),
        models=models,
        servers=servers,
        loaded=_loaded(models, servers, _capacity(gpus, memory, system)),
        uptime=86400 * (2 + round(30 * fixed(f"uptime of {host.name}"), 3)),
    )


@cache
def _all_hardware() -> Mapping[str, Any]:
    text = (Path(__file__).parent / "hardware.yaml").read_text("utf-8")
    data: Mapping[str, Any] = yaml.load(text, yaml.CSafeLoader)
    return data


def _hardware(host: Host) -> Mapping[str, Any]:
    found: Mapping[str, Any] | None = at(_all_hardware(), host.os, host.hardware)
    return found if found is not None else _all_hardware()["linux"]


def _gpus(host: Host, data: Mapping[str, Any]) -> Iterator[Gpu]:
    """The GPUs that the inventory states, else one of the usual kind where the hardware has any."""
    usual = dict(data.get("gpus") or {})
    if not usual or host.hardware == "generic":
        return
    name, bus, memory = usual.pop("name"), usual.pop("bus"), usual.pop("memory", 0)
    sizes = host.gpu_memory or (memory,)
    if host.unified_memory:
        sizes = (0,)
    for index, size in enumerate(sizes):
        known = next((title for most, title in _GPU_NAMES if size <= most * GIB), name)
        shown = (host.chip or (known if host.gpu_memory else name)) if size else name
        identity = str(uuid.uuid5(_NAMESPACE, f"{host.name}/{index}"))
        yield Gpu(index, identity, shown, bus.format(n=index + 1), size, **usual)


def _models(
    host: Host, gpus: Sequence[Gpu], capacity: int
) -> tuple[tuple[Resident, ...], tuple[Server, ...]]:
    """The host's models, those that a server needs and the inventory does not state, and who serves which."""
    serving = [exporter for exporter in host.exporters if exporter.kind in manners.servers()]
    assumed = int(min(_ASSUMED_SHARE, 0.8 / max(len(serving), 1)) * capacity)
    found: list[Resident] = []
    for model in host.models:
        size = budget_bytes(model) or (round(_WITH_CACHE * model.file) if model.file else assumed)
        found.append(_resident(model.name, size, model.file or size, model.split, gpus))
    free = list(range(len(found)))
    servers = []
    for exporter in serving:
        place = _place(exporter, found, free)
        if place is None:
            place = len(found)
            name = exporter.model or f"{name_of(exporter)}-model"
            found.append(_resident(name, assumed, assumed, False, gpus))
        servers.append(Server(name_of(exporter), exporter.kind, place))
    if len(found) == 1 and not host.has("blackbox"):
        first = found[0]
        found.append(_resident("second-model", first.size, first.file, False, gpus))
    elif not found and gpus:
        found = [_resident(name, assumed, assumed, False, gpus) for name in ("first-model", "second-model")]
    return tuple(found), tuple(servers)


def _place(exporter: Exporter, models: Sequence[Resident], free: list[int]) -> int | None:
    """The model an exporter tells of: the one the inventory says, else the next that has no server yet."""
    if exporter.model:
        named = [place for place, model in enumerate(models) if model.name == exporter.model]
        if not named:
            return None
        place = named[0]
    elif free:
        place = free[0]
    else:
        return None
    if place in free:
        free.remove(place)
    return place


def _resident(name: str, size: int, file: int, split: bool, gpus: Sequence[Gpu]) -> Resident:
    """On the GPU that its name falls on, or spread over all where one is too small."""
    fits = [gpu.index for gpu in gpus if not gpu.memory or size <= 0.94 * gpu.memory]
    if split or not fits:
        return Resident(name, size, file, tuple(gpu.index for gpu in gpus))
    return Resident(name, size, file, (fits[0],))


def _capacity(gpus: Sequence[Gpu], memory: int, system: int) -> int:
    return sum(gpu.memory for gpu in gpus) or memory - system


def _loaded(models: Sequence[Resident], servers: Sequence[Server], capacity: int) -> frozenset[int]:
    """The models with a server, else the first; no more than there is room for."""
    wanted = sorted({server.model for server in servers}) or list(range(min(1, len(models))))
    found: set[int] = set()
    held = 0
    for place in wanted:
        if held + models[place].size <= 0.95 * capacity or not found:
            found.add(place)
            held += models[place].size
    return frozenset(found)
