"""A real Alertmanager on loopback, and waiting for what it or Prometheus answers."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests
from engine import REQUIRED, Prometheus, engines_folder, found, free_port

Answer = TypeVar("Answer")

DEADLINE = 40.0
"""Seconds until an answer that does not come fails the test; usually it takes a few."""

SESSION = requests.Session()
SESSION.trust_env = False  # a proxy of the environment has no business on loopback


def alertmanager_binary() -> Path:
    """The Alertmanager that .ci/get-prometheus fetched, else the one on PATH; without one the test skips.

    Where a Prometheus is required (CI) a missing Alertmanager is a failure: nothing skips in silence.
    """
    debian = found("prometheus-alertmanager", "alertmanager")
    programs = debian or found("alertmanager")
    if programs:
        return programs[0]
    message = (
        "no Alertmanager found: run `.ci/get-prometheus` (Debian) or `brew install alertmanager` (macOS)"
    )
    if os.environ.get(REQUIRED):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def alertmanager(folder: Path, config: str) -> Iterator[str]:
    """A real Alertmanager with the configuration ``config``, alone (no cluster); gives its address."""
    file = folder / "alertmanager.yml"
    file.write_text(config, encoding="utf-8")
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        str(alertmanager_binary()),
        f"--config.file={file}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--cluster.listen-address=",
    ]
    # The fetched one finds its templates by a path relative to its folder, see .ci/get-prometheus.
    fetched = engines_folder() / "alertmanager"
    home = fetched if fetched.is_dir() else folder
    log = folder / "alertmanager.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=home)
    try:
        eventually(lambda: _ready(process, url, log))
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def _ready(process: subprocess.Popen[bytes], url: str, log: Path) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"Alertmanager did not start:\n{log.read_text(errors='replace')}")
    try:
        return SESSION.get(f"{url}/-/ready", timeout=2).ok
    except requests.ConnectionError:
        return False


@contextmanager
def prometheus(binary: Path, folder: Path, config: str) -> Iterator[Prometheus]:
    """A real Prometheus with the configuration ``config``."""
    file = folder / "prometheus.yml"
    file.write_text(config, encoding="utf-8")
    # What fires before the Alertmanager is found (5 s) is sent again after a minute by default.
    flags = ["--rules.alert.resend-delay=1s"]
    with Prometheus(binary, file, folder / "data", flags) as server:
        yield server


def labels(server: Prometheus, expression: str) -> list[dict[str, str]]:
    """The label sets of an instant query's answer, without the metric's name."""
    return [
        {name: value for name, value in sample["metric"].items() if name != "__name__"}
        for sample in server.query(expression)
    ]


def alerts(alertmanager_url: str) -> list[dict[str, Any]]:
    """The alerts as Alertmanager shows them."""
    answer = SESSION.get(f"{alertmanager_url}/api/v2/alerts", timeout=10)
    answer.raise_for_status()
    shown: list[dict[str, Any]] = answer.json()
    return shown


def fire(alertmanager_url: str, label_sets: list[Mapping[str, str]]) -> None:
    """Posts alerts with these labels, as Prometheus would."""
    posted = [{"labels": dict(label_set)} for label_set in label_sets]
    SESSION.post(f"{alertmanager_url}/api/v2/alerts", json=posted, timeout=10).raise_for_status()


def eventually(question: Callable[[], Answer]) -> Answer:
    """Asks until the answer is true; fails with the last answer after DEADLINE seconds."""
    end = time.monotonic() + DEADLINE
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"still {answer!r} after {DEADLINE:.0f} seconds")
        time.sleep(0.2)


def settled(question: Callable[[], Answer], expected: Answer) -> Answer:
    """Asks until the answer is ``expected``, or DEADLINE seconds are over; gives the last answer."""
    end = time.monotonic() + DEADLINE
    while (answer := question()) != expected and time.monotonic() < end:
        time.sleep(0.2)
    return answer
