"""The numbers of a simulated host hang together, move, and are the same in every run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from monogen import catalog, inventory
from monogen.inventory.model import Fleet
from monogen.live.simulate import Simulation
from simulated import Clock, total, values

FLEET = """
fleet: made-up
hosts:
  - name: spark-1
    hardware: gb10
    memory: 128GB
    reserved: 12GiB
    exporters: {node: {}, dcgm: {}, nvidia-smi: {}, vllm: {}}
    models:
      - {name: qwen3-coder-30b-a3b, file: 18GiB, kv_cache: 6GiB, overhead: 2GiB}
      - {name: gpt-oss-120b, file: 60GiB, kv_cache: 4GiB, overhead: 2GiB}
  - name: mac
    hardware: apple-silicon
    memory: 64GB
    chip: M4 Max
    exporters: {node: {}, macmon: {}, llama-server: {model: qwen3-4b}}
    models: [{name: qwen3-4b, file: 15GiB, kv_cache: 1GiB}]
  - name: gpu-box
    hardware: nvidia
    gpu_memory: [24GiB, 24GiB]
    exporters: {node: {}, dcgm: {}, sglang: {}}
    models: [{name: llama-3.1-8b, file: 15GiB, kv_cache: 2GiB}]
  - {name: nas, os: linux}
"""
GIB = 2**30


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    file = tmp_path_factory.mktemp("fleet") / "hosts.yaml"
    file.write_text(FLEET)
    return inventory.load(file, catalog.kinds)


def test_each_cpu_has_a_second_each_second(fleet: Fleet) -> None:
    clock = Clock()
    simulation = Simulation(fleet, clock=clock, stages=["memory-collapses:spark-1@20s"])
    first = simulation.page("spark-1", "node")
    clock.now += 60.4
    second = simulation.page("spark-1", "node")
    up = total(second, "node_time_seconds") - total(second, "node_boot_time_seconds")
    for cpu in map(str, range(20)):
        before = total(first, "node_cpu_seconds_total", cpu=cpu)
        after = total(second, "node_cpu_seconds_total", cpu=cpu)
        assert after - before == pytest.approx(60.4)
        assert after == pytest.approx(up)


COUNTERS = re.compile(r"_total\b|_bucket\b|_sum\b|_count\b|node_vmstat_|DCGM_FI_DEV_TOTAL_ENERGY")
NOT_COUNTED = re.compile(r"sglang:max_total|ollama_models_total|mactop|memory_Swap|node_memory_swap_total")


def test_counters_never_fall(fleet: Fleet) -> None:
    clock = Clock()
    simulation = Simulation(fleet, clock=clock, stages=["clock-stuck:spark-1@30s", "disk-fills:nas@5s"])
    last: dict[str, float] = {}
    for _ in range(40):
        clock.now += 3.7
        for host, name in simulation._exporters:
            page = simulation.page(host, name)
            types = dict(re.findall(r"# TYPE (\S+) (\S+)", page))
            for series, value in values(page).items():
                metric = series.partition("{")[0]
                base = re.sub(r"_(bucket|sum|count)$", "", metric)
                if "counter" in types.get(metric, "") or types.get(base) == "histogram":
                    key = f"{host}/{name}/{series}"
                    assert value >= last.get(key, 0.0), key
                    last[key] = value
    assert len(last) > 1000


def test_gauges_and_counters_move(fleet: Fleet) -> None:
    clock = Clock()
    simulation = Simulation(fleet, clock=clock)
    before = simulation.page("spark-1", "vllm"), simulation.page("spark-1", "dcgm")
    clock.now += 60
    after = simulation.page("spark-1", "vllm"), simulation.page("spark-1", "dcgm")
    generated = total(after[0], "vllm:generation_tokens_total") - total(
        before[0], "vllm:generation_tokens_total"
    )
    assert generated > 60
    energy = "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"
    watts = (total(after[1], energy) - total(before[1], energy)) / 1000 / 60
    assert 4 <= watts <= 84
    assert total(before[1], "DCGM_FI_DEV_GPU_TEMP") != total(after[1], "DCGM_FI_DEV_GPU_TEMP")


def test_the_same_seed_gives_the_same_numbers_however_often_it_is_asked(fleet: Fleet) -> None:
    pages = []
    for steps in (1, 37):
        clock = Clock()
        simulation = Simulation(fleet, clock=clock, seed=7)
        for _ in range(steps):
            clock.now = 1_790_000_000.0 + 100 * (_ + 1) / steps
            page = simulation.page("gpu-box", "sglang")
        pages.append(page)
    assert pages[0] == pages[1]
    other = Simulation(fleet, clock=Clock(), seed=8).page("gpu-box", "sglang")
    assert other != Simulation(fleet, clock=Clock(), seed=7).page("gpu-box", "sglang")


def test_names_are_those_of_the_inventory(fleet: Fleet) -> None:
    simulation = Simulation(fleet)
    assert 'nodename="spark-1"' in simulation.page("spark-1", "node")
    assert 'model_name="qwen3-coder-30b-a3b"' in simulation.page("spark-1", "vllm")
    assert 'chip="Apple M4 Max"' in simulation.page("mac", "macmon")
    assert 'modelName="NVIDIA GB10"' in simulation.page("spark-1", "dcgm")
    (dcgm,) = set(re.findall(r'UUID="GPU-([^"]+)"', simulation.page("spark-1", "dcgm")))
    (smi,) = set(re.findall(r'uuid="([^"]+)"', simulation.page("spark-1", "nvidia-smi")))
    assert dcgm == smi
    assert len(set(re.findall(r'UUID="([^"]+)"', simulation.page("gpu-box", "dcgm")))) == 2


def test_on_a_gb10_a_model_is_only_less_available_memory(fleet: Fleet) -> None:
    clock = Clock()
    simulation = Simulation(fleet, clock=clock, stages=["model-loads:spark-1@10s"])
    before = values(simulation.page("spark-1", "node"))
    clock.now += 120
    after = values(simulation.page("spark-1", "node"))
    lost = before["node_memory_MemAvailable_bytes"] - after["node_memory_MemAvailable_bytes"]
    assert lost == pytest.approx(26 * GIB, rel=0.02)
    for field in ("AnonPages", "Shmem", "Slab", "PageTables", "MemTotal"):
        name = f"node_memory_{field}_bytes"
        assert after[name] == pytest.approx(before[name], rel=0.02 if field != "Slab" else 0.8), field
    used = total(simulation.page("spark-1", "nvidia-smi"), "nvidia_smi_compute_app_used_memory_bytes")
    assert used == 26 * GIB


def test_reading_a_model_is_seen_on_the_disk(fleet: Fleet) -> None:
    clock = Clock()
    simulation = Simulation(fleet, clock=clock, stages=["model-loads:spark-1@10s"])
    read = "node_disk_read_bytes_total"
    before = total(simulation.page("spark-1", "node"), read)
    clock.now += 120
    grown = total(simulation.page("spark-1", "node"), read) - before
    assert grown == pytest.approx(18 * GIB, rel=0.05)


def test_on_a_mac_a_model_is_wired(fleet: Fleet) -> None:
    clock = Clock()
    simulation = Simulation(fleet, clock=clock, stages=["model-loads:mac@10s"])
    before = values(simulation.page("mac", "node"))
    clock.now += 120
    after = values(simulation.page("mac", "node"))
    wired = "node_memory_wired_bytes"
    assert after[wired] - before[wired] == pytest.approx(16 * GIB, rel=0.02)
    parts = ("active", "inactive", "wired", "compressed", "free")
    assert sum(after[f"node_memory_{part}_bytes"] for part in parts) == after["node_memory_total_bytes"]
    used = (
        after["node_memory_internal_bytes"]
        - after["node_memory_purgeable_bytes"]
        + after["node_memory_wired_bytes"]
        + after["node_memory_compressed_bytes"]
    )
    assert used == total(simulation.page("mac", "macmon"), "macmon_memory_ram_used_bytes")


def test_on_a_discrete_gpu_a_model_is_in_the_framebuffer(fleet: Fleet) -> None:
    page = Simulation(fleet).page("gpu-box", "dcgm")
    used, free, kept = (
        [value for series, value in values(page).items() if series.startswith(f"DCGM_FI_DEV_FB_{part}{{")]
        for part in ("USED", "FREE", "RESERVED")
    )
    assert max(used) == pytest.approx(17 * 1024, abs=400)
    for parts in zip(used, free, kept, strict=True):
        assert sum(parts) == pytest.approx(24 * 1024, abs=2)


def test_available_is_what_is_free_and_what_caches_can_give_back(fleet: Fleet) -> None:
    page = values(Simulation(fleet).page("nas", "node"))
    parts = ("MemFree", "Cached", "Buffers", "SReclaimable")
    assert page["node_memory_MemAvailable_bytes"] == sum(page[f"node_memory_{part}_bytes"] for part in parts)


def test_busy_means_power_and_a_low_clock_means_little(fleet: Fleet) -> None:
    clock = Clock()
    simulation = Simulation(fleet, clock=clock, stages=["clock-stuck:spark-1@300s"])
    watts: dict[bool, float] = {}
    for stuck in (False, True):
        clock.now += 290 if not stuck else 60
        page = simulation.page("spark-1", "dcgm")
        watts[stuck] = total(page, "DCGM_FI_DEV_POWER_USAGE")
        if stuck:
            assert total(page, "DCGM_FI_DEV_SM_CLOCK") == 507
            assert total(page, "DCGM_FI_DEV_GPU_UTIL") == 94
    assert watts[True] < 15 < watts[False] or watts[False] < 6


def test_a_server_starts_anew_with_its_model(fleet: Fleet) -> None:
    """The one time that counters fall: the process is another one."""
    clock = Clock()
    simulation = Simulation(fleet, clock=clock)
    clock.now += 5
    before = total(simulation.page("mac", "llama-server"), "llamacpp:tokens_predicted_total")
    simulation.start("model-loads:mac")
    clock.now += 70
    after = total(simulation.page("mac", "llama-server"), "llamacpp:tokens_predicted_total")
    assert 0 < after < 5000 < before


def test_what_a_histogram_counts_is_what_the_counter_counts(fleet: Fleet) -> None:
    clock = Clock()
    simulation = Simulation(fleet, clock=clock)
    clock.now += 30
    page = values(simulation.page("spark-1", "vllm"))
    (finished,) = {
        value for series, value in page.items() if series.startswith("vllm:e2e_request_latency_seconds_count")
    }
    done = sum(value for series, value in page.items() if series.startswith("vllm:request_success_total"))
    assert finished == pytest.approx(done, rel=0.01)


def test_the_driver_and_what_it_brings(fleet: Fleet) -> None:
    clock = Clock()
    simulation = Simulation(fleet, clock=clock, stages=["driver-bump:spark-1@10s"])
    assert "FB_USED" not in simulation.page("spark-1", "dcgm")
    clock.now += 11
    page = simulation.page("spark-1", "dcgm")
    assert 'DCGM_FI_DRIVER_VERSION="590.48.01"' in page
    assert total(page, "DCGM_FI_DEV_FB_USED") == pytest.approx(26 * 1024, rel=0.05)
    assert "nvidia_smi_memory_used_bytes" in simulation.page("spark-1", "nvidia-smi")


def test_every_exporter_of_the_golden_case_has_a_page() -> None:
    """All options at once: several servers of a kind, old versions, people's own paths."""
    fleet = inventory.load(Path(__file__).parents[2] / "golden/everything/hosts.yaml", catalog.kinds)
    simulation = Simulation(fleet)
    for host, name in simulation._exporters:
        assert len(simulation.page(host, name).splitlines()) > 5, (host, name)
    assert "DCGM_FI_DEV_FB_CAPACITY_BYTES{" in simulation.page("gpu-new", "dcgm")
    assert "DCGM_FI_DEV_FB_USED{" in simulation.page("gpu-old", "dcgm")


def test_a_kind_of_somebodys_own_catalog_has_a_page_that_moves(tmp_path: Path) -> None:
    own = tmp_path / "ups.yaml"
    own.write_text(
        "exporter: ups\ntitle: ups_exporter\nport: 9199\nos: [linux]\n---\n"
        "sources:\n  own: {page: a page of mine}\n"
        "defaults: {source: own, presence: always}\n"
        "groups:\n  - subject: UPS\n    metrics:\n"
        "      ups_load: {labels: [ups], help: Load.}\n"
        "      ups_energy_total: {type: counter, help: Energy.}\n"
    )
    file = tmp_path / "hosts.yaml"
    file.write_text(
        "fleet: own\ncatalogs: [ups.yaml]\n"
        "hosts:\n  - {name: nas, os: linux, exporters: {node: {}, ups: {}}}\n"
    )
    clock = Clock()
    simulation = Simulation(inventory.load(file, catalog.kinds), clock=clock)
    before = total(simulation.page("nas", "ups"), "ups_energy_total")
    clock.now += 10
    assert total(simulation.page("nas", "ups"), "ups_energy_total") == pytest.approx(before + 10)
