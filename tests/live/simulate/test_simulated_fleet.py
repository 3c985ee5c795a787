"""A simulated fleet on a real Prometheus: everything is scraped, every rule has data, every alert fires.

The generated configuration runs as it is, but for the addresses and the constants' interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from monogen import catalog, inventory
from monogen.live.simulate import Simulation
from monogen.live.simulate.prometheus import Prometheus, planned
from monogen.monitoring import Monitoring
from monogen.plan.checks import Locate
from simulated import Server

HERE = Path(__file__).parent
pytestmark = pytest.mark.prometheus


@dataclass(frozen=True)
class Running:
    """A simulated fleet, what was planned for it, and the server that runs that."""

    simulation: Simulation
    monitoring: Monitoring
    server: Server


@pytest.fixture(scope="module")
def running(prometheus_binary: Path) -> Iterator[Running]:
    fleet = inventory.load(HERE / "fleet.yaml", catalog.kinds)
    with Simulation(fleet, speed=30) as simulation:
        monitoring = planned(simulation.fleet, nowhere)
        with (
            Prometheus(prometheus_binary, simulation.fleet, monitoring) as started,
            requests.Session() as session,
        ):
            session.trust_env = False
            server = Server(started.url, session)
            server.wait_for(f"count(host:state:worst) == {len(fleet.hosts)}")
            server.wait_for(f"count(host:cpu_busy:ratio_rate5m) == {len(fleet.hosts)}")
            server.wait_for("min(count_over_time(host:network_errors:rate5m[1m])) > 5")
            server.wait_for("min(count_over_time(up[1m])) > 12")
            yield Running(simulation, monitoring, server)


def nowhere(*_: object) -> tuple[str, int, int]:
    return ("fleet.yaml", 0, 0)


_: Locate = nowhere


def test_everything_is_scraped_without_error(running: Running) -> None:
    targets = running.server.get("targets")["activeTargets"]
    assert len(targets) == len(running.simulation.addresses)
    assert {target["lastError"] for target in targets} == {""}
    for target in targets:
        page = requests.get(target["scrapeUrl"], timeout=5).text
        (count,) = running.server.query(
            f'scrape_samples_scraped{{instance="{target["labels"]["instance"]}",'
            f'job="{target["labels"]["job"]}",server="{target["labels"].get("server", "")}"}}'
        )
        lines = sum(not line.startswith("#") for line in page.splitlines())
        assert int(count["value"][1]) == lines, target["scrapeUrl"]


def test_every_rule_is_healthy(running: Running) -> None:
    groups = running.server.get("rules")["groups"]
    unhealthy = {r["name"]: r.get("lastError") for g in groups for r in g["rules"] if r["health"] != "ok"}
    assert unhealthy == {}
    assert sum(len(group["rules"]) for group in groups) == len(running.monitoring.rules)


def test_no_series_is_missing_on_a_host_it_is_meant_for(running: Running) -> None:
    meant: dict[str, set[str]] = {}
    for rule in running.monitoring.rules:
        if rule.record and not rule.optional:
            meant.setdefault(rule.record, set()).update(rule.hosts)
    missing = {}
    for name, hosts in meant.items():
        found = [series["metric"] for series in running.server.query(f'{{__name__="{name}"}}')]
        if found and "instance" not in found[0]:
            continue
        there = {labels["instance"] for labels in found}
        if there != hosts:
            missing[name] = (sorted(hosts - there), sorted(there - hosts))
    assert missing == {}, "missing on, and not expected on"


def test_what_is_optional_is_there_too_where_a_simulated_host_has_it(running: Running) -> None:
    for name in ("host:memory_stalled:ratio_rate5m", "host:temperature_celsius:max", "host:gpu_xid_code",
                 "host:process_gpu_memory_bytes", "server:time_to_first_token_seconds:p95_5m"):  # fmt: skip
        assert running.server.wait_for(name, 30)


def test_nothing_fires_on_a_healthy_fleet(running: Running) -> None:
    alerts = running.server.get("alerts")["alerts"]
    found = {(alert["labels"]["alertname"], alert["labels"]["instance"]) for alert in alerts}
    # A rate over five minutes of which half a minute was seen is low: CPUs look hardly ever idle.
    assert {alert for alert in found if alert[0] != "HostCpuSaturated"} == set()


def test_cpus_add_up_and_the_stack_adds_up(running: Running) -> None:
    for series in running.server.query("sum by (instance, cpu) (rate(node_cpu_seconds_total[10s]))"):
        assert float(series["value"][1]) == pytest.approx(1, rel=0.05), series["metric"]
    parts = " + ".join(f"host:model_{part}_bytes" for part in ("footprint", "cache", "free", "reserved"))
    ram = by_instance(running.server.query("host:memory_total_bytes"))
    framebuffers = by_instance(running.server.query("sum by (instance) (host:gpu_memory_total_bytes)"))
    sums = by_instance(running.server.query(parts))
    assert set(sums) == {"spark", "spark-smi", "gpu", "gpu-49", "gpu-smi", "mac", "mac-mactop"}
    for host, pool in sums.items():
        assert pool == pytest.approx(framebuffers.get(host, ram[host]), rel=1e-3), host


def test_the_footprint_is_that_of_the_model(running: Running) -> None:
    footprint = by_instance(running.server.query("host:model_footprint_bytes"))
    assert footprint["spark"] == pytest.approx(26 * 2**30, rel=0.02)
    assert footprint["spark-smi"] == pytest.approx(20 * 2**30, rel=0.02)
    assert footprint["mac"] == pytest.approx(10 * 2**30, rel=0.02)
    assert footprint["gpu"] == pytest.approx(17.6 * 2**30, rel=0.02)


FIRES = {
    "exporter-dies:gpu": ("ExporterDown", "gpu"),
    "host-freezes:spark": ("HostDown", "spark"),
    "host-freezes:spark ": ("HostFrozen", "spark"),
    "driver-bump:spark": ("ExporterMetricAppeared", "spark"),
    "driver-bump:spark-smi": ("ExporterMetricAppeared", "spark-smi"),
    "clock-stuck:spark": ("GpuClockStuckLow", "spark"),
    "clock-stuck:spark-smi": ("GpuClockStuckLow", "spark-smi"),
    "memory-collapses:spark": ("ModelMemoryCollapsing", "spark"),
    "memory-collapses:mac": ("ModelHeadroomLow", "mac"),
    "two-resident:spark-smi": ("ModelsResidentTogether", "spark-smi"),
    "two-resident:spark-smi ": ("ModelOverBudget", "spark-smi"),
    "disk-fills:nas": ("HostDiskFull", "nas"),
    "disk-fills:mac": ("HostDiskFull", "mac"),
    "download:spark": ("ModelLoadDuringInference", "spark"),
}


@pytest.mark.parametrize("scenario", FIRES)
def test_a_scenario_makes_its_alert_fire(running: Running, scenario: str) -> None:
    alert, host = FIRES[scenario]
    stage = running.simulation.start(scenario.strip())
    try:
        assert alert in stage.scenario.alerts
        firing = f'ALERTS{{alertname="{alert}", alertstate="firing", instance="{host}"}}'
        assert running.server.wait_for(firing, 90)
    finally:
        running.simulation.stop(stage.scenario.name, host)


def by_instance(result: list[dict[str, object]]) -> dict[str, float]:
    return {series["metric"]["instance"]: float(series["value"][1]) for series in result}  # type: ignore[index]
