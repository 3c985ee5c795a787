"""Some alerts seen firing in a running Prometheus, and resolved when all is well again."""

from __future__ import annotations

import pytest
from world import World

pytestmark = pytest.mark.prometheus


def _firing(alert: str, host: str) -> str:
    return f'ALERTS{{alertname="{alert}", alertstate="firing", instance="{host}"}}'


def test_an_exporter_that_dies_on_a_host_that_lives(proof: World) -> None:
    proof.pages.take_away("/gpu/dcgm")
    try:
        (alert,) = proof.server.wait_for(_firing("ExporterDown", "gpu"))
        assert alert["metric"]["job"] == "dcgm-exporter"
        assert proof.server.query(_firing("HostDown", "gpu")) == []
        assert proof.server.wait_for('host:state:worst{instance="gpu"} == 1')
    finally:
        proof.pages.bring_back("/gpu/dcgm")
    assert proof.server.wait_for('host:state:worst{instance="gpu"} == 0')


def test_a_host_that_dies_is_unreachable(proof: World) -> None:
    proof.pages.take_away("/nas/node")
    try:
        (alert,) = proof.server.wait_for(_firing("HostDown", "nas"))
        assert alert["metric"]["severity"] == "critical"
        assert proof.server.wait_for('host:state:worst{instance="nas"} == 3')
        assert proof.server.query(_firing("ExporterDown", "nas")) == []
    finally:
        proof.pages.bring_back("/nas/node")
    assert proof.server.wait_for('host:state:worst{instance="nas"} == 0')


def test_a_mac_that_sleeps_is_away_and_nobody_is_woken(proof: World) -> None:
    paths = ("/mac-mactop/node", "/mac-mactop/mactop")
    for path in paths:
        proof.pages.take_away(path)
    try:
        assert proof.server.wait_for('host:state:worst{instance="mac-mactop"} == -1')
        assert proof.server.query('ALERTS{alertname="HostDown", instance="mac-mactop"}') == []
    finally:
        for path in paths:
            proof.pages.bring_back(path)
    assert proof.server.wait_for('host:state:worst{instance="mac-mactop"} == 0')


def test_a_driver_that_brings_the_framebuffer_is_noticed(proof: World) -> None:
    labels = 'gpu="0",UUID="GPU-1",modelName="NVIDIA GB10",DCGM_FI_DRIVER_VERSION="585.10"'
    appeared = f"# TYPE DCGM_FI_DEV_FB_USED gauge\nDCGM_FI_DEV_FB_USED{{{labels}}} 4096\n"
    proof.pages.edit("/spark/dcgm", lambda page: page + appeared)
    try:
        (alert,) = proof.server.wait_for(_firing("ExporterMetricAppeared", "spark"))
        assert alert["metric"]["metric"] == "DCGM_FI_DEV_FB_USED"
    finally:
        proof.pages.edit("/spark/dcgm", str)


def test_links_and_texts_are_filled_in(proof: World) -> None:
    """The templates of the annotations are Go's; only Prometheus can tell whether they work."""
    proof.pages.take_away("/gpu-smi/nvidia-smi")
    try:
        proof.server.wait_for(_firing("ExporterDown", "gpu-smi"))
        alerts = proof.server.get("alerts")["alerts"]
        (alert,) = [a for a in alerts if a["labels"].get("job") == "nvidia-gpu-exporter"]
        annotations = alert["annotations"]
        assert annotations["description"].startswith("nvidia-gpu-exporter of gpu-smi does not answer.")
        assert annotations["dashboard_url"] == "/d/monogen-proof-host?var-instance=gpu-smi"
    finally:
        proof.pages.bring_back("/gpu-smi/nvidia-smi")
