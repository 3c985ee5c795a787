"""Serves /metrics pages over real HTTP, with counters that move, so that rates are not zero.

A page is served as an exporter serves it. Its counters are what a host has after some time of uptime, and
go on at that mean rate from the moment the server starts, so that a CPU's modes add up to a second each
second; gauges stay. A test may change a page, take it away, or bring it back.
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
NOW, BOOT = "node_time_seconds", "node_boot_time_seconds"
"""Gauges that move: the present time, and the boot time at the page's own distance from it."""

UPTIME = 100_000.0
"""Seconds that a page's counters took, where the page does not tell when the host was booted."""

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


def uptime(text: str) -> float:
    """Seconds the page's counters took; a counter divided by it is the rate at which it is served."""
    page = samples(text)
    return page[NOW] - page[BOOT] if NOW in page and BOOT in page else UPTIME


def moved(text: str, elapsed: float, now: float) -> str:
    """The page ``elapsed`` seconds after its first answer: counters grown, clocks at ``now``."""
    up = uptime(text)
    types: dict[str, str] = {}
    lines = []
    for line in text.splitlines():
        if match := TYPE.match(line):
            types[match["name"]] = match["type"]
        elif match := SAMPLE.match(line):
            name = match["series"].split("{")[0]
            if name == NOW:
                line = f"{name} {now!r}"  # noqa: PLW2901
            elif name == BOOT:
                line = f"{name} {now - elapsed - up!r}"  # noqa: PLW2901
            elif _is_counter(name, types):
                line = f"{match['series']} {float(match['value']) * (1 + elapsed / up)!r}"  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines) + "\n"


def _is_counter(name: str, types: Mapping[str, str]) -> bool:
    """Whether the sample only grows. node_exporter leaves the counters of /proc/vmstat untyped."""
    family = re.sub(r"_(bucket|sum|count)$", "", name)
    return (
        types.get(name) == "counter"
        or types.get(family) == "histogram"
        or (types.get(family) == "summary" and name != family)
        or name.startswith("node_vmstat_")
    )


def samples(text: str) -> dict[str, float]:
    """The samples of a page by series as written, for computing what a rule should give."""
    found = {}
    for line in text.splitlines():
        if match := SAMPLE.match(line):
            found[match["series"]] = float(match["value"])
    return found
