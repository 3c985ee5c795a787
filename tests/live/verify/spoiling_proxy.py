"""Servers that are no plain Prometheus: a real one behind a proxy that hides or spoils parts of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote_plus

import requests

Reply = tuple[int, str, bytes]
"""Status, content type, body."""

Spoil = Callable[[str, Mapping[str, str]], Reply | None]
"""What is answered to a path (without the prefix) and headers; None: what the real server answers."""


@dataclass(slots=True)
class Seen:
    """What arrived: the address of the proxy, and every path."""

    url: str
    paths: list[str] = field(default_factory=list)


@contextmanager
def in_front(
    real: str,
    spoil: Spoil,
    prefix: str = "",
    edit: Callable[[str, bytes], bytes] | None = None,
    on_question: Callable[[str, str], Reply | None] | None = None,
) -> Iterator[Seen]:
    """A proxy before a real server ("" for none)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def _answer(self, body: bytes) -> None:
            path = self.path.removeprefix(prefix) if self.path.startswith(prefix) else "/wrong"
            seen.paths.append(path.split("?")[0])
            reply = (
                (404, "text/plain", b"404 page not found") if path == "/wrong" else spoil(path, self.headers)
            )
            if reply is None and on_question:
                reply = on_question(path, unquote_plus(body.decode()))
            if reply is None:
                answer = requests.request(
                    self.command, real + path, data=body or None, timeout=60,
                    headers={"Content-Type": self.headers.get("Content-Type", "")} if body else {},
                )  # fmt: skip
                content = edit(path, answer.content) if edit else answer.content
                reply = (answer.status_code, "application/json", content)
            self.send_response(reply[0])
            self.send_header("Content-Type", reply[1])
            self.send_header("Content-Length", str(len(reply[2])))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # who asked may have given up
                self.wfile.write(reply[2])

        def log_message(self, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen = Seen(f"http://127.0.0.1:{http.server_address[1]}{prefix}")
    threading.Thread(target=http.serve_forever, daemon=True).start()
    try:
        yield seen
    finally:
        http.shutdown()
        http.server_close()


def slow(_: str, __: Mapping[str, str]) -> Reply:
    """Answers much too late."""
    time.sleep(5)
    return 200, "application/json", b"{}"
