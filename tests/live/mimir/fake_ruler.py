"""A small HTTP server that follows the documented API of Mimir's ruler. No Mimir can be had in CI.

Written after Mimir's source (pkg/ruler/api.go, rulespb/compat.go, manager.go at eac1258): statuses, texts
and order of the checks, what a group keeps when it is stored, and how Go writes durations again. It knows
nothing of monogen.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import yaml

PREFIX = "/prometheus/config/v1/rules"
GROUP_KEYS = ("name", "interval", "query_offset", "source_tenants", "align_evaluation_time_on_interval")
RULE_KEYS = ("record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations")
UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


@dataclass
class Mimir:
    """Settings of the server, and what is stored: tenant, namespace, group, in the order of storing."""

    multitenant: bool = True
    most_rules: int = 0
    most_groups: int = 0
    protected: frozenset[str] = frozenset()
    empty_is_404: bool = False
    fail_after: int | None = None
    refuse: str = ""
    stored: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    writes: int = 0

    def groups(self, tenant: str, namespace: str) -> dict[str, Any]:
        return self.stored.setdefault(tenant, {}).setdefault(namespace, {})


def duration(text: Any) -> str:
    """As prometheus/common's model.Duration writes it: the biggest units first, a zero as 0s."""
    ms = sum(int(number) * UNITS[unit] for number, unit in re.findall(r"([0-9]+)(ms|[smhdw])", str(text)))
    if not ms:
        return "0s"
    made = ""
    for unit, exact in (("w", True), ("d", True), ("h", False), ("m", False), ("s", False), ("ms", False)):
        if exact and ms % UNITS[unit]:
            continue
        count, ms = divmod(ms, UNITS[unit])
        made += f"{count}{unit}" if count else ""
    return made


def kept(group: dict[str, Any]) -> dict[str, Any]:
    """What the protobuf of a group holds: limit and labels of a group are not in it."""
    made = {key: group[key] for key in GROUP_KEYS if group.get(key)}
    for key in ("interval", "query_offset"):
        if key in made:
            made[key] = duration(made[key])
    made["rules"] = []
    for rule in group["rules"]:
        one = {key: rule[key] for key in RULE_KEYS if rule.get(key)}
        made["rules"].append(
            {k: duration(v) if k in ("for", "keep_firing_for") else v for k, v in one.items()}
        )
    return made


class Handler(BaseHTTPRequestHandler):
    mimir: Mimir
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_DELETE(self) -> None:
        self._handle("DELETE")

    def _handle(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.mimir.requests.append(f"{method} {self.path}")
        if not self.path.startswith(PREFIX):
            return self._text(404, "404 page not found\n")
        tenant = self.headers.get("X-Scope-OrgID", "")
        if self.mimir.multitenant and not tenant:
            return self._text(401, "no org id\n")
        parts = [unquote(part) for part in self.path.removeprefix(PREFIX).strip("/").split("/") if part]
        if method != "GET":
            self.mimir.writes += 1
            if self.mimir.fail_after is not None and self.mimir.writes > self.mimir.fail_after:
                return self._text(500, "rpc error: the bucket is away\n")
            if parts and parts[0] in self.mimir.protected:
                return self._text(403, "namespace is protected, no modification allowed\n")
        return getattr(self, f"_{method.lower()}")(tenant or "anonymous", parts, body)

    def _get(self, tenant: str, parts: list[str], body: bytes) -> None:
        namespace = parts[0]
        groups = list(self.mimir.groups(tenant, namespace).values())
        if not groups and self.mimir.empty_is_404:
            return self._text(404, "no rule groups found\n")
        return self._yaml({namespace: groups} if groups else {})

    def _post(self, tenant: str, parts: list[str], body: bytes) -> None:
        try:
            group = yaml.safe_load(body)
            assert isinstance(group, dict)
        except (yaml.YAMLError, AssertionError):
            return self._text(400, "unable to decode rule group\n")
        name, rules = group.get("name"), group.get("rules") or []
        if not name or not rules:
            return self._text(400, "invalid rules configuration\n")
        if self.mimir.refuse and name.endswith(self.mimir.refuse):
            return self._text(400, f'group "{name}", rule 0, "x": could not parse expression\n')
        if self.mimir.most_rules and len(rules) > self.mimir.most_rules:
            said = f"(limit: {self.mimir.most_rules} actual: {len(rules)}) exceeded"
            return self._text(400, f"per-user rules per rule group limit {said}\n")
        every = sum(len(groups) for groups in self.mimir.stored.get(tenant, {}).values())
        # Mimir counts one more even when the group replaces one.
        if self.mimir.most_groups and every + 1 > self.mimir.most_groups:
            said = f"(limit: {self.mimir.most_groups} actual: {every + 1}) exceeded"
            return self._text(400, f"per-user rule groups limit {said}\n")
        self.mimir.groups(tenant, parts[0])[name] = kept(group)
        return self._accepted()

    def _delete(self, tenant: str, parts: list[str], body: bytes) -> None:
        if self.mimir.groups(tenant, parts[0]).pop(parts[1], None) is None:
            return self._text(404, "group does not exist\n")
        return self._accepted()

    def _accepted(self) -> None:
        self._send(202, "application/json", json.dumps({"status": "success", "data": None}))

    def _yaml(self, data: Any) -> None:
        self._send(200, "application/yaml", yaml.safe_dump(data, sort_keys=False))

    def _text(self, status: int, text: str) -> None:
        self._send(status, "text/plain; charset=utf-8", text)

    def _send(self, status: int, kind: str, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Served:
    """The server on loopback, as a context manager."""

    def __init__(self, mimir: Mimir) -> None:
        handler = type("Bound", (Handler,), {"mimir": mimir})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/prometheus"

    def __enter__(self) -> Served:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
