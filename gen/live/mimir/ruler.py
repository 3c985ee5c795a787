"""The ruler's HTTP API of Grafana Mimir: the groups of one namespace, read, stored and removed one by one.

``<prefix>/config/v1/rules/{namespace}`` gives and takes YAML. Storing a group under a name that is there
already replaces it, so that asking twice does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import yaml
from monogen.live.client import Client
from monogen.live.errors import BadAnswerError, HttpStatusError, LiveError
from monogen.live.settings import Connection

YAML = "application/yaml"
NOT_FOUND = 404
_NO_RULES = ("no rule groups found", "group namespace does not exist", "group does not exist")
"""What a ruler says in a 404 when it is the right address, and there is nothing."""

_NO_TENANT = "no org id"


class Ruler:
    """One namespace of one tenant. The URL carries Mimir's prefix: ``http://mimir/prometheus``."""

    def __init__(self, url: str, namespace: str, connection: Connection) -> None:
        """Nothing is sent yet."""
        self._client = Client(url, connection)
        self._namespace = namespace
        self._path = f"/config/v1/rules/{quote(namespace, safe='')}"

    @property
    def url(self) -> str:
        """The server's URL, without secrets."""
        return self._client.url

    def groups(self) -> list[Mapping[str, Any]]:
        """The groups of the namespace, empty where there is none. Raises LiveError."""
        try:
            answer = self._client.send("GET", self._path, accept=YAML)
        except HttpStatusError as error:
            if _says_nothing_there(error):
                return []
            if error.status == NOT_FOUND and self._is_prometheus():
                raise _with(
                    error, _NO_RULER, f"{self.url}: this is a Prometheus, it has no ruler API"
                ) from None
            raise explained(error) from None
        return self._read(answer.text)

    def store(self, group: Mapping[str, Any]) -> None:
        """Create or replace a group. Raises LiveError."""
        body = yaml.dump(group, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=10_000)
        try:
            self._client.send(
                "POST", self._path, body=body.encode(), headers={"Content-Type": YAML}, safe=True
            )
        except HttpStatusError as error:
            raise explained(error) from None

    def remove(self, name: str) -> None:
        """Remove a group; one that is gone already is removed. Raises LiveError."""
        try:
            self._client.send("DELETE", f"{self._path}/{quote(name, safe='')}")
        except HttpStatusError as error:
            if not _says_nothing_there(error):
                raise explained(error) from None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _is_prometheus(self) -> bool:
        """Whether the server says so; Mimir answers the same question, with its own name."""
        try:
            data = self._client.get("/api/v1/status/buildinfo")["data"]
            return bool(data["version"]) and not data.get("application")
        except (LiveError, KeyError, TypeError, AttributeError):
            return False

    def _read(self, text: str) -> list[Mapping[str, Any]]:
        try:
            found = yaml.load(text, Loader=yaml.CSafeLoader)
            groups = found.get(self._namespace) or [] if isinstance(found, dict) else None
            _refuse_a_bomb(groups, len(text))
        except (yaml.YAMLError, RecursionError, _BombError):
            groups = None
        if not isinstance(groups, list) or not all(isinstance(g, dict) and g.get("name") for g in groups):
            hint = "is this the address of Mimir with its prefix, as http://HOST/prometheus?"
            raise BadAnswerError(f"{self.url}: what came is no list of rule groups", hint)
        return groups


class _BombError(Exception):
    """A small text stands for a huge tree."""


def _refuse_a_bomb(value: Any, most: int) -> None:
    """Every value takes a letter of the text, unless one stands for many by aliases (YAML's ``*name``)."""
    waiting, seen = [value], 0
    while waiting:
        each = waiting.pop()
        seen += 1
        if seen > most:
            raise _BombError
        if isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def explained(error: HttpStatusError) -> LiveError:
    """The error with the hint that fits a ruler."""
    for words, hint in _HINTS:
        if words in error.reason:
            return _with(error, hint)
    return _with(error, _PREFIX) if error.status == NOT_FOUND else error


def _with(error: HttpStatusError, hint: str, message: str = "") -> LiveError:
    return HttpStatusError(
        message or error.message, hint, status=error.status, reason=error.reason, data=error.data,
        html=error.html, retry_after=error.retry_after, headers=error.headers,
    )  # fmt: skip


_NO_RULER = "put what `monogen build` writes into its `rule_files`, or give the address of Mimir"
_PREFIX = "give the address with Mimir's prefix: http://HOST/prometheus, in Grafana Cloud .../api/prom"
_HINTS = (
    (_NO_TENANT, "this Mimir has several tenants: say which one with --tenant"),
    ("rules per rule group limit", "raise `ruler_max_rules_per_rule_group` of the tenant in Mimir's limits"),
    ("rule groups limit", "raise `ruler_max_rule_groups_per_tenant` of the tenant in Mimir's limits"),
    (
        "namespace is protected",
        "Mimir's `ruler_protected_namespaces` names this namespace: take it out there",
    ),
)


def _says_nothing_there(error: HttpStatusError) -> bool:
    return error.status == NOT_FOUND and any(words in error.reason for words in _NO_RULES)
