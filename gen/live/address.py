"""The URL of a server, taken apart once: what may be shown, what is secret, and what cannot be meant."""

from __future__ import annotations

from typing import NoReturn
from urllib.parse import SplitResult, unquote, urlsplit

from monogen.live.settings import Auth
from monogen.problems import InputError, Problem
from msgspec import Struct

PORTS = {"http": 80, "https": 443}


class Address(Struct, frozen=True):
    """A server: ``url`` has scheme, host, port and sub-path, no slash at its end and no secrets."""

    url: str
    scheme: str
    host: str
    port: int
    auth: Auth

    def of(self, path: str) -> str:
        """The URL of a path below the server's own; a slash at the beginning makes no difference."""
        return f"{self.url}/{path.lstrip('/')}" if path else self.url

    def same_server(self, url: str) -> bool:
        """Whether a URL leads to the same scheme, host and port."""
        try:
            parts = urlsplit(url)
            port = parts.port or PORTS.get(parts.scheme)
        except ValueError:
            return False
        return (parts.scheme, parts.hostname, port) == (self.scheme, self.host, self.port)


def address(url: str) -> Address:
    """Take the URL of a server apart; ``user:password@`` in it becomes credentials.

    Raises InputError where it is no http(s) URL, or has parts that an address of a server cannot have.
    """
    shown = without_secrets(url)
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        _refuse(shown, "this is no URL", "write it as https://HOST:PORT")
    if parts.scheme not in PORTS:
        _refuse(shown, "this is no http or https URL", "write it as http://HOST:PORT or https://HOST:PORT")
    if not parts.hostname or any(c.isspace() or not c.isprintable() for c in url.strip()):
        _refuse(shown, "this URL names no host", "write it as http://HOST:PORT or https://HOST:PORT")
    if parts.query or parts.fragment:
        _refuse(shown, "this URL has a `?` or a `#`", "give the address of the server only, without a page")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    place = f"{parts.scheme}://{host}" + (f":{port}" if port else "") + parts.path.rstrip("/")
    return Address(place, parts.scheme, parts.hostname, port or PORTS[parts.scheme], _auth(parts))


def without_secrets(url: str) -> str:
    """A URL that may be shown: without ``user:password@``, query and fragment, however broken it is."""
    head, _, rest = url.strip().partition("://")
    head, rest = (head, rest) if rest else ("", head)
    end = min((at for at in map(rest.find, "?#") if at >= 0), default=len(rest))
    # What stands before the last @ may be a password with a slash in it: it is cut off in any case.
    rest = rest[:end].rpartition("@")[2]
    shown = (f"{head}://" if head else "") + rest
    return "".join(c if c.isprintable() else "?" for c in shown)


def _auth(parts: SplitResult) -> Auth:
    return Auth(
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        origin="the login in the URL",
    )


def _refuse(shown: str, message: str, hint: str) -> NoReturn:
    raise InputError([Problem(shown or "(empty)", 0, 0, message, hint)])
