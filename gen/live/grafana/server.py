"""The Grafana that was named: which one it is, its folders, and which boards have a tag."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import urlsplit

from monogen.live.client import Client
from monogen.live.errors import BadAnswerError, HttpStatusError, LiveError
from monogen.live.grafana.apis import Apis, served
from monogen.live.grafana.classic import Classic
from monogen.live.grafana.stored import Boards
from msgspec import Struct

Interface = Literal["auto", "classic", "apis"]
NEW_SINCE = 13
"""From this major version on the new interface is the one to use."""

ROOT = "General"
"""The name people and provisioning give to no folder at all."""

PAGE = 1000
PAGES = 1000
CONFLICTS = (409, 412)
REFUSED = (400, *CONFLICTS)
NOT_FOUND = 404
FORBIDDEN = 403


class Folder(Struct, frozen=True):
    """A folder of Grafana. ``uid`` is "" for the root; ``exists`` says that it is there already."""

    uid: str
    title: str
    exists: bool


class Server:
    """A Grafana that answered. ``version`` is "" where it hides it."""

    def __init__(self, client: Client, interface: Interface = "auto") -> None:
        """Ask who is there, and whether the credentials are good. Raises LiveError."""
        self._client = client
        self.version = _version(client)
        self._organization = _organization(client)
        self.boards: Boards = self._boards(interface)

    @property
    def url(self) -> str:
        """The address, without secrets."""
        return self._client.url

    def folder(self, title: str) -> Folder:
        """The folder with this title, or the one that is to be made."""
        if title.casefold() == ROOT.casefold():
            return Folder("", ROOT, exists=True)
        uid = folder_uid(title)
        if (known := self._folder(uid)) is not None:
            return known
        for one in self._pages("/api/folders", {}):
            if one.get("title") == title and isinstance(one.get("uid"), str):
                return Folder(one["uid"], title, exists=True)
        return Folder(uid, title, exists=False)

    def make(self, folder: Folder) -> Folder:
        """Make the folder, unless somebody else did in the meantime."""
        try:
            self._client.post("/api/folders", json={"uid": folder.uid, "title": folder.title})
        except HttpStatusError as error:
            if error.status not in REFUSED:
                raise
            again = self.folder(folder.title)
            if not again.exists:
                raise
            return again
        return Folder(folder.uid, folder.title, exists=True)

    def tagged(self, tag: str) -> Iterator[tuple[str, str]]:
        """Uid and title of the boards with this tag, as far as the index knows."""
        for one in self._pages("/api/search", {"tag": tag, "type": "dash-db"}):
            if isinstance(one.get("uid"), str):
                yield one["uid"], str(one.get("title", ""))

    def _folder(self, uid: str) -> Folder | None:
        try:
            data = self._client.get(f"/api/folders/{uid}")
        except HttpStatusError as error:
            # 403: in some versions also for a folder that does not exist.
            if error.status in (NOT_FOUND, FORBIDDEN) and not error.html:
                return None
            raise
        title = data.get("title") if isinstance(data, dict) else None
        if not isinstance(title, str):
            raise BadAnswerError(f"{self.url}: the answer for folder `{uid}` is no folder of Grafana")
        return Folder(uid, title, exists=True)

    def _pages(self, path: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for page in range(1, PAGES + 1):
            items = self._client.get(path, {**query, "limit": PAGE, "page": page})
            if not isinstance(items, list):
                raise BadAnswerError(f"{self.url}{path}: the answer is no list")
            yield from (one for one in items if isinstance(one, dict))
            if len(items) < PAGE:
                return

    def _boards(self, interface: Interface) -> Boards:
        if interface == "classic" or (interface == "auto" and not self._is_new()):
            return Classic(self._client)
        if served(self._client):
            return Apis(self._client, namespace(self._organization))
        if interface == "apis":
            hint = f"it is there from Grafana {NEW_SINCE} on; --api classic works with every version"
            raise LiveError(f"{self.url}: this Grafana has no new interface (/apis)", hint)
        return Classic(self._client)

    def _is_new(self) -> bool:
        major = re.match(r"\d+", self.version)
        # The number of a stack in Grafana Cloud, which is its namespace, cannot be asked for with a token.
        cloud = (urlsplit(self.url).hostname or "").endswith(".grafana.net")
        return major is not None and int(major[0]) >= NEW_SINCE and not cloud and self._organization > 0


def namespace(organization: int) -> str:
    """The namespace of an organization in the new interface."""
    return "default" if organization <= 1 else f"org-{organization}"


def folder_uid(title: str) -> str:
    """A uid that follows from the title, so that a second run finds the folder even where it was renamed."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:20]
    tail = hashlib.sha256(title.encode()).hexdigest()[:8]
    return f"monogen-{slug}-{tail}" if slug else f"monogen-{tail}"


def _version(client: Client) -> str:
    """What ``/api/health`` says; an address where somebody else answers is found out here."""
    data = client.get("/api/health")
    if not isinstance(data, dict) or "database" not in data:
        hint = "give the address of Grafana, with the sub-path it may have"
        raise BadAnswerError(f"{client.url}: this does not look like a Grafana", hint)
    version = data.get("version")
    return version if isinstance(version, str) and version.isprintable() else ""


def _organization(client: Client) -> int:
    """The number of the token's organization; 0 where it may not be asked."""
    try:
        data = client.get("/api/org")
    except HttpStatusError as error:
        # A token that may write boards need not be one that may look at the organization.
        if error.status == FORBIDDEN and not error.html:
            return 0
        raise
    number = data.get("id") if isinstance(data, dict) else None
    return number if isinstance(number, int) else 0
