"""The alerts that a scenario's line names are those that can fire with this inventory."""

from __future__ import annotations

from pathlib import Path

import pytest
from monogen.build import build
from monogen.live.simulate import staging
from monogen.live.simulate.expected import expected

BOTH = "models: [{name: a, file: 20GB, kv_cache: 2GB}, {name: b, file: 30GB, kv_cache: 2GB}]"
ONE = "models: [{name: a, file: 20GB, kv_cache: 2GB}]"
NONE = "models: [{name: a}]"


def hint(folder: Path, scenario: str, host: str, further: str = "") -> str:
    """What is told of the scenario on a GB10 with these keys of the host, and of the inventory."""
    path = folder / "hosts.yaml"
    path.write_text(
        f"fleet: lab\n{further}hosts:\n- {{name: spark-1, hardware: gb10, memory: 128GB, {host}}}\n"
    )
    built = build(path, "prometheus")
    stage = staging.from_text(scenario, built.fleet)
    return expected(stage, built.fleet.hosts[0], built.monitoring)


@pytest.mark.parametrize(
    ("host", "told"),
    [
        (f"exporters: {{node: {{}}, nvidia-smi: {{}}}}, exclusive: true, {BOTH}", "ModelsResidentTogether"),
        (f"exporters: {{node: {{}}, nvidia-smi: {{}}}}, {ONE}", "ModelOverBudget"),
        (
            f"exporters: {{node: {{}}, nvidia-smi: {{}}}}, exclusive: true, {ONE}",
            "ModelsResidentTogether or ModelOverBudget",
        ),
    ],
)
def test_only_what_can_fire_is_watched_for(host: str, told: str, tmp_path: Path) -> None:
    assert hint(tmp_path, "two-resident", host) == f"watch for {told}"


@pytest.mark.parametrize("models", [BOTH, NONE])
def test_where_nothing_can_fire_it_says_what_is_needed(models: str, tmp_path: Path) -> None:
    told = hint(tmp_path, "two-resident", f"exporters: {{node: {{}}, vllm: {{}}}}, {models}")
    assert told.startswith("no alert of this inventory watches spark-1 for it: ModelsResidentTogether needs")
    assert "`exclusive: true`" in told
    assert "watch for" not in told


def test_where_an_alert_is_switched_off(tmp_path: Path) -> None:
    assert hint(tmp_path, "disk-fills", "exporters: {node: {}}") == "watch for HostDiskFull"
    off = "alerts: {HostDiskFull: {enabled: false}}\n"
    told = hint(tmp_path, "disk-fills", "exporters: {node: {}}", off)
    assert told == "no alert of this inventory watches spark-1 for it (HostDiskFull)"


def test_a_scenario_without_alerts_has_no_hint(tmp_path: Path) -> None:
    assert hint(tmp_path, "model-loads", f"exporters: {{node: {{}}}}, {ONE}") == ""


def test_alerts_of_peoples_own_scenarios_are_named_as_they_are(tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.yaml"
    inventory.write_text("fleet: lab\nhosts:\n- {name: nas, os: linux, exporters: {node: {}}}\n")
    story = tmp_path / "story.yaml"
    story.write_text("- {title: x, host: nas, alert: MyOwn, moves: {disk_used: {0s: 0.9}}}\n")
    built = build(inventory, "prometheus")
    (stage,) = staging.from_file(story, built.fleet)
    assert expected(stage, built.fleet.hosts[0], built.monitoring) == "watch for MyOwn"
