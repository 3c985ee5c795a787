"""Many ports of loopback in one thread: one for each exporter, which answers, refuses, or never answers."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import resource
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Literal

from monogen.live.simulate.errors import SimulationError
from msgspec import Struct

LOOPBACK = "127.0.0.1"
Fault = Literal["", "refuses", "hangs"]
Key = tuple[str, str]

_LONGEST_REQUEST = 65536
_PATIENCE = 30.0
"""Seconds that a client may take for its request."""
_LOOK = 0.1
"""Seconds between two looks at which ports should be closed."""


class Answer(Struct, frozen=True):
    """What a client gets. ``location`` is where a redirect leads."""

    status: int
    content_type: str
    body: str
    location: str = ""


def bound(port_from: int, count: int) -> list[socket.socket]:
    """So many listening sockets: on the ports from ``port_from`` on, or on any free ones where it is 0.

    Raises SimulationError where a port is taken; then none is held.
    """
    _allow(count)
    found: list[socket.socket] = []
    try:
        for number in range(count):
            found.append(_listen(port_from + number if port_from else 0))
    except (OSError, OverflowError) as error:
        for held in found:
            held.close()
        port, last = port_from + len(found), port_from + count - 1
        needed = (
            f"{count} exporters need the ports {port_from} to {last}" if port_from else f"{count} are needed"
        )
        raise SimulationError(
            f"port {port} {_why(error)}: {needed}",
            "choose others with --port-from, or let the system choose with `--port-from 0`",
        ) from None
    return found


def _why(error: OSError | OverflowError) -> str:
    """Why a port cannot be had."""
    match error:
        case OverflowError():
            return "is no port"
        case OSError(errno=errno.EADDRINUSE):
            return "is taken"
        case OSError(errno=errno.EACCES):
            return "may only be used by root"
        case _:
            return f"cannot be had ({error.strerror})"


def _allow(count: int) -> None:
    """Let this process hold as many files as so many ports and their clients take, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 3 * count + 256
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def _listen(port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((LOOPBACK, port))
        opened.listen(128)
    except BaseException:
        opened.close()
        raise
    return opened


class Ports:
    """The exporters' ports, served from ``start`` to ``stop``.

    ``answer`` gives the answer of an exporter for a path with its query, ``fault`` how it fails now. Both
    are called in the serving thread.
    """

    def __init__(
        self,
        sockets: Mapping[Key, socket.socket],
        answer: Callable[[Key, str], Answer],
        fault: Callable[[Key], Fault],
    ) -> None:
        """Take the listening sockets; they are closed by ``stop``."""
        self._sockets = dict(sockets)
        self._ports: dict[Key, int] = {key: held.getsockname()[1] for key, held in sockets.items()}
        self._answer = answer
        self._fault = fault
        self._servers: dict[Key, asyncio.Server] = {}
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="simulation", daemon=True)

    @property
    def ports(self) -> Mapping[Key, int]:
        """The port of each exporter."""
        return self._ports

    def start(self) -> None:
        """Begin to answer; returns when all ports do."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Close all ports and connections, those that hang included."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ending.set)
            self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        for key, held in self._sockets.items():
            await self._open(key, held)
        self._ready.set()
        while not self._ending.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _LOOK)
            await self._open_and_close()
        for server in self._servers.values():
            server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _open(self, key: Key, held: socket.socket) -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._handle(key, reader, writer)

        self._servers[key] = await asyncio.start_server(handle, sock=held, limit=_LONGEST_REQUEST)

    async def _open_and_close(self) -> None:
        """A port that refuses is closed, as that of a process that died; later it opens again."""
        for key, port in self._ports.items():
            refuses = self._fault(key) == "refuses"
            if refuses and key in self._servers:
                self._servers.pop(key).close()
            elif not refuses and key not in self._servers:
                # Somebody else may have taken it meanwhile; then it stays as dead as it was.
                with contextlib.suppress(OSError):
                    await self._open(key, _listen(port))

    async def _handle(self, key: Key, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _PATIENCE)
            if self._fault(key) == "hangs":
                # Until the client gives up, or the simulation ends.
                await reader.read()
                return
            if self._fault(key) != "refuses":
                writer.write(_response(head, lambda path: self._answer(key, path)))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            writer.close()


def _response(head: bytes, answer: Callable[[str], Answer]) -> bytes:
    """The bytes of an answer to a request's head; the connection is closed behind it."""
    words: Sequence[str] = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    if len(words) < 3 or words[0] not in ("GET", "HEAD"):  # noqa: PLR2004
        found = Answer(405, "text/plain; charset=utf-8", "only GET\n")
    else:
        found = answer(words[1])
    body = found.body.encode()
    lines = [
        f"HTTP/1.1 {found.status} {HTTPStatus(found.status).phrase}",
        f"Content-Type: {found.content_type}",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    if found.location:
        lines.append(f"Location: {found.location}")
    text = "\r\n".join(lines) + "\r\n\r\n"
    return text.encode("latin-1") + (b"" if words[0] == "HEAD" else body)
