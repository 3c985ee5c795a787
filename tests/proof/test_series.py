"""Every recorded series has data on every host it is meant for, and the data are right.

The numbers are computed from the pages by hand here, not by the rules: a wrong formula cannot prove itself.
"""

from __future__ import annotations

import pytest
from engine import by_instance
from pages import samples, uptime
from world import World

pytestmark = pytest.mark.prometheus


def test_every_rule_is_loaded_and_healthy(proof: World) -> None:
    groups = proof.server.get("rules")["groups"]
    unhealthy = {r["name"]: r.get("lastError") for g in groups for r in g["rules"] if r["health"] != "ok"}
    assert unhealthy == {}
    assert sum(len(group["rules"]) for group in groups) == len(proof.built.monitoring.rules)


def test_every_target_is_up_with_the_labels_of_its_host(proof: World) -> None:
    up = proof.server.query("up")
    assert len(up) == sum(len(job.targets) for job in proof.built.monitoring.scrape_jobs)
    assert all(series["value"][1] == "1" for series in up)
    hosts = {host.name: host for host in proof.built.fleet.hosts}
    for series in up:
        labels = series["metric"]
        host = hosts[labels["instance"]]
        assert (labels["os"], labels["hardware"], labels["site"]) == (host.os, host.hardware, "lab")
        assert labels.get("rack") == host.labels.get("rack")


def test_no_series_is_missing_on_a_host_it_is_meant_for(proof: World) -> None:
    meant: dict[str, set[str]] = {}
    for rule in proof.built.monitoring.rules:
        if rule.record and not rule.optional:
            meant.setdefault(rule.record, set()).update(rule.hosts)
    missing = {}
    for name, hosts in meant.items():
        found = [series["metric"] for series in proof.server.query(f'{{__name__="{name}"}}')]
        if found and "instance" not in found[0]:
            continue  # a price is the fleet's, not a host's
        there = {labels["instance"] for labels in found}
        if there != hosts:
            missing[name] = (sorted(hosts - there), sorted(there - hosts))
    assert missing == {}, "missing on, and not expected on"


def test_host_series_carry_the_hosts_labels_and_one_detail_at_most(proof: World) -> None:
    details = [
        set(), {"gpu"}, {"gpu", "gpu_name", "gpu_index"}, {"mountpoint", "fstype"}, {"device"}, {"model"},
        {"pool"}, {"severity"}, {"driver_version"}, {"pid", "process_name"},
    ]  # fmt: skip
    hosts = {host.name: host for host in proof.built.fleet.hosts}
    for series in proof.server.query('{__name__=~"host:.+"}'):
        labels = series["metric"]
        host = hosts[labels["instance"]]
        own = {"__name__", "instance", "os", "hardware", "fleet", *host.labels}
        assert own <= set(labels)
        assert set(labels) - own in details, labels


USED = {
    "linux": lambda p: p["node_memory_MemTotal_bytes"] - p["node_memory_MemAvailable_bytes"],
    "spark": lambda p: p["node_memory_MemTotal_bytes"] - p["node_memory_MemAvailable_bytes"],
    "mac": lambda p: (
        p["node_memory_internal_bytes"]
        - p["node_memory_purgeable_bytes"]
        + p["node_memory_wired_bytes"]
        + p["node_memory_compressed_bytes"]
    ),
    "mac-old": lambda p: (
        p["node_memory_active_bytes"] + p["node_memory_wired_bytes"] + p["node_memory_compressed_bytes"]
    ),
}


@pytest.mark.parametrize("host", USED)
def test_memory_used_is_what_the_page_says(proof: World, host: str) -> None:
    page = samples(proof.page(f"/{host}/node"))
    assert by_instance(proof.server.query("host:memory_used_bytes"))[host] == pytest.approx(USED[host](page))


def test_the_footprint_on_a_gb10_is_read_from_ram(proof: World) -> None:
    page = samples(proof.page("/spark/node"))
    used = page["node_memory_MemTotal_bytes"] - page["node_memory_MemAvailable_bytes"]
    reserved = 12 * 2**30
    server = proof.server
    assert by_instance(server.query("host:model_footprint_bytes"))["spark"] == pytest.approx(used - reserved)
    capacity = page["node_memory_MemTotal_bytes"] - reserved
    assert by_instance(server.query("host:model_capacity_bytes"))["spark"] == pytest.approx(capacity)
    headroom = by_instance(server.query("host:model_headroom_bytes"))["spark"]
    assert headroom == pytest.approx(page["node_memory_MemAvailable_bytes"])
    # The other box does not state its reservation.
    assert by_instance(server.query("host:memory_reserved_bytes"))["spark-smi"] == 8 * 2**30


def test_the_gpus_limit_caps_what_models_can_have(proof: World) -> None:
    capacity = by_instance(proof.server.query("host:model_capacity_bytes"))
    page = samples(proof.page("/mac/node"))
    assert capacity["mac"] == 48 * 2**30
    assert capacity["mac-mactop"] == page["node_memory_total_bytes"] - 6 * 2**30


def test_the_stack_adds_up_to_the_whole_pool(proof: World) -> None:
    parts = ("footprint", "cache", "free", "reserved")
    total = " + ".join(f"host:model_{part}_bytes" for part in parts)
    sums = by_instance(proof.server.query(total))
    ram = by_instance(proof.server.query("host:memory_total_bytes"))
    framebuffers = by_instance(proof.server.query("sum by (instance) (host:gpu_memory_total_bytes)"))
    assert set(sums) == {"spark", "spark-smi", "gpu", "gpu-49", "gpu-smi", "serve", "mac", "mac-mactop"}
    for host, pool in sums.items():
        assert pool == pytest.approx(framebuffers.get(host, ram[host])), host


def test_both_namings_of_dcgm_give_base_units(proof: World) -> None:
    old, new = samples(proof.page("/gpu/dcgm")), samples(proof.page("/gpu-49/dcgm"))
    names = {
        "host:gpu_clock_hertz": ("DCGM_FI_DEV_SM_CLOCK", 1e6, "DCGM_FI_DEV_SM_CLOCK_HERTZ"),
        "host:gpu_utilization:ratio": ("DCGM_FI_DEV_GPU_UTIL", 0.01, "DCGM_FI_DEV_GPU_UTIL_RATIO"),
        "host:gpu_memory_used_bytes": ("DCGM_FI_DEV_FB_USED", 2**20, "DCGM_FI_DEV_FB_USED_BYTES"),
        "host:gpu_power_watts": ("DCGM_FI_DEV_POWER_USAGE", 1, "DCGM_FI_DEV_BOARD_POWER_WATTS"),
    }
    for recorded, (below, factor, since) in names.items():
        for host, page, name, times in (("gpu", old, below, factor), ("gpu-49", new, since, 1)):
            expected = sorted(v * times for series, v in page.items() if series.startswith(f"{name}{{"))
            found = proof.server.query(f'{recorded}{{instance="{host}"}}')
            assert sorted(float(series["value"][1]) for series in found) == pytest.approx(expected)


def test_a_mac_has_one_line_a_container_and_never_the_sum(proof: World) -> None:
    found = proof.server.query('host:filesystem_size_bytes{instance="mac"}')
    mounts = {series["metric"]["mountpoint"]: float(series["value"][1]) for series in found}
    page = samples(proof.page("/mac/node"))
    data = next(
        v for s, v in page.items()
        if s.startswith("node_filesystem_size_bytes") and 'mountpoint="/System/Volumes/Data"' in s
    )  # fmt: skip
    assert mounts["/System/Volumes/Data"] == data
    assert all(mount == "/System/Volumes/Data" or mount.startswith("/Volumes/") for mount in mounts)
    old = proof.server.query('host:filesystem_size_bytes{instance="mac-10-14"}')
    assert [series["metric"]["mountpoint"] for series in old] == ["/"]


def test_linux_file_systems_are_real_and_each_once(proof: World) -> None:
    for host in ("linux", "nas", "spark", "gpu"):
        found = proof.server.query(f'host:filesystem_size_bytes{{instance="{host}"}}')
        kinds = {series["metric"]["fstype"] for series in found}
        assert kinds.isdisjoint({"tmpfs", "overlay", "vfat", "squashfs", "nfs", "nfs4", "devtmpfs"}), host
        mounts = [series["metric"]["mountpoint"] for series in found]
        assert "/" in mounts
        assert len(mounts) == len(set(mounts))


def test_rates_are_of_physical_devices_only(proof: World) -> None:
    disks = proof.server.query("host:disk_read_bytes:rate5m")
    assert not any(s["metric"]["device"].startswith(("loop", "dm-", "md", "zd")) for s in disks)
    interfaces = proof.server.query("host:network_receive_bytes:rate5m")
    virtual = ("lo", "veth", "docker", "br-", "utun", "awdl", "llw", "bridge", "anpi", "ap1", "gif", "stf")
    assert not any(s["metric"]["device"].startswith(virtual) for s in interfaces)


RATES = {
    "host:disk_read_bytes:rate5m": ("node_disk_read_bytes_total", "disk0"),
    "host:network_receive_bytes:rate5m": ("node_network_receive_bytes_total", "en0"),
}


@pytest.mark.parametrize("recorded", RATES)
def test_a_rate_is_the_growth_of_the_counter(proof: World, recorded: str) -> None:
    """Over ten seconds instead of five minutes, which the server has not been up for; that is coarse."""
    counter, device = RATES[recorded]
    page = proof.page("/mac/node")
    expected = samples(page)[f'{counter}{{device="{device}"}}'] / uptime(page)
    (rule,) = [rule for rule in proof.built.monitoring.rules if rule.record == recorded]
    found = proof.server.query(rule.expr.replace("[5m]", "[10s]"))
    (value,) = [
        float(one["value"][1])
        for one in found
        if one["metric"]["instance"] == "mac" and one["metric"]["device"] == device
    ]
    assert value == pytest.approx(expected, rel=0.25)


def test_only_processes_that_the_exporter_lists_and_each_once(proof: World) -> None:
    page = proof.page("/gpu-smi/nvidia-smi")
    pids = {s.split('pid="')[1].split('"')[0] for s in samples(page) if "compute_app_used_memory" in s}
    found = proof.server.query('host:process_gpu_memory_bytes{instance="gpu-smi"}')
    assert sorted(series["metric"]["pid"] for series in found) == sorted(pids)


def test_sensors_that_are_missing_do_not_heat_the_host(proof: World) -> None:
    for series in proof.server.query("host:temperature_celsius:max"):
        assert 20 < float(series["value"][1]) < 110, series["metric"]


def test_nothing_fires_on_a_healthy_fleet(proof: World) -> None:
    pending = proof.server.get("alerts")["alerts"]
    found = {(alert["labels"]["alertname"], alert["labels"]["instance"]) for alert in pending}
    # A rate over five minutes of which half a minute was seen is low: CPUs look hardly ever idle.
    assert {alert for alert in found if alert[0] != "HostCpuSaturated"} == set()
