"""A real node_exporter on loopback, scraped with the generated configuration."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine import REQUIRED, Prometheus, by_instance, found, free_port
from monogen.build import build
from monogen.output.writing import write

pytestmark = pytest.mark.prometheus

HOW_TO_GET_ONE = "no node_exporter found: run `.ci/get-prometheus`, which fetches one too"


@pytest.fixture(scope="module")
def node_exporter() -> Iterator[int]:
    """The port of a running node_exporter."""
    binaries = found("prometheus-node-exporter", "node-exporter") or found("node_exporter")
    if not binaries:
        if os.environ.get(REQUIRED):
            pytest.fail(HOW_TO_GET_ONE)
        pytest.skip(HOW_TO_GET_ONE)
    port = free_port()
    command = [str(binaries[0]), f"--web.listen-address=127.0.0.1:{port}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield port
    process.terminate()
    process.wait(10)


def test_this_machine_is_a_host_like_any_other(
    prometheus_binary: Path, node_exporter: int, tmp_path: Path
) -> None:
    inventory = tmp_path / "hosts.yaml"
    inventory.write_text(
        "fleet: here\n"
        'prometheus: {version: "2.42", scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n'
        f"hosts: [{{name: me, os: linux, exporters: {{node: {{endpoint: '127.0.0.1:{node_exporter}'}}}}}}]\n"
    )
    built = build(inventory, "prometheus")
    write(built.artifacts, tmp_path / "out", "here")
    with Prometheus(prometheus_binary, tmp_path / "out" / "prometheus.yml", tmp_path / "data") as server:
        server.wait_for("count_over_time(host:cpu_busy:ratio_rate5m[1m]) > 3")
        total = by_instance(server.query("host:memory_total_bytes"))["me"]
        meminfo = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        assert total == int(meminfo["MemTotal"].split()[0]) * 1024
        assert by_instance(server.query("host:cpu_count"))["me"] == os.cpu_count()
        root = server.query('host:filesystem_size_bytes{mountpoint="/"}')
        stat = os.statvfs("/")
        assert float(root[0]["value"][1]) == stat.f_blocks * stat.f_frsize
        for recorded in (
            "host:memory_used:ratio",
            "host:load1_per_cpu:ratio",
            "host:uptime_seconds",
            "host:up",
        ):
            assert set(by_instance(server.query(recorded))) == {"me"}, recorded
