"""The whole way as a user goes it: look at what runs, write the inventory, build, run it, verify.

The exporters are those of the example fleet, simulated on loopback (no Mac and no GB10 can be had here); the
Prometheus is a real one, started with what the build wrote.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from engine import Prometheus, version
from monogen import catalog, inventory
from monogen.cli import main
from monogen.live.simulate import Simulation

FLEET = Path(__file__).parent.parent.parent.parent / "hosts" / "fleet.yaml"
RULES_READY = (
    "count(host:info) and on () count(host:memory_used:ratio) and on () count(server:tokens_generated:rate5m)"
)

pytestmark = pytest.mark.prometheus


@dataclass(frozen=True, slots=True)
class Way:
    """What the way leads through."""

    simulation: Simulation
    inventory: Path
    server: Prometheus

    def verify(self) -> tuple[int, Any]:
        """The exit code of `monogen verify` and its report."""
        result = run("verify", str(self.inventory), "--prometheus", self.server.url, "--json")
        return result.exit_code, json.loads(result.stdout)

    def settles(self, seconds: float = 90) -> None:
        """Wait until verify says that all is well: the first scrapes and evaluations take their time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.verify()[0] == 0:
                return
            time.sleep(2)
        text = run("verify", str(self.inventory), "--prometheus", self.server.url).output
        raise AssertionError(f"not well after {seconds} s:\n{text}")


def run(*arguments: str) -> Result:
    """A command of monogen; its traceback, if any, is an error of the test."""
    result = CliRunner().invoke(main, list(arguments), catch_exceptions=True)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def way(prometheus_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    if not version(prometheus_binary).startswith("3."):
        pytest.skip("once is enough: what is built is tried on both versions elsewhere")
    folder = tmp_path_factory.mktemp("whole")
    file = folder / "hosts.yaml"
    file.write_text(
        "fleet: found\n"
        "prometheus: {scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 2s}\n"
        "alerts: {ExporterDown: {for: 4s}}\n"
        "hosts:\n"
        "  # the one that was here before\n"
        "  - {name: elsewhere, os: linux, exporters: {node: {scraped_by: cluster}}}\n"
    )
    with Simulation(inventory.load(FLEET, catalog.kinds)) as simulation:
        discover(simulation, file)
        without_the_first(file)
        built = run("build", str(file), "--target", "prometheus", "-o", str(folder / "out"), "--quiet")
        assert built.exit_code == 0, built.output
        with Prometheus(prometheus_binary, folder / "out" / "prometheus.yml", folder / "data") as server:
            server.wait_for(RULES_READY, 90)
            yield Way(simulation, file, server)


def discover(simulation: Simulation, file: Path) -> None:
    """Each host by the ports of its exporters, into the same file."""
    ports: dict[str, list[str]] = {}
    for (host, _), address in simulation.addresses.items():
        ports.setdefault(host, []).append(address)
    for host, addresses in ports.items():
        result = run("discover", *addresses, "--name", host, "--into", str(file))
        assert result.exit_code == 0, result.output


def without_the_first(file: Path) -> None:
    """The host that was in the file before is no part of this Prometheus."""
    text = file.read_text("utf-8")
    assert "# the one that was here before" in text
    file.write_text(re.sub(r"  # the one that was here before\n.*elsewhere.*\n", "", text))


def test_what_is_found_is_the_fleet(way: Way) -> None:
    known = {host.name: host for host in inventory.load(FLEET, catalog.kinds).hosts}
    found = {host.name: host for host in inventory.load(way.inventory, catalog.kinds).hosts}
    assert found.keys() == known.keys()
    for name, host in found.items():
        assert (host.os, host.hardware) == (known[name].os, known[name].hardware), name
        assert {e.kind for e in host.exporters} == {e.kind for e in known[name].exporters}, name


def test_all_is_well_and_what_goes_dark_is_told(way: Way) -> None:
    way.settles()
    way.simulation.start("exporter-dies:gpu-box/dcgm")
    way.server.wait_for('up{instance="gpu-box", job="dcgm-exporter"} == 0', 30)
    # Until the last good samples are five minutes old a range still finds some; the instant ones are gone.
    way.server.wait_for('absent(host:gpu_temperature_celsius{instance="gpu-box"})', 60)
    code, report = way.verify()
    assert code == 1
    told = json.dumps(report)
    assert "gpu-box" in told
    assert "dcgm-exporter" in told
    text = run("verify", str(way.inventory), "--prometheus", way.server.url).output
    first = text.split("\n\n")[1]
    assert "dcgm-exporter is down: gpu-box" in first
    assert "dark:" in first
    assert "GPU temp" in first
    way.simulation.stop("exporter-dies", "gpu-box")
    way.server.wait_for('host:gpu_temperature_celsius{instance="gpu-box"}', 30)
    way.settles()


def test_a_framebuffer_that_a_driver_brings_is_told(way: Way) -> None:
    way.simulation.start("driver-bump:spark-1")
    way.server.wait_for('DCGM_FI_DEV_FB_USED{instance="spark-1"}', 60)
    code, report = way.verify()
    assert code == 1
    assert "DCGM_FI_DEV_FB_USED" in json.dumps(report)
    way.simulation.stop("driver-bump", "spark-1")


def test_the_inventory_that_was_written_is_one_that_people_read(way: Way) -> None:
    text = way.inventory.read_text("utf-8")
    data = yaml.safe_load(text)
    assert len(data["hosts"]) == len({host["name"] for host in data["hosts"]})
    assert text.count("#") > len(data["hosts"]), "what was told from what stands beside it"
