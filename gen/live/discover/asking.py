"""What a person asks to be looked at: ``spark-1``, ``spark-1:8001``, ``[fd00::20]:9100``, ``https://nas:9100``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NoReturn

from monogen.inventory.addresses import AddressError, host_part
from monogen.live.address import without_secrets
from monogen.problems import InputError, Problem
from msgspec import Struct

_LAST_PORT = 65535
_URL = re.compile(r"(?P<scheme>https?)://(?P<rest>[^/?#]+)/?", re.IGNORECASE)
_WITH_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]+):(?P<port>[^:]*)")


class Port(Struct, frozen=True):
    """A port to look at; ``named`` says that a person named it, so that silence there is worth a line."""

    number: int
    scheme: str = "http"
    named: bool = False


class Asked(Struct, frozen=True):
    """A host and the ports to look at; ``address`` is as the inventory takes it, IPv6 without brackets."""

    address: str
    ports: tuple[Port, ...]

    def url(self, port: Port) -> str:
        """The server's URL."""
        return f"{port.scheme}://{host_part(self.address)}:{port.number}"


def asked(texts: Iterable[str], usual: Iterable[int], extra: Iterable[int] = ()) -> tuple[Asked, ...]:
    """The hosts of the command line, each once, in the order given.

    A host without a port is looked at on the ``usual`` ones; with one, on that only. ``extra`` ports are
    looked at on every host. Raises InputError for what is no host.
    """
    hosts: dict[str, dict[int, Port]] = {}
    problems: list[Problem] = []
    for text in texts:
        try:
            address, port = _one(text)
        except InputError as error:
            problems += error.problems
            continue
        ports = hosts.setdefault(address, {})
        wanted = [port] if port else [Port(number) for number in usual]
        for one in [*wanted, *(Port(number, named=True) for number in extra)]:
            if one.named or one.number not in ports:
                ports[one.number] = one
    if problems:
        raise InputError(problems)
    return tuple(Asked(address, tuple(ports.values())) for address, ports in hosts.items())


def _one(text: str) -> tuple[str, Port | None]:
    """The address, and the port where one is named."""
    rest, scheme = text, ""
    if "://" in text or "@" in text:
        match = _URL.fullmatch(text)
        if not match or "@" in text:
            _refuse(text, "this is no host", "write HOST, HOST:PORT or https://HOST:PORT, and no more")
        scheme, rest = match["scheme"].lower(), match["rest"]
    if "/" in rest:
        hint = "name the hosts one by one: monogen looks at no whole networks"
        _refuse(text, "this is no host", hint)
    match = _WITH_PORT.fullmatch(rest)
    if match and not match["port"]:
        _refuse(text, "the port is missing after `:`", "write HOST:PORT, or HOST for the usual ports")
    host, number = (match["host"], _port(text, match["port"])) if match else (rest, 0)
    try:
        address = host_part(host).strip("[]")
    except AddressError as error:
        _refuse(text, str(error), "write HOST or HOST:PORT")
    if number or scheme:
        return address, Port(number or {"http": 80, "https": 443}[scheme], scheme or "http", named=True)
    return address, None


def _port(text: str, digits: str) -> int:
    if not (digits.isascii() and digits.isdigit() and 1 <= int(digits[:6]) <= _LAST_PORT):
        _refuse(text, f"a port is from 1 to {_LAST_PORT}", "write HOST:PORT")
    return int(digits)


def _refuse(text: str, message: str, hint: str) -> NoReturn:
    raise InputError([Problem(without_secrets(text) or "(empty)", 0, 0, message, hint)])
