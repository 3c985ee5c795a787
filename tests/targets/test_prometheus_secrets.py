"""Where a plain Prometheus wants its secrets: the build says so, once for each file."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from monogen.build import build
from monogen.cli import main

INVENTORY = """
fleet: lab
hosts:
  - name: box
    os: linux
    exporters:
      node: {}
      litellm: {auth: {bearer: {secret: litellm, key: key}}}
      vllm:
        - name: one
          scheme: https
          auth: {basic: {username: {secret: gate, key: user}, password: {secret: gate, key: password}}}
          tls: {ca: {secret: gate, key: ca.crt}}
        - {name: two, port: 8001, auth: {bearer: {secret: litellm, key: key}}}
"""
FILES = ["secrets/litellm/key", "secrets/gate/user", "secrets/gate/password", "secrets/gate/ca.crt"]


def inventory(folder: Path, text: str = INVENTORY) -> Path:
    path = folder / "hosts.yaml"
    path.write_text(text)
    return path


def test_each_file_of_a_secret_is_named_once(tmp_path: Path) -> None:
    built = build(inventory(tmp_path), "prometheus")
    notes = [note for note in built.monitoring.notes if "Secret" in note]
    sentence = "put `key` of the Secret `litellm` into secrets/litellm/key beside prometheus.yml"
    assert [note for note in notes if "litellm" in note] == [f"{sentence}: Prometheus reads it there"]
    assert sorted(file for note in notes for file in FILES if f" {file} " in note) == sorted(FILES)
    assert len(notes) == len(FILES)


def test_what_is_named_is_what_prometheus_reads(tmp_path: Path) -> None:
    built = build(inventory(tmp_path), "prometheus")
    (config,) = [artifact.text for artifact in built.artifacts if artifact.path == "prometheus.yml"]
    assert all(f"{file}\n" in config.replace('"', "") for file in FILES)
    assert yaml.safe_load(config)


@pytest.mark.parametrize("target", ["operator", "mimir"])
def test_no_other_target_names_files(target: str, tmp_path: Path) -> None:
    assert not [note for note in build(inventory(tmp_path), target).monitoring.notes if "secrets/" in note]


def test_very_many_secrets_are_counted(tmp_path: Path) -> None:
    host = "  - {name: hN, os: linux, exporters: {node: {auth: {bearer: {secret: sN, key: token}}}}}\n"
    hosts = "".join(host.replace("N", str(number)) for number in range(30))
    notes = build(inventory(tmp_path, f"fleet: lab\nhosts:\n{hosts}"), "prometheus").monitoring.notes
    said = [note for note in notes if "Secret" in note or "secrets" in note]
    assert len(said) == 21
    assert said[-1] == "10 more files of secrets are named in prometheus.yml"


def test_the_command_tells_it(tmp_path: Path) -> None:
    arguments = ["build", str(inventory(tmp_path)), "--target", "prometheus", "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "note: put `key` of the Secret `litellm` into secrets/litellm/key beside" in result.output
