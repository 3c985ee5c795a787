"""Cluster nodes join the fleet by the relabelings of docs/kube-prometheus-stack.md, on a real Prometheus.

Kubernetes' service discovery is stood in for by static targets with the same meta labels, the operator by
its own relabelings before the chart's and by its spelling (sourceLabels becomes source_labels).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from doc_blocks import block, values
from doc_engines import eventually, labels, prometheus, settled
from doc_pages import served
from engine import Prometheus
from monogen.build import build

pytestmark = pytest.mark.prometheus

PAGE = "kube-prometheus-stack.md"
NODES = ("worker-1", "spark-2", "worker-9")
OPERATORS_OWN = {
    "namespace": "__meta_kubernetes_namespace",
    "service": "__meta_kubernetes_service_name",
    "pod": "__meta_kubernetes_pod_name",
    "container": "__meta_kubernetes_pod_container_name",
    "job": "__meta_kubernetes_service_label_jobLabel",
}
METRICS = """\
node_memory_MemTotal_bytes 64e9
node_memory_MemAvailable_bytes 32e9
node_memory_MemFree_bytes 16e9
node_cpu_seconds_total{cpu="0",mode="idle"} 100
node_load1 0.5
"""


def snake(name: str) -> str:
    """targetLabel as Prometheus writes it: target_label."""
    return re.sub("([A-Z])", lambda letter: f"_{letter[0].lower()}", name)


def relabelings() -> list[dict[str, Any]]:
    """What the operator makes of the page's relabelings."""
    own = [{"source_labels": [meta], "target_label": label} for label, meta in OPERATORS_OWN.items()]
    monitor = values(PAGE, "relabelings")["prometheus-node-exporter"]["prometheus"]["monitor"]
    return [*own, *({snake(key): value for key, value in rule.items()} for rule in monitor["relabelings"])]


def target(node: str, pages: str) -> dict[str, Any]:
    """What Kubernetes tells of the node_exporter pod of ``node``."""
    return {
        "targets": [pages],
        "labels": {
            "__metrics_path__": "/node",
            "__meta_kubernetes_namespace": "monitoring",
            "__meta_kubernetes_service_name": "kps-prometheus-node-exporter",
            "__meta_kubernetes_service_label_jobLabel": "node-exporter",
            "__meta_kubernetes_pod_name": f"kps-prometheus-node-exporter-{node}",
            "__meta_kubernetes_pod_container_name": "node-exporter",
            "__meta_kubernetes_pod_node_name": node,
        },
    }


@pytest.fixture(scope="module")
def server(prometheus_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus with the nodes' targets and monogen's rules for the page's inventory."""
    folder = tmp_path_factory.mktemp("joining")
    inventory = folder / "hosts.yaml"
    inventory.write_text(block(PAGE, "inventory of cluster nodes"), encoding="utf-8")
    built = build(inventory, "prometheus")
    assert not built.monitoring.scrape_jobs, "scraped_by: cluster asks for no target"
    files = [artifact for artifact in built.artifacts if artifact.path.startswith("rules/")]
    for number, artifact in enumerate(files):
        # Constants are evaluated once a minute; nobody wants to wait for that here.
        text = artifact.text.replace("interval: 1m", "interval: 1s")
        (folder / f"rules-{number}.yml").write_text(text, encoding="utf-8")
    with served({"node": METRICS}) as pages:
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(folder / "rules-*.yml")],
            "scrape_configs": [
                {
                    "job_name": "serviceMonitor/monitoring/kps-prometheus-node-exporter/0",
                    "static_configs": [target(node, pages) for node in NODES],
                    "relabel_configs": relabelings(),
                }
            ],
        }
        with prometheus(prometheus_binary, folder, yaml.safe_dump(config)) as running:
            yield running


def expected() -> dict[str, dict[str, str]]:
    """The labels of each host as the inventory states them."""
    hosts = values(PAGE, "inventory of cluster nodes")["hosts"]
    return {
        host["name"]: {
            "instance": host["name"],
            "os": "linux",
            "hardware": host.get("hardware", "generic"),
            "fleet": "homelab",
            **host["labels"],
        }
        for host in hosts
    }


def test_targets_get_the_labels_of_the_inventory(server: Prometheus) -> None:
    found = eventually(lambda: len(labels(server, "up == 1")) == len(NODES) and labels(server, "up"))
    kubernetes = {"namespace", "service", "pod", "container"}
    seen = {
        sample["instance"]: {name: value for name, value in sample.items() if name not in kubernetes}
        for sample in found
    }
    assert seen == {
        **{name: {**host, "job": "node-exporter"} for name, host in expected().items()},
        "worker-9": {"instance": "worker-9", "job": "node-exporter"},
    }


@pytest.mark.parametrize("series", ["host:info", "host:up == 1", "host:memory_used:ratio", "host:cpu_count"])
def test_the_rules_give_data_for_both_nodes_with_no_label_too_many(server: Prometheus, series: str) -> None:
    hosts = sorted(expected().values(), key=str)
    assert settled(lambda: sorted(labels(server, series), key=str), hosts) == hosts


def test_no_host_or_target_is_missed(server: Prometheus) -> None:
    count = len(expected())
    assert settled(lambda: len(labels(server, "monogen:target_expected:info")), count) == count
    missed = (
        "monogen:target_expected:info unless on (instance, job, server) up",
        'ALERTS{alertname=~"HostNotScraped|TargetNotScraped|HostDown|ExporterDown"}',
    )
    # Before the first scrape every host is missed, and the alerts are pending.
    assert settled(lambda: [labels(server, expression) for expression in missed], [[], []]) == [[], []]
