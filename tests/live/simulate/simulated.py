"""What the tests of the simulation share: the numbers of a page, and a Prometheus to ask."""

from __future__ import annotations

import time
from typing import Any

import requests


def values(text: str) -> dict[str, float]:
    """The samples by series as written."""
    samples = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {series: float(value) for series, _, value in samples}


def total(text: str, name: str, **labels: str) -> float:
    """The sum of a metric's series that have these labels."""
    found = [
        value
        for series, value in values(text).items()
        if series.partition("{")[0] == name and all(f'{key}="{one}"' in series for key, one in labels.items())
    ]
    assert found, name
    return sum(found)


class Clock:
    """A clock that a test turns by hand."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Server:
    """A running Prometheus, asked over HTTP."""

    def __init__(self, url: str, session: requests.Session) -> None:
        self.url = url
        self._session = session

    def get(self, path: str, **params: str) -> Any:
        """The ``data`` of an answer; an error of the server is an error of the test."""
        body = self._session.get(f"{self.url}/api/v1/{path}", params=params, timeout=30).json()
        assert body["status"] == "success", body
        return body["data"]

    def query(self, expr: str) -> list[dict[str, Any]]:
        result: list[dict[str, Any]] = self.get("query", query=expr)["result"]
        return result

    def wait_for(self, expr: str, seconds: float = 60) -> list[dict[str, Any]]:
        """Ask until there is a result; none after ``seconds`` is an error."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if result := self.query(expr):
                return result
            time.sleep(0.2)
        raise AssertionError(f"no data in {seconds} s: {expr}")
