"""Grafana's new interface, ``/apis/dashboard.grafana.app``: objects as Kubernetes has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monogen.live.client import Client
from monogen.live.errors import HttpStatusError, NotJsonError
from monogen.live.grafana.stored import MESSAGE, Stored

GROUP = "dashboard.grafana.app"
VERSION = "v1"
"""The version whose ``spec`` is classic JSON; v2 is another schema."""

FOLDER = "grafana.app/folder"
MANAGER = "grafana.app/managedBy"
FIXED = {
    "repo": "a Git repository that Grafana syncs",
    "classic-file-provisioning": "a file",
    "plugin": "a plugin",
}
"""Managers whose boards cannot be changed over HTTP, and where those boards come from."""

NOT_FOUND = 404


def served(client: Client) -> bool:
    """Whether Grafana has this interface, in the version that is spoken here."""
    try:
        group = client.get(f"/apis/{GROUP}/")
    except (HttpStatusError, NotJsonError):
        return False
    versions = group.get("versions") if isinstance(group, dict) else None
    return isinstance(versions, list) and any(
        isinstance(one, dict) and one.get("version") == VERSION for one in versions
    )


class Apis:
    """Boards of one namespace: ``default`` for the first organization, ``org-N``, ``stacks-N``."""

    name = "/apis"

    def __init__(self, client: Client, namespace: str) -> None:
        """Nothing is asked yet."""
        self._client = client
        self._path = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/dashboards"

    def get(self, uid: str) -> Stored | None:
        """The board, None where there is none."""
        try:
            answer = self._client.get(f"{self._path}/{uid}")
        except HttpStatusError as error:
            if error.status == NOT_FOUND and isinstance(error.data, dict):
                return None
            raise
        metadata = answer.get("metadata") if isinstance(answer, dict) else None
        spec = answer.get("spec") if isinstance(answer, dict) else None
        if not isinstance(metadata, dict) or not isinstance(spec, dict):
            raise NotJsonError(
                f"{self._client.url}: the answer for dashboard `{uid}` is no dashboard of Grafana"
            )
        notes = metadata.get("annotations")
        notes = notes if isinstance(notes, dict) else {}
        manager = str(notes.get(MANAGER) or "")
        return Stored(
            uid, str(spec.get("title", "")), spec, str(notes.get(FOLDER) or ""),
            metadata.get("resourceVersion", ""), FIXED.get(manager, ""), "" if manager in FIXED else manager,
        )  # fmt: skip

    def create(self, board: Mapping[str, Any], folder: str) -> None:
        """Make a new board; 409 where its uid exists."""
        self._client.post(self._path, json=_object(board, folder))

    def update(self, stored: Stored, board: Mapping[str, Any], folder: str, *, force: bool) -> None:  # noqa: ARG002
        """Replace the version that was read; 409 where somebody saved another since."""
        body = _object(board, folder)
        body["metadata"]["resourceVersion"] = stored.version
        # Not sent again: when only the answer got lost, the version would be an old one by then.
        self._client.send("PUT", f"{self._path}/{stored.uid}", json=body, safe=False)

    def delete(self, stored: Stored) -> None:
        """Remove it; that it is gone already is as good."""
        try:
            self._client.delete(f"{self._path}/{stored.uid}")
        except HttpStatusError as error:
            if error.status != NOT_FOUND:
                raise


def _object(board: Mapping[str, Any], folder: str) -> dict[str, Any]:
    notes = {"grafana.app/message": MESSAGE, **({FOLDER: folder} if folder else {})}
    spec = {key: value for key, value in board.items() if key not in ("id", "uid", "version")}
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "Dashboard",
        "metadata": {"name": board["uid"], "annotations": notes},
        "spec": spec,
    }
