"""The main job, end to end: inventory in, files out, nothing written yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from monogen import catalog, inventory
from monogen.inventory.model import Fleet
from monogen.monitoring import Artifact, Monitoring
from monogen.plan import plan
from monogen.targets import operator, prometheus

TARGETS: dict[str, Callable[[Fleet, Monitoring], list[Artifact]]] = {
    "operator": operator.render,
    "prometheus": prometheus.render,
}


@dataclass(frozen=True, slots=True)
class Built:
    """What a build made in memory: the fleet it read, the plan, and the files of one target."""

    fleet: Fleet
    monitoring: Monitoring
    artifacts: list[Artifact]


def build(path: Path, target: str) -> Built:
    """Read the inventory at ``path``, plan it and render it for ``target`` (a key of TARGETS).

    Raises InputError with everything that is wrong; touches no file but the inventory and what it names.
    """
    fleet = inventory.load(path, catalog.kinds)
    monitoring = plan(fleet, catalog, partial(inventory.position, path))
    return Built(fleet, monitoring, TARGETS[target](fleet, monitoring))
