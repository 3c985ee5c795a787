"""What is told, and how: one host's share, another fleet, metrics that belong together, no internals."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from checked_world import Checked, findings, messages, run
from monogen.live.prometheus import Build
from monogen.live.verify.as_json import as_json
from monogen.live.verify.model import Cardinality, Finding, Report
from monogen.live.verify.text import text
from monogen.promql.placeholder import placeholder
from spoiling_proxy import Reply, in_front


def test_choices_of_a_board_are_told_as_people_know_them() -> None:
    message = f'none of it passes `x{{hardware="{placeholder("hardware")}"}}`'
    finding = Finding("answers", "refused", "x", message, (), message, message)
    series = Cardinality({}, {}, {})
    report = Report("http://localhost", Build(), "lab", 1, (), (finding,), (), (message,), series, (), 0, 0)
    for told in (text(report, verbose=True), json.dumps(as_json(report), ensure_ascii=False)):
        assert "$hardware" in told
        assert not any(sign in told for sign in ("\ue000", "\ue001", "ue000", "ue001"))


@pytest.mark.prometheus
def test_the_server_of_another_fleet_is_told_in_one_line(checked: Checked) -> None:
    other = checked.inventory.with_name("otherlab.yaml")
    other.write_text(
        checked.inventory.read_text("utf-8").replace("fleet: checked", "fleet: otherlab"), "utf-8"
    )
    code, report = checked.verify(inventory=other)
    lines = run([str(other), "--prometheus", checked.server.url])[1].splitlines()
    assert code == 1 and not report["ok"] and not report["empty"]
    (finding,) = report["findings"]
    assert finding["message"] == "the server has the fleet `checked`, not `otherlab`"
    assert lines[0].endswith(": the server has the fleet `checked`, not `otherlab`")
    assert len(lines) == 2


@pytest.mark.prometheus
def test_the_numbers_of_one_host_are_its_own(checked: Checked) -> None:
    arguments = [str(checked.inventory), "--prometheus", checked.server.url, "--host", "nas"]
    _, out, _ = run([*arguments, "--json"])
    report, fleet = json.loads(out), checked.verify()[1]
    mine = {one["part"]: one for one in report["checked"]}
    all_of_them = {one["part"]: one for one in fleet["checked"]}
    assert report["host"] == "nas" and fleet["host"] is None
    assert mine["targets"]["fine"] == mine["targets"]["all"] == 1
    assert 0 < mine["answers"]["all"] < all_of_them["answers"]["all"] / 2
    assert 0 < mine["catalog"]["all"] < all_of_them["catalog"]["all"] / 2
    assert mine["rules"]["note"] == "of the whole fleet"
    assert set(report["series"]["recorded"]) == set(report["series"]["scraped"]) == {"nas"}
    assert "spark" not in out and ", host nas: all is well" in run(arguments)[1].splitlines()[0]


@pytest.mark.prometheus
def test_what_was_asked_stands_below_its_panel_rule_or_alert(checked: Checked) -> None:
    checked.pages.take_away("/spark/dcgm")
    try:
        checked.verify_until(lambda _, r: sum(one["gap"] for one in r["empty"]) > 10)
        lines = checked.text("--host", "spark").splitlines()
    finally:
        checked.pages.bring_back("/spark/dcgm")
    below = {lines[i - 1].strip(): line.strip() for i, line in enumerate(lines) if "asked: " in line}
    assert below["Host (checked): GPU clock"].startswith("asked: host:gpu_clock_hertz")
    assert "DCGM_FI_DEV_POWER_USAGE" in below["host:gpu_power_watts"]
    assert "host:gpu_temperature_celsius" in below["GpuTemperatureHigh"]


@pytest.mark.prometheus
def test_an_alert_on_a_metric_that_a_host_never_had_is_not_blind(checked: Checked) -> None:
    """A NAS has no power cap of a GB10: that its exporter stops takes nothing away there."""
    checked.pages.take_away("/nas/node")
    try:
        _, report = checked.verify_until(lambda _, r: bool(findings(r, "targets", "down")))
    finally:
        checked.pages.bring_back("/nas/node")
    names = {one["name"] for one in report["empty"] if one["host"] == "nas" and one["gap"]}
    assert "host:cpu_count" in names
    assert "GpuPowerCapCollapsed" not in names


@pytest.mark.prometheus
def test_framebuffer_metrics_that_appear_together_are_one_finding(checked: Checked) -> None:
    metrics = [f"DCGM_FI_DEV_FB_{name}" for name in ("USED", "FREE", "RESERVED")]
    page = "".join(f'{name}{{gpu="0"}} 5\n' for name in metrics)
    checked.pages.edit("/spark/dcgm", lambda text: text + page)
    try:
        code, report = checked.verify_until(lambda _, r: bool(findings(r, "catalog", "appeared")))
    finally:
        checked.pages.edit("/spark/dcgm", str)
    assert code == 1
    (appeared,) = findings(report, "catalog", "appeared")
    assert set(appeared["what"].split(", ")) == set(metrics), messages(report)
    assert "have appeared" in appeared["message"]
    assert "`catalogs:` in the inventory" in appeared["hint"] and "ExporterMetricAppeared" in appeared["hint"]


@pytest.mark.prometheus
def test_a_scrape_that_takes_nearly_as_long_as_it_may(checked: Checked) -> None:
    def real(_: str, __: Mapping[str, str]) -> None:
        return None

    def slowly(_: str, asked: str) -> Reply | None:
        if "scrape_duration_seconds" not in asked:
            return None
        labels = {"instance": "nas", "job": "node-exporter", "fleet": "checked"}
        result = [{"metric": labels, "value": [1, "1.7"]}]
        body = {"status": "success", "data": {"resultType": "vector", "result": result}}
        return 200, "application/json", json.dumps(body).encode()

    with in_front(checked.server.url, real, on_question=slowly) as proxy:
        code, report = checked.verify(proxy.url)
    assert code == 0
    (slow,) = findings(report, "targets", "near-timeout")
    assert slow["hosts"] == ["nas"] and slow["detail"] == "1.7 s of 2 s" and not slow["gap"]
