"""Connections that give up on a server which begins its answer and never gets to the point.

A timeout of sockets holds for one read, so a server that sends a letter of its headers every few seconds
would be listened to for hours. Here a timer cuts the connection when the headers are not complete in time;
the body is the client's business, which reads it in pieces and looks at the clock.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class Adapter(HTTPAdapter):
    """What requests sends through, with such connections; through proxies too."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As requests does it."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """As requests does it."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


def _cut(connection: socket.socket) -> None:
    # The plain socket's own: TLS would say goodbye first, and wait for it.
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _Http(HTTPConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        timer = _timer(self)
        try:
            return super().getresponse()
        finally:
            timer.cancel()


class _Https(HTTPSConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        timer = _timer(self)
        try:
            return super().getresponse()
        finally:
            timer.cancel()


def _timer(connection: HTTPConnection) -> threading.Timer:
    """Cuts the connection after its own timeout (urllib3 sets that to the reading one by now)."""
    timer = threading.Timer(connection.timeout or _NO_TIMEOUT, _cut, [connection.sock])
    timer.daemon = True
    timer.start()
    return timer


_NO_TIMEOUT = 3600.0


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS = {"http": _HttpPool, "https": _HttpsPool}
