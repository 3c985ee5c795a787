"""Addresses as a scraper takes them: a name, an IPv4 or an IPv6 address, with a port."""

from __future__ import annotations

import ipaddress
import re

_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?\.?")
_DIGITS_AND_DOTS = re.compile(r"[0-9.]+")
_LAST_PORT = 65535


class AddressError(ValueError):
    """Not an address; the text says why and what to write instead."""


def host_part(address: str) -> str:
    """The address as it stands before ``:port``, IPv6 in brackets. Raises AddressError."""
    bare = address[1:-1] if address.startswith("[") and address.endswith("]") else address
    if ":" in bare:
        return f"[{_ipv6(bare)}]"
    if bare != address:
        raise AddressError("brackets are for IPv6 addresses only")
    if _NAME.fullmatch(address) is None or ".." in address:
        raise AddressError("an address is a DNS name, an IPv4 or an IPv6 address, in ASCII")
    if _DIGITS_AND_DOTS.fullmatch(address):
        try:
            ipaddress.IPv4Address(address)
        except ValueError:
            raise AddressError("this is not an IPv4 address: four numbers from 0 to 255") from None
    return address


def _ipv6(bare: str) -> str:
    try:
        parsed = ipaddress.IPv6Address(bare)
    except ValueError:
        if bare.count(":") == 1:
            raise AddressError("a port does not belong to the address: state it at the exporter") from None
        raise AddressError("this is not an IPv6 address") from None
    if parsed.scope_id is not None:
        raise AddressError("Prometheus cannot scrape an address with a zone (`%`)")
    return bare


def endpoint(text: str) -> str:
    """``host:port`` with IPv6 in brackets and a port that can exist. Raises AddressError."""
    host, _, port = text.rpartition(":")
    if ":" in host and not host.startswith("["):
        raise AddressError("an IPv6 address needs brackets before a port: [fd00::20]:8000")
    if not 1 <= int(port) <= _LAST_PORT:
        raise AddressError(f"a port is from 1 to {_LAST_PORT}")
    return f"{host_part(host)}:{int(port)}"


def is_loopback(address: str) -> bool:
    """Whether ``host:port`` is the machine that scrapes, whichever that is."""
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_mdns(address: str) -> bool:
    """Whether ``host:port`` is a name of multicast DNS, which Prometheus does not resolve."""
    return address.rpartition(":")[0].rstrip(".").lower().endswith(".local")
