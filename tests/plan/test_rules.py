"""Which rules a fleet gets, and what the inventory changes in them."""

from __future__ import annotations

import promql_parser
import pytest
from fleets import BUDGETED, JOBS, exporter, fleet, gb10, gpu_server, linux, mac
from monogen.inventory.model import AlertSettings, Fleet, GrafanaSettings
from monogen.monitoring import Rule
from monogen.plan.constants import constants
from monogen.plan.planning import recorded_series
from monogen.plan.rules import Watch, rule_files
from monogen.plan.selection import HostClasses
from msgspec.structs import replace

WATCH = Watch("dcgm", "gb10", ("DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE"))


def _rules(of: Fleet) -> list[Rule]:
    files = (*constants(of, JOBS), *rule_files(of, HostClasses(of), [WATCH]))
    return [rule for file in files for group in file.groups for rule in group.rules]


def _rule(of: Fleet, name: str) -> Rule:
    (rule,) = [rule for rule in _rules(of) if rule.name == name]
    return rule


def _names(of: Fleet) -> set[str]:
    return {rule.name for rule in _rules(of)}


EVERYTHING = fleet(
    gb10(reserved=12 * 2**30, models=(BUDGETED,), labels={"rack": "a"}),
    mac(
        intermittent=True,
        gpu_memory_limit=48 * 2**30,
        thresholds={"HostDiskFull": 0.9, "ModelHeadroomLow": 2**32},
    ),
    mac("other", exporters=(exporter("node", "other"), exporter("mactop", "other"))),
    gpu_server(exporters=(exporter("node", "gpu"), exporter("nvidia-smi", "gpu"), exporter("dcgm", "gpu"))),
    linux(),
)


@pytest.mark.parametrize("rule", _rules(EVERYTHING), ids=lambda rule: rule.name)
def test_every_expression_is_promql_of_this_fleet_only(rule: Rule) -> None:
    promql_parser.parse(rule.expr)
    selectors = rule.expr.count("{") - rule.expr.count("monogen:fleet")
    if not rule.expr.startswith("vector("):
        assert selectors == rule.expr.count('fleet="lab"') + rule.expr.count('fleet=~"|lab"'), rule.expr


def test_a_plain_linux_fleet_gets_nothing_of_macs_gpus_or_models() -> None:
    text = " ".join(rule.expr + rule.name for rule in _rules(fleet(linux())))
    for foreign in (
        "DCGM",
        "nvidia_smi",
        "macmon",
        "mactop",
        "model_",
        "gpu",
        "internal_bytes",
        "System/Volumes",
    ):
        assert foreign not in text


def test_a_mac_alone_gets_no_linux_rules() -> None:
    text = " ".join(rule.expr for rule in _rules(fleet(mac())))
    for foreign in ("MemAvailable", "pressure", "hwmon", "DCGM"):
        assert foreign not in text


def test_a_gb10_never_reads_what_it_has_not_or_what_is_always_zero() -> None:
    rules = [rule for rule in _rules(fleet(gb10())) if not rule.expects_empty]
    text = " ".join(rule.expr for rule in rules)
    for absent in ("_FB_", "_PROF_", "MEM_CLOCK", "MEM_COPY_UTIL", "MEMORY_TEMP", "nvidia_smi_memory"):
        assert absent not in text


def test_the_dcgm_naming_follows_the_version() -> None:
    old = _rule(fleet(gb10(exporters=(exporter("dcgm", "s", version=(4, 5, 3)),))), "host:gpu_power_watts")
    new = _rule(fleet(gb10(exporters=(exporter("dcgm", "s", version=(4, 9, 0)),))), "host:gpu_power_watts")
    either = _rule(fleet(gb10()), "host:gpu_power_watts")
    assert "POWER_USAGE" in old.expr and "BOARD_POWER_WATTS" not in old.expr
    assert "BOARD_POWER_WATTS" in new.expr and "POWER_USAGE" not in new.expr
    assert either.expr.index("POWER_USAGE") < either.expr.index("BOARD_POWER_WATTS")


def test_one_series_is_recorded_by_one_rule() -> None:
    """Of two rules that record the same series Prometheus keeps the first and says nothing."""
    seen = set()
    for rule in _rules(EVERYTHING):
        if rule.record:
            key = (rule.record, tuple(sorted(rule.labels.items())))
            assert key not in seen, key
            seen.add(key)


def test_alerts_carry_what_people_need_at_night() -> None:
    of = fleet(gb10(), grafana=GrafanaSettings(url="https://grafana.lan/"), runbooks="https://docs/runbooks")
    for rule in _rules(of):
        if rule.alert:
            assert rule.labels["severity"] in {"critical", "warning", "info"}
            assert "{{" not in rule.annotations["summary"]
            assert "{{ $labels.instance }}" in rule.annotations["description"]
            assert rule.annotations["runbook_url"] == f"https://docs/runbooks#{rule.alert.lower()}"
            assert rule.annotations["dashboard_url"].startswith("https://grafana.lan/d/monogen-lab-")


def test_a_threshold_of_the_fleet_is_a_number_in_the_rule() -> None:
    of = fleet(linux(), alerts={"HostDiskFull": AlertSettings(threshold=0.8)})
    assert _rule(of, "HostDiskFull").expr.endswith("> 0.8")


def test_a_threshold_of_a_host_is_a_constant_and_the_others_keep_theirs() -> None:
    expr = _rule(EVERYTHING, "HostDiskFull").expr
    assert 'monogen:threshold{fleet="lab", alert="HostDiskFull"}' in expr
    assert "* 0 + 0.95" in expr
    (constant,) = [r for r in _rules(EVERYTHING) if r.labels.get("alert") == "HostDiskFull"]
    assert (constant.record, constant.expr, constant.labels["instance"]) == (
        "monogen:threshold",
        "vector(0.9)",
        "mac",
    )


def test_an_alert_can_be_changed_or_turned_off() -> None:
    of = fleet(
        linux(),
        alerts={
            "HostDiskFull": AlertSettings(severity="warning", hold=900.0),
            "HostCpuSaturated": AlertSettings(enabled=False),
        },
    )
    rule = _rule(of, "HostDiskFull")
    assert (rule.labels["severity"], rule.hold) == ("warning", "15m")
    assert "HostCpuSaturated" not in _names(of)


def test_rules_do_not_grow_with_the_hosts() -> None:
    few, many = (
        fleet(gb10(), mac()),
        fleet(*(gb10(f"s{n}") for n in range(50)), *(mac(f"m{n}") for n in range(50))),
    )
    expressions = [[r.expr for r in _rules(of) if not r.expr.startswith("vector(")] for of in (few, many)]
    assert expressions[0] == expressions[1]


def test_a_laptop_that_sleeps_raises_no_alert_that_it_is_down() -> None:
    assert "monogen:host_intermittent:info" in _rule(fleet(mac(intermittent=True)), "HostDown").expr
    assert "intermittent" not in _rule(fleet(mac()), "HostDown").expr


def test_a_default_reservation_is_no_constant_of_each_host() -> None:
    rule = _rule(fleet(gb10(), mac()), "host:memory_reserved_bytes")
    assert "8589934592" in rule.expr and "6442450944" in rule.expr
    assert "monogen:memory_reserved_bytes" not in rule.expr


def test_series_know_their_hosts() -> None:
    series = recorded_series(_rules(EVERYTHING))
    assert series.on("host:memory_total_bytes") == {"spark", "mac", "other", "gpu", "nas"}
    assert series.on("host:model_capacity_bytes") == {"spark", "mac", "other", "gpu"}
    assert series.on("host:gpu_memory_used_bytes") == {"gpu"}
    assert series.on("host:model_budget_bytes") == {"spark"}
    assert not series.has("host:nothing")


def test_what_the_cluster_scrapes_keeps_its_usual_job() -> None:
    """Another name for one's own targets does not rename the cluster's: TargetNotScraped would fire."""
    inside = linux("node-1", exporters=(exporter("node", "node-1", cluster=True),))
    of = replace(fleet(inside, linux("nas")), jobs={**JOBS, "node": "home-node"})
    expected = [r.labels for r in _rules(of) if r.record == "monogen:target_expected:info"]
    assert {labels["instance"]: labels["job"] for labels in expected} == {
        "node-1": "node-exporter",
        "nas": "home-node",
    }
