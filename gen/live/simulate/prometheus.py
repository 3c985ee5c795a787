"""A Prometheus of this machine that runs what monogen generates for a simulated fleet."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from monogen import catalog
from monogen.inventory.model import Fleet
from monogen.live.simulate.errors import SimulationError
from monogen.live.simulate.serve import LOOPBACK
from monogen.monitoring import Artifact, Monitoring, RuleFile
from monogen.plan import plan
from monogen.plan.checks import Locate
from monogen.quantities import parse_duration
from monogen.targets.prometheus import render
from msgspec.structs import replace

NAMED = "MONOGEN_PROMETHEUS"
USUAL_PORT = 19090
_PATIENCE = 60.0
_TOLD_LINES = 5
HOW_TO_GET_ONE = (
    "get one: `brew install prometheus` (macOS), `apt-get install prometheus` (Debian), or "
    f"https://prometheus.io/download; it must be in the PATH, or named in {NAMED}"
)


def found() -> Path | None:
    """The Prometheus to run: the one named, else the PATH's, else one that `.ci/get-prometheus` fetched."""
    named = os.environ.get(NAMED, "")
    if named:
        return Path(named.split(":")[0])
    if in_path := shutil.which("prometheus"):
        return Path(in_path)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for folder in ("prometheus-3", "prometheus-2"):
        binary = cache / "monogen" / "engines" / folder / "usr" / "bin" / "prometheus"
        if os.access(binary, os.X_OK):
            return binary
    return None


def scraped_each(fleet: Fleet, interval: float) -> Fleet:
    """The fleet with all targets scraped and all rules evaluated each ``interval`` seconds."""
    hosts = tuple(
        replace(
            host,
            exporters=tuple(replace(one, interval=None, timeout=None) for one in host.exporters),
        )
        for host in fleet.hosts
    )
    settings = replace(
        fleet.prometheus,
        scrape_interval=interval,
        scrape_timeout=min(fleet.prometheus.scrape_timeout, 0.9 * interval),
        evaluation_interval=interval,
    )
    return replace(fleet, hosts=hosts, prometheus=settings)


def planned(fleet: Fleet, locate: Locate) -> Monitoring:
    """What monogen generates for the fleet. Raises InputError as a build does.

    Constants are evaluated as often as everything else: nobody wants to wait a minute for the first data.
    """
    monitoring = plan(fleet, catalog, locate)
    often = fleet.prometheus.evaluation_interval
    return replace(monitoring, rule_files=tuple(_sooner(file, often) for file in monitoring.rule_files))


def _sooner(file: RuleFile, often: float) -> RuleFile:
    groups = tuple(
        replace(group, interval="") if group.interval and parse_duration(group.interval) > often else group
        for group in file.groups
    )
    return replace(file, groups=groups)


class Prometheus:
    """A server with the generated configuration in a folder of its own, which goes with it.

    A context manager: the process is stopped in any case. Raises SimulationError where it does not start.
    """

    def __init__(
        self, binary: Path, fleet: Fleet, monitoring: Monitoring, given_up: Callable[[], bool] = lambda: False
    ) -> None:
        """Nothing is started yet; the version in the inventory does not matter to what runs here.

        While it starts, ``given_up`` is asked whether anybody still waits for it.
        """
        self._binary = binary
        self._given_up = given_up
        self._artifacts = render(fleet, monitoring)
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        """Write the configuration, start the server, wait until it answers."""
        self._folder = tempfile.TemporaryDirectory(prefix="monogen-simulate-")
        try:
            root = Path(self._folder.name)
            _write(self._artifacts, root)
            port = _free_port()
            self.url = f"http://{LOOPBACK}:{port}"
            self._start(root)
            self._wait(port)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server and remove the folder."""
        self._end()

    @property
    def running(self) -> bool:
        """Whether the process still lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def end(self) -> str:
        """Which program it was, and how it ended."""
        code = self._process.poll() if self._process is not None else None
        if code is None:
            return f"`{self._binary}` still runs"
        return f"`{self._binary}` ended " + (f"with exit code {code}" if code >= 0 else f"by signal {-code}")

    def last_words(self) -> str:
        """The end of its log, for who must find out why it stopped."""
        if self._folder is None:
            return ""
        log = Path(self._folder.name) / "prometheus.log"
        with contextlib.suppress(OSError):
            return "\n".join(log.read_text("utf-8", "replace").splitlines()[-_TOLD_LINES:])
        return ""

    def _start(self, root: Path) -> None:
        command = [
            str(self._binary),
            f"--config.file={root / 'prometheus.yml'}",
            f"--storage.tsdb.path={root / 'data'}",
            f"--web.listen-address={self.url.removeprefix('http://')}",
        ]
        with (root / "prometheus.log").open("wb") as log:
            try:
                # In a session of its own: Ctrl-C is for monogen, which then stops it in order.
                self._process = subprocess.Popen(  # noqa: S603 - the user's own Prometheus
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
            except OSError as error:
                message = f"`{self._binary}` cannot be run: {error.strerror}"
                raise SimulationError(message, HOW_TO_GET_ONE) from None

    def _wait(self, port: int) -> None:
        deadline = time.monotonic() + _PATIENCE
        while self.running and time.monotonic() < deadline:
            if _is_ready(port) or self._given_up():
                return
            time.sleep(0.1)
        if self.running:
            message = f"`{self._binary}` did not answer within {_PATIENCE:g} s"
        else:
            message = f"Prometheus did not start: {self.end}"
        raise SimulationError(
            message, self.last_words() or f"is it a Prometheus? {NAMED} names the one to run"
        )

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def _write(artifacts: list[Artifact], root: Path) -> None:
    for artifact in artifacts:
        path = root / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(artifact.text, encoding="utf-8")


def _free_port() -> int:
    """The usual port, so that a browser's tab finds it again; another where that is taken."""
    for port in _ports():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((LOOPBACK, port))
                return int(probe.getsockname()[1])
    raise SimulationError("no port is free for Prometheus")


def _ports() -> Iterator[int]:
    yield USUAL_PORT
    yield 0


def _is_ready(port: int) -> bool:
    """Asks by hand: a proxy of the environment has no business here."""
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), 1) as connection:
        connection.settimeout(1)
        connection.sendall(b"GET /-/ready HTTP/1.0\r\nHost: localhost\r\n\r\n")
        return b" 200 " in connection.recv(64)
    return False
