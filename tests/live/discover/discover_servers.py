"""Small servers on loopback for discover: pages of tests/pages, and servers that misbehave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from click.testing import CliRunner, Result
from monogen.cli import main

PAGES = Path(__file__).parents[2] / "pages"
TEXT = "text/plain; version=0.0.4; charset=utf-8"

Answer = Callable[[BaseHTTPRequestHandler], None]


def page(name: str) -> str:
    """A page of tests/pages."""
    return (PAGES / f"{name}.prom").read_text("utf-8")


def says(
    body: str | bytes, content_type: str = TEXT, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """Always this answer."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        content = body.encode() if isinstance(body, str) else body
        handler.send_response(status)
        if content_type:
            handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def drips(seconds: float) -> Answer:
    """A page that never ends, a little at a time."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", TEXT)
        handler.end_headers()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            handler.wfile.write(b"node_load1 1\n")
            handler.wfile.flush()
            time.sleep(0.05)

    return answer


def floods(handler: BaseHTTPRequestHandler) -> None:
    """As much as the other side takes, as fast as it can."""
    handler.send_response(200)
    handler.send_header("Content-Type", TEXT)
    handler.end_headers()
    line = b"node_load1 1\n" * 10_000
    for _ in range(2000):
        handler.wfile.write(line)


def sleeps(seconds: float) -> Answer:
    """Takes the connection, and says nothing for a while."""
    return lambda handler: time.sleep(seconds)


class Served:
    """Answers by path on one port; a context manager. ``asked`` has every request's path with its query."""

    def __init__(self, paths: Mapping[str, Answer] | Answer, host: str = "127.0.0.1", port: int = 0) -> None:
        self.asked: list[str] = []
        self.authorizations: list[str] = []
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                served.asked.append(self.path)
                served.authorizations.append(self.headers.get("Authorization", ""))
                answer = paths if callable(paths) else paths.get(self.path.split("?")[0])
                with suppress(OSError):
                    answer(self) if answer else self.send_error(404)

            def log_message(self, *args: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

        self._http = Quiet((host, port), Handler)
        self.port: int = self._http.server_address[1]
        self.host = host

    @property
    def place(self) -> str:
        """HOST:PORT."""
        return f"{self.host}:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()


def exporter(name: str, path: str = "/metrics", **where: object) -> Served:
    """A page of tests/pages, as its exporter serves it."""
    return Served({path: says(page(name))}, **where)  # type: ignore[arg-type]


def discovered(*arguments: str | Path) -> Result:
    """What `monogen discover` does with these arguments."""
    return CliRunner().invoke(main, ["discover", *map(str, arguments)], catch_exceptions=False)
