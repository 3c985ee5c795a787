"""Which expression becomes which, and which is left alone because nothing says the same."""

from __future__ import annotations

import json
import re
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

    def rule(self, expr: str, record: str = "a:b:c", *others: dict[str, Any]) -> str:
        return self.rules({"record": record, "expr": expr}, *others)

    def rules(self, *rules: dict[str, Any]) -> str:
        """The first of the rules."""
        text = json.dumps({"groups": [{"name": "g", "rules": rules}]})
        return self._mended(text, ("groups", 0, "rules", 0, "expr"), rules[0]["expr"])

    def panel(self, expr: str, *variables: dict[str, Any], legend: str = "") -> str:
        keys = ("panels", 0, "targets", 0, "expr")
        return self._mended(json.dumps(board(expr, variables, legend)), keys, expr)

    def _mended(self, text: str, keys: tuple[Any, ...], expr: str) -> str:
        linted = gather(documents_of_text("f.json", text))
        context = Context(linted, LintSettings(), self.given.fleet, self.given.world, self.given.generated)
        expression = next(one for one in linted.expressions if one.keys == keys)
        rewriting = rewritten(expression, context)
        if rewriting is None:
            return ""
        changes = [Replacement(c.start, c.end, c.text) for c in rewriting.fix.changes if c.keys == keys]
        return replaced(expr, changes)


def board(expr: str, variables: tuple[dict[str, Any], ...], legend: str = "") -> dict[str, Any]:
    target = {"refId": "A", "expr": expr, "legendFormat": legend}
    panel = {"id": 1, "type": "timeseries", "title": "P", "targets": [target]}
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
OR = " or on (instance) "
OR_RATIO = f"{OR}host:memory_used:ratio"
FOOTPRINT = f"(DCGM_FI_DEV_FB_USED{OR}host:model_footprint_bytes / 1048576)"
HEADROOM = f"(DCGM_FI_DEV_FB_FREE{OR}host:model_headroom_bytes / 1048576)"
AVAILABLE = f"({M}MemAvailable_bytes{OR}host:memory_available_bytes)"
TOTAL = f"({M}MemTotal_bytes{OR}host:memory_total_bytes)"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"{M}MemTotal_bytes", f"{M}MemTotal_bytes{OR}host:memory_total_bytes"),
        (f"{M}MemAvailable_bytes / 1024 ^ 3", f"{AVAILABLE} / 1024 ^ 3"),
        (
            f"1 - {M}MemAvailable_bytes / {M}MemTotal_bytes",
            f"1 - {M}MemAvailable_bytes / {M}MemTotal_bytes{OR_RATIO}",
        ),
        (
            f"100 * (1 - ({M}MemAvailable_bytes / {M}MemTotal_bytes))",
            f"100 * (1 - ({M}MemAvailable_bytes / {M}MemTotal_bytes){OR_RATIO})",
        ),
        (
            f"({M}MemTotal_bytes - {M}MemAvailable_bytes) / {M}MemTotal_bytes * 100",
            f"(({M}MemTotal_bytes - {M}MemAvailable_bytes) / {M}MemTotal_bytes{OR_RATIO}) * 100",
        ),
        (f"100 - ({M}MemAvailable_bytes / {M}MemTotal_bytes * 100)", f"100 - ({AVAILABLE} / {TOTAL} * 100)"),
        (f"-{M}MemFree_bytes", f"-({M}MemFree_bytes{OR}host:memory_free_bytes)"),
        (f"{M}MemFree_bytes offset 1d", f"{M}MemFree_bytes offset 1d{OR}host:memory_free_bytes offset 1d"),
        (
            f"max_over_time({M}MemFree_bytes[1h] @ end())",
            f"max_over_time({M}MemFree_bytes[1h] @ end())"
            f"{OR}max_over_time(host:memory_free_bytes[1h] @ end())",
        ),
        (
            f"2 * quantile_over_time(0.9, {M}MemFree_bytes[1h])",
            f"2 * (quantile_over_time(0.9, {M}MemFree_bytes[1h])"
            f"{OR}quantile_over_time(0.9, host:memory_free_bytes[1h]))",
        ),
        (
            f"max_over_time({M}MemFree_bytes[1h:5m])",
            f"max_over_time(({M}MemFree_bytes{OR}host:memory_free_bytes)[1h:5m])",
        ),
        (f"sum by (site, instance) ({M}MemTotal_bytes)", f"sum by (site, instance) {TOTAL}"),
        (
            f"({M}SwapTotal_bytes - {M}SwapFree_bytes) > 2e9",
            f"({M}SwapTotal_bytes - {M}SwapFree_bytes{OR}host:swap_used_bytes) > 2e9",
        ),
        (
            f"({M}SwapTotal_bytes - {M}SwapFree_bytes # in use\n) > 2e9",
            f"(({M}SwapTotal_bytes - {M}SwapFree_bytes # in use\n){OR}host:swap_used_bytes) > 2e9",
        ),
        (
            f'{M}MemTotal_bytes{{job=\'node-exporter\', instance=~"nas|mac|x", site="lab"}}',
            f'{M}MemTotal_bytes{{job=\'node-exporter\', instance=~"nas|mac|x", site="lab"}}'
            f'{OR}host:memory_total_bytes{{instance=~"nas|mac|x", site="lab"}}',
        ),
        (f"{M}Cached_bytes", f"{M}Cached_bytes{OR}host:memory_cache_bytes"),
        (f"8 * {M}SwapTotal_bytes", f"8 * ({M}SwapTotal_bytes{OR}{M}swap_total_bytes)"),
        (f"100 * {USED} / {M}MemTotal_bytes", f"100 * {USED} / {M}MemTotal_bytes{OR_RATIO} * 100"),
        (f"{USED} / {M}MemTotal_bytes * 100", f"({USED} / {M}MemTotal_bytes{OR_RATIO}) * 100"),
        (
            f"100 * ({M}MemTotal_bytes - {M}MemAvailable_bytes) / {M}MemTotal_bytes > 95",
            f"(100 * ({M}MemTotal_bytes - {M}MemAvailable_bytes) / {M}MemTotal_bytes{OR_RATIO} * 100) > 95",
        ),
        (
            f"({M}SwapTotal_bytes - {M}SwapFree_bytes) / {M}SwapTotal_bytes",
            f"({M}SwapTotal_bytes - {M}SwapFree_bytes) / {M}SwapTotal_bytes"
            f"{OR}{M}swap_used_bytes / {M}swap_total_bytes",
        ),
        (
            "max by (instance, sensor) (node_hwmon_temp_celsius)",
            f"max by (instance, sensor) (node_hwmon_temp_celsius{OR}host:temperature_celsius:max)",
        ),
        (
            f"1 - ({M}MemAvailable_bytes or ({M}Buffers_bytes + {M}Cached_bytes + {M}MemFree_bytes))"
            f" / {M}MemTotal_bytes",
            f"1 - ({M}MemAvailable_bytes or ({M}Buffers_bytes + {M}Cached_bytes + {M}MemFree_bytes)"
            f"{OR}host:memory_available_bytes) / {TOTAL}",
        ),
        (
            f"{M}MemAvailable_bytes * on (instance) group_left (nodename) node_uname_info",
            f"{AVAILABLE} * on (instance) group_left (nodename) node_uname_info",
        ),
        (f"{M}Cached_bytes / {M}MemTotal_bytes", f"({M}Cached_bytes{OR}host:memory_cache_bytes) / {TOTAL}"),
        ("sum by (gpu, instance) (DCGM_FI_DEV_FB_USED)", f"sum by (gpu, instance) {FOOTPRINT}"),
        (
            'rate(node_disk_read_bytes_total{device=~"sd.*|nvme.*"}[5m])',
            'rate(node_disk_read_bytes_total{device=~"sd.*|nvme.*|disk[0-9]+"}[5m])',
        ),
        ("2 ^ DCGM_FI_DEV_FB_USED", f"2 ^ {FOOTPRINT}"),
        ("DCGM_FI_DEV_FB_USED * 1024 * 1024", f"{FOOTPRINT} * 1024 * 1024"),
        (
            "DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)",
            f"{FOOTPRINT} / ({FOOTPRINT} + {HEADROOM})",
        ),
        ("sum(DCGM_FI_DEV_FB_FREE) < 1000", f"sum{HEADROOM} < 1000"),
    ],
)
def test_who_has_the_old_metric_keeps_it(rewriter: Rewriters, old: str, new: str) -> None:
    """A server may scrape more than the inventory, and a rule is about all of it."""
    assert rewriter(MIXED).rule(old) == new


def pinned(expr: str) -> str:
    """The expression with each stock metric asked of the inventory's hosts only."""
    return re.sub(r"(node_memory_\w+|DCGM_\w+|node_hwmon_temp_celsius)", r'\1{fleet="home"}', expr)


HOME = '{fleet="home"}'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"{M}MemTotal_bytes", f"host:memory_total_bytes{HOME}"),
        (f"{M}MemTotal_bytes - {M}MemAvailable_bytes", f"host:memory_used_bytes{HOME}"),
        (f"100 * (1 - ({M}MemAvailable_bytes / {M}MemTotal_bytes))", f"100 * host:memory_used:ratio{HOME}"),
        (
            f"100 - ({M}MemAvailable_bytes / {M}MemTotal_bytes * 100)",
            f"100 - (host:memory_available_bytes{HOME} / host:memory_total_bytes{HOME} * 100)",
        ),
        (f"max_over_time({M}MemFree_bytes[1h])", f"max_over_time(host:memory_free_bytes{HOME}[1h])"),
        (
            "max by (instance) (node_hwmon_temp_celsius)",
            f"max by (instance) (node_hwmon_temp_celsius{HOME}{OR}host:temperature_celsius:max{HOME})",
        ),
        ("DCGM_FI_DEV_FB_USED * 1024 * 1024", f"host:model_footprint_bytes{HOME}"),
        ("1048576 * DCGM_FI_DEV_FB_FREE", f"host:model_headroom_bytes{HOME}"),
        ("DCGM_FI_DEV_FB_USED / 1024", f"host:model_footprint_bytes{HOME} / 1048576 / 1024"),
        ("DCGM_FI_DEV_FB_USED * 1e6", f"host:model_footprint_bytes{HOME} / 1048576 * 1e6"),
        ("2 ^ DCGM_FI_DEV_FB_USED", f"2 ^ (host:model_footprint_bytes{HOME} / 1048576)"),
        (
            "DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)",
            f"host:model_footprint_bytes{HOME} /"
            f" (host:model_footprint_bytes{HOME} + host:model_headroom_bytes{HOME})",
        ),
    ],
)
def test_hosts_of_the_inventory_need_the_old_metric_no_more(rewriter: Rewriters, old: str, new: str) -> None:
    assert rewriter(MIXED).rule(pinned(old)) == new


def test_hosts_may_be_named_one_by_one(rewriter: Rewriters) -> None:
    rule = rewriter(MIXED).rule
    assert rule(f'{M}MemTotal_bytes{{instance=~"nas|mac", job="node-exporter"}}') == (
        'host:memory_total_bytes{instance=~"nas|mac"}'
    )
    assert OR in rule(f'{M}MemTotal_bytes{{instance=~"nas|mac|another"}}')
    assert OR in rule(f'{M}MemTotal_bytes{{instance=~"n.*|mac"}}')
    assert OR in rule(f'{M}MemTotal_bytes{{instance!="nas"}}')


@pytest.mark.parametrize(
    "matchers",
    [
        'node="k3s-1"',
        'node!="k3s-1"',
        'namespace="monitoring", pod=~"kps-.*"',
        'cluster="prod"',
        'job="node-exporter", cluster!="prod"',
        'cluster=~".+"',
        'job="node"',
        'job!="node-exporter"',
        'job=~"kube.*"',
        'service="x", instance="mac"',
    ],
)
def test_a_matcher_that_means_some_machines_is_never_dropped(rewriter: Rewriters, matchers: str) -> None:
    """The new series have no such label: one machine would become all of them."""
    assert rewriter(MIXED).rule(f"{M}MemAvailable_bytes{{{matchers}}}") == ""


@pytest.mark.parametrize(
    "matcher",
    ['job="node-exporter"', 'job=~"node-exporter|node"', 'job!="node"', 'job!~"kube.*"', 'pod=~".*"'],
)
def test_a_matcher_that_all_machines_of_the_inventory_meet_is(rewriter: Rewriters, matcher: str) -> None:
    old = f"{M}MemAvailable_bytes{{{matcher}}}"
    assert rewriter(MIXED).rule(old) == f"{old}{OR}host:memory_available_bytes"


def test_the_job_is_the_one_that_the_inventory_says(rewriter: Rewriters) -> None:
    renamed = rewriter(MIXED.replace("labels:", "jobs: {node: node}\nlabels:")).rule
    assert renamed(f'{M}MemFree_bytes{{job="node"}}') == (
        f'{M}MemFree_bytes{{job="node"}}{OR}host:memory_free_bytes'
    )
    assert renamed(f'{M}MemFree_bytes{{job="node-exporter"}}') == ""


@pytest.mark.parametrize(
    "expr",
    [
        pytest.param("rate(node_disk_io_time_seconds_total[5m])", id="latency-is-another-unit"),
        pytest.param("rate(node_pressure_memory_stalled_seconds_total[5m])", id="no-mac-has-it"),
        pytest.param(f"{M}Buffers_bytes", id="nothing-says-the-same"),
        pytest.param(f"{M}MemTotal_bytes - {M}Slab_bytes", id="half-of-it"),
        pytest.param(pinned(f"{M}Cached_bytes / {M}MemTotal_bytes"), id="the-sides-would-not-meet"),
        pytest.param("rate(node_vmstat_pswpin[5m])", id="pages-of-other-kinds"),
        pytest.param('node_hwmon_temp_celsius{sensor="temp1"}', id="one-sensor-of-many"),
        pytest.param('DCGM_FI_DEV_FB_USED{gpu="0"}', id="one-gpu-of-many"),
        pytest.param('rate(node_disk_read_bytes_total{device="sda"}[5m])', id="one-disk"),
        pytest.param('rate(node_disk_read_bytes_total{device=~"dm-.*"}[5m])', id="no-physical-disks"),
        pytest.param("rate(node_cpu_seconds_total{mode='iowait'}[5m])", id="a-single-mode"),
        pytest.param(f"{M}MemTotal_bytes{{instance='nas'}}", id="meant-for-another-host"),
        pytest.param(f"{M}MemTotal_bytes - on (job) {M}MemAvailable_bytes{{instance='nas'}}", id="one-host"),
        pytest.param(f"{M}MemFree_bytes or {M}Slab_bytes", id="both-would-be-there"),
        pytest.param(f"{M}MemFree_bytes or {M}MemTotal_bytes", id="both-would-be-there-too"),
        pytest.param(f"{M}MemFree_bytes unless {M}Slab_bytes < 5", id="nothing-would-be-left-out"),
        pytest.param(f"sum by (chassis) ({M}MemFree_bytes)", id="many-would-be-one"),
        pytest.param(f"sum by (job) ({M}MemFree_bytes)", id="the-job-is-lost"),
        pytest.param(f"sum by (instance, job) ({M}MemFree_bytes)", id="the-job-beside-the-host"),
        pytest.param(f"sum by (node) ({M}MemFree_bytes)", id="the-node-is-lost"),
        pytest.param("sum by (gpu) (DCGM_FI_DEV_FB_USED)", id="hosts-without-numbers-would-be-one"),
        pytest.param("sum by (Hostname) (DCGM_FI_DEV_FB_USED)", id="hosts-by-another-name"),
        pytest.param(f'label_replace({M}MemFree_bytes, "a", "$1", "job", "(.+)")', id="label-is-read"),
        pytest.param("DCGM_FI_DEV_FB_USED * on (gpu) DCGM_FI_DEV_FB_FREE", id="joined-by-what-is-lost"),
        pytest.param(
            f"{M}MemFree_bytes * on (instance, job) group_left (nodename) node_uname_info",
            id="joined-by-the-job-too",
        ),
        pytest.param(f"absent({M}MemFree_bytes)", id="absent-takes-its-labels-from-there"),
        pytest.param(f"absent_over_time({M}MemFree_bytes[5m])", id="absent-for-long"),
        pytest.param("sum by (chip) (node_uname_info{sysname='Linux'})", id="linux-is-meant"),
        pytest.param(f"{M}total_bytes", id="a-mac's-own"),
        pytest.param("host:memory_total_bytes", id="ours-already"),
    ],
)
def test_left_alone(rewriter: Rewriters, expr: str) -> None:
    assert rewriter(MIXED).rule(expr) == ""


READERS = [
    {"alert": "A", "expr": "a:b:c < 5", "annotations": {"description": "{{ $labels.job }}"}},
    {"alert": "A", "expr": 'a:b:c{job="node-exporter"} < 5'},
    {"record": "d:e:f", "expr": "sum by (instance, job) (a:b:c)"},
    {"record": "d:e:f", "expr": 'label_replace(a:b:c, "x", "$1", "pod", "(.*)")'},
]


@pytest.mark.parametrize("reader", READERS)
def test_a_label_that_another_rule_reads_is_not_taken_away(
    rewriter: Rewriters, reader: dict[str, Any]
) -> None:
    old = f"{M}MemFree_bytes"
    between = {"record": "x:y:z", "expr": "a:b:c * 2"}
    behind = json.loads(json.dumps(reader).replace("a:b:c", "x:y:z"))
    assert rewriter(MIXED).rule(old, "a:b:c", reader) == ""
    assert rewriter(MIXED).rule(old, "a:b:c", between, behind) == ""
    assert rewriter(MIXED).rule(old, "a:b:c", between, {"alert": "A", "expr": "x:y:z < 5"})
    assert rewriter(MIXED).rule(old, "not:a:b", reader)


@pytest.mark.parametrize(
    ("expr", "text", "is_lost"),
    [
        (f"{M}MemFree_bytes < 5", "{{ $labels.job }}", True),
        (f"{M}MemFree_bytes < 5", "{{ $labels.instance }} {{ $value }}", False),
        ("node_hwmon_temp_celsius > 5", "{{ $labels.sensor }}", True),
        ("node_hwmon_temp_celsius > 5", "{{ $labels.os }}", False),
        (
            f"{M}MemFree_bytes * on (instance) group_left (nodename) node_uname_info < 5",
            "{{ $labels.nodename }}",
            False,
        ),
    ],
)
def test_a_label_that_an_alert_tells_is_not_taken_away(
    rewriter: Rewriters, expr: str, text: str, is_lost: bool
) -> None:
    rule = {"alert": "A", "expr": expr, "annotations": {"summary": text}}
    assert (rewriter(MIXED).rules(rule) == "") == is_lost


def test_a_label_that_a_legend_shows_is_not_taken_away(rewriter: Rewriters) -> None:
    panel = rewriter(MIXED).panel
    assert panel(f"{M}MemFree_bytes", legend="{{ job }} free") == ""
    assert panel(f"{M}MemFree_bytes", legend="{{instance}} free")


def test_a_discrete_gpu_keeps_its_framebuffer(rewriter: Rewriters) -> None:
    expr = pinned("sum(DCGM_FI_DEV_FB_USED) * 1024 * 1024")
    beside = f"DCGM_FI_DEV_FB_USED{HOME}{OR}host:model_footprint_bytes{HOME} / 1048576"
    assert rewriter(WITH_GPU).rule(expr) == f"sum({beside}) * 1024 * 1024"
    assert rewriter(WITH_GPU).rule("DCGM_FI_DEV_FB_FREE / 1024") == f"{HEADROOM} / 1024"


def test_where_nobody_has_the_old_metric_only_the_new_one_is_read(rewriter: Rewriters) -> None:
    assert rewriter(MACS).rule(pinned("node_hwmon_temp_celsius")) == f"host:temperature_celsius:max{HOME}"
    assert rewriter(MACS).rule(pinned(f"{M}SwapTotal_bytes")) == f"{M}swap_total_bytes{HOME}"
    assert rewriter(MACS).rule("node_hwmon_temp_celsius") == (
        f"node_hwmon_temp_celsius{OR}host:temperature_celsius:max"
    )


def test_a_series_that_the_host_has_not_either_is_not_offered(rewriter: Rewriters) -> None:
    """Without macmon nobody knows a Mac's temperature."""
    assert rewriter(BARE_MAC).rule("node_hwmon_temp_celsius") == ""


def test_a_rule_that_records_the_series_does_not_read_itself(rewriter: Rewriters) -> None:
    assert rewriter(MIXED).rule(f"{M}MemTotal_bytes", "host:memory_total_bytes") == ""


def test_variables_stay_as_their_author_wrote_them(rewriter: Rewriters) -> None:
    disks = {"type": "constant", "name": "disks", "query": "sd.+|nvme.+"}
    panel = rewriter(MIXED).panel
    expr = f'{M}MemTotal_bytes{{instance=~"${{instance:regex}}", job="$job", cluster="$c"}}'
    assert panel(expr, INSTANCE) == f'{expr}{OR}host:memory_total_bytes{{instance=~"${{instance:regex}}"}}'
    expr = 'rate(node_disk_written_bytes_total{device=~"$disks", instance=~"[[instance]]"}[$__rate_interval])'
    assert panel(expr, INSTANCE, disks) == expr.replace("$disks", "$disks|disk[0-9]+")
    gpu = variable("gpu", "label_values(DCGM_FI_DEV_GPU_TEMP, gpu)")
    old = 'DCGM_FI_DEV_FB_USED{gpu=~"$gpu", instance=~"$instance"}'
    new = 'host:model_footprint_bytes{instance=~"$instance"}'
    assert panel(f"{old} * 1048576", gpu) == f"({old}{OR}{new} / 1048576) * 1048576"


@pytest.mark.parametrize(
    "expr",
    [
        f'{M}MemTotal_bytes{{node="$node"}}',
        f'{M}MemTotal_bytes{{job="$job"}}',
        f'{M}MemTotal_bytes{{cluster="$cluster"}}',
        f'{M}MemTotal_bytes{{job!="$job", instance="$instance"}}',
        f'{M}MemTotal_bytes{{job=~"$job.*", instance="$instance"}}',
        'DCGM_FI_DEV_FB_USED{Hostname=~"$host", instance=~"$instance"}',
        'DCGM_FI_DEV_FB_USED{gpu=~"$gpu"}',
        'DCGM_FI_DEV_FB_USED{UUID="$uuid"}',
    ],
)
def test_a_chosen_machine_stays_chosen(rewriter: Rewriters, expr: str) -> None:
    assert rewriter(MIXED).panel(expr) == ""


def test_a_chosen_gpu_is_kept_where_its_variable_is_rewritten_too(rewriter: Rewriters) -> None:
    """A Mac alone: the variable asks for nothing either, and both ask for the GPU's series too."""
    gpu = variable("gpu", "label_values(DCGM_FI_DEV_GPU_TEMP, gpu)")
    expr = 'DCGM_FI_DEV_GPU_UTIL{gpu=~"$gpu"} / 100'
    assert rewriter(MACS).panel(expr, gpu) == (
        f'(DCGM_FI_DEV_GPU_UTIL{{gpu=~"$gpu"}}{OR}host:gpu_utilization:ratio{{gpu=~"$gpu"}} * 100) / 100'
    )
    other = variable("gpu", 'label_values(DCGM_FI_DEV_GPU_TEMP{gpu=~"$gpu"}, gpu)')
    assert rewriter(MACS).panel(expr, other) == ""
    assert rewriter(MACS).panel('DCGM_FI_DEV_GPU_UTIL{gpu="0"}') == ""


@pytest.mark.parametrize(
    ("query", "after"),
    [
        (
            f'label_values({M}MemTotal_bytes{{site="lab"}}, instance)',
            f'label_values({{__name__=~"{M}MemTotal_bytes|host:memory_total_bytes", site="lab"}}, instance)',
        ),
        (
            f'label_values({M}MemTotal_bytes{{job="node-exporter", fleet="home"}}, instance)',
            'label_values(host:memory_total_bytes{fleet="home"}, instance)',
        ),
        (f'label_values({M}MemTotal_bytes{{job="node-exporter"}}, instance)', ""),
        (f"label_values({M}MemTotal_bytes, job)", ""),
        (f"query_result({M}MemTotal_bytes)", ""),
        (
            'label_values(node_uname_info{sysname!="Darwin"}, nodename)',
            "label_values(node_uname_info, nodename)",
        ),
        (
            'label_values(node_uname_info{sysname!~"Darwin"}, nodename)',
            "label_values(node_uname_info, nodename)",
        ),
        ('label_values(node_uname_info{sysname!~"Darwin|FreeBSD"}, nodename)', ""),
        ('label_values(node_uname_info{sysname="Linux"}, nodename)', ""),
    ],
)
def test_variables_find_the_label_that_they_list(rewriter: Rewriters, query: str, after: str) -> None:
    text = json.dumps(board("up", (variable("v", query),)))
    keys = ("templating", "list", 0, "query")
    assert rewriter(MIXED)._mended(text, keys, query) == after


@pytest.mark.parametrize("window", ["[1d]", "[5m] offset 1d"])
def test_a_rate_is_that_of_now(rewriter: Rewriters, window: str) -> None:
    terms = [
        f"avg by (instance) (rate(node_cpu_seconds_total{{mode='{m}'}}[5m]))" for m in ("idle", "iowait")
    ]
    expr = f"100 * (1 - {terms[0]} - {terms[1]})"
    assert rewriter(MIXED).rule(expr) == f"{expr[:-1]}{OR}host:cpu_busy:ratio_rate5m)"
    assert rewriter(MIXED).rule(expr.replace("[5m]", window)) == ""


def test_what_is_known_is_promql_and_reads_series_that_are_there(rewriter: Rewriters) -> None:
    """Of every entry: the old metrics are of a catalog, the new series are recorded or of one, too."""
    world = rewriter(WITH_GPU).given.world
    assert world is not None
    for entry in stock().entries:
        names = [leaf.name for tree in (entry.pattern, entry.template) for leaf in selectors(tree)]
        unknown = [name for name in names if not world.knows(name) and not name.startswith("nvidia_smi")]
        assert names
        assert unknown == [], entry
