"""Grafana's old interface, ``/api``: in every Grafana from 5 to 13."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monogen.live.client import Client
from monogen.live.errors import HttpStatusError, NotJsonError
from monogen.live.grafana.stored import MESSAGE, Stored

NOT_FOUND = 404


class Classic:
    """Boards over ``/api/dashboards``."""

    name = "/api"

    def __init__(self, client: Client) -> None:
        """Nothing is asked yet."""
        self._client = client

    def get(self, uid: str) -> Stored | None:
        """The board, None where there is none."""
        try:
            answer = self._client.get(f"/api/dashboards/uid/{uid}")
        except HttpStatusError as error:
            if error.status == NOT_FOUND and isinstance(error.data, dict):
                return None
            raise
        meta = answer.get("meta") if isinstance(answer, dict) else None
        board = answer.get("dashboard") if isinstance(answer, dict) else None
        if not isinstance(meta, dict) or not isinstance(board, dict):
            raise NotJsonError(
                f"{self._client.url}: the answer for dashboard `{uid}` is no dashboard of Grafana"
            )
        return Stored(
            uid, str(board.get("title", "")), board, str(meta.get("folderUid") or ""),
            meta.get("version", board.get("version", 0)), _provisioned(meta),
        )  # fmt: skip

    def create(self, board: Mapping[str, Any], folder: str) -> None:
        """Make a new board; 412 where its uid exists, since no version is named."""
        self._save({**board, "version": 0}, folder, overwrite=False)

    def update(self, stored: Stored, board: Mapping[str, Any], folder: str, *, force: bool) -> None:
        """Replace the version that was read; 412 where somebody saved another since."""
        # Without overwrite Grafana compares versions, and never takes a board of the same title for this one.
        self._save({**board, "version": stored.version}, folder, overwrite=force)

    def delete(self, stored: Stored) -> None:
        """Remove it; that it is gone already is as good."""
        try:
            self._client.delete(f"/api/dashboards/uid/{stored.uid}")
        except HttpStatusError as error:
            if error.status != NOT_FOUND:
                raise

    def _save(self, board: Mapping[str, Any], folder: str, *, overwrite: bool) -> None:
        # Without folderUid an update would move the board to the root.
        body = {
            "dashboard": {**board, "id": None}, "folderUid": folder, "overwrite": overwrite,
            "message": MESSAGE,
        }  # fmt: skip
        self._client.post("/api/dashboards/db", json=body)


def _provisioned(meta: Mapping[str, Any]) -> str:
    if not meta.get("provisioned"):
        return ""
    file = meta.get("provisionedExternalId")
    return f"the file {file}" if isinstance(file, str) and file else "a file"
