"""Exporters are told by their pages, whatever their port, and hosts by all their pages."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from discover_servers import Served, discovered, exporter, page, says
from monogen.build import build

# The kind, and the port of another exporter that it is served at, where that port is free here.
PAGES_OF = {
    "linux_node": "node", "gb10_node": "node", "darwin_arm64_node": "node", "darwin_old_node": "node",
    "darwin_10_14_node": "node", "nas_node": "node", "nvidia_node": "node",
    "gb10_dcgm": "dcgm", "nvidia_dcgm": "dcgm", "nvidia_dcgm_4_9": "dcgm",
    "gb10_nvidia_smi": "nvidia-smi", "nvidia_smi": "nvidia-smi", "macmon": "macmon", "mactop": "mactop",
    "vllm": "vllm", "llama_server": "llama-server", "sglang": "sglang", "trtllm_serve": "trtllm-serve",
    "litellm": "litellm", "ollama_lucavb": "ollama-exporter", "ollama_maravexa": "ollama-proxy",
    "lmstudio": "lmstudio", "llama_swap": "llama-swap",
}  # fmt: skip


def entry_of(*servers: Served, options: tuple[str, ...] = ()) -> dict[str, Any]:
    """The only entry of a host on which all these servers run; its ports are those of the tests."""
    result = discovered(*(server.place for server in servers), "--name", "box", *options)
    assert result.exit_code == 0, result.output
    (entry,) = yaml.safe_load(result.stdout)
    for settings in entry["exporters"].values():
        if isinstance(settings, dict):
            settings.pop("port", None)
    assert entry.pop("address") == "127.0.0.1"
    return entry  # type: ignore[no-any-return]


@pytest.mark.parametrize(("name", "kind"), PAGES_OF.items())
def test_exporter_is_told_by_its_page(name: str, kind: str) -> None:
    with exporter(name) as server:
        result = discovered(server.place, "--json")
        (host,) = json.loads(result.stdout)["hosts"]
        assert [(one["kind"], one["certain"]) for one in host["exporters"]] == [(kind, True)]


def test_page_at_the_path_of_another_exporter() -> None:
    with exporter("trtllm_serve", "/prometheus/metrics") as server:
        told = entry_of(server)["exporters"]["trtllm-serve"]
        assert told == {"collectors": {"iteration-stats": True, "perf-metrics": True}}


def test_redirect_on_the_same_server_is_followed() -> None:
    paths = {
        "/metrics": says("", status=307, headers={"Location": "/metrics/"}),
        "/metrics/": says(page("litellm")),
    }
    with Served(paths) as server:
        assert entry_of(server)["exporters"] == {"litellm": {}}


def test_gb10_is_told_by_the_name_of_its_gpu() -> None:
    with exporter("gb10_node") as node, exporter("gb10_dcgm") as dcgm, exporter("vllm") as vllm:
        assert entry_of(node, dcgm, vllm) == {
            "name": "box",
            "hardware": "gb10",
            "memory": "128GB",
            "exporters": {
                "node": {"version": "1.11.1"},
                "dcgm": {},
                "vllm": {"collectors": {"mfu-metrics": True}},
            },
            "models": [{"name": "openai/gpt-oss-120b"}],
        }


def test_gb10_without_gpu_exporter_is_told_by_its_board() -> None:
    with exporter("gb10_node") as node:
        assert entry_of(node)["hardware"] == "gb10"


def test_cpus_and_memory_of_a_gb10_are_a_hint_only() -> None:
    text = page("gb10_node").replace("NVIDIA_DGX_Spark", "Something")
    with Served({"/metrics": says(text)}) as node:
        result = discovered(node.place, "--name", "box")
        (entry,) = yaml.safe_load(result.stdout)
        assert (entry["os"], "hardware" in entry) == ("linux", False)
        assert "if it is one, write `hardware: gb10`" in result.stdout


def test_framebuffer_on_a_gb10_is_worth_a_word() -> None:
    text = page("gb10_dcgm") + 'DCGM_FI_DEV_FB_USED{gpu="0",UUID="GPU-1",modelName="NVIDIA GB10"} 1\n'
    with Served({"/metrics": says(text)}) as dcgm:
        result = discovered(dcgm.place)
        assert "hardware: gb10" in result.stdout
        assert "DCGM_FI_DEV_FB_USED is there, which no GB10 had so far" in result.stdout


def test_mac_with_its_chip() -> None:
    with exporter("darwin_arm64_node") as node, exporter("macmon") as macmon:
        told = entry_of(node, macmon)
        assert told["exporters"] == {"node": {"version": "1.12.1"}, "macmon": {}}
        assert (told["hardware"], told["memory"], told["chip"]) == ("apple-silicon", "64GB", "M4 Max")


def test_intel_mac_is_generic() -> None:
    with exporter("darwin_old_node") as node:
        told = entry_of(node)
        assert told["os"] == "darwin"
        assert "hardware" not in told


@pytest.mark.parametrize("smi", [True, False])
def test_discrete_gpus_with_their_memory(smi: bool) -> None:
    with exporter("nvidia_node") as node, exporter("nvidia_smi" if smi else "nvidia_dcgm") as gpu:
        told = entry_of(node, gpu)
        assert (told["hardware"], told["gpu_memory"]) == ("nvidia", ["46068MiB", "46068MiB"])


def test_new_names_of_dcgm_tell_the_least_version() -> None:
    with exporter("nvidia_dcgm_4_9") as new, exporter("nvidia_dcgm") as old:
        assert entry_of(new)["exporters"]["dcgm"] == {"version": "4.9.0"}
        assert entry_of(old)["exporters"]["dcgm"] == {}


def test_node_exporter_in_the_virtual_machine_of_a_mac_is_written_off() -> None:
    with exporter("linux_node") as node, exporter("macmon") as macmon:
        result = discovered(node.place, macmon.place, "--name", "box")
        (entry,) = yaml.safe_load(result.stdout)
        assert (entry["hardware"], list(entry["exporters"])) == ("apple-silicon", ["macmon"])
        assert "# node:" in result.stdout
        assert "node_uname_info says linux, and the host is darwin" in result.stdout


def in_docker_desktop() -> Served:
    return Served(says(page("linux_node").replace("6.12.41-amd64", "6.12.5-linuxkit")))


def test_name_is_not_that_of_a_page_that_is_rejected() -> None:
    """Tunnels to a Mac and to a Linux host end at one address: the Mac must not be called linux-1."""
    with exporter("linux_node") as node, exporter("macmon") as macmon:
        result = discovered(node.place, macmon.place)
        (entry,) = yaml.safe_load(result.stdout)
        assert (entry["name"], list(entry["exporters"])) == ("127.0.0.1", ["macmon"])
        assert "these look like several machines (macmon is a Mac's, and node_exporter says" in result.stdout
    with exporter("linux_node") as node, exporter("darwin_arm64_node") as mac, exporter("macmon") as macmon:
        result = discovered(node.place, macmon.place, mac.place)
        (entry,) = yaml.safe_load(result.stdout)
        assert (entry["name"], list(entry["exporters"])) == ("mac-studio", ["node", "macmon"])
        assert entry["exporters"]["node"]["port"] == mac.port
        assert "node_exporter names linux-1, mac-studio" in result.stdout


def test_several_machines_of_one_system_are_said_to_be_several() -> None:
    with exporter("linux_node") as one, exporter("gb10_node") as two:
        result = discovered(one.place, two.place)
        assert "these look like several machines (node_exporter names linux-1, spark-1)" in result.stdout


def test_one_machine_is_not_said_to_be_several() -> None:
    with exporter("linux_node") as one, exporter("linux_node") as two, exporter("vllm") as vllm:
        assert "several machines" not in discovered(one.place, two.place, vllm.place).output
    with in_docker_desktop() as node, exporter("macmon") as macmon:
        output = discovered(node.place, macmon.place).output
        assert "virtual machine of Docker Desktop" in output
        assert "several machines" not in output


def test_collectors_that_differ_from_the_defaults() -> None:
    text = page("linux_node")
    less = "\n".join(line for line in text.split("\n") if "pressure" not in line)
    more = text + 'node_scrape_collector_success{collector="systemd"} 1\n'
    for name in (name for name, kind in PAGES_OF.items() if kind == "node"):
        with exporter(name) as usual:
            assert "collectors" not in entry_of(usual)["exporters"]["node"], name
    with Served({"/metrics": says(less)}) as off:
        assert entry_of(off)["exporters"]["node"]["collectors"] == {"pressure": False}
    with Served({"/metrics": says(more)}) as on:
        assert entry_of(on)["exporters"]["node"]["collectors"] == {"systemd": True}


def test_memory_as_it_is_sold_and_memory_of_no_size_that_is_sold() -> None:
    def with_memory(gib: float) -> str:
        return "\n".join(
            f"node_memory_MemTotal_bytes {gib * 2**30}"
            if line.startswith("node_memory_MemTotal_bytes ")
            else line
            for line in page("linux_node").split("\n")
        )

    for gib, sold in (
        (7.7, "8GB"),
        (15.5, "16GB"),
        (119.7, "128GB"),
        (9.6, "10GB"),
        (64, "64GB"),
        (503, "512GB"),
    ):
        with Served({"/metrics": says(with_memory(gib))}) as node:
            assert entry_of(node)["memory"] == sold


def test_models_of_a_proxy_are_not_the_hosts_own() -> None:
    with exporter("litellm") as proxy, exporter("linux_node") as node:
        assert "models" not in entry_of(proxy, node)


def test_two_servers_of_a_kind_get_names() -> None:
    with exporter("vllm") as one, exporter("vllm") as two, exporter("linux_node") as node:
        servers = entry_of(one, two, node)["exporters"]["vllm"]
        assert {server["port"] for server in servers} == {one.port, two.port}
        assert len({server["name"] for server in servers}) == 2


def test_usual_ports_that_clash(tmp_path: Path) -> None:
    """Two hosts at the exporters' usual ports, each of which has something else there; and it builds."""
    wanted = {
        "127.0.41.1": {9100: "gb10_node", 9400: "gb10_dcgm", 8000: "vllm", 8080: "llama_server"},
        "127.0.41.2": {9100: "nas_node", 9400: "ollama_maravexa", 8000: "ollama_lucavb", 8080: "llama_swap"},
    }
    file = tmp_path / "hosts.yaml"
    with ExitStack() as stack:
        try:
            for host, ports in wanted.items():
                for port, name in ports.items():
                    stack.enter_context(exporter(name, host=host, port=port))
        except OSError as error:
            pytest.skip(f"loopback has no {host}:{port} here: {error}")
        result = discovered(*wanted, "--into", file)
        assert result.exit_code == 0, result.output
        again = discovered(*wanted, "--into", file)
        assert again.exit_code == 0
        assert again.stderr.count("is in the inventory already") == 2
    hosts = {host["name"]: list(host["exporters"]) for host in yaml.safe_load(file.read_text())["hosts"]}
    assert hosts == {
        "spark-1": ["node", "dcgm", "llama-server", "vllm"],
        "nas-1": ["node", "llama-swap", "ollama-exporter", "ollama-proxy"],
    }
    assert len(build(file, "operator").fleet.hosts) == 2


def test_only_what_was_named_is_asked() -> None:
    with exporter("linux_node") as named, exporter("vllm") as other:
        discovered(named.place)
        assert named.asked == ["/metrics?autoload=false"]
        assert other.asked == []


def test_one_machine_under_two_addresses_is_taken_once() -> None:
    with exporter("linux_node") as node:
        result = discovered(node.place, f"localhost:{node.port}")
        assert len(yaml.safe_load(result.stdout)) == 1
        assert "the same machine as" in result.stderr
