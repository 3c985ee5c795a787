"""Cards of what real rules recorded on a real Prometheus: a simulated load, a server that restarts."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

import pytest
from card_history import GIB
from engine import Prometheus, backfill, prometheus_binaries
from monogen import catalog, inventory
from monogen.build import build
from monogen.fit.verdict import Verdict
from monogen.live.card.card import Card, card
from monogen.live.card.history import read
from monogen.live.card.window import Window
from monogen.live.prometheus import Prometheus as Asked
from monogen.live.simulate import Simulation
from monogen.live.simulate import prometheus as simulated

pytestmark = pytest.mark.prometheus

HOSTS = """
fleet: made-up
electricity: {price: 0.5}
hosts:
  - name: spark-1
    hardware: gb10
    memory: 128GB
    reserved: 12GiB
    exporters: {node: {}, dcgm: {}, nvidia-smi: {}, vllm: {}}
    models: [{name: big, file: 60GiB, kv_cache: 4GiB, overhead: 2GiB}]
"""


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    file = tmp_path / "hosts.yaml"
    file.write_text(HOSTS)
    return file


def made(url: str, window: Window, fleet: inventory.Fleet | None = None) -> Card:
    with Asked(url) as server:
        return card(read(server, "spark-1", window), "", fleet)


def shown(page: str, name: str, more: str = "") -> float:
    """A value of a page; the first series of that name that has ``more`` in its labels."""
    return next(
        float(line.rpartition(" ")[2])
        for line in page.splitlines()
        if line.startswith((f"{name} ", f"{name}{{")) and more in line
    )


def used(simulation: Simulation) -> float:
    page = simulation.page("spark-1", "node")
    return shown(page, "node_memory_MemTotal_bytes") - shown(page, "node_memory_MemAvailable_bytes")


def test_a_simulated_load(hosts: Path) -> None:
    """What the card says is what the simulated machine held, read from its pages beside Prometheus."""
    binary = prometheus_binaries()[-1:] or pytest.skip("no Prometheus")
    fleet = simulated.scraped_each(inventory.load(hosts, catalog.kinds), 1)
    # Ten times as fast: the load begins after 16 seconds and takes 6.
    with Simulation(fleet, stages=["model-loads:spark-1@160s"], speed=10) as simulation:
        begun = time.time()
        monitoring = simulated.planned(simulation.fleet, lambda *_: (str(hosts), 0, 0))
        with simulated.Prometheus(binary[0], simulation.fleet, monitoring) as server:
            held: list[tuple[float, float, float]] = []
            while time.time() < begun + 34:
                watts = shown(simulation.page("spark-1", "dcgm"), "DCGM_FI_DEV_POWER_USAGE")
                held.append((time.time(), used(simulation), watts))
                time.sleep(0.25)
            window = Window("A", begun + 15, begun + 33, 5, time.time())
            found = made(server.url, window, fleet)
    before = [size for at, size, _ in held if window.start - 4 < at < window.start]
    during = [each for each in held if window.start < each[0] < window.end]
    added = max(size for _, size, _ in during) - median(before)
    assert added > 50 * GIB, "the simulation loaded no model"
    numbers = {measure.key: measure.value for measure in found.measures}
    assert numbers["added_bytes"] == pytest.approx(added, rel=0.02)
    assert numbers["footprint_peak_bytes"] == pytest.approx(max(s for _, s, _ in during) - 12 * GIB, rel=0.02)
    assert numbers["budget_bytes"] == 66 * GIB
    energy = sum(watts for _, _, watts in during) / len(during) * window.seconds / 3600
    assert numbers["energy_watthours"] == pytest.approx(energy, rel=0.15)
    assert numbers["energy_cost"] == pytest.approx(numbers["energy_watthours"] / 1000 * 0.5)
    assert found.subject.model == "big"
    assert found.subject.before == frozenset()
    assert found.verdict is Verdict.FITS
    assert found.coverage > 0.9


SERVER = 'job="vllm",instance="spark-1",os="linux",hardware="gb10",fleet="made-up",server="vllm"'


def test_a_counter_that_is_reset(hosts: Path, prometheus_binary: Path, tmp_path: Path) -> None:
    """20 tokens a second for an hour; halfway the server restarts and counts from 0."""
    start, end = 1_760_000_400, 1_760_004_000
    restart = start + 1800
    rule = next(
        rule.expr
        for rule in build(hosts, "prometheus").monitoring.rules
        if rule.record == "server:tokens_generated:rate5m"
    )
    raw = ["# TYPE vllm:generation_tokens counter"]
    for at in range(start - 900, end + 1, 15):
        count = 5000 + 20 * (at - start + 900) if at < restart else 20 * (at - restart)
        raw.append(f'vllm:generation_tokens_total{{{SERVER},model_name="big",engine="0"}} {count} {at}')
    (tmp_path / "prometheus.yml").write_text("global: {}\n")
    (tmp_path / "raw").mkdir()
    backfill(tmp_path / "raw" / "data", "\n".join([*raw, "# EOF", ""]))
    with Prometheus(prometheus_binary, tmp_path / "prometheus.yml", tmp_path / "raw" / "data") as server:
        recorded = server.query_range(rule, start - 600, end, 30)
    assert len(recorded) == 1
    labels = ",".join(f'{name}="{value}"' for name, value in recorded[0]["metric"].items())
    lines = ["# TYPE server:tokens_generated:rate5m gauge"]
    lines += [f"server:tokens_generated:rate5m{{{labels}}} {v} {int(t)}" for t, v in recorded[0]["values"]]
    lines += ["# TYPE host:up gauge"]
    host = 'instance="spark-1",os="linux",hardware="gb10",fleet="made-up"'
    lines += [f"host:up{{{host}}} 1 {at}" for at in range(start - 600, end + 1, 30)]
    (tmp_path / "kept").mkdir()
    backfill(tmp_path / "kept" / "data", "\n".join([*lines, "# EOF", ""]))
    with Prometheus(prometheus_binary, tmp_path / "prometheus.yml", tmp_path / "kept" / "data") as server:
        found = made(server.url, Window("A", start, end, 600, end + 9999)).by_key
    # Between two scrapes around the restart 300 tokens are lost, and nothing is counted twice.
    assert found["tokens_generated_peak"].value == pytest.approx(20)
    assert found["tokens_generated_total"].value == pytest.approx(20 * 3600, rel=0.01)
    assert found["tokens_generated_total"].value <= 20 * 3600 * 1.001
