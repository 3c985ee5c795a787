"""The main job, end to end: inventory in, files out, nothing written yet."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from monogen import catalog, inventory
from monogen.inventory.model import Fleet
from monogen.monitoring import Artifact, Monitoring
from monogen.plan import plan
from monogen.targets import mimir, operator, prometheus
from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from monogen.lint.model import Finding, Severity

TARGETS: dict[str, Callable[[Fleet, Monitoring], list[Artifact]]] = {
    "mimir": mimir.render,
    "operator": operator.render,
    "prometheus": prometheus.render,
}

NOTES: dict[str, Callable[[Monitoring], tuple[str, ...]]] = {
    "mimir": mimir.notes,
    "prometheus": prometheus.notes,
}
"""What a target has to say about its files, by the targets that have."""


class Built(Struct, frozen=True):
    """What a build made in memory: the fleet it read, the plan, and the files of one target."""

    fleet: Fleet
    monitoring: Monitoring
    artifacts: list[Artifact]
    target: str


def build(path: Path, target: str) -> Built:
    """Read the inventory at ``path``, plan it and render it for ``target`` (a key of TARGETS).

    Raises InputError with everything that is wrong; touches no file but the inventory and what it names.
    """
    fleet = inventory.load(path, catalog.kinds)
    monitoring = plan(fleet, catalog, partial(inventory.position, path))
    artifacts = TARGETS[target](fleet, monitoring)
    if target in NOTES:
        monitoring = replace(monitoring, notes=(*monitoring.notes, *NOTES[target](monitoring)))
    return Built(fleet, monitoring, artifacts, target)


def findings(built: Built, severity: Severity = "error") -> list[Finding]:
    """What the linter finds in the rules and boards that the build is about to write, that bad or worse."""
    from monogen.lint import building  # noqa: PLC0415 - only a build that writes lints

    shown = tuple(file for file in built.monitoring.rule_files if not file.name.startswith(_NOT_LINTED))
    rules = replace(built.monitoring, rule_files=shown, scrape_jobs=(), dashboards=())
    boards = [artifact for artifact in built.artifacts if artifact.path.endswith(".json")]
    written = [*TARGETS[built.target](built.fleet, rules), *boards]
    return building.findings(built.fleet, built.monitoring, written, severity)


_NOT_LINTED = ("inventory", "own-")
"""Rule files that are not looked at here: constants of hosts, and people's own, which are looked at where
people wrote them."""
