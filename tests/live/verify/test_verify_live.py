"""Verify on a real Prometheus: all well, then one thing after the other goes wrong and is told."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from checked_world import OWN, Checked, findings, messages

pytestmark = pytest.mark.prometheus


def test_all_is_well(checked: Checked) -> None:
    code, report = checked.verify()
    assert code == 0 and report["ok"] and report["wrong"] == 0
    by_part = {one["part"]: one for one in report["checked"]}
    assert by_part["targets"]["fine"] == by_part["targets"]["all"] == 7
    assert by_part["rules"]["fine"] == by_part["rules"]["all"] == len(checked.built.monitoring.rules)
    assert by_part["catalog"]["fine"] == by_part["catalog"]["all"] > 500
    assert by_part["answers"]["all"] > 200
    # Six hours have not passed: what looks back as far is told, and is no gap.
    assert report["empty"] and all(one["reason"] == "young" for one in report["empty"])
    assert all(one["gap"] is False for one in report["empty"])


def test_the_whole_text_is_short_and_says_that_all_is_well(checked: Checked) -> None:
    text = checked.text()
    first = text.splitlines()[0]
    assert first.endswith("3 hosts: all is well") and checked.server.url in first
    assert len(text.splitlines()) < 20


def test_a_stopped_exporter_is_told_with_the_panels_that_went_dark(checked: Checked) -> None:
    def dark_panels(report: dict[str, Any]) -> set[str]:
        # The last recorded series stay for an evaluation after the scrape failed.
        return {one["name"] for one in report["empty"] if one["place"] == "Host (checked)" and one["gap"]}

    checked.pages.take_away("/spark/dcgm")
    try:
        code, report = checked.verify_until(lambda _, r: len(dark_panels(r)) >= 4)
        text = checked.text()
    finally:
        checked.pages.bring_back("/spark/dcgm")
    assert code == 1
    (down,) = findings(report, "targets", "down")
    assert down["hosts"] == ["spark"] and down["what"] == "dcgm"
    assert down["detail"].endswith("answers 500 Internal Server Error")
    dark = {(one["place"], one["name"]) for one in report["empty"] if one["message"] == down["message"]}
    for panel in ("GPU clock", "GPU power", "CPU and GPU busy"):
        assert ("Host (checked)", panel) in dark
    assert ("Model host (checked)", "GPU busy") in dark
    gaps = [one for one in report["empty"] if one["gap"]]
    assert {one["message"] for one in gaps} == {down["message"]}, "one cause explains everything"
    assert {one["host"] for one in gaps} == {"spark"}
    assert {one["name"] for one in gaps if one["kind"] == "alert"} >= {"GpuTemperatureHigh"}
    assert "1 thing is wrong" in text.splitlines()[0]
    assert "dcgm-exporter is down: spark" in text and "GPU clock" in text and "blind" in text


def test_a_model_server_that_fails_beside_another_one_is_told(checked: Checked) -> None:
    checked.pages.take_away("/spark/vllm")
    try:
        _, report = checked.verify_until(lambda _, r: bool(findings(r, "targets", "down")))
    finally:
        checked.pages.bring_back("/spark/vllm")
    partly = {one["name"] for one in report["empty"] if one["partly"]}
    assert {"Tokens per second", "server:requests_running"} <= partly
    assert all("vLLM" in one["message"] for one in report["empty"] if one["gap"])


def test_a_host_that_may_sleep_is_no_gap(checked: Checked) -> None:
    for page in ("/mac/node", "/mac/macmon"):
        checked.pages.take_away(page)
    try:
        code, report = checked.verify_until(lambda _, r: len(findings(r, "targets", "down")) == 2)
    finally:
        for page in ("/mac/node", "/mac/macmon"):
            checked.pages.bring_back(page)
    assert code == 0, messages(report)
    assert all("asleep" in one["detail"] for one in findings(report, "targets", "down"))
    assert any(one["host"] == "mac" and one["reason"] == "down" for one in report["empty"])


def test_a_framebuffer_metric_that_appears_on_a_gb10_is_told(checked: Checked) -> None:
    checked.pages.edit("/spark/dcgm", lambda text: text + 'DCGM_FI_DEV_FB_USED{gpu="0"} 5\n')
    try:
        code, report = checked.verify_until(lambda _, r: bool(findings(r, "catalog", "appeared")))
    finally:
        checked.pages.edit("/spark/dcgm", str)
    assert code == 1
    (appeared,) = findings(report, "catalog", "appeared")
    assert appeared["what"] == "DCGM_FI_DEV_FB_USED" and appeared["hosts"] == ["spark"]
    assert "GB10" in appeared["message"]


def test_a_metric_that_is_missing_is_followed_up_to_the_panels(checked: Checked) -> None:
    missing = "node_memory_MemAvailable_bytes"
    checked.pages.edit("/nas/node", lambda text: text.replace(missing, "node_memory_Nothing_bytes"))

    def told(_: int, report: dict[str, object]) -> bool:
        # What is recorded of the metric goes an evaluation later.
        return {"host:memory_used:ratio", "RAM"} <= {
            one["name"]
            for one in report["empty"]  # type: ignore[attr-defined]
            if one["reason"] == "metric"
        }

    try:
        code, report = checked.verify_until(told)
    finally:
        checked.pages.edit("/nas/node", str)
    assert code == 1
    assert [one["what"] for one in findings(report, "catalog", "missing") if one["gap"]] == [missing]
    dark = [one for one in report["empty"] if one["reason"] == "metric"]
    assert {one["message"] for one in dark} == {f"node_exporter does not give `{missing}`"}
    assert {one["host"] for one in dark} == {"nas"}


def test_labels_that_are_not_those_of_the_plan_are_named(checked: Checked) -> None:
    with checked.changed("targets/checked-node.yml", lambda text: text.replace('"rack": "a"', '"rack": "b"')):
        code, report = checked.verify_until(lambda _, r: bool(findings(r, "targets", "labels")))
    assert code == 1
    (other,) = findings(report, "targets", "labels")
    assert other["hosts"] == ["nas"] and other["detail"] == "carries other labels: rack is `b`, not `a`"


def test_an_instance_with_another_name_is_found_by_its_address(checked: Checked) -> None:
    def renamed(text: str) -> str:
        return text.replace('"instance": "nas"', '"instance": "nas.lan"')

    with checked.changed("targets/checked-node.yml", renamed):
        code, report = checked.verify_until(lambda _, r: bool(findings(r, "targets", "labels")))
    assert code == 1
    (other,) = findings(report, "targets", "labels")
    assert other["hosts"] == ["nas"] and "instance is `nas.lan`, not `nas`" in other["detail"]


def test_a_target_that_nobody_scrapes_is_missing(checked: Checked) -> None:
    def without_dcgm(text: str) -> str:
        config = yaml.safe_load(text)
        config["scrape_configs"] = [c for c in config["scrape_configs"] if c["job_name"] != "checked-dcgm"]
        return yaml.safe_dump(config)

    with checked.changed("prometheus.yml", without_dcgm):
        code, report = checked.verify_until(lambda _, r: bool(findings(r, "targets", "missing")))
    assert code == 1
    (missing,) = findings(report, "targets", "missing")
    assert missing["hosts"] == ["spark"] and missing["what"] == "dcgm"
    assert f"127.0.0.1:{checked.pages.port}" in missing["detail"]


def test_a_target_of_an_older_inventory_is_left_over(checked: Checked) -> None:
    old = "- targets: ['127.0.0.1:1']\n  labels: {job: node-exporter, instance: gone, fleet: checked}\n"
    with checked.changed("targets/checked-node.yml", lambda text: text + old):
        code, report = checked.verify_until(lambda _, r: bool(findings(r, "targets", "left-over")))
    assert code == 1
    (left,) = findings(report, "targets", "left-over")
    assert left["hosts"] == ["gone"] and "127.0.0.1:1" in left["detail"]


def test_a_rule_file_that_is_gone(checked: Checked) -> None:
    with checked.changed("rules/checked-memory.yml", lambda _: ""):
        code, report = checked.verify()
    assert code == 1
    (missing,) = findings(report, "rules", "missing")
    assert missing["what"] == "monogen-checked-memory"


def test_a_rule_of_an_older_version(checked: Checked) -> None:
    def older(text: str) -> str:
        assert "host:cpu_count" in text
        return text.replace("count by (instance,", "count without (cpu) (up) or count by (instance,", 1)

    with checked.changed("rules/checked-host.yml", older):
        code, report = checked.verify()
    assert code == 1
    (changed,) = findings(report, "rules", "changed")
    assert changed["detail"].startswith("loaded is ") and "count without (cpu) (up)" in changed["detail"]


def test_an_older_file_beside_the_new_one(checked: Checked) -> None:
    text = (checked.output / "rules/checked-memory.yml").read_text("utf-8")
    with checked.changed("rules/checked-old-memory.yml", lambda _: text):
        code, report = checked.verify()
    assert code == 1
    (twice,) = findings(report, "rules", "twice")
    assert "checked-old-memory.yml" in twice["detail"]


def test_a_group_that_is_no_longer_planned(checked: Checked) -> None:
    text = "groups: [{name: monogen-checked-former, rules: [{record: 'host:former', expr: vector(1)}]}]\n"
    with checked.changed("rules/checked-former.yml", lambda _: text):
        code, report = checked.verify()
    assert code == 1
    (left,) = findings(report, "rules", "left-over")
    assert "checked-former.yml" in left["detail"] and "host:former" in left["detail"]


def test_constants_of_an_older_inventory(checked: Checked) -> None:
    file = next((checked.output / "rules").glob("checked-inventory*.yml")).name
    with checked.changed(f"rules/{file}", lambda text: text.replace('"rack": "a"', '"rack": "b"')):
        code, report = checked.verify()
    assert code == 1
    (changed,) = findings(report, "rules", "changed")
    assert "another inventory" in changed["message"] and changed["hosts"] == ["nas"]


def test_a_rule_that_fails_is_told_with_the_servers_words(checked: Checked) -> None:
    """People's own rule, which joins many with many."""
    own = checked.inventory.parent / "own.yml"
    before = own.read_text("utf-8")
    try:
        own.write_text(OWN, "utf-8")
        name = next(p.name for p in (checked.output / "rules").glob("checked-own*.yml"))
        text = (checked.output / "rules" / name).read_text("utf-8")
        old_name = text.split("name: ", 1)[1].split("\n", 1)[0]
        failing = OWN.replace("name: house", f"name: {old_name}")
        with checked.changed(f"rules/{name}", lambda _: failing):
            code, report = checked.verify_until(lambda _, r: bool(findings(r, "rules", "failing")))
    finally:
        own.write_text(before, "utf-8")
    assert code == 1
    (one,) = findings(report, "rules", "failing")
    assert one["what"] == "house:joined"
    assert "many-to-many" in one["detail"] or "duplicate series" in one["detail"]


def test_a_version_that_the_inventory_states_otherwise(checked: Checked) -> None:
    other = checked.inventory.with_name("other.yaml")
    text = checked.inventory.read_text("utf-8")
    other.write_text(text.replace("path: /nas/node}", 'path: /nas/node, version: "1.4.0"}'), "utf-8")
    code, report = checked.verify(inventory=other)
    assert code == 1
    (version,) = findings(report, "catalog", "version")
    assert version["hosts"] == ["nas"] and version["message"].endswith("the inventory states 1.4.0")


def test_a_host_that_is_new_in_the_inventory_is_missing_in_everything(checked: Checked) -> None:
    other = checked.inventory.with_name("more.yaml")
    other.write_text(checked.inventory.read_text("utf-8") + "  - {name: new, os: linux}\n", "utf-8")
    code, report = checked.verify(inventory=other)
    assert code == 1
    assert [one["hosts"] for one in findings(report, "targets", "missing")] == [["new"]]
    (changed,) = findings(report, "rules", "changed")
    assert changed["hosts"] == ["new"]
    gaps = [one for one in report["empty"] if one["gap"]]
    assert {one["host"] for one in gaps} == {"new"}
    # What reads only the inventory's constants is empty because those are not loaded.
    assert {one["reason"] for one in gaps} == {"missing", "rule"}


def test_one_host_alone_is_told_with_what_was_asked(checked: Checked) -> None:
    checked.pages.take_away("/spark/dcgm")
    try:
        checked.verify_until(lambda _, r: bool(findings(r, "targets", "down")))
        spark, nas = checked.text("--host", "spark"), checked.text("--host", "nas")
    finally:
        checked.pages.bring_back("/spark/dcgm")
    assert "asked: host:gpu_power_watts" in spark
    assert "dcgm" not in nas and "all is well" in nas.splitlines()[0]


def test_what_the_cluster_scrapes_is_looked_for_by_its_labels(checked: Checked) -> None:
    """The inventory knows no address of it; the target that is there carries the labels of the plan."""
    other = checked.inventory.with_name("cluster.yaml")
    text = checked.inventory.read_text("utf-8")
    mine = text.split("node: {")[-1].split("}")[0]
    other.write_text(text.replace(mine, "scraped_by: cluster"), "utf-8")
    code, report = checked.verify(inventory=other)
    assert code == 0, messages(report)
    other.write_text(other.read_text("utf-8").replace("name: nas", "name: nas-2"), "utf-8")
    code, report = checked.verify(inventory=other)
    assert code == 1
    (missing,) = findings(report, "targets", "missing")
    assert missing["detail"].endswith("the cluster was to scrape it")
    (left,) = findings(report, "targets", "left-over")
    assert left["hosts"] == ["nas"]
