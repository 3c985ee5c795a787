"""A web server for tests of the client: each path is a manner of answering, good or bad."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answering = Callable[[BaseHTTPRequestHandler, bytes], None]


@dataclass
class Web:
    """``manners`` maps a path to what answers there; ``seen`` has method, path, headers and body."""

    manners: dict[str, Answering] = field(default_factory=dict)
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def says(
        self, path: str, body: bytes = b"{}", status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        self.manners[path] = lambda handler, _: send(handler, body, status, headers)

    def says_in_turn(self, path: str, *answers: tuple[int, bytes, dict[str, str]]) -> None:
        left = list(answers)

        def one(handler: BaseHTTPRequestHandler, _: bytes) -> None:
            status, body, headers = left.pop(0) if len(left) > 1 else left[0]
            send(handler, body, status, headers)

        self.manners[path] = one

    def paths(self) -> list[str]:
        return [path for _, path, _, _ in self.seen]


def send(
    handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, headers: dict[str, str] | None = None
) -> None:
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def drip(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    """A letter now and then, for ever."""
    handler.send_response(200)
    handler.end_headers()
    _slowly(handler)


def drip_headers(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    """Headers that never end."""
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
    _slowly(handler)


def _slowly(handler: BaseHTTPRequestHandler) -> None:
    with contextlib.suppress(OSError):
        for _ in range(100):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)
    handler.close_connection = True


def breaks_off(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    """Says that more will come, and hangs up."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"half": ')
    handler.close_connection = True


@contextlib.contextmanager
def serving(certificate: tuple[Path, Path] | None = None) -> Iterator[Web]:
    """The server, with TLS where a certificate and its key are given."""
    web = Web()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            web.seen.append((self.command, self.path, dict(self.headers.items()), body))
            web.manners.get(path, lambda handler, _: send(handler, b"", 404))(self, body)

        do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket.listen(64)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        web.scheme = "https"
    web.port = server.server_port
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
