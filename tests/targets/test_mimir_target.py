"""Rules as Mimir takes them. No mimirtool can be had in CI: what it demands is checked here by its source."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from engine import found
from monogen.build import build
from monogen.cli import main
from monogen.monitoring import Monitoring, Rule, RuleFile, RuleGroup
from monogen.targets import mimir

EXAMPLES = ["hosts/fleet.yaml", "tests/golden/everything/hosts.yaml"]
ROOT = Path(__file__).parents[2]
OWN = """
groups:
- name: spine
  limit: 5
  query_offset: 1m
  labels: {team: x, site: s}
  rules:
  - {record: "a:b:c", expr: "vector(1)"}
  - {record: "a:b:d", expr: "up", labels: {team: y}}
"""


@pytest.mark.parametrize("inventory", EXAMPLES)
def test_one_file_with_one_namespace(inventory: str) -> None:
    built = build(ROOT / inventory, "mimir")
    rules = [artifact for artifact in built.artifacts if artifact.path.startswith("rules/")]
    assert len(rules) == 1
    data = yaml.safe_load(rules[0].text)
    # mimirtool refuses unknown keys (KnownFields).
    assert list(data) == ["namespace", "groups"]
    assert data["namespace"] == f"monogen-{built.fleet.name}"
    names = [group["name"] for group in data["groups"]]
    assert len(set(names)) == len(names)
    assert all(name.startswith(f"{data['namespace']}-") for name in names)
    keys = {key for group in data["groups"] for key in group}
    assert keys <= {"name", "interval", "query_offset", "rules"}
    every = [rule for group in data["groups"] for rule in group["rules"]]
    assert len(every) == len(built.monitoring.rules)


@pytest.mark.parametrize("inventory", EXAMPLES)
def test_the_groups_are_those_of_the_other_targets(inventory: str) -> None:
    for_mimir = yaml.safe_load(build(ROOT / inventory, "mimir").artifacts[0].text)["groups"]
    other = [
        group
        for artifact in build(ROOT / inventory, "prometheus").artifacts
        if artifact.path.startswith("rules/")
        for group in yaml.safe_load(artifact.text)["groups"]
    ]
    assert for_mimir == other


@pytest.mark.parametrize("inventory", EXAMPLES)
@pytest.mark.prometheus
def test_promtool_takes_the_groups(inventory: str, tmp_path: Path) -> None:
    tools = found("promtool", "prometheus-3", "prometheus-2")
    if not tools:
        pytest.skip("no promtool")
    data = yaml.safe_load(build(ROOT / inventory, "mimir").artifacts[0].text)
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": data["groups"]}))
    done = subprocess.run([tools[0], "check", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_mimir_does_not_take(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN)
    (tmp_path / "hosts.yaml").write_text("fleet: t\nrules: [own.yaml]\nhosts: [{name: a, os: linux}]\n")
    built = build(tmp_path / "hosts.yaml", "mimir")
    groups = yaml.safe_load(built.artifacts[0].text)["groups"]
    # A name that stands in two files is told apart by the file.
    own = next(group for group in groups if group["name"] == "monogen-t-own-own-spine")
    assert any(group["name"] == "monogen-t-spine-spine" for group in groups)
    assert own["query_offset"] == "1m"
    assert set(own) == {"name", "query_offset", "rules"}
    # The labels of the group are those of its rules; the rule's own win.
    assert [rule["labels"] for rule in own["rules"]] == [
        {"team": "x", "site": "s"},
        {"team": "y", "site": "s"},
    ]
    assert any("`limit` of `spine`" in note for note in built.monitoring.notes)
    assert not any("limit" in note for note in build(tmp_path / "hosts.yaml", "prometheus").monitoring.notes)


def test_limits_of_a_tenant_are_told() -> None:
    notes = build(ROOT / "hosts/fleet.yaml", "mimir").monitoring.notes
    biggest = max(
        len(g["rules"]) for g in mimir.rule_groups(build(ROOT / "hosts/fleet.yaml", "mimir").monitoring)
    )
    assert biggest > mimir.MOST_RULES
    assert any(f"`ruler_max_rules_per_rule_group: {biggest}`" in note for note in notes)


def test_many_groups_are_told() -> None:
    group = RuleGroup("g", (Rule("vector(1)", record="a:b"),))
    files = tuple(RuleFile(f"f{number}", (group,)) for number in range(mimir.MOST_GROUPS + 1))
    (note,) = mimir.notes(Monitoring("t", files, ()))
    assert f"`ruler_max_rule_groups_per_tenant: {mimir.MOST_GROUPS + 2}`" in note
    assert mimir.notes(Monitoring("t", files[1:], ())) == ()


@pytest.mark.parametrize("target", ["mimir", "prometheus", "operator"])
def test_building_again_after_a_change(target: str, tmp_path: Path) -> None:
    """Files that are replaced are no Kubernetes objects with every target."""
    hosts, out = tmp_path / "hosts.yaml", tmp_path / "out"
    for more in ("", ", {name: b, os: linux}"):
        hosts.write_text(f"fleet: t\nhosts: [{{name: a, os: linux}}{more}]\n")
        done = CliRunner().invoke(main, ["build", str(hosts), "--target", target, "-o", str(out)])
        assert done.exit_code == 0, done.output
        assert "still in the cluster" not in done.output
    assert "changed" in done.output
