"""Scraping and evaluating apart, as with Mimir: an agent writes to a server that runs the rules, all real.

The server is a Prometheus that receives remote write, since no Mimir can be had in CI; its rules are the
groups that the target mimir writes.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from engine import Prometheus, free_port, prometheus_binaries, version
from monogen import catalog, inventory
from monogen.live.simulate import Simulation
from monogen.live.simulate.prometheus import planned, scraped_each
from monogen.targets import mimir, prometheus

pytestmark = pytest.mark.prometheus

HOSTS = """
fleet: apart
hosts:
  - {name: spark, hardware: gb10, memory: 128GB, reserved: 12GiB, exporters: {node: {}, dcgm: {}}}
  - {name: nas, os: linux}
"""


@contextmanager
def agent(binary: Path, config: Path, data: Path) -> Iterator[None]:
    """A Prometheus in agent mode."""
    mode = "--agent" if version(binary) >= "3" else "--enable-feature=agent"
    listen = f"--web.listen-address=127.0.0.1:{free_port()}"
    command = [binary, mode, f"--config.file={config}", f"--storage.agent.path={data}", listen]
    with (data.parent / "agent.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def test_an_agent_and_one_evaluator(tmp_path: Path) -> None:
    binaries = prometheus_binaries() or pytest.skip("no Prometheus")
    hosts = tmp_path / "hosts.yaml"
    hosts.write_text(HOSTS)
    with Simulation(scraped_each(inventory.load(hosts, catalog.kinds), 1)) as simulation:
        monitoring = planned(simulation.fleet, lambda *_: (str(hosts), 0, 0))
        for artifact in prometheus.render(simulation.fleet, monitoring):
            (tmp_path / artifact.path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / artifact.path).write_text(artifact.text)
        rules = {"groups": mimir.rule_groups(monitoring)}
        plain = yaml.safe_load(mimir.render(simulation.fleet, monitoring)[0].text)["groups"]
        assert len(plain) == len(rules["groups"])
        (tmp_path / "evaluator-rules.yml").write_text(yaml.safe_dump({"groups": plain}))
        config = yaml.safe_load((tmp_path / "prometheus.yml").read_text())
        evaluator = {"global": config["global"], "rule_files": ["evaluator-rules.yml"]}
        (tmp_path / "evaluator.yml").write_text(yaml.safe_dump(evaluator))
        flags = ["--web.enable-remote-write-receiver"]
        with Prometheus(binaries[-1], tmp_path / "evaluator.yml", tmp_path / "data", flags) as server:
            del config["rule_files"], config["global"]["evaluation_interval"]
            config["remote_write"] = [{"url": f"{server.url}/api/v1/write"}]
            (tmp_path / "agent.yml").write_text(yaml.safe_dump(config))
            with agent(binaries[-1], tmp_path / "agent.yml", tmp_path / "agent"):
                (footprint,) = server.wait_for("host:model_footprint_bytes")
                up = server.wait_for("host:up == 1 and on () (count(host:up == 1) == 2)")
                # No target is missed: what the agent scrapes has the labels that the inventory expects.
                missed = server.query("monogen:target_expected:info unless on (instance, job, server) up")
    assert footprint["metric"]["instance"] == "spark"
    assert {series["metric"]["instance"] for series in up} == {"spark", "nas"}
    assert missed == []
