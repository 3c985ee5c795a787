"""A small fleet that is really scraped; a test may spoil its pages, targets and rules, and put them right."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from click.testing import CliRunner
from engine import Prometheus
from monogen.build import Built, build
from monogen.cli import main
from monogen.output.writing import write
from pages import PageServer

HERE = Path(__file__).parent
PAGES = {
    "/spark/node": "gb10_node",
    "/spark/dcgm": "gb10_dcgm",
    "/spark/vllm": "vllm",
    "/spark/llama-server": "llama_server",
    "/mac/node": "darwin_arm64_node",
    "/mac/macmon": "macmon",
    "/nas/node": "nas_node",
}
OWN = """\
groups:
  - name: house
    rules:
      - {record: "house:network:max", expr: max(host:network_receive_bytes:rate5m)}
      - record: house:joined
        expr: host:cpu_count * on (fleet) host:network_receive_bytes:rate5m
"""
"""The second rule fails as soon as there are two hosts: many-to-many."""

Verified = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Checked:
    """A running server, what it scrapes, what was built for it, and the folder it runs."""

    server: Prometheus
    pages: PageServer
    built: Built
    inventory: Path
    output: Path

    def verify(self, url: str = "", inventory: Path | None = None) -> Verified:
        """Exit code and report of the command."""
        result = run([str(inventory or self.inventory), "--prometheus", url or self.server.url, "--json"])
        assert result[0] in (0, 1), result
        return result[0], json.loads(result[1])

    def verify_until(self, good: Callable[[int, dict[str, Any]], bool], seconds: float = 60) -> Verified:
        """The first report that is as wanted; the last one where none is."""
        deadline = time.monotonic() + seconds
        while True:
            outcome = self.verify()
            if good(*outcome) or time.monotonic() > deadline:
                return outcome
            time.sleep(0.5)

    def text(self, *options: str) -> str:
        """The report as people read it."""
        return run([str(self.inventory), "--prometheus", self.server.url, *options])[1]

    def reload(self) -> None:
        """Let the server read its configuration and rules again."""
        requests.post(f"{self.server.url}/-/reload", timeout=30).raise_for_status()

    @contextmanager
    def changed(self, path: str, change: Callable[[str], str]) -> Iterator[None]:
        """A file of the folder is another for a while; "" takes it away."""
        file = self.output / path
        before = file.read_text("utf-8") if file.exists() else None
        after = change(before or "")
        assert after != (before or ""), "the test changes nothing"
        try:
            _put(file, after or None)
            self.reload()
            yield
        finally:
            _put(file, before)
            self.reload()


def _put(file: Path, text: str | None) -> None:
    if text is None:
        file.unlink()
    else:
        file.write_text(text, "utf-8")


def run(arguments: list[str], env: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """`monogen verify` with these arguments: exit code, stdout, stderr."""
    result = CliRunner().invoke(main, ["verify", *arguments], env=env)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def findings(report: Mapping[str, Any], part: str, kind: str) -> list[dict[str, Any]]:
    """The findings of a kind."""
    return [one for one in report["findings"] if (one["part"], one["kind"]) == (part, kind)]


def messages(report: Mapping[str, Any]) -> str:
    """Everything that is wrong, for the message of a failing test."""
    gaps = [one for one in (*report["findings"], *report["empty"]) if one["gap"]]
    return "\n".join(
        f"{one.get('host') or one.get('hosts')}: {one['message']} {one.get('name', '')}" for one in gaps
    )


def all_well(code: int, report: Mapping[str, Any]) -> bool:
    """Nothing is wrong, and nothing waits for its first scrape."""
    targets = next(one for one in report["checked"] if one["part"] == "targets")
    return code == 0 and targets["fine"] == targets["all"]


@contextmanager
def checked_world(binary: Path, folder: Path) -> Iterator[Checked]:
    """The plain output of hosts.yaml, run as it is but for the constants' interval: a minute is long."""
    pages_folder = HERE.parent.parent / "pages"
    files = {path: pages_folder / f"{name}.prom" for path, name in PAGES.items()}
    with PageServer(files) as pages:
        inventory = folder / "hosts.yaml"
        inventory.write_text((HERE / "hosts.yaml").read_text().replace("$PORT", str(pages.port)))
        (folder / "own.yml").write_text(OWN.split("      - record: house:joined", maxsplit=1)[0])
        built = build(inventory, "prometheus")
        output = folder / "out"
        write(built.artifacts, output, built.fleet.name)
        for file in (output / "rules").glob("*-inventory*.yml"):
            file.write_text(file.read_text().replace("interval: 1m", "interval: 1s"))
        with Prometheus(
            binary, output / "prometheus.yml", folder / "data", ["--web.enable-lifecycle"]
        ) as server:
            world = Checked(server, pages, built, inventory, output)
            code, report = world.verify_until(all_well, 120)
            assert code == 0, messages(report)
            yield world
