"""The rows that a host's pages have: its GPUs, CPUs, disks, models, ... with the texts their labels show."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping

from monogen.inventory.model import Fleet
from monogen.live.simulate.bodies import Body
from msgspec import Struct


class Row(Struct, frozen=True):
    """Labels, and the scope of the quantities ("" is the exporter's own)."""

    labels: Mapping[str, str]
    scope: str = ""


class Shape(Struct, frozen=True):
    """What decides which series a host has now: its driver, what appeared, which models it holds.

    ``held`` are the places of models that are in memory at least in part, ``whole`` of those that are there.
    """

    driver: str
    appeared: bool
    held: frozenset[int]
    whole: frozenset[int]


Tables = Mapping[str, tuple[Row, ...]]


def tables(body: Body, fleet: Fleet, shape: Shape) -> Tables:
    """All tables of a host by name."""
    return {
        "gpus": tuple(_gpus(body, shape)),
        "cpus": tuple(_cpus(body)),
        "disks": tuple(_disks(body)),
        "nics": tuple(_nics(body)),
        "filesystems": tuple(_filesystems(body)),
        "sensors": tuple(_sensors(body)),
        "models": tuple(_models(body, frozenset(range(len(body.models))))),
        "resident": tuple(_models(body, shape.whole)),
        "processes": tuple(_processes(body, shape)),
        "deployments": tuple(_deployments(fleet)),
        "none": (),
    }


def server_rows(body: Body, name: str) -> tuple[Row, ...]:
    """The model that a server tells of, in the server's scope."""
    for server in body.servers:
        if server.name == name:
            (row,) = _models(body, frozenset({server.model}))
            return (Row(row.labels, f"server/{name}"),)
    return ()


def _gpus(body: Body, shape: Shape) -> Iterator[Row]:
    for gpu in body.gpus:
        labels = {
            "gpu": str(gpu.index),
            "index": str(gpu.index),
            "id": str(gpu.index),
            "UUID": f"GPU-{gpu.uuid}",
            "uuid": gpu.uuid,
            "pci_bus_id": gpu.bus,
            "device": f"nvidia{gpu.index}",
            "modelName": gpu.name,
            "name": gpu.name,
            "DCGM_FI_DRIVER_VERSION": shape.driver,
            "DCGM_FI_SYSTEM_DRIVER_VERSION": shape.driver,
            "driver_version": shape.driver,
        }
        yield Row(labels, f"gpu/{gpu.index}")


def _cpus(body: Body) -> Iterator[Row]:
    efficient = body.cpus // 4
    for number in range(body.cpus):
        labels = {"cpu": str(number), "core": str(number), "type": "e" if number < efficient else "p"}
        yield Row(labels, f"cpu/{number}")


def _disks(body: Body) -> Iterator[Row]:
    for row in body.disks:
        labels = {"device": str(row["device"]), "major": str(row["major"]), "model": str(row["model"])}
        yield Row({**labels, "minor": "0", "rotational": "0"}, f"disk/{row['device']}")


def _nics(body: Body) -> Iterator[Row]:
    for place, row in enumerate(body.nics):
        virtual = bool(row.get("virtual"))
        number = zlib.crc32(body.host.name.encode())
        address = "00:00:00:00:00:00" if virtual else _mac(number, place)
        labels = {
            "device": str(row["device"]),
            "interface": str(row["device"]),
            "address": address,
            "broadcast": "00:00:00:00:00:00" if virtual else "ff:ff:ff:ff:ff:ff",
            "adminstate": "up",
            "duplex": "" if virtual else "full",
            "operstate": "unknown" if virtual else "up",
        }
        yield Row(labels, f"nic/{row['device']}")


def _mac(number: int, place: int) -> str:
    """A locally administered address."""
    parts = [0x02, number >> 24 & 255, number >> 16 & 255, number >> 8 & 255, number & 255, place]
    return ":".join(f"{part:02x}" for part in parts)


def _filesystems(body: Body) -> Iterator[Row]:
    for row in body.filesystems:
        names = ("device", "fstype", "mountpoint", "major", "minor")
        labels = {name: str(row.get(name, "")) for name in names}
        yield Row({**labels, "device_error": ""}, f"filesystem/{row['mountpoint']}")


def _sensors(body: Body) -> Iterator[Row]:
    for place, row in enumerate(body.sensors):
        labels = {name: str(row.get(name, "")) for name in ("chip", "chip_name", "sensor", "label")}
        yield Row(labels, f"sensor/{place}")


def _models(body: Body, places: frozenset[int]) -> Iterator[Row]:
    for place in sorted(places):
        name = body.models[place].name
        size = re.search(r"(\d+(?:\.\d+)?)b\b", name.lower())
        labels = {
            "model": name,
            "model_name": name,
            "family": re.split(r"[-_.:0-9]", name.split("/")[-1])[0] or name,
            "parameter_size": f"{size[1]}B" if size else "",
            "type": "llm",
        }
        yield Row(labels, f"model/{place}")


def _processes(body: Body, shape: Shape) -> Iterator[Row]:
    for place in sorted(shape.held):
        for index in body.models[place].gpus:
            labels = {"uuid": body.gpus[index].uuid, "pid": str(4100 + place)}
            yield Row({**labels, "process_name": body.facts["engine"]}, f"model/{place}")


def _deployments(fleet: Fleet) -> Iterator[Row]:
    """What a proxy in front of the fleet's models routes to: one of them, and one at a frontier provider."""
    names = [model.name for host in fleet.hosts for model in host.models] or ["local-model"]
    provider = fleet.frontier.providers[0] if fleet.frontier.providers else "anthropic"
    frontier_id = fleet.frontier.model_ids[0] if fleet.frontier.model_ids else "frontier-1"
    for tier, used, model_id, model in (
        ("local", "openai", "local-1", names[0]),
        ("frontier", provider, frontier_id, "frontier-model"),
    ):
        group = f"{tier}/{model}"
        labels = {
            "api_provider": used,
            "model_id": model_id,
            "model": model,
            "litellm_model_name": model,
            "model_group": group,
            "requested_model": group,
        }
        yield Row(labels, f"tier/{tier}")
