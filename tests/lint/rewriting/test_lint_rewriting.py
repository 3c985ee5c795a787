"""Which expression becomes which, and which is left alone because nothing says the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from monogen.lint.context import Context
from monogen.lint.fixing.scalars import Replacement, replaced
from monogen.lint.gathering import Gathered, gathered
from monogen.lint.reading.texts import documents_of_text, gather
from monogen.lint.rewriting.rewriting import rewritten
from monogen.lint.rewriting.stock import stock
from monogen.lint.settings import LintSettings
from monogen.promql import selectors

MIXED = """\
fleet: home
labels: {site: lab}
hosts:
  - {name: nas, os: linux}
  - {name: mac, hardware: apple-silicon, exporters: {node: {}, macmon: {}}}
  - {name: spark, hardware: gb10, exporters: {node: {}, dcgm: {}}}
"""
WITH_GPU = MIXED + "  - {name: gpu, hardware: nvidia, exporters: {node: {}, dcgm: {}}}\n"
MACS = """\
fleet: home
hosts:
  - {name: mac, hardware: apple-silicon, exporters: {node: {}, macmon: {}}}
"""
BARE_MAC = """\
fleet: home
hosts:
  - {name: nas, os: linux}
  - {name: mac, hardware: apple-silicon, exporters: {node: {}}}
"""


@dataclass(frozen=True)
class Rewriter:
    """Knows an inventory; answers with the expression as its author would find it, "" for nothing."""

    given: Gathered

    def rule(self, expr: str, record: str = "a:b:c") -> str:
        text = json.dumps({"groups": [{"name": "g", "rules": [{"record": record, "expr": expr}]}]})
        return self._mended(text, ("groups", 0, "rules", 0, "expr"), expr)

    def panel(self, expr: str, *variables: dict[str, Any]) -> str:
        keys = ("panels", 0, "targets", 0, "expr")
        return self._mended(json.dumps(board(expr, variables)), keys, expr)

    def _mended(self, text: str, keys: tuple[Any, ...], expr: str) -> str:
        linted = gather(documents_of_text("f.json", text))
        context = Context(linted, LintSettings(), self.given.fleet, self.given.world, self.given.generated)
        expression = next(one for one in linted.expressions if one.keys == keys)
        rewriting = rewritten(expression, context)
        if rewriting is None:
            return ""
        changes = [Replacement(c.start, c.end, c.text) for c in rewriting.fix.changes if c.keys == keys]
        return replaced(expr, changes)


def board(expr: str, variables: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    panel = {"id": 1, "type": "timeseries", "title": "P", "targets": [{"refId": "A", "expr": expr}]}
    return {"uid": "b", "title": "B", "panels": [panel], "templating": {"list": list(variables)}}


def variable(name: str, query: str) -> dict[str, Any]:
    return {"type": "query", "name": name, "query": query, "definition": query, "multi": True}


INSTANCE = variable("instance", "label_values(node_uname_info, instance)")

Rewriters = Callable[[str], Rewriter]


@pytest.fixture(scope="module")
def rewriter(tmp_path_factory: pytest.TempPathFactory) -> Rewriters:
    known: dict[str, Rewriter] = {}

    def of(inventory: str) -> Rewriter:
        if inventory not in known:
            folder = tmp_path_factory.mktemp("fleet")
            (folder / "hosts.yaml").write_text(inventory)
            (folder / "rules.yaml").write_text("groups: []\n")
            known[inventory] = Rewriter(
                gathered([Path(folder / "rules.yaml")], folder / "hosts.yaml", LintSettings())
            )
        return known[inventory]

    return of


M = "node_memory_"
USED = f"({M}MemTotal_bytes - {M}MemFree_bytes - {M}Cached_bytes - {M}Buffers_bytes)"
OR_RATIO = " or on (instance) host:memory_used:ratio"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"{M}MemTotal_bytes", "host:memory_total_bytes"),
        (f"{M}MemAvailable_bytes / 1024 ^ 3", "host:memory_available_bytes / 1024 ^ 3"),
        (f"{M}MemTotal_bytes - {M}MemAvailable_bytes", "host:memory_used_bytes"),
        (f"1 - {M}MemAvailable_bytes / {M}MemTotal_bytes", "host:memory_used:ratio"),
        (f"100 * (1 - ({M}MemAvailable_bytes / {M}MemTotal_bytes))", "100 * host:memory_used:ratio"),
        (
            f"({M}MemTotal_bytes - {M}MemAvailable_bytes) / {M}MemTotal_bytes * 100",
            "host:memory_used:ratio * 100",
        ),
        (
            f"100 - ({M}MemAvailable_bytes / {M}MemTotal_bytes * 100)",
            "100 - (host:memory_available_bytes / host:memory_total_bytes * 100)",
        ),
        (f"-{M}MemFree_bytes", "-host:memory_free_bytes"),
        (f"{M}MemFree_bytes offset 1d", "host:memory_free_bytes offset 1d"),
        (f"max_over_time({M}MemFree_bytes[1h] @ end())", "max_over_time(host:memory_free_bytes[1h] @ end())"),
        (f"sum by (site, instance) ({M}MemTotal_bytes)", "sum by (site, instance) (host:memory_total_bytes)"),
        (f"{M}SwapTotal_bytes - {M}SwapFree_bytes", "host:swap_used_bytes"),
        (f"({M}SwapTotal_bytes - {M}SwapFree_bytes) > 2e9", "host:swap_used_bytes > 2e9"),
        (
            f'{M}MemTotal_bytes{{job=\'node-exporter\', instance=~"nas|mac", site="lab"}}',
            'host:memory_total_bytes{instance=~"nas|mac", site="lab"}',
        ),
        (
            f'{M}MemTotal_bytes{{job="node",}} # all of it\n- {M}MemAvailable_bytes{{job="node"}}',
            "host:memory_used_bytes",
        ),
        (f"{M}Cached_bytes", f"{M}Cached_bytes or on (instance) host:memory_cache_bytes"),
        (
            f"8 * {M}SwapTotal_bytes",
            f"8 * ({M}SwapTotal_bytes or on (instance) {M}swap_total_bytes)",
        ),
        (f"100 * {USED} / {M}MemTotal_bytes", f"100 * {USED} / {M}MemTotal_bytes{OR_RATIO} * 100"),
        (f"{USED} / {M}MemTotal_bytes * 100", f"({USED} / {M}MemTotal_bytes{OR_RATIO}) * 100"),
        (
            f"100 * ({M}MemTotal_bytes - {M}MemAvailable_bytes) / {M}MemTotal_bytes > 95",
            "host:memory_used:ratio * 100 > 95",
        ),
        (
            f"({M}SwapTotal_bytes - {M}SwapFree_bytes) / {M}SwapTotal_bytes",
            f"({M}SwapTotal_bytes - {M}SwapFree_bytes) / {M}SwapTotal_bytes"
            f" or on (instance) {M}swap_used_bytes / {M}swap_total_bytes",
        ),
        (
            "max by (instance) (node_hwmon_temp_celsius)",
            "max by (instance) (node_hwmon_temp_celsius or on (instance) host:temperature_celsius:max)",
        ),
        (
            f"1 - ({M}MemAvailable_bytes or ({M}Buffers_bytes + {M}Cached_bytes + {M}MemFree_bytes))"
            f" / {M}MemTotal_bytes",
            "1 - host:memory_available_bytes / host:memory_total_bytes",
        ),
        (
            f"{M}MemAvailable_bytes * on (instance) group_left (nodename) node_uname_info",
            "host:memory_available_bytes * on (instance) group_left (nodename) node_uname_info",
        ),
        ("sum by (gpu, job) (DCGM_FI_DEV_FB_USED_BYTES)", "sum by (gpu, job) (host:model_footprint_bytes)"),
        (
            'rate(node_disk_read_bytes_total{device=~"sd.*|nvme.*"}[5m])',
            'rate(node_disk_read_bytes_total{device=~"sd.*|nvme.*|disk[0-9]+"}[5m])',
        ),
        ("DCGM_FI_DEV_FB_USED * 1024 * 1024", "host:model_footprint_bytes"),
        ("1048576 * DCGM_FI_DEV_FB_FREE", "host:model_headroom_bytes"),
        ("DCGM_FI_DEV_FB_USED / 1024", "host:model_footprint_bytes / 1048576 / 1024"),
        ("DCGM_FI_DEV_FB_USED * 1e6", "host:model_footprint_bytes / 1048576 * 1e6"),
        ("2 ^ DCGM_FI_DEV_FB_USED", "2 ^ (host:model_footprint_bytes / 1048576)"),
        (
            "DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)",
            "host:model_footprint_bytes / (host:model_footprint_bytes + host:model_headroom_bytes)",
        ),
        ('sum(DCGM_FI_DEV_FB_FREE{job="x"}) < 1000', "sum(host:model_headroom_bytes / 1048576) < 1000"),
    ],
)
def test_rewritten(rewriter: Rewriters, old: str, new: str) -> None:
    assert rewriter(MIXED).rule(old) == new


@pytest.mark.parametrize(
    "expr",
    [
        pytest.param("rate(node_disk_io_time_seconds_total[5m])", id="latency-is-another-unit"),
        pytest.param("rate(node_pressure_memory_stalled_seconds_total[5m])", id="no-mac-has-it"),
        pytest.param(f"{M}Buffers_bytes", id="nothing-says-the-same"),
        pytest.param(f"{M}MemTotal_bytes - {M}Slab_bytes", id="half-of-it"),
        pytest.param(f"{M}Cached_bytes / {M}MemTotal_bytes", id="the-sides-would-not-meet"),
        pytest.param("rate(node_vmstat_pswpin[5m])", id="pages-of-other-kinds"),
        pytest.param('node_hwmon_temp_celsius{sensor="temp1"}', id="one-sensor-of-many"),
        pytest.param('DCGM_FI_DEV_FB_USED{gpu="0"}', id="one-gpu-of-many"),
        pytest.param('rate(node_disk_read_bytes_total{device="sda"}[5m])', id="one-disk"),
        pytest.param('rate(node_disk_read_bytes_total{device=~"dm-.*"}[5m])', id="no-physical-disks"),
        pytest.param("rate(node_cpu_seconds_total{mode='iowait'}[5m])", id="a-single-mode"),
        pytest.param(f"{M}MemTotal_bytes{{instance='nas'}}", id="meant-for-another-host"),
        pytest.param(f"{M}MemTotal_bytes - on (job) {M}MemAvailable_bytes{{instance='nas'}}", id="one-host"),
        pytest.param(f"{M}MemFree_bytes or {M}Slab_bytes", id="both-would-be-there"),
        pytest.param(f"{M}MemFree_bytes unless {M}Slab_bytes < 5", id="nothing-would-be-left-out"),
        pytest.param(f"sum by (chassis) ({M}MemFree_bytes)", id="many-would-be-one"),
        pytest.param(f'label_replace({M}MemFree_bytes, "a", "$1", "job", "(.+)")', id="label-is-read"),
        pytest.param("DCGM_FI_DEV_FB_USED * on (gpu) DCGM_FI_DEV_FB_FREE", id="joined-by-what-is-lost"),
        pytest.param("sum by (chip) (node_uname_info{sysname='Linux'})", id="linux-is-meant"),
        pytest.param(f"{M}total_bytes", id="a-mac's-own"),
        pytest.param("host:memory_total_bytes", id="ours-already"),
    ],
)
def test_left_alone(rewriter: Rewriters, expr: str) -> None:
    assert rewriter(MIXED).rule(expr) == ""


def test_a_discrete_gpu_keeps_its_framebuffer(rewriter: Rewriters) -> None:
    expr = "sum(DCGM_FI_DEV_FB_USED) * 1024 * 1024"
    beside = "DCGM_FI_DEV_FB_USED or on (instance) host:model_footprint_bytes / 1048576"
    assert rewriter(WITH_GPU).rule(expr) == f"sum({beside}) * 1024 * 1024"
    assert rewriter(WITH_GPU).rule("DCGM_FI_DEV_FB_FREE / 1024") == (
        "(DCGM_FI_DEV_FB_FREE or on (instance) host:model_headroom_bytes / 1048576) / 1024"
    )


def test_where_nobody_has_the_old_metric_only_the_new_one_is_read(rewriter: Rewriters) -> None:
    assert rewriter(MACS).rule("node_hwmon_temp_celsius") == "host:temperature_celsius:max"
    assert rewriter(MACS).rule(f"{M}SwapTotal_bytes") == f"{M}swap_total_bytes"


def test_a_series_that_the_host_has_not_either_is_not_offered(rewriter: Rewriters) -> None:
    """Without macmon nobody knows a Mac's temperature."""
    assert rewriter(BARE_MAC).rule("node_hwmon_temp_celsius") == ""


def test_a_rule_that_records_the_series_does_not_read_itself(rewriter: Rewriters) -> None:
    assert rewriter(MIXED).rule(f"{M}MemTotal_bytes", "host:memory_total_bytes") == ""


def test_variables_stay_as_their_author_wrote_them(rewriter: Rewriters) -> None:
    disks = {"type": "constant", "name": "disks", "query": "sd.+|nvme.+"}
    panel = rewriter(MIXED).panel
    assert panel(f'{M}MemTotal_bytes{{instance=~"${{instance:regex}}", job="$job"}}', INSTANCE) == (
        'host:memory_total_bytes{instance=~"${instance:regex}"}'
    )
    expr = 'rate(node_disk_written_bytes_total{device=~"$disks", instance=~"[[instance]]"}[$__rate_interval])'
    assert panel(expr, INSTANCE, disks) == expr.replace("$disks", "$disks|disk[0-9]+")
    assert panel(
        'DCGM_FI_DEV_FB_USED{gpu=~"$gpu"} * 1048576',
        variable("gpu", "label_values(DCGM_FI_DEV_GPU_TEMP, gpu)"),
    ) == ("host:model_footprint_bytes")


def test_a_chosen_gpu_is_kept_where_its_variable_is_rewritten_too(rewriter: Rewriters) -> None:
    """A Mac alone: the variable asks for nothing either, and both become the GPU's series."""
    gpu = variable("gpu", "label_values(DCGM_FI_DEV_GPU_TEMP, gpu)")
    expr = 'DCGM_FI_DEV_GPU_UTIL{gpu=~"$gpu"} / 100'
    assert rewriter(MACS).panel(expr, gpu) == 'host:gpu_utilization:ratio{gpu=~"$gpu"}'
    other = variable("gpu", 'label_values(DCGM_FI_DEV_GPU_TEMP{gpu=~"$gpu"}, gpu)')
    assert rewriter(MACS).panel(expr, other) == ""
    assert rewriter(MACS).panel('DCGM_FI_DEV_GPU_UTIL{gpu="0"}') == ""


@pytest.mark.parametrize(
    ("query", "after"),
    [
        (f"label_values({M}MemTotal_bytes, instance)", "label_values(host:memory_total_bytes, instance)"),
        (f"label_values({M}MemTotal_bytes, job)", ""),
        (f"query_result({M}MemTotal_bytes)", ""),
        (
            'label_values(node_uname_info{sysname="Linux"}, nodename)',
            "label_values(node_uname_info, nodename)",
        ),
    ],
)
def test_variables_find_the_label_that_they_list(rewriter: Rewriters, query: str, after: str) -> None:
    text = json.dumps(board("up", (variable("v", query),)))
    keys = ("templating", "list", 0, "query")
    assert rewriter(MIXED)._mended(text, keys, query) == after


def test_file_systems(rewriter: Rewriters) -> None:
    """Another job than the inventory's: what the series are anyway is left out, and "/" has two names."""
    rule = rewriter(MIXED).rule
    assert rule('node_filesystem_avail_bytes{job="node", fstype=~"ext4|xfs", mountpoint="/"}') == (
        'host:filesystem_available_bytes{mountpoint=~"/|/System/Volumes/Data"}'
    )
    assert rule('node_filesystem_avail_bytes{job="node", fstype="nfs4"}') == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            'node_load1{job="node"} / count by (instance) (node_cpu_seconds_total{job="node", mode="idle"})',
            "host:load1_per_cpu:ratio",
        ),
        ('time() - node_boot_time_seconds{job="node"}', "host:uptime_seconds"),
        (
            'irate(node_network_receive_bytes_total{job="node", device="eth0"}[2m]) * 8',
            'host:network_receive_bytes:rate5m{device="eth0"} * 8',
        ),
        (
            '100 * (1 - avg by (instance, job) (rate(node_cpu_seconds_total{mode="idle", job="node"}[5m]))'
            ' - avg by (instance, job) (rate(node_cpu_seconds_total{mode="iowait", job="node"}[5m])))',
            "100 * host:cpu_busy:ratio_rate5m",
        ),
        ('rate(node_network_receive_bytes_total{job="node"}[1d])', ""),
        ('rate(node_network_receive_bytes_total{job="node"}[5m] offset 1d)', ""),
        ('1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle", job="node"}[5m]))', ""),
    ],
)
def test_another_job_than_that_of_the_inventory(rewriter: Rewriters, old: str, new: str) -> None:
    assert rewriter(MIXED).rule(old) == new


def test_what_is_known_is_promql_and_reads_series_that_are_there(rewriter: Rewriters) -> None:
    """Of every entry: the old metrics are of a catalog, the new series are recorded or of one, too."""
    world = rewriter(WITH_GPU).given.world
    assert world is not None
    for entry in stock().entries:
        names = [leaf.name for tree in (entry.pattern, entry.template) for leaf in selectors(tree)]
        unknown = [name for name in names if not world.knows(name) and not name.startswith("nvidia_smi")]
        assert names
        assert unknown == [], entry
