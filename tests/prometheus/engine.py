"""Real Prometheus servers for the tests: where they are, how one is started, asked and stopped."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

REQUIRED = "MONOGEN_REQUIRE_PROMETHEUS"
HOW_TO_GET_ONE = "no Prometheus found: run `.ci/get-prometheus` (Debian) or `brew install prometheus` (macOS)"


def engines_folder() -> Path:
    """Where `.ci/get-prometheus` puts what it fetches."""
    cache_home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache_home) / "monogen" / "engines"


def found(program: str, *folders: str) -> list[Path]:
    """The program in these folders of the engines, else the one in PATH."""
    places = [engines_folder() / folder / "usr" / "bin" / program for folder in folders]
    there = [place for place in places if os.access(place, os.X_OK)]
    in_path = shutil.which(program)
    return there or ([Path(in_path)] if in_path else [])


def prometheus_binaries() -> list[Path]:
    """Every server to test on: those of MONOGEN_PROMETHEUS, else the fetched ones, else PATH's."""
    named = os.environ.get("MONOGEN_PROMETHEUS", "")
    if named:
        return [Path(name) for name in named.split(":")]
    return found("prometheus", "prometheus-2", "prometheus-3")


@cache
def version(binary: Path) -> str:
    """ "3.5.3", as the server says itself."""
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True)
    match = re.search(r"version ([0-9.]+)", said.stdout + said.stderr)
    return match[1] if match else "unknown"


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Prometheus:
    """A running server on loopback; a context manager that stops it in any case.

    ``config`` is its configuration file, ``data`` its storage, which may hold blocks of history already.
    """

    def __init__(self, binary: Path, config: Path, data: Path, flags: Sequence[str] = ()) -> None:
        self.binary = binary
        self.url = f"http://127.0.0.1:{free_port()}"
        self._log = data.parent / "prometheus.log"
        self._command = [
            str(binary),
            f"--config.file={config}",
            f"--storage.tsdb.path={data}",
            f"--web.listen-address={self.url.removeprefix('http://')}",
            # History made up for a test may be of any age.
            "--storage.tsdb.retention.time=50y",
            *flags,
        ]
        self._session = requests.Session()
        self._session.trust_env = False

    def __enter__(self) -> Self:
        with self._log.open("w") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                if self._session.get(f"{self.url}/-/ready", timeout=1).ok:
                    return self
            except requests.ConnectionError:
                pass
            time.sleep(0.05)
        self._stop()
        raise RuntimeError(f"Prometheus did not start:\n{self._log.read_text()}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def get(self, path: str, **params: Any) -> Any:
        """The ``data`` of an answer of the HTTP API; an error of the server is an error of the test."""
        # POST, because an expression may be longer than a URL; the API takes both where it matters.
        ask = self._session.post if path.startswith("query") else self._session.get
        data = {"data": params} if path.startswith("query") else {"params": params}
        answer = ask(f"{self.url}/api/v1/{path}", timeout=60, **data)
        body = answer.json()
        if body["status"] != "success":
            raise RuntimeError(f"{path} {params}: {body.get('error')}")
        return body["data"]

    def query(self, expr: str, at: float | None = None) -> list[dict[str, Any]]:
        """The result of an instant query; a scalar comes as one series without labels."""
        data = self.get("query", query=expr, **({} if at is None else {"time": at}))
        if data["resultType"] == "scalar":
            return [{"metric": {}, "value": data["result"]}]
        result: list[dict[str, Any]] = data["result"]
        return result

    def query_range(self, expr: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        """The series of a range query."""
        result: list[dict[str, Any]] = self.get("query_range", query=expr, start=start, end=end, step=step)[
            "result"
        ]
        return result

    def samples_touched(self, expr: str, start: float, end: float, step: float) -> int:
        """What a range query costs: the samples it looks at, the same on every machine."""
        data = self.get("query_range", query=expr, start=start, end=end, step=step, stats="all")
        return int(data["stats"]["samples"]["totalQueryableSamples"])

    def wait_for(self, expr: str, seconds: float = 60) -> list[dict[str, Any]]:
        """Ask until there is a result; an empty one after ``seconds`` is an error."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if result := self.query(expr):
                return result
            time.sleep(0.2)
        raise AssertionError(f"no data in {seconds} s: {expr}")


def backfill(data: Path, open_metrics: str) -> None:
    """Write history as blocks, as if the server had scraped it then. The text ends with ``# EOF``."""
    promtool = found("promtool", "prometheus-2", "prometheus-3")
    if not promtool:
        raise RuntimeError("promtool is missing: it writes the blocks of made-up history")
    data.mkdir(parents=True, exist_ok=True)
    text = data.parent / "history.om"
    text.write_text(open_metrics, encoding="utf-8")
    command = [promtool[0], "tsdb", "create-blocks-from", "openmetrics", text, data]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr + done.stdout)


def by_instance(result: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Value by instance, for results with one series a host."""
    return {series["metric"]["instance"]: float(series["value"][1]) for series in result}
