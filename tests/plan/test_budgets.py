"""Models that do not fit: told by the build, with the numbers that `monogen fit` shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from monogen.build import build
from monogen.problems import InputError

INVENTORY = """\
fleet: lab
{settings}
hosts:
  - name: spark
    hardware: gb10
    memory: 128GB
    reserved: 12GiB
    models:
      - {{name: big, file: {file}, kv_cache: 4GiB}}
"""


def _inventory(folder: Path, file: str, settings: str = "") -> Path:
    path = folder / "hosts.yaml"
    path.write_text(INVENTORY.format(file=file, settings=settings))
    return path


def test_a_model_that_cannot_fit_is_an_error_at_its_place(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        build(_inventory(tmp_path, "200GiB"), "operator")
    (problem,) = error.value.problems
    assert (problem.line, problem.column) == (9, 9)
    assert "204.0 GiB, and the host has 116.0 GiB" in problem.message


def test_the_error_can_be_made_a_warning(tmp_path: Path) -> None:
    built = build(_inventory(tmp_path, "200GiB", "fit: {impossible: warning}"), "operator")
    assert any("204.0 GiB" in note for note in built.monitoring.notes)


def test_barely_is_a_warning_and_can_be_silenced(tmp_path: Path) -> None:
    built = build(_inventory(tmp_path, "108GiB"), "operator")
    assert any("barely fits means it does not fit" in note for note in built.monitoring.notes)
    silent = build(_inventory(tmp_path, "108GiB", "fit: {barely: ignore}"), "operator")
    assert not any("barely" in note for note in silent.monitoring.notes)


def test_the_series_is_what_fit_computes(tmp_path: Path) -> None:
    path = tmp_path / "hosts.yaml"
    path.write_text(
        "fleet: lab\n"
        "hosts:\n"
        "  - name: spark\n"
        "    hardware: gb10\n"
        "    models:\n"
        "      - name: m\n"
        "        file: 1GiB\n"
        "        architecture: {layers: 32, kv_heads: 8, head_dim: 128}\n"
        "        context: 8192\n"
        "      - {name: unknown, file: 1GiB}\n"
    )
    rules = [
        rule for rule in build(path, "operator").monitoring.rules if rule.record == "host:model_budget_bytes"
    ]
    # 8192 tokens x 32 layers x 8 heads x (128 + 128) x 2 bytes = 1 GiB; nothing is claimed of the other.
    assert [(rule.labels["model"], rule.expr) for rule in rules] == [("m", f"vector({2 * 2**30})")]


def test_what_a_cluster_takes_is_reserved(tmp_path: Path) -> None:
    path = tmp_path / "hosts.yaml"
    path.write_text(
        "fleet: lab\nhosts:\n"
        "  - {name: mac, hardware: apple-silicon, memory: 64GB, reservations: {cluster: 16GiB}}\n"
    )
    rules = {rule.record: rule.expr for rule in build(path, "operator").monitoring.rules}
    assert rules["monogen:memory_reserved_bytes"] == f"vector({22 * 2**30})"
