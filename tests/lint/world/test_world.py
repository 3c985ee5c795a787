"""The abstract reading on small fleets: what is said of an expression, host by host, and why."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from monogen import catalog, inventory
from monogen.lint.documents import GroupItem
from monogen.lint.reading.texts import documents_of_text, gather
from monogen.lint.world import Answer, World
from monogen.promql import read

FLEET = """
fleet: homelab
hosts:
  - {name: spark, hardware: gb10, exporters: {node: {}, dcgm: {version: 4.5.3}}}
  - {name: mac, hardware: apple-silicon, exporters: {node: {}, macmon: {}}}
  - {name: gpu, hardware: nvidia, labels: {rack: a}, exporters: {node: {}, dcgm: {version: 4.5.3}}}
  - {name: nas, os: linux}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_of(tmp_path, FLEET)


def world_of(folder: Path, text: str, rules: str = "") -> World:
    file = folder / "hosts.yaml"
    file.write_text(dedent(text), encoding="utf-8")
    return World(inventory.load(file, catalog.kinds), groups_of(rules) if rules else ())


def groups_of(rules: str) -> list[GroupItem]:
    text = "groups:\n  - name: g\n    rules:\n" + "".join(
        f"      - {line}\n" for line in rules.strip().split("\n")
    )
    return gather(documents_of_text("rules.yaml", text)).groups


def kinds(world: World, expr: str) -> dict[str, str]:
    """The answer for each host."""
    return {host: answer.kind for answer in world.answers(read(expr)) for host in answer.hosts}


def reasons(world: World, expr: str, host: str) -> list[str]:
    return [reason.text for reason in _answer(world, expr, host).reasons]


def _answer(world: World, expr: str, host: str) -> Answer:
    found = world.answer(read(expr), host)
    (same,) = [answer for answer in world.answers(read(expr)) if host in answer.hosts]
    assert (found.kind, found.reasons) == (same.kind, same.reasons), "asked alone and asked with others"
    return found


ALL = ("spark", "mac", "gpu", "nas")


@pytest.mark.parametrize(
    ("expr", "data"),
    [
        ("node_load1", ALL),
        ("up", ALL),
        ('up{job="node-exporter"}', ALL),
        ("vector(1)", ALL),
        ("1 + 1", ALL),
        ("time()", ALL),
        ("node_memory_MemTotal_bytes", ("spark", "gpu", "nas")),
        ("node_memory_total_bytes", ("mac",)),
        ('node_cpu_seconds_total{mode="iowait"}', ()),  # conditional: a closed set may lack one
        ("sum by (instance) (rate(node_cpu_seconds_total[5m]))", ALL),
        ("node_memory_MemTotal_bytes or node_memory_total_bytes", ALL),
        ("absent(node_memory_MemTotal_bytes)", ("mac",)),
        ("node_load1 and on (instance) node_memory_MemTotal_bytes", ("spark", "gpu", "nas")),
        ("node_load1 * on (instance) group_left (sysname) node_uname_info", ALL),
        ('label_replace(node_load1, "host", "$1", "instance", "(.*)")', ALL),
        ("topk(3, node_load1)", ALL),
        ('count_values("load", node_load1)', ALL),
        ('{__name__="node_load1"}', ALL),
        ("DCGM_FI_DEV_GPU_TEMP", ("spark", "gpu")),
        ("DCGM_FI_DEV_FB_USED", ("gpu",)),
        ("max_over_time(rate(node_cpu_seconds_total[5m])[10m:1m])", ALL),
    ],
)
def test_what_is_there_is_said_to_be_there(world: World, expr: str, data: tuple[str, ...]) -> None:
    found = kinds(world, expr)
    assert {host for host, kind in found.items() if kind == "data"} == set(data)


EMPTY = {
    ("node_memory_MemTotal_bytes", "mac"): (
        "`node_memory_MemTotal_bytes` does not exist on macOS (macOS counts memory in other terms)"
    ),
    ("DCGM_FI_DEV_FB_USED", "spark"): (
        "`DCGM_FI_DEV_FB_USED` does not exist on a GB10 "
        "(the GPU shares the RAM of the system, NVML has no framebuffer to tell)"
    ),
    ("DCGM_FI_DEV_GPU_TEMP", "nas"): (
        "`DCGM_FI_DEV_GPU_TEMP` comes from dcgm-exporter, which does not run there"
    ),
    ('node_cpu_seconds_total{mode="iowait"}', "mac"): (
        '`node_cpu_seconds_total` has only idle, nice, system, user in `mode`, not `mode="iowait"`'
    ),
    ('node_load1{job="node"}', "nas"): '`node_load1` has `job="node-exporter"`, not `job="node"`',
    ('node_load1{instance="mac"}', "nas"): '`node_load1` has another `instance`, not `instance="mac"`',
    ('node_load1{cpu="0"}', "nas"): "`node_load1` has no label `cpu`",
    ("node_load1 + DCGM_FI_DEV_GPU_TEMP", "spark"): (
        "the sides of `+` never meet: the left one has no label `DCGM_FI_DRIVER_VERSION`, the right one has"
    ),
    ('node_load1 and on (job) up{job="dcgm-exporter"}', "spark"): (
        'the sides of `and` never meet: `job` is "node-exporter" on the left and "dcgm-exporter" on the right'
    ),
    ("histogram_quantile(0.9, node_load1)", "nas"): (
        "`histogram_quantile` needs buckets, and `node_load1` has no label `le`"
    ),
    ("sum by (job) (up) * on (instance) group_left () node_load1", "nas"): (
        'the sides of `*` never meet: the left one has no label `instance`, the right one has ("nas")'
    ),
}


@pytest.mark.parametrize(("expr", "host"), EMPTY)
def test_what_is_empty_is_so_for_a_reason(world: World, expr: str, host: str) -> None:
    assert _answer(world, expr, host).kind == "empty"
    assert reasons(world, expr, host) == [EMPTY[expr, host]]


@pytest.mark.parametrize(
    "expr",
    [
        "nobody_knows_this",
        "rate(kube_pod_info[5m])",
        "nobody_knows_this * on (instance) group_left () node_load1",
        "{rack=~'.+'}",
        '{__name__=~"node_memory_.*", job="node-exporter"} unless nobody_knows_this',
    ],
)
def test_what_nobody_knows_is_never_called_empty(world: World, expr: str) -> None:
    assert "empty" not in kinds(world, expr).values()


@pytest.mark.parametrize(
    "expr",
    [
        "up == 0",
        "node_load1 > 5",
        "absent(up)",
        "ALERTS",
        "node_load1 unless up",
        'node_disk_info{device="sda"}',
    ],
)
def test_what_depends_is_conditional(world: World, expr: str) -> None:
    assert kinds(world, expr)["nas"] == "conditional"


def test_a_reason_stands_where_it_is_to_blame(world: World) -> None:
    expr = 'node_load1 + on (instance) sum by (instance) (node_cpu_seconds_total{mode="iowait"})'
    (reason,) = world.answer(read(expr), "mac").reasons
    assert expr[reason.start : reason.end] == 'mode="iowait"'
    assert reason.kind == "label"


def test_the_place_is_that_of_each_expression_although_answers_are_shared(world: World) -> None:
    for before in ("", "1 + ", "sum("):
        expr = before + "node_memory_MemTotal_bytes" + (")" if before.endswith("(") else "")
        (reason,) = world.answer(read(expr), "mac").reasons
        assert expr[reason.start : reason.end] == "node_memory_MemTotal_bytes"


def test_hosts_of_one_class_are_told_apart_where_the_expression_does(tmp_path: Path) -> None:
    many = "".join(f"  - {{name: linux-{i}, os: linux, labels: {{rack: r{i % 2}}}}}\n" for i in range(6))
    world = world_of(tmp_path, f"fleet: f\nhosts:\n{many}")
    assert len(world.classes) == 1
    assert kinds(world, 'node_load1{instance="linux-3"}') == {
        f"linux-{i}": "data" if i == 3 else "empty" for i in range(6)
    }
    assert kinds(world, 'node_load1{rack=~"r1|r2"}') == {
        f"linux-{i}": "data" if i % 2 else "empty" for i in range(6)
    }
    assert set(kinds(world, 'node_load1{instance=~"\ue000instance\ue001"}').values()) == {"data"}


def test_what_is_made_of_a_name_holds_for_each_host_of_a_class(tmp_path: Path) -> None:
    many = "".join(f"  - {{name: linux-{i}, os: linux}}\n" for i in range(3))
    world = world_of(tmp_path, f"fleet: f\nhosts:\n{many}")
    expr = """
    label_replace(node_load1, "n", "$1", "instance", "linux-(.*)")
    and on (n) label_replace(up{instance="linux-2"}, "n", "2", "", "")
    """
    assert kinds(world, expr)["linux-2"] != "empty"


def test_recorded_series_are_what_their_rules_give(tmp_path: Path) -> None:
    rules = """
    {record: "a:b", expr: "sum by (instance) (node_memory_MemTotal_bytes)", labels: {tier: one}}
    {record: "c:d", expr: "a:b > 0"}
    {record: "e:f", expr: "sum by (job) (node_load1)"}
    {record: "host:stated", expr: "vector(1)", labels: {instance: nas, os: linux}}
    """
    world = world_of(tmp_path, FLEET, dedent(rules))
    assert kinds(world, "a:b") == {"spark": "data", "gpu": "data", "nas": "data", "mac": "empty"}
    assert set(kinds(world, 'a:b{tier="two"}').values()) == {"empty"}
    assert kinds(world, "c:d")["nas"] == "conditional"
    assert kinds(world, 'e:f{instance="nas"}')["nas"] == "empty"
    assert kinds(world, "host:stated") == {"nas": "data", "spark": "empty", "gpu": "empty", "mac": "empty"}
    assert kinds(world, "node_load1 * on (instance) group_left () host:stated")["nas"] == "data"
    assert reasons(world, "host:stated", "mac") == ["`host:stated` is recorded for other hosts only"]


def test_rules_of_one_name_may_stand_on_each_other_by_system(tmp_path: Path) -> None:
    """used on macOS makes available there, available on Linux makes used there: no circle."""
    rules = """
    {record: "h:used", expr: "h:total - h:free{os='linux'}", labels: {os: linux}}
    {record: "h:used", expr: "node_memory_wired_bytes", labels: {os: darwin}}
    {record: "h:free", expr: "node_memory_MemFree_bytes", labels: {os: linux}}
    {record: "h:free", expr: "h:total - h:used{os='darwin'}", labels: {os: darwin}}
    {record: "h:total", expr: "node_memory_MemTotal_bytes", labels: {os: linux}}
    {record: "h:total", expr: "node_memory_total_bytes", labels: {os: darwin}}
    """
    world = world_of(tmp_path, FLEET, dedent(rules))
    assert set(kinds(world, "h:used").values()) == {"data"}
    assert set(kinds(world, "h:free").values()) == {"data"}


def test_rules_in_a_circle_and_long_chains_are_no_trouble(tmp_path: Path) -> None:
    circle = '{record: "x:a", expr: "x:b + 1"}\n{record: "x:b", expr: "x:a + 1"}\n'
    chain = "".join(f'{{record: "y:{i}", expr: "y:{i + 1}"}}\n' for i in range(3_000))
    world = world_of(tmp_path, FLEET, circle + chain + '{record: "y:3000", expr: "node_load1"}\n')
    assert set(kinds(world, "x:a").values()) == {"unknown"}
    assert set(kinds(world, "y:0").values()) == {"data"}
    assert world.together(read("y:0")).kind == "data"


def test_long_chains_of_rules_that_give_nothing_are_no_trouble_either(tmp_path: Path) -> None:
    chain = "".join(f'{{record: "y:{i}", expr: "y:{i + 1}"}}\n' for i in range(3_000))
    world = world_of(tmp_path, FLEET, chain + '{record: "y:3000", expr: "node_load1{cpu=\'0\'}"}\n')
    assert set(kinds(world, "y:0").values()) == {"empty"}
    assert world.together(read("y:0")).kind == "empty"


def test_a_rule_that_reads_everything_reads_itself(tmp_path: Path) -> None:
    rules = """
    {record: "z:all", expr: "count({job=~'.+'})"}
    {record: "z:more", expr: "count({__name__=~'z:.*'})"}
    """
    world = world_of(tmp_path, FLEET, dedent(rules))
    assert "empty" not in {*kinds(world, "z:all").values(), *kinds(world, "z:more").values()}


def test_sums_may_join_hosts(tmp_path: Path) -> None:
    world = world_of(tmp_path, FLEET)
    expr = "sum(DCGM_FI_DEV_FB_USED) / sum(node_memory_total_bytes)"
    assert set(kinds(world, expr).values()) == {"empty"}
    assert world.together(read(expr)).kind == "data"
    apart = "DCGM_FI_DEV_FB_USED / on (instance) node_memory_total_bytes"
    assert world.together(read(apart)).kind == "empty"


def test_an_exporter_of_which_nothing_is_known_may_expose_anything(tmp_path: Path) -> None:
    catalog_file = tmp_path / "mystery.yaml"
    catalog_file.write_text("exporter: mystery\ntitle: mystery_exporter\nport: 9999\nos: [linux]\n")
    world = world_of(
        tmp_path,
        """
        fleet: f
        catalogs: [mystery.yaml]
        hosts:
          - {name: a, os: linux, exporters: {node: {}, mystery: {}}}
          - {name: b, os: linux}
        """,
    )
    assert kinds(world, "DCGM_FI_DEV_FB_USED") == {"a": "unknown", "b": "empty"}


def test_what_the_cluster_scrapes_carries_labels_of_its_own(tmp_path: Path) -> None:
    world = world_of(
        tmp_path,
        """
        fleet: f
        hosts:
          - {name: a, os: linux, exporters: {node: {scraped_by: cluster}}}
          - {name: b, os: linux}
        """,
    )
    assert kinds(world, 'node_load1{namespace="monitoring"}') == {"a": "conditional", "b": "empty"}


def test_versions_and_collectors_decide(tmp_path: Path) -> None:
    world = world_of(
        tmp_path,
        """
        fleet: f
        hosts:
          - {name: old, os: linux, exporters: {node: {version: 1.5.0}}}
          - {name: new, os: linux, exporters: {node: {version: 1.11.1}}}
          - {name: without, os: linux, exporters: {node: {version: 1.11.1, collectors: {loadavg: false}}}}
        """,
    )
    assert kinds(world, "node_load1") == {"old": "data", "new": "data", "without": "empty"}
    assert kinds(world, "node_memory_KReclaimable_bytes")["new"] == "empty"
    assert kinds(world, "node_memory_KReclaimable_bytes")["old"] != "empty"
    assert kinds(world, 'node_filesystem_size_bytes{device_error=""}') == {
        "old": "data", "new": "conditional", "without": "conditional",
    }  # fmt: skip


@pytest.mark.parametrize(
    "matcher", ['os!="darwin"', 'os="linux"', 'instance="nas"', 'hardware=~"gb10|nvidia"', 'job="kubelet"']
)
def test_a_host_that_is_left_out_is_not_blamed_for_what_it_lacks(world: World, matcher: str) -> None:
    (reason,) = _answer(world, f"node_memory_MemTotal_bytes{{{matcher}}}", "mac").reasons
    assert reason.kind == "target"


def test_labels_that_a_cluster_attaches_are_those_of_other_targets(world: World) -> None:
    (reason,) = _answer(world, 'up{namespace="kube-system"}', "nas").reasons[:1]
    assert reason.kind == "target"


@pytest.mark.parametrize("first", ["with-macmon", "without"])
def test_hosts_with_other_jobs_have_reasons_of_their_own(tmp_path: Path, first: str) -> None:
    exporters = {"with-macmon": "{node: {}, macmon: {}}", "without": "{node: {}}"}
    names = sorted(exporters, key=lambda name: name != first)
    lines = [f"  - {{name: {name}, hardware: apple-silicon, exporters: {exporters[name]}}}" for name in names]
    world = world_of(tmp_path, "\n".join(["fleet: f", "hosts:", *lines]))
    expr = 'node_memory_MemAvailable_bytes{job="macmon"}'
    kinds_of = {host: a.reasons[0].kind for a in world.answers(read(expr)) for host in a.hosts}
    assert kinds_of == {"with-macmon": "never", "without": "target"}
