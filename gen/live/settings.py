"""How to reach a server: credentials and TLS. Plain data; what is secret never shows in a repr.

Dataclasses, other than elsewhere: a msgspec.Struct shows every field in its repr.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

TIMEOUT = 30.0
"""Seconds for one request, from the first byte sent to the last byte read."""


def _empty() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Auth:
    """A bearer token, or a user with a password; neither means that no credentials are sent.

    ``origin`` is where a person gave them, for sentences: "the token of --token-env NAME".
    """

    token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    origin: str = field(default="", compare=False)

    def __bool__(self) -> bool:
        """Whether there is anything to send."""
        return bool(self.token or self.user or self.password)

    @property
    def header(self) -> str:
        """The value of ``Authorization``, "" without credentials."""
        if self.token:
            return f"Bearer {self.token}"
        if self.user or self.password:
            return "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode()
        return ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must not be shown, the longest first."""
        texts = {self.token, self.password, self.header.partition(" ")[2]} - {""}
        return tuple(sorted(texts, key=len, reverse=True))


@dataclass(frozen=True, slots=True)
class Tls:
    """Paths of PEM files, "" where not given. ``insecure`` does not check the server's certificate."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """Everything a person may say about the way to a server; ``Client(url, connection)`` takes it whole.

    ``timeout`` is in seconds. ``headers`` are sent with every request (``X-Scope-OrgID`` for Mimir); their
    values are treated as secrets.
    """

    auth: Auth = Auth()
    tls: Tls = Tls()
    timeout: float = TIMEOUT
    headers: Mapping[str, str] = field(default_factory=_empty, repr=False)

    @property
    def authorization(self) -> str:
        """The scheme of a header ``Authorization`` among the headers, in small letters; "" without one."""
        for name, value in self.headers.items():
            if name.lower() == "authorization":
                return value.partition(" ")[0].lower()
        return ""

    def without_credentials(self) -> Connection:
        """The same way, for a server that nobody meant the credentials for."""
        return replace(self, auth=Auth(), headers={})

    def with_header(self, name: str, value: str) -> Connection:
        """The same way, with one more header."""
        return replace(self, headers={**self.headers, name: value})

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must not be shown, the longest first."""
        of_headers = {value for value in self.headers.values() if len(value) > SHORT}
        return tuple(sorted({*self.auth.secrets, *of_headers}, key=len, reverse=True))


SHORT = 7
"""A header of so few letters (a tenant's name) is no secret, and would blank out half of a message."""
