"""Each host's numbers, computed from its page by hand: which devices and file systems count, and how much.

Rates are asked over ten seconds instead of five minutes, which the server has not been up for.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from engine import by_instance
from pages import samples, uptime
from world import World

pytestmark = pytest.mark.prometheus

CLASSES = ("linux", "nas", "spark", "gpu", "mac", "mac-old", "mac-10-14")
"""One host for every node page."""

MOUNTS = {
    "linux": {"/", "/data"},
    "nas": {"/", "/srv/array", "/srv/btrfs/home", "/pool/a"},
    "spark": {"/"},
    "gpu": {"/", "/models"},
    "mac": {"/System/Volumes/Data", "/Volumes/Backup", "/Volumes/USB"},
    "mac-old": {"/System/Volumes/Data"},
    "mac-10-14": {"/"},
}
DISKS = {
    "linux": {"nvme0n1", "sda"},
    "nas": {"sda", "sdb", "sdc", "mmcblk0"},
    "spark": {"nvme0n1"},
    "gpu": {"nvme0n1", "nvme1n1"},
    "mac": {"disk0", "disk4"},
    "mac-old": {"disk0"},
    "mac-10-14": {"disk0"},
}
INTERFACES = {
    "linux": {"enp5s0", "wlp6s0"},
    "nas": {"eno1", "eno2"},
    "spark": {"enP7s7", "enp1s0f0np0", "enp1s0f1np1", "wlP9s9"},
    "gpu": {"eth0", "eth1"},
    "mac": {"en0", "en1", "en2", "en3", "en4", "en5", "en6"},
    "mac-old": {"en0", "en1", "en2", "en3", "en4", "en5"},
    "mac-10-14": {"en0", "en1"},
}


def details(proof: World, recorded: str, host: str, label: str) -> dict[str, float]:
    """A recorded series of one host by its detail."""
    found = proof.server.query(f'{recorded}{{instance="{host}"}}')
    values = {series["metric"][label]: float(series["value"][1]) for series in found}
    assert len(values) == len(found)
    return values


def fresh(proof: World, recorded: str, host: str) -> list[dict[str, dict[str, str] | list[str]]]:
    """What the rule gives for a host over the last ten seconds."""
    proof.server.wait_for("min(count_over_time(up[15s])) > 11")
    (expr,) = {rule.expr for rule in proof.built.monitoring.rules if rule.record == recorded}
    found = proof.server.query(expr.replace("[5m]", "[10s]"))
    return [series for series in found if series["metric"]["instance"] == host]


def of_page(proof: World, host: str, name: str, label: str) -> dict[str, float]:
    """A metric of the host's page by one of its labels."""
    found = {}
    for series, value in samples(proof.page(f"/{host}/node")).items():
        if series.startswith(f"{name}{{") and (match := re.search(rf'[{{,]{label}="([^"]*)"', series)):
            found[match[1]] = value
    return found


@pytest.mark.parametrize("host", CLASSES)
def test_file_systems(proof: World, host: str) -> None:
    size = details(proof, "host:filesystem_size_bytes", host, "mountpoint")
    available = details(proof, "host:filesystem_available_bytes", host, "mountpoint")
    used = details(proof, "host:filesystem_used:ratio", host, "mountpoint")
    assert set(size) == set(available) == set(used) == MOUNTS[host]
    for mount in MOUNTS[host]:
        expected = of_page(proof, host, "node_filesystem_size_bytes", "mountpoint")[mount]
        free = of_page(proof, host, "node_filesystem_avail_bytes", "mountpoint")[mount]
        assert (size[mount], available[mount]) == (expected, free)
        assert used[mount] == pytest.approx(1 - free / expected)


@pytest.mark.parametrize("host", CLASSES)
@pytest.mark.parametrize(
    ("recorded", "counter", "devices"),
    [
        ("host:disk_read_bytes:rate5m", "node_disk_read_bytes_total", DISKS),
        ("host:disk_written_bytes:rate5m", "node_disk_written_bytes_total", DISKS),
        ("host:network_receive_bytes:rate5m", "node_network_receive_bytes_total", INTERFACES),
        ("host:network_transmit_bytes:rate5m", "node_network_transmit_bytes_total", INTERFACES),
    ],
)
def test_traffic(proof: World, host: str, recorded: str, counter: str, devices: dict[str, set[str]]) -> None:
    up = uptime(proof.page(f"/{host}/node"))
    expected = {device: value / up for device, value in of_page(proof, host, counter, "device").items()}
    found = {s["metric"]["device"]: float(s["value"][1]) for s in fresh(proof, recorded, host)}
    assert set(found) == devices[host]
    for device, rate in found.items():
        assert rate == pytest.approx(expected[device], rel=0.05), device


@pytest.mark.parametrize("host", CLASSES)
def test_disk_latency_is_time_over_operations(proof: World, host: str) -> None:
    def sums(*names: str) -> dict[str, float]:
        pages = [of_page(proof, host, f"node_disk_{name}_total", "device") for name in names]
        return {device: sum(page[device] for page in pages) for device in pages[0]}

    time = sums("read_time_seconds", "write_time_seconds")
    operations = sums("reads_completed", "writes_completed")
    found = fresh(proof, "host:disk_latency_seconds:mean5m", host)
    assert {series["metric"]["device"] for series in found} == DISKS[host]
    for series in found:
        device = series["metric"]["device"]
        assert float(series["value"][1]) == pytest.approx(time[device] / operations[device], rel=0.02)


@pytest.mark.parametrize("host", CLASSES)
def test_cpu(proof: World, host: str) -> None:
    text = proof.page(f"/{host}/node")
    modes: dict[str, float] = {}
    cpus = set()
    for series, value in samples(text).items():
        if match := re.match(r'node_cpu_seconds_total\{cpu="(\d+)",mode="(\w+)"\}', series):
            cpus.add(match[1])
            modes[match[2]] = modes.get(match[2], 0) + value
    busy = sum(value for mode, value in modes.items() if mode not in ("idle", "iowait", "steal"))
    (found,) = fresh(proof, "host:cpu_busy:ratio_rate5m", host)
    assert float(found["value"][1]) == pytest.approx(busy / (uptime(text) * len(cpus)), abs=0.03)
    assert by_instance(proof.server.query("host:cpu_count"))[host] == len(cpus)
    load = samples(text)["node_load1"] / len(cpus)
    assert by_instance(proof.server.query("host:load1_per_cpu:ratio"))[host] == pytest.approx(load)


@pytest.mark.parametrize("host", CLASSES)
def test_uptime(proof: World, host: str) -> None:
    expected = uptime(proof.page(f"/{host}/node"))
    assert by_instance(proof.server.query("host:uptime_seconds"))[host] == pytest.approx(expected, abs=300)


SWAP: dict[str, Callable[[dict[str, float]], float]] = {
    "linux": lambda page: page["node_memory_SwapTotal_bytes"] - page["node_memory_SwapFree_bytes"],
    "darwin": lambda page: page["node_memory_swap_used_bytes"],
}


@pytest.mark.parametrize("host", CLASSES)
def test_swap(proof: World, host: str) -> None:
    system = "darwin" if host.startswith("mac") else "linux"
    expected = SWAP[system](samples(proof.page(f"/{host}/node")))
    assert by_instance(proof.server.query("host:swap_used_bytes"))[host] == expected


@pytest.mark.parametrize("host", CLASSES)
def test_memory_is_used_or_available_and_never_more(proof: World, host: str) -> None:
    def of(recorded: str) -> float:
        return by_instance(proof.server.query(recorded))[host]

    total = of("host:memory_total_bytes")
    assert of("host:memory_used_bytes") + of("host:memory_available_bytes") == pytest.approx(total)
    assert of("host:memory_used:ratio") == pytest.approx(of("host:memory_used_bytes") / total)
    assert 0 <= of("host:memory_free_bytes") <= of("host:memory_available_bytes")


def test_temperatures(proof: World) -> None:
    found = by_instance(proof.server.query("host:temperature_celsius:max"))
    assert found == {
        "linux": 61, "nas": 48, "spark": 58, "spark-smi": 58, "gpu": 67.5, "gpu-49": 67.5, "gpu-smi": 67.5,
        "mac": 58.4, "mac-mactop": 57.6, "serve": 67.5, "proxy": 61,
    }  # fmt: skip


def test_gpus(proof: World) -> None:
    """Utilisation, power, temperature and clock by host and GPU, of every exporter."""
    a, b = "b27e4d10-5c8f-4a16-9e43-71d0c86fa3b5", "0d94c7ee-1ab3-42f8-b6d5-e58f3720c19a"
    box = "6a1f0c52-93d7-4be0-8a35-2f64d09ce817"
    expected = {
        ("spark", box): (0.93, 58.25, 61, 2.411e9),
        ("spark-smi", box): (0.93, 58.7, 62, 2.411e9),
        ("gpu", a): (0.88, 281.4, 67, 2.49e9),
        ("gpu", b): (0.12, 86.7, 44, 1.185e9),
        ("gpu-49", a): (0.88, 281.4, 67, 2.49e9),
        ("gpu-49", b): (0.12, 86.7, 44, 1.185e9),
        ("gpu-smi", a): (0.88, 282.1, 68, 2.49e9),
        ("gpu-smi", b): (0.12, 87.2, 45, 1.185e9),
        ("serve", a): (0.88, 282.1, 68, 2.49e9),
        ("serve", b): (0.12, 87.2, 45, 1.185e9),
        ("mac", "0"): (0.82, 31.6, 61.2, 1.204e9),
        ("mac-mactop", "0"): (0.79, 30.9, 60.5, 1.19e9),
    }
    names = ("gpu_utilization:ratio", "gpu_power_watts", "gpu_temperature_celsius", "gpu_clock_hertz")
    for place, name in enumerate(names):
        found = proof.server.query(f"host:{name}")
        values = {(s["metric"]["instance"], s["metric"]["gpu"]): float(s["value"][1]) for s in found}
        assert values == pytest.approx({key: row[place] for key, row in expected.items()}), name


def test_memory_of_discrete_gpus(proof: World) -> None:
    mib = 2**20
    for host in ("gpu", "gpu-49", "gpu-smi"):
        used = details(proof, "host:gpu_memory_used_bytes", host, "gpu")
        total = details(proof, "host:gpu_memory_total_bytes", host, "gpu")
        assert sorted(used.values()) == [21504 * mib, 38912 * mib]
        assert set(total.values()) == {46068 * mib}


def test_memory_of_processes_is_counted_once_a_process(proof: World) -> None:
    mib = 2**20
    assert details(proof, "host:process_gpu_memory_bytes", "spark-smi", "pid") == {
        "3305": 79872 * mib,
        "4410": 15360 * mib,
    }
    # A process that computes on two GPUs has memory on both.
    assert details(proof, "host:process_gpu_memory_bytes", "gpu-smi", "pid") == {
        "4121": (38400 + 12288) * mib,
        "5377": 8704 * mib,
    }
