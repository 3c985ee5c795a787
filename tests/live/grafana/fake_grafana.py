"""A small server that behaves as Grafana's documentation and source say, since none can be installed in CI.

It knows nothing of monogen. What it follows: folders, dashboards with versions and history, search by tag,
organizations and roles behind tokens, provisioned and plugin dashboards, over ``/api`` and, from 13, over
``/apis``; the answers 400, 401, 403, 404, 409, 412 and 413 with Grafana's own words; the login page for
whoever asks for anything else. It is not Grafana: no rendering, no nested folders, no permissions a folder.

It can also fail: ``faults`` answer for it, ``die_at`` stops it in the middle of things.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

UID = re.compile(r"[A-Za-z0-9_-]*")
LOGIN = b"<!DOCTYPE html><html><head><title>Grafana</title></head><body>Welcome to Grafana</body></html>"


@dataclass
class Record:
    """A dashboard in the database."""

    number: int
    json: dict[str, Any]
    folder: str
    version: int = 1
    provisioned: str = ""
    plugin: str = ""
    manager: str = ""
    history: list[str] = field(default_factory=list)


@dataclass
class Organization:
    """What one organization has."""

    folders: dict[str, str] = field(default_factory=dict)
    boards: dict[str, Record] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What came in."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


class AnswerError(Exception):
    """An answer of 400 and more."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status = status
        self.body = body if isinstance(body, dict | bytes) else {"message": body}


class DiedError(Exception):
    """The server is gone before it answers."""


class FakeGrafana:
    """``tokens`` maps a token to an organization and a role: Viewer, Editor or Admin."""

    def __init__(self, version: str = "12.1.0", sub_path: str = "") -> None:
        self.version = version
        self.sub_path = sub_path
        self.max_body = 16 * 2**20
        self.tokens = {"editor": (1, "Editor"), "viewer": (1, "Viewer"), "second": (2, "Editor")}
        self.organizations = {1: Organization(), 2: Organization()}
        self.requests: list[Request] = []
        self.faults: list[tuple[str, str, int, Any]] = []
        self.die_at: tuple[int, bool] | None = None
        self.before: Callable[[Request], None] = lambda request: None
        self._writes = 0
        self._numbers = iter(range(1, 10**6))
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    # For tests.

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}{self.sub_path}"

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    @property
    def first(self) -> Organization:
        return self.organizations[1]

    @property
    def writes(self) -> list[Request]:
        return [request for request in self.requests if request.method != "GET"]

    def put(self, board: dict[str, Any], folder: str = "", **more: Any) -> Record:
        """Somebody saves a board, in the browser as it were."""
        record = Record(next(self._numbers), copy.deepcopy(board), folder, **more)
        self.first.boards[board["uid"]] = record
        return record

    def edit(self, uid: str, **changes: Any) -> None:
        """Somebody changes a board."""
        record = self.first.boards[uid]
        record.json.update(changes)
        record.version += 1

    def fail(self, method: str, path: str, status: int, body: Any) -> None:
        """Answer this for requests whose path begins so."""
        self.faults.append((method, path, status, body))

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    # The server.

    def answer(self, request: Request) -> tuple[int, Any]:
        with self._lock:
            self.requests.append(request)
            self.before(request)
            dying = self._dying(request)
            if dying is False:
                raise DiedError
            for method, path, status, body in self.faults:
                if request.method == method and request.path.startswith(path):
                    raise AnswerError(status, body)
            answer = self._route(request)
            if dying is True:
                raise DiedError
            return answer

    def _dying(self, request: Request) -> bool | None:
        """False: before it does what was asked; True: after; None: it lives."""
        self._writes += request.method != "GET"
        if self.die_at is None or self._writes < self.die_at[0]:
            return None
        return self.die_at[1]

    def _route(self, request: Request) -> tuple[int, Any]:
        path = request.path
        if path == "/api/health":
            return 200, {"database": "ok", "version": self.version, "commit": "abc"}
        if not path.startswith(("/api/", "/apis/")):
            raise AnswerError(302, b"/login")
        number, role = self._identity(request)
        if request.method != "GET" and role == "Viewer":
            raise AnswerError(403, {
                "accessErrorId": "ACE1", "title": "Access denied",
                "message": "You'll need additional permissions to perform this action. "
                           "Permissions needed: dashboards:write",
            })  # fmt: skip
        organization = self.organizations[number]
        if path == "/api/org":
            return 200, {"id": number, "name": "Main Org." if number == 1 else "Second"}
        if path.startswith("/api/folders"):
            return self._folders(request, organization)
        if path == "/api/search":
            return 200, _search(request.query, organization)
        if path.startswith("/api/dashboards/"):
            return self._classic(request, organization)
        if path.startswith("/apis/dashboard.grafana.app/") and self.major >= 13:
            return self._apis(request, number)
        raise AnswerError(404, "Not found")

    def _identity(self, request: Request) -> tuple[int, str]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            if base64.b64decode(token).decode() != "admin:pass word":
                raise AnswerError(401, "Invalid username or password")
            return int(request.headers.get("x-grafana-org-id", "1")), "Admin"
        if scheme != "Bearer" or token not in self.tokens:
            raise AnswerError(401, "Invalid API key" if token else "Unauthorized")
        return self.tokens[token]

    def _folders(self, request: Request, organization: Organization) -> tuple[int, Any]:
        uid = request.path.removeprefix("/api/folders").strip("/")
        folders = organization.folders
        if request.method == "POST":
            return self._make_folder(request.body, folders)
        if not uid:
            items = [{"id": n, "uid": u, "title": t} for n, (u, t) in enumerate(folders.items(), 1)]
            return 200, _page(items, request.query)
        if uid not in folders:
            raise AnswerError(404, {"status": "not-found", "message": "folder not found"})
        return 200, {"uid": uid, "title": folders[uid], "version": 1}

    def _make_folder(self, body: Any, folders: dict[str, str]) -> tuple[int, Any]:
        uid, title = body.get("uid") or "generated", body.get("title") or ""
        if not title:
            raise AnswerError(400, "folder title cannot be empty")
        if len(uid) > 40 or not UID.fullmatch(uid):
            raise AnswerError(400, "uid contains illegal characters")
        if uid in folders:
            raise AnswerError(
                412 if self.major >= 11 else 409, "a folder/dashboard with the same uid already exists"
            )
        if title in folders.values():
            raise AnswerError(409, "a folder with the same name already exists in the current location")
        folders[uid] = title
        return 200, {"uid": uid, "title": title, "version": 1, "url": f"/dashboards/f/{uid}/x"}

    def _classic(self, request: Request, organization: Organization) -> tuple[int, Any]:
        if request.method == "POST" and request.path == "/api/dashboards/db":
            return self._save(request.body, organization)
        uid = request.path.removeprefix("/api/dashboards/uid/")
        record = organization.boards.get(uid)
        if record is None:
            raise AnswerError(404, "Dashboard not found")
        if request.method == "DELETE":
            if record.provisioned:
                raise AnswerError(400, "provisioned dashboard cannot be deleted")
            del organization.boards[uid]
            return 200, {"title": record.json["title"], "message": "Dashboard deleted", "uid": uid}
        meta = {
            "type": "db", "canSave": True, "version": record.version, "folderUid": record.folder,
            "folderTitle": organization.folders.get(record.folder, "General"), "url": f"/d/{uid}/x",
            "provisioned": bool(record.provisioned), "provisionedExternalId": record.provisioned,
        }  # fmt: skip
        board = {**record.json, "id": record.number, "uid": uid, "version": record.version}
        return 200, {"meta": meta, "dashboard": board}

    def _save(self, body: Any, organization: Organization) -> tuple[int, Any]:
        if not isinstance(body, dict) or not isinstance(body.get("dashboard"), dict):
            raise AnswerError(400, "bad request data")
        board, folder, overwrite = (
            body["dashboard"],
            body.get("folderUid") or "",
            body.get("overwrite", False),
        )
        _validate(board)
        if folder and folder not in organization.folders:
            raise AnswerError(400, "folder not found")
        uid = board.get("uid") or f"generated-{next(self._numbers)}"
        record = organization.boards.get(uid)
        if record is not None:
            self._may_replace(record, board, overwrite)
        if self.major < 11:
            self._same_title(uid, board, folder, organization, overwrite)
        stored = {k: v for k, v in copy.deepcopy(board).items() if k not in ("id", "version")}
        if record is None:
            record = organization.boards[uid] = Record(next(self._numbers), stored, folder)
        else:
            record.json, record.folder, record.version = stored, folder, record.version + 1
        record.history.append(body.get("message", ""))
        return 200, {"status": "success", "uid": uid, "url": f"/d/{uid}/x", "version": record.version}

    def _may_replace(self, record: Record, board: dict[str, Any], overwrite: bool) -> None:
        if record.provisioned:
            raise AnswerError(400, "Cannot save provisioned dashboard")
        if board.get("version") != record.version and not overwrite:
            message = "The dashboard has been changed by someone else"
            raise AnswerError(412, {"status": "version-mismatch", "message": message})
        if record.plugin and not overwrite:
            message = f"The dashboard belongs to plugin {record.plugin}."
            raise AnswerError(412, {"status": "plugin-dashboard", "message": message})

    def _same_title(
        self, uid: str, board: dict[str, Any], folder: str, organization: Organization, overwrite: bool
    ) -> None:
        """Before 11: one title a folder, and overwriting takes the other board's place."""
        for other, record in list(organization.boards.items()):
            if other != uid and (record.folder, record.json["title"]) == (folder, board["title"]):
                if not overwrite:
                    message = "A dashboard with the same name in the folder already exists"
                    raise AnswerError(412, {"status": "name-exists", "message": message})
                del organization.boards[other]

    def _apis(self, request: Request, number: int) -> tuple[int, Any]:
        rest = request.path.removeprefix("/apis/dashboard.grafana.app/")
        if not rest:
            versions = [
                {"groupVersion": f"dashboard.grafana.app/{v}", "version": v} for v in ("v2", "v1", "v0")
            ]
            return 200, {"kind": "APIGroup", "name": "dashboard.grafana.app", "versions": versions}
        match = re.fullmatch(r"v1/namespaces/([^/]+)/dashboards(?:/([^/]+))?", rest)
        if match is None:
            raise _status(404, "NotFound", "the server could not find the requested resource")
        if match[1] != ("default" if number == 1 else f"org-{number}"):
            raise _status(403, "Forbidden", f"dashboards.dashboard.grafana.app is forbidden: {match[1]}")
        boards = self.organizations[number].boards
        uid = match[2] or request.body["metadata"]["name"]
        if request.method == "POST":
            if uid in boards:
                raise _status(
                    409, "AlreadyExists", f'dashboards.dashboard.grafana.app "{uid}" already exists'
                )
            boards[uid] = Record(next(self._numbers), {}, "", version=0)
            return 201, self._put_object(boards[uid], uid, request.body, number, new=True)
        if uid not in boards:
            raise _status(404, "NotFound", f'dashboards.dashboard.grafana.app "{uid}" not found')
        record = boards[uid]
        if request.method == "PUT":
            return 200, self._put_object(record, uid, request.body, number)
        if request.method == "DELETE":
            if record.provisioned or record.manager:
                raise _status(403, "Forbidden", "provisioned dashboard cannot be deleted")
            del boards[uid]
            return 200, {"kind": "Status", "status": "Success"}
        return 200, _object(record, uid)

    def _put_object(
        self, record: Record, uid: str, body: dict[str, Any], number: int, new: bool = False
    ) -> dict[str, Any]:
        folder = body["metadata"].get("annotations", {}).get("grafana.app/folder", "")
        try:
            _validate({**body["spec"], "uid": uid})
            if folder and folder not in self.organizations[number].folders:
                raise _status(404, "NotFound", f'folders.folder.grafana.app "{folder}" not found')
            if not new and record.provisioned:
                raise _status(403, "Forbidden", "Cannot save provisioned dashboard")
            if not new and body["metadata"].get("resourceVersion") not in (None, "", _resource(record)):
                raise _status(409, "Conflict", "the object has been modified; please apply your changes")
        except AnswerError:
            if new:
                del self.organizations[number].boards[uid]
            raise
        record.json, record.folder, record.version = copy.deepcopy(body["spec"]), folder, record.version + 1
        record.history.append(body["metadata"].get("annotations", {}).get("grafana.app/message", ""))
        return _object(record, uid)


def _validate(board: dict[str, Any]) -> None:
    uid = board.get("uid") or ""
    if not str(board.get("title") or "").strip():
        raise AnswerError(400, {"status": "empty-name", "message": "Dashboard title cannot be empty"})
    if len(uid) > 40:
        raise AnswerError(400, "uid too long, max 40 characters")
    if not UID.fullmatch(uid):
        raise AnswerError(400, "uid contains illegal characters")


def _search(query: dict[str, str], organization: Organization) -> list[dict[str, Any]]:
    tag = query.get("tag")
    items = [
        {"uid": uid, "title": record.json["title"], "type": "dash-db", "tags": record.json.get("tags", [])}
        for uid, record in organization.boards.items()
        if tag is None or tag in record.json.get("tags", [])
    ]
    return _page(items, query)


def _page(items: list[Any], query: dict[str, str]) -> list[Any]:
    limit, page = int(query.get("limit", 1000)), int(query.get("page", 1))
    return items[(page - 1) * limit : page * limit]


def _status(code: int, reason: str, message: str) -> AnswerError:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason,
            "code": code}  # fmt: skip
    return AnswerError(code, body)


def _resource(record: Record) -> str:
    return str(1000 + record.version)


def _object(record: Record, uid: str) -> dict[str, Any]:
    notes = {"grafana.app/createdBy": "user:x"}
    if record.folder:
        notes["grafana.app/folder"] = record.folder
    if record.provisioned or record.manager:
        notes["grafana.app/managedBy"] = record.manager or "classic-file-provisioning"
    metadata = {"name": uid, "resourceVersion": _resource(record), "annotations": notes}
    spec = {key: value for key, value in record.json.items() if key != "uid"}
    return {"kind": "Dashboard", "apiVersion": "dashboard.grafana.app/v1", "metadata": metadata, "spec": spec}


def _handler(grafana: FakeGrafana) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            try:
                status, body = self._answer(raw)
            except DiedError:
                self.close_connection = True
                self.connection.close()
                return
            except AnswerError as error:
                status, body = error.status, error.body
            html = isinstance(body, bytes)
            content = body if html else json.dumps(body).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", grafana.sub_path + body.decode())
                content = b""
            self.send_header("Content-Type", "text/html" if html else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _answer(self, raw: bytes) -> tuple[int, Any]:
            parts = urlsplit(self.path)
            path = unquote(parts.path)
            if grafana.sub_path and not path.startswith(grafana.sub_path + "/"):
                return 404, b"<html><head><title>nginx: not found</title></head></html>"
            path = path.removeprefix(grafana.sub_path)
            if path == "/login":
                return 200, LOGIN
            if len(raw) > grafana.max_body:
                raise AnswerError(
                    413, b"<html><head><title>413 Request Entity Too Large</title></head></html>"
                )
            try:
                body = json.loads(raw) if raw else None
            except ValueError:
                raise AnswerError(400, "bad request data") from None
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            headers = {key.lower(): value for key, value in self.headers.items()}
            return grafana.answer(Request(self.command, path, query, body, headers))

        do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Quiet."""

    return Handler


@contextlib.contextmanager
def running(**options: Any) -> Iterator[FakeGrafana]:
    """A server for the time of a test."""
    grafana = FakeGrafana(**options)
    try:
        yield grafana
    finally:
        grafana.close()
