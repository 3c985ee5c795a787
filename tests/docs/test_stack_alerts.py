"""The stack's alerts about a fleet's hosts, from a real Prometheus into a real Alertmanager.

The expressions say what kube-prometheus-stack 88.5.3 asks for (without its waiting times), so that the
labels of these alerts, on which the inhibit rules of docs/kube-prometheus-stack.md stand, are no guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from doc_blocks import values
from doc_engines import alertmanager, alerts, eventually, labels, prometheus, settled
from doc_pages import served
from engine import Prometheus, free_port

pytestmark = pytest.mark.prometheus

JOB = 'job="node-exporter"'
STACK = {
    "NodeMemoryHighUtilization": f"""
        100 - node_memory_MemAvailable_bytes{{{JOB}}} / node_memory_MemTotal_bytes{{{JOB}}} * 100 > 90""",
    "NodeFilesystemAlmostOutOfSpace": f"""
        node_filesystem_avail_bytes{{{JOB}, fstype!="", mountpoint!=""}}
          / node_filesystem_size_bytes{{{JOB}, fstype!="", mountpoint!=""}} * 100 < 5
        and node_filesystem_readonly{{{JOB}, fstype!="", mountpoint!=""}} == 0""",
    "TargetDown": """
        100 * (count by (cluster, job, namespace, service) (up == 0)
          / count by (cluster, job, namespace, service) (up)) > 10""",
    "InfoInhibitor": """
        ALERTS{severity="info"} == 1
        unless on (namespace)
        ALERTS{alertname!="InfoInhibitor", severity=~"warning|critical", alertstate="firing"} == 1""",
    "Watchdog": "vector(1)",
}

GB10 = "node_memory_MemTotal_bytes 128e9\nnode_memory_MemAvailable_bytes 7e9\n"
LINUX = "node_memory_MemTotal_bytes 64e9\nnode_memory_MemAvailable_bytes 2e9\n"
VOLUMES = {"/": 1, "/System/Volumes/Data": 0, "/System/Volumes/VM": 0, "/System/Volumes/Preboot": 0}
MAC = "".join(
    f'node_filesystem_{name}{{device="/dev/disk1s{n}",fstype="apfs",mountpoint="{mount}"}} {value}\n'
    for n, (mount, readonly) in enumerate(VOLUMES.items())
    for name, value in (("size_bytes", 500e9), ("avail_bytes", 9e9), ("readonly", readonly))
)
HOSTS = {"spark": ("linux", "gb10"), "mac": ("darwin", "apple-silicon"), "nas": ("linux", "generic")}


def static(path: str, address: str, **own: str) -> dict[str, object]:
    """One target of the fleet, labelled as monogen labels it."""
    return {"targets": [address], "labels": {"fleet": "homelab", "__metrics_path__": f"/{path}", **own}}


def write_config(folder: Path, pages: str, alertmanager_url: str) -> str:
    """Three hosts that answer, a laptop that does not, one cluster node; the stack's rules."""
    rules = [
        {"alert": name, "expr": expr, "labels": {"severity": "none" if name[0] in "IW" else "warning"}}
        for name, expr in STACK.items()
    ]
    # Stands for any info alert of monogen's: a constant with the labels of a host.
    host = {"instance": "spark", "os": "linux", "hardware": "gb10", "fleet": "homelab"}
    info = {"alert": "GpuDriverChanged", "expr": "vector(1)", "labels": {**host, "severity": "info"}}
    groups = {"groups": [{"name": "stack", "rules": [*rules, info]}]}
    (folder / "rules.yml").write_text(yaml.safe_dump(groups), encoding="utf-8")
    fleet = [static(name, pages, instance=name, os=os, hardware=hw) for name, (os, hw) in HOSTS.items()]
    laptop = static("", f"127.0.0.1:{free_port()}", instance="laptop", os="darwin", hardware="apple-silicon")
    node = {"instance": "10.0.0.7:9100", "namespace": "monitoring", "service": "kps-node-exporter"}
    cluster = {"targets": [pages], "labels": {**node, "__metrics_path__": "/nas"}}
    jobs = [("fleet", [*fleet, laptop]), ("cluster", [cluster])]
    scrapes = [
        {
            "job_name": name,
            "static_configs": targets,
            "relabel_configs": [{"target_label": "job", "replacement": "node-exporter"}],
        }
        for name, targets in jobs
    ]
    return str(
        yaml.safe_dump(
            {
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(folder / "rules.yml")],
                "scrape_configs": scrapes,
                "alerting": {
                    "alertmanagers": [
                        {"static_configs": [{"targets": [alertmanager_url.removeprefix("http://")]}]}
                    ]
                },
            }
        )
    )


@pytest.fixture(scope="module")
def servers(
    prometheus_binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Prometheus, str]]:
    """Prometheus that evaluates the stack's rules, and the Alertmanager it sends to."""
    folder = tmp_path_factory.mktemp("stack")
    rules = values("kube-prometheus-stack.md", "inhibition")["alertmanager"]["config"]["inhibit_rules"]
    route = {"route": {"receiver": "people"}, "receivers": [{"name": "people"}]}
    with (
        served({"spark": GB10, "mac": MAC, "nas": LINUX}) as pages,
        alertmanager(folder, yaml.safe_dump({**route, "inhibit_rules": rules})) as receiver,
        prometheus(prometheus_binary, folder, write_config(folder, pages, receiver)) as server,
    ):
        yield server, receiver


def sent(url: str) -> dict[tuple[str, str, str], bool]:
    """What Alertmanager has: alert, host and volume (or namespace), and whether it is inhibited."""
    return {
        (
            alert["labels"]["alertname"],
            alert["labels"].get("instance", ""),
            alert["labels"].get("mountpoint", alert["labels"].get("namespace", "")),
        ): bool(alert["status"]["inhibitedBy"])
        for alert in alerts(url)
    }


def test_the_stack_fires_wrongly_and_the_page_quiets_it(servers: tuple[Prometheus, str]) -> None:
    _, url = servers
    space = "NodeFilesystemAlmostOutOfSpace"
    expected = {
        ("Watchdog", "", ""): False,
        ("NodeMemoryHighUtilization", "spark", ""): True,
        ("NodeMemoryHighUtilization", "nas", ""): False,
        ("NodeMemoryHighUtilization", "10.0.0.7:9100", "monitoring"): False,
        (space, "mac", "/System/Volumes/Data"): False,
        (space, "mac", "/System/Volumes/VM"): True,
        (space, "mac", "/System/Volumes/Preboot"): True,
        ("TargetDown", "", ""): True,
        ("GpuDriverChanged", "spark", ""): False,
    }
    found = settled(lambda: {k: v for k, v in sent(url).items() if k[0] != "InfoInhibitor"}, expected)
    assert found == expected


def test_target_down_names_no_host_and_no_fleet(servers: tuple[Prometheus, str]) -> None:
    server, _ = servers
    found = eventually(lambda: labels(server, 'ALERTS{alertname="TargetDown"}'))
    own = {"alertname": "TargetDown", "alertstate": "firing", "severity": "warning"}
    assert found == [{**own, "job": "node-exporter"}]


@pytest.mark.parametrize(("up", "down", "fires"), [(9, 1, False), (8, 1, True)])
def test_one_in_nine_is_enough_for_target_down(
    servers: tuple[Prometheus, str], up: int, down: int, fires: bool
) -> None:
    server, _ = servers
    targets = [f'label_replace(vector({i < up:d}), "n", "{i}", "", "")' for i in range(up + down)]
    together = "(" + " or ".join(targets) + ")"
    assert bool(labels(server, f"100 * (count({together} == 0) / count({together})) > 10")) is fires


def test_info_alerts_of_hosts_meet_an_inhibitor_without_a_namespace(servers: tuple[Prometheus, str]) -> None:
    server, _ = servers
    # The fleet's warnings (TargetDown among them) have no namespace either and lift it, so ask without them.
    expr = 'ALERTS{severity="info"} == 1 unless on (namespace) ALERTS{severity="warning", namespace!=""}'
    found = eventually(lambda: labels(server, expr))
    assert "namespace" not in found[0]
    assert found[0]["instance"] == "spark"
