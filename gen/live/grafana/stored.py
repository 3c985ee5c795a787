"""A board as Grafana has it, and what can be done with boards: the same for both of its interfaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from monogen.live.grafana.files import TAG, fleet_tags
from msgspec import Struct

MESSAGE = "monogen import"
"""What the board's version history says."""


class Stored(Struct, frozen=True):
    """``folder`` is the folder's uid, "" at the root. ``version`` is what an update has to name.

    ``provisioned`` says from where the board comes when it cannot be changed over HTTP, ``manager`` who
    else looks after it (``terraform``); both "" as a rule.
    """

    uid: str
    title: str
    json: Mapping[str, Any]
    folder: str
    version: Any
    provisioned: str = ""
    manager: str = ""

    @property
    def ours(self) -> bool:
        """Whether the board has monogen's tag, and nobody else looks after it."""
        tags = self.json.get("tags")
        return isinstance(tags, list) and TAG in tags and not self.manager

    @property
    def fleet_tags(self) -> frozenset[str]:
        """The tags ``monogen-<fleet>``."""
        return fleet_tags(self.json)


class Boards(Protocol):
    """One of Grafana's interfaces. Everything raises LiveError; an HTTP status is left as it came."""

    name: str

    def get(self, uid: str) -> Stored | None:
        """The board, None where there is none."""

    def create(self, board: Mapping[str, Any], folder: str) -> None:
        """Make a new board in the folder with this uid; an error where its uid exists."""

    def update(self, stored: Stored, board: Mapping[str, Any], folder: str, *, force: bool) -> None:
        """Replace what was read, and nothing that somebody saved since."""

    def delete(self, stored: Stored) -> None:
        """Remove it."""
