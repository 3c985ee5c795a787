"""Real Alertmanager and Prometheus processes on loopback, for what the documentation claims of them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

Answer = TypeVar("Answer")

DEADLINE = 40.0
"""Seconds until a server that gives no answer fails the test; usually it is a few."""


def engine(folder: str, *programs: str) -> str:
    """The first of ``programs`` in the engines' ``folder``, else on PATH; without one the test is skipped.

    With MONOGEN_REQUIRE_PROMETHEUS=1 a missing engine is a failure: CI must not skip in silence.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "monogen" / "engines"
    for program in programs:
        found = shutil.which(program, path=cache / folder / "usr" / "bin") or shutil.which(program)
        if found:
            return found
    message = f"no {' or '.join(programs)} was found; .ci/get-prometheus fetches one"
    if os.environ.get("MONOGEN_REQUIRE_PROMETHEUS") == "1":
        pytest.fail(message)
    pytest.skip(message)


def free_port() -> int:
    """A TCP port of loopback that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(arguments: Sequence[str], url: str, log: Path) -> Iterator[str]:
    """Runs a server, gives ``url`` once ``url/-/ready`` answers, and ends the server afterwards.

    It runs in the folder that holds its usr/bin: the Alertmanager of .ci/get-prometheus needs that.
    """
    folder = Path(arguments[0]).resolve().parents[2]
    with log.open("wb") as output:
        process = subprocess.Popen(arguments, stdout=output, stderr=subprocess.STDOUT, cwd=folder)
        try:
            eventually(lambda: _ready(process, url, log))
            yield url
        finally:
            process.terminate()
            process.wait(timeout=20)


def _ready(process: subprocess.Popen[bytes], url: str, log: Path) -> bool:
    assert process.poll() is None, f"the server ended:\n{log.read_text(errors='replace')}"
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def alertmanager(folder: Path, config: str) -> Iterator[str]:
    """A real Alertmanager with the configuration ``config``, alone (no cluster); gives its address."""
    program = engine("alertmanager", "prometheus-alertmanager", "alertmanager")
    file = folder / "alertmanager.yml"
    file.write_text(config, encoding="utf-8")
    url = f"http://127.0.0.1:{free_port()}"
    arguments = [
        program,
        f"--config.file={file}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--cluster.listen-address=",
    ]
    with running(arguments, url, folder / "alertmanager.log"):
        yield url


@contextmanager
def prometheus(folder: Path, config: str) -> Iterator[str]:
    """A real Prometheus 3 with the configuration ``config``; gives its address."""
    program = engine("prometheus-3", "prometheus")
    file = folder / "prometheus.yml"
    file.write_text(config, encoding="utf-8")
    url = f"http://127.0.0.1:{free_port()}"
    arguments = [
        program,
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={url.removeprefix('http://')}",
        # What fires before the Alertmanager is found (5 s) is sent again after a minute by default.
        "--rules.alert.resend-delay=1s",
    ]
    with running(arguments, url, folder / "prometheus.log"):
        yield url


def get(url: str, **parameters: str) -> Any:
    """The JSON that a GET answers."""
    query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
    with urllib.request.urlopen(url + query, timeout=10) as answer:
        return json.load(answer)


def post(url: str, data: Any) -> None:
    """Posts JSON; an answer other than 2xx raises."""
    request = urllib.request.Request(
        url, json.dumps(data).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10):
        pass


def query(prometheus_url: str, expression: str) -> list[dict[str, str]]:
    """The label sets of an instant query's answer, without the metric's name."""
    answer = get(f"{prometheus_url}/api/v1/query", query=expression)
    return [
        {name: value for name, value in sample["metric"].items() if name != "__name__"}
        for sample in answer["data"]["result"]
    ]


def eventually(question: Callable[[], Answer]) -> Answer:
    """Asks until the answer is true; fails with the last answer after DEADLINE seconds."""
    end = time.monotonic() + DEADLINE
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < end, f"still {answer!r} after {DEADLINE:.0f} seconds"
        time.sleep(0.2)


def settled(question: Callable[[], Answer], expected: Answer) -> Answer:
    """Asks until the answer is ``expected``, or DEADLINE seconds are over; gives the last answer."""
    end = time.monotonic() + DEADLINE
    while (answer := question()) != expected and time.monotonic() < end:
        time.sleep(0.2)
    return answer
