"""What the inventory has to know about a kind of exporter; the catalog knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol


class KindLike(Protocol):
    """A kind of exporter, as the catalog's header describes it.

    ``port`` and ``path`` are the usual ones, ``job`` the usual label of that name; ``os`` and
    ``hardware`` (None: any) where it can exist; ``server`` marks a model server.
    """

    @property
    def kind(self) -> str:
        """The name in the inventory: node, dcgm, vllm."""
        ...

    @property
    def port(self) -> int:
        """The usual port."""
        ...

    @property
    def path(self) -> str:
        """The usual path of the metrics."""
        ...

    @property
    def job(self) -> str:
        """The usual label job."""
        ...

    @property
    def os(self) -> frozenset[str]:
        """The OSes it runs on."""
        ...

    @property
    def hardware(self) -> frozenset[str] | None:
        """The hardware it measures; None for any."""
        ...

    @property
    def server(self) -> bool:
        """Whether it is a model server."""
        ...


KindsOf = Callable[[Sequence[Path]], Mapping[str, KindLike]]
"""Gives all kinds, with those of people's own catalogs at the paths given."""
