"""Reads an inventory into a checked Fleet.

The functions import their machinery when they are called, so that the model alone stays cheap.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monogen.inventory.kinds import KindLike, KindsOf
from monogen.inventory.model import Fleet

__all__ = ["Fleet", "KindLike", "KindsOf", "load", "position", "schema"]


def load(path: Path, kinds: KindsOf) -> Fleet:
    """The checked Fleet of an inventory file, or of a folder of *.yaml and *.yml files as one inventory.

    ``kinds`` gives the exporter kinds; it is called with the paths of the inventory's own catalogs.
    Raises InputError with everything that is wrong in all the files.
    """
    from monogen.inventory import loading  # noqa: PLC0415

    return loading.load(path, kinds)


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 7) of an inventory file."""
    from monogen.inventory import loading  # noqa: PLC0415

    return loading.schema()


def position(source: Path, *keys: str | int) -> tuple[str, int, int]:
    """File, line and column where ``keys`` lead in an inventory file or folder, as far as they lead.

    A list takes an index or the ``name`` of an entry:
    ``position(path, "hosts", "spark-1", "alerts", "ModelHeadroomLow")``. Line and column are 0 where
    nothing was found. Reads the files again, so it is for errors only.
    """
    from monogen.inventory import loading  # noqa: PLC0415

    return loading.position(source, *keys)
