"""Serves /metrics pages over real HTTP, with counters that move, so that rates are not zero.

A page is served as an exporter serves it. Every counter grows by ``rate`` of its value a second from
the moment the server starts; gauges stay. A test may change a page, take it away, or bring it back.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

SAMPLE = re.compile(r"^(?P<series>[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{.*\})?) (?P<value>\S+)$")
TYPE = re.compile(r"^# TYPE (?P<name>\S+) (?P<type>\S+)$")
RATE = 1e-4
"""Share of its value that a counter grows by each second."""

CLOCKS = ("node_time_seconds",)
"""Gauges that hold the present time."""

Edit = Callable[[str], str]


class PageServer:
    """Pages by path ("/spark-1/node"), on one port of loopback. A context manager."""

    def __init__(self, pages: Mapping[str, Path]) -> None:
        self._texts = {path: file.read_text("utf-8") for path, file in pages.items()}
        self._edits: dict[str, Edit] = {}
        self._gone: set[str] = set()
        self._start = time.time()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server._answer(self)

            def log_message(self, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._http.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()

    def take_away(self, path: str) -> None:
        """From now on the page answers 500, as an exporter that failed."""
        self._gone.add(path)

    def bring_back(self, path: str) -> None:
        """The page answers again."""
        self._gone.discard(path)

    def edit(self, path: str, edit: Edit) -> None:
        """From now on the page's text goes through ``edit`` before its counters move."""
        self._edits[path] = edit

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path.split("?")[0]
        text = self._texts.get(path)
        if text is None or path in self._gone:
            handler.send_error(404 if text is None else 500)
            return
        edit = self._edits.get(path, str)
        body = moved(edit(text), time.time() - self._start, time.time()).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        handler.end_headers()
        handler.wfile.write(body)


def moved(text: str, elapsed: float, now: float) -> str:
    """The page ``elapsed`` seconds after its first answer: counters grown, clocks at ``now``."""
    types: dict[str, str] = {}
    lines = []
    for line in text.splitlines():
        if match := TYPE.match(line):
            types[match["name"]] = match["type"]
        elif (match := SAMPLE.match(line)) and (value := _moved(match, types, elapsed, now)) is not None:
            line = f"{match['series']} {value!r}"  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines) + "\n"


def _moved(match: re.Match[str], types: Mapping[str, str], elapsed: float, now: float) -> float | None:
    name = match["series"].split("{")[0]
    if name in CLOCKS:
        return now
    family = re.sub(r"_(bucket|sum|count)$", "", name)
    if types.get(name) == "counter" or types.get(family) == "histogram":
        return float(match["value"]) * (1 + RATE * elapsed)
    return None


def samples(text: str) -> dict[str, float]:
    """The samples of a page by series as written, for computing what a rule should give."""
    found = {}
    for line in text.splitlines():
        if match := SAMPLE.match(line):
            found[match["series"]] = float(match["value"])
    return found
