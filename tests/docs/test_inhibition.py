"""What docs/kube-prometheus-stack.md says about quieting the stack's alerts, on a real Alertmanager.

The rules come from the page's own blocks. Alerts are posted with the labels that the stack's and
monogen's alerts carry; test_stack_alerts.py shows that a real Prometheus gives these labels.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from doc_blocks import block, values
from doc_engines import alertmanager, alertmanager_binary, alerts, eventually, fire, settled
from monogen import catalog
from monogen.plan.reference import everything
from monogen.plan.subjects import known_alerts, render, subjects

pytestmark = pytest.mark.prometheus

PAGE = "kube-prometheus-stack.md"
ROUTE = {"route": {"receiver": "people"}, "receivers": [{"name": "people"}]}
DATA = "/System/Volumes/Data"


@dataclass(frozen=True)
class Case:
    """One alert that fires, and whether nobody should hear of it."""

    labels: Mapping[str, str]
    muted: bool = False


def on(host: str, alertname: str, severity: str = "warning", **labels: str) -> dict[str, str]:
    """An alert about a host of the fleet."""
    kinds = {"spark": ("linux", "gb10"), "mac": ("darwin", "apple-silicon"), "gpu": ("linux", "nvidia")}
    os, hardware = kinds.get(host, ("linux", "generic"))
    place = {"instance": host, "os": os, "hardware": hardware, "fleet": "homelab"}
    return {**place, "alertname": alertname, "severity": severity, **labels}


def stack(host: str, alertname: str, severity: str = "warning", **labels: str) -> dict[str, str]:
    """An alert of the stack's about a host of the fleet: it keeps the target's job."""
    return on(host, alertname, severity, job="node-exporter", **labels)


def in_cluster(alertname: str, severity: str = "warning", **labels: str) -> dict[str, str]:
    """An alert of the stack's about a node of the cluster."""
    place = {"namespace": "monitoring", "service": "kps-prometheus-node-exporter", "job": "node-exporter"}
    return {**place, "alertname": alertname, "severity": severity, **labels}


WATCHDOG = {"alertname": "Watchdog", "severity": "none"}
SPACE, MEMORY = "NodeFilesystemAlmostOutOfSpace", "NodeMemoryHighUtilization"

NEVER_SENT = [
    Case(stack("spark", MEMORY), muted=True),
    Case(stack("gpu", MEMORY)),
    Case(in_cluster(MEMORY, instance="10.0.0.7:9100", pod="a")),
    Case(stack("mac", SPACE, mountpoint=DATA)),
    Case(stack("mac", SPACE, mountpoint="/")),
    Case(stack("mac", SPACE, mountpoint="/Volumes/Models")),
    Case(stack("mac", SPACE, mountpoint="/System/Volumes/VM"), muted=True),
    Case(stack("mac", SPACE, mountpoint="/System/Volumes/Preboot"), muted=True),
    Case(stack("mac", "NodeFilesystemFilesFillingUp", mountpoint="/System/Volumes/VM"), muted=True),
    Case(stack("gpu", SPACE, mountpoint="/boot")),
    Case({"alertname": "TargetDown", "severity": "warning", "job": "node-exporter"}, muted=True),
    Case({"alertname": "TargetDown", "severity": "warning", "job": "my-own-app"}),
    Case(in_cluster("TargetDown")),
]

SAID_ONCE = [
    Case(on("nas", "HostMemoryLow")),
    Case(stack("nas", MEMORY), muted=True),
    Case(stack("db", MEMORY)),
    Case(on("nas", "HostDiskFull", "critical", mountpoint="/", fstype="ext4")),
    Case(stack("nas", SPACE, mountpoint="/", fstype="ext4"), muted=True),
    Case(stack("nas", SPACE, mountpoint="/data", fstype="ext4")),
    Case({**stack("nas", SPACE, mountpoint="/"), "fleet": "office"}),
    Case(on("mac", "HostDiskFillingUp", mountpoint="/Volumes/Old", fstype="apfs")),
    Case(stack("mac", "NodeFilesystemSpaceFillingUp", mountpoint="/Volumes/Old"), muted=True),
    Case(on("nas", "HostInodesLow", mountpoint="/data", fstype="ext4")),
    Case(stack("nas", "NodeFilesystemAlmostOutOfFiles", mountpoint="/data"), muted=True),
    Case(stack("nas", "NodeFilesystemAlmostOutOfFiles", mountpoint="/")),
    Case(on("nas", "HostCpuSaturated")),
    Case(stack("nas", "NodeSystemSaturation"), muted=True),
    Case(stack("nas", "NodeCPUHighUsage", "info"), muted=True),
    Case(stack("db", "NodeSystemSaturation")),
]

CHARTS_OWN = [
    Case(stack("web", SPACE, "critical", mountpoint="/")),
    Case(stack("web", SPACE, mountpoint="/"), muted=True),
    Case(stack("db", SPACE, mountpoint="/")),
    Case(on("gpu", "GpuDriverChanged", "info", driver_version="580.142")),
    Case(on("gpu", "InfoInhibitor", "none", alertstate="firing"), muted=True),
    Case({"alertname": "CPUThrottlingHigh", "severity": "info", "namespace": "shop"}, muted=True),
    Case({"alertname": "InfoInhibitor", "severity": "none", "namespace": "shop"}, muted=True),
]


def all_of_monogen() -> Iterator[Case]:
    """Every alert of monogen at once, for one host: none of them may be muted."""
    for subject in subjects():
        for entry in render(subject, everything()):
            if "alert" in entry:
                yield Case(on("everything", entry["alert"], entry["severity"]))


@pytest.fixture(scope="module")
def quieted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An Alertmanager with the inhibit rules of the page."""
    rules = values(PAGE, "inhibition")["alertmanager"]["config"]["inhibit_rules"]
    with alertmanager(tmp_path_factory.mktemp("quieted"), config(rules)) as url:
        yield url


def config(inhibit_rules: list[Any]) -> str:
    """An Alertmanager's configuration."""
    return str(yaml.safe_dump({**ROUTE, "inhibit_rules": inhibit_rules}))


def send(url: str, cases: list[Case]) -> None:
    """Posts the alerts, and Watchdog, which always fires."""
    fire(url, [WATCHDOG, *(case.labels for case in cases)])


def shown(url: str) -> list[dict[str, Any]]:
    """The alerts as Alertmanager shows them, but Watchdog."""
    return [alert for alert in alerts(url) if alert["labels"] != WATCHDOG]


def told(labels: Mapping[str, str]) -> str:
    """An alert in one line, for comparing and reading."""
    return ", ".join(f"{name}={labels[name]}" for name in sorted(labels))


def muted(url: str) -> set[str]:
    """Those that are inhibited."""
    return {told(alert["labels"]) for alert in shown(url) if alert["status"]["inhibitedBy"]}


def holds(url: str, cases: list[Case]) -> None:
    """Alertmanager knows all the alerts and inhibits exactly those of ``cases`` that are to be muted."""
    ours = {told(case.labels) for case in cases}
    expected = {told(case.labels) for case in cases if case.muted}
    eventually(lambda: ours <= {told(alert["labels"]) for alert in shown(url)})
    # Alertmanager hears of sources and targets one after the other.
    assert settled(lambda: muted(url) & ours, expected) == expected


@pytest.mark.parametrize("cases", [NEVER_SENT, SAID_ONCE, CHARTS_OWN], ids=["never sent", "once", "chart"])
def test_exactly_what_the_page_says_is_inhibited(quieted: str, cases: list[Case]) -> None:
    assert {case.muted for case in cases} == {True, False}
    send(quieted, cases)
    holds(quieted, cases)


def test_no_alert_of_monogen_is_inhibited(quieted: str) -> None:
    cases = list(all_of_monogen())
    assert {case.labels["alertname"] for case in cases} == set(known_alerts())
    send(quieted, [*cases, Case(on("everything", "InfoInhibitor", "none"), muted=True)])
    holds(quieted, cases)


def test_the_rule_for_target_down_knows_every_job() -> None:
    text = block(PAGE, "inhibition")
    jobs = {kind.job for kind in catalog.kinds().values()}
    [line] = [line for line in text.splitlines() if "TargetDown" in line and "target_matchers" in line]
    listed = line.split('job =~ "')[1].split('"')[0].split("|")
    assert set(listed) == jobs
    assert f'job =~ "{"|".join(listed)}"' in block(PAGE, "routes")


def test_the_charts_own_rules_mute_info_alerts_of_hosts_and_other_hosts_warnings(tmp_path: Path) -> None:
    rules = values(PAGE, "inhibition")["alertmanager"]["config"]["inhibit_rules"][:4]
    for rule in rules[:2]:
        rule["equal"].remove("instance")
    rules[2]["target_matchers"].remove('fleet = ""')
    cases = [
        Case(stack("web", SPACE, "critical", mountpoint="/")),
        Case(stack("db", SPACE, mountpoint="/"), muted=True),
        Case(on("gpu", "GpuDriverChanged", "info", driver_version="580.142"), muted=True),
        Case(on("gpu", "InfoInhibitor", "none", alertstate="firing"), muted=True),
        Case(stack("spark", MEMORY)),
    ]
    with alertmanager(tmp_path, config(rules)) as url:
        send(url, cases)
        holds(url, cases)


def test_the_routes_lead_the_same_alerts_to_nobody(tmp_path: Path) -> None:
    written = values(PAGE, "routes")["alertmanager"]["config"]
    with alertmanager(tmp_path, yaml.safe_dump(written)) as url:
        send(url, NEVER_SENT)
        eventually(lambda: len(shown(url)) == len(NEVER_SENT))
        receivers = {told(alert["labels"]): [r["name"] for r in alert["receivers"]] for alert in shown(url)}
    expected = {told(case.labels): ["null" if case.muted else "people"] for case in NEVER_SENT}
    assert receivers == expected


def test_the_silence_holds_for_one_host_only(tmp_path: Path) -> None:
    mac, nas = (
        on("mac-studio", "HostDown", "critical", os="darwin", hardware="apple-silicon"),
        on("nas", "HostDown", "critical"),
    )
    amtool = alertmanager_binary().with_name("amtool")
    if not amtool.exists():
        pytest.skip("no amtool beside the Alertmanager")
    with alertmanager(tmp_path, config([])) as url:
        send(url, [Case(mac), Case(nas)])
        command = shlex.split(block(PAGE, "silence").replace("http://localhost:9093", url))
        assert command[0] == "amtool"
        subprocess.run([str(amtool), *command[1:]], check=True, capture_output=True, timeout=20)
        silenced = eventually(
            lambda: {told(alert["labels"]) for alert in shown(url) if alert["status"]["silencedBy"]}
        )
    assert silenced == {told(mac)}
