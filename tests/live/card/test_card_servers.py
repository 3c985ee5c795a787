"""Servers that are no plain Prometheus: no runtime information, short memory, warnings, refusals."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from monogen.live.card.card import card
from monogen.live.card.history import read
from monogen.live.card.window import Window
from monogen.live.errors import LiveError
from monogen.live.prometheus import Prometheus
from monogen.problems import InputError

NOW = 1_760_000_400.0
HOST = {"instance": "spark", "hardware": "gb10", "os": "linux", "fleet": "lab"}


@contextmanager
def serving(answers: dict[str, Any]) -> Iterator[str]:
    """Answers by a part of the query, else by the path; a number is a status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(answers.get(self.path.partition("?")[0], 404))

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            query = form["query"][0]
            self._say(next((answer for part, answer in answers.items() if part in query), []))

        def _say(self, answer: Any) -> None:
            if isinstance(answer, list):
                kind = "matrix" if any("values" in one for one in answer) else "vector"
                answer = {"status": "success", "data": {"resultType": kind, "result": answer}}
            body = json.dumps(answer).encode() if not isinstance(answer, int) else b"404 page not found\n"
            self.send_response(answer if isinstance(answer, int) else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def footprint(**labels: str) -> dict[str, Any]:
    metric = {"__name__": "host:model_footprint_bytes", **HOST, **labels}
    return {"metric": metric, "values": [[NOW - 60 + s, "1073741824"] for s in range(0, 61, 30)]}


PRESENT = {"metric": HOST, "value": [NOW, "3"]}
WINDOW = Window("A", NOW - 60, NOW, 600, NOW)


def test_a_server_without_runtime_information() -> None:
    """Mimir and VictoriaMetrics have none: what they keep is not known, and nothing is said about it."""
    with serving({"count_over_time": [PRESENT], "__name__": [footprint()]}) as url, Prometheus(url) as server:
        made = card(read(server, "spark", WINDOW))
    assert made.by_key["footprint_peak_bytes"].value == 2**30
    assert not any("keeps" in note for note in made.notes)


def test_a_window_from_before_its_memory() -> None:
    told = {"status": "success", "data": {"storageRetention": "15d or 10GiB"}}
    answers = {"count_over_time": [PRESENT], "__name__": [footprint()], "/api/v1/status/runtimeinfo": told}
    window = Window("A", NOW - 20 * 86400, NOW, 600, NOW)
    with serving(answers) as url, Prometheus(url) as server:
        made = card(read(server, "spark", window))
        assert any(note.startswith("the server keeps 15d: what was before 2025-09-24") for note in made.notes)
        assert not any("keeps" in note for note in card(read(server, "spark", WINDOW)).notes)


def test_replicas_are_one_host() -> None:
    """Thanos without deduplication, or two Prometheus that write to one store."""
    copies = [footprint(prometheus_replica=name) for name in "ab"]
    with serving({"count_over_time": [PRESENT], "__name__": copies}) as url, Prometheus(url) as server:
        made = card(read(server, "spark", WINDOW))
    assert made.by_key["footprint_peak_bytes"].value == 2**30


def test_names_that_would_break_out() -> None:
    hostile = "a`|\n\x1b[31m<script>"
    labels = {"__name__": "server:model_resident", **HOST, "model": hostile, "job": "v", "server": "v"}
    resident = {"metric": labels, "values": [[NOW - 30, "1"]]}
    answers = {"count_over_time": [PRESENT], "__name__": [footprint(), resident]}
    with serving(answers) as url, Prometheus(url) as server:
        from monogen.live.card import markdown  # noqa: PLC0415

        text = markdown.one(card(read(server, "spark", WINDOW)))
    assert "\x1b" not in text
    assert "``a`\\|??[31m<script>``" in text


def test_a_refusal_is_told() -> None:
    refused = {"status": "error", "errorType": "execution", "error": "too many samples"}
    with serving({"count_over_time": refused}) as url, Prometheus(url) as server:  # noqa: SIM117
        with pytest.raises(LiveError, match="too many samples"):
            read(server, "spark", WINDOW)


def test_a_server_that_knows_no_host() -> None:
    with serving({}) as url, Prometheus(url) as server, pytest.raises(InputError) as error:
        read(server, "spark", WINDOW)
    assert "has no series of monogen" in str(error.value.problems[0])
