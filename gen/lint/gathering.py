"""What one run looks at: the files, the inventory, and what a build of that inventory adds to them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from monogen import catalog, inventory
from monogen.inventory.model import Fleet
from monogen.lint.documents import GroupItem, Linted
from monogen.lint.generated import groups_beside
from monogen.lint.reading.files import PassedOver, Reading, read_paths
from monogen.lint.reading.texts import gather
from monogen.lint.settings import LintSettings
from monogen.lint.settings.configuration import inventory_near
from monogen.lint.world import World
from monogen.monitoring import Rule
from monogen.plan import plan_rules
from monogen.problems import InputError, Problem
from msgspec import Struct

OUT = Path("out")
"""What is linted where no path is given: the folder that `monogen build` writes by default."""


class Gathered(Struct, frozen=True):
    """What is linted, and what is known beside it; see Context. Without an inventory ``source`` is None."""

    linted: Linted
    source: Path | None = None
    fleet: Fleet | None = None
    world: World | None = None
    generated: tuple[GroupItem, ...] = ()
    planned: tuple[Rule, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    barren: tuple[Problem, ...] = ()
    """Folders that were named and hold nothing to lint."""


def gathered(paths: Sequence[Path], inventory_path: Path | None, settings: LintSettings) -> Gathered:
    """Read the paths (none: out/, where there is one) and the inventory, stated or found beside them.

    Raises InputError for paths and inventories that cannot be used, and where there is nothing to do.
    """
    source = inventory_path or _inventory_near(paths, settings)
    if not paths and source is None:
        hint = "name files or folders, or an inventory with `--inventory`"
        raise InputError([Problem("monogen lint", 0, 0, "there is nothing to lint here", hint)])
    reading = read(paths, settings)
    barren = tuple(_barren(folder, reading) for folder in reading.barren if paths)
    if barren and not reading.documents:
        raise InputError(barren)
    linted, passed_over = gather(reading.documents), tuple(reading.passed_over)
    if source is None:
        return Gathered(linted, passed_over=passed_over, barren=barren)
    fleet = inventory.load(source, catalog.kinds)
    monitoring = plan_rules(fleet, catalog, partial(inventory.position, source))
    generated = groups_beside(linted.groups, fleet, monitoring, source.as_posix())
    world = World(fleet, [*linted.groups, *generated])
    return Gathered(linted, source, fleet, world, generated, monitoring.rules, passed_over, barren)


def read(paths: Sequence[Path], settings: LintSettings) -> Reading:
    """Read the paths; without any out/, where there is one. Raises InputError for those that lead nowhere."""
    return read_paths(paths or ([OUT] if OUT.is_dir() else []), settings.exclude)


def _barren(folder: Path, reading: Reading) -> Problem:
    """Nothing found in a folder that was named would read as if all were well in it."""
    name = folder.as_posix()
    hint = "`--show-files` tells what was passed over" if reading.passed_over else ""
    return Problem(name, 0, 0, "no file in it is anything that is linted", hint)


def _inventory_near(paths: Sequence[Path], settings: LintSettings) -> Path | None:
    """The inventory of the settings or beside the paths. Others call their files hosts.yaml too: of those
    that nobody named, only one that names a fleet is taken."""
    found = inventory_near(paths, settings)
    return found if found and (settings.inventory or _names_a_fleet(found)) else None


def _names_a_fleet(file: Path) -> bool:
    try:
        return any(line.startswith(b"fleet:") for line in file.read_bytes().splitlines())
    except OSError:
        return False
