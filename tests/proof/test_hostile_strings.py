"""Whatever stands in a name: it is refused with a clear error, or Prometheus gets it unchanged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from engine import Prometheus
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from monogen.build import Built, build
from monogen.output.writing import write
from monogen.problems import InputError
from pages import PageServer
from world import PAGES_FOLDER

HOSTILE = [
    'a"b', "a'b", "a`b", "a\\b", "a\\", "{{ $labels.x }}", "{{", "}}", "[[instance]]", "${instance}",
    "$1", "$$", "<< L >>", "<% raw %>", "<#", "# no comment", "a: b", "- a", "*anchor", "&anchor",
    "!!python/object", "|", ">", "yes", "no", "null", "~", "1.0", "0x10", "1e3", "2026-11-23", "12:30",
    "=", "<<", "a,b", "a}b", '{a="b"}', "(a|b)", ".*", "a b", "ä", "日本", "🦙", "\u00a0", "\u200b",
    "\u202e", "a\nb", "a\tb", "\x00", "\x1b[31m", "\x85", "\u2028", "", " ", " a", "a ", "-", "--",
    "/", "../x", "%s", "%00", "'; DROP TABLE", "\ufeff", "é" * 300,
]  # fmt: skip


def _inventory(folder: Path, name: str, port: int = 9100) -> Path:
    """One GB10 whose every free text is the hostile one."""
    data: dict[str, Any] = {
        "fleet": "f",
        "prometheus": {
            "version": "2.42", "scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s",
        },
        "labels": {"site": name},
        "hosts": [
            {
                "name": name,
                "address": "127.0.0.1",
                "hardware": "gb10",
                "labels": {"rack": name},
                "exporters": {
                    "node": {"port": port, "path": "/node"},
                    "vllm": [{"name": name, "port": port, "path": "/vllm", "labels": {"tier": name}}],
                },
                "models": [{"name": name, "file": "1GiB"}],
            }
        ],
    }  # fmt: skip
    path = folder / "hosts.yaml"
    # Escaped: with allow_unicode PyYAML writes U+0085 so that it does not read it again itself.
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def _built(folder: Path, name: str, target: str, port: int = 9100) -> Built | None:
    """What is built, or None where the name is refused with a position and a sentence."""
    try:
        return build(_inventory(folder, name, port), target)
    except InputError as error:
        assert all(problem.line > 0 and problem.message for problem in error.problems)
        return None


def _check(folder: Path, name: str) -> None:
    built = _built(folder, name, "operator")
    if built is None:
        return
    for artifact in built.artifacts:
        if not artifact.path.endswith(".yaml"):
            json.loads(artifact.text)
            continue
        manifest = yaml.load(artifact.text, Loader=yaml.CSafeLoader)
        if manifest["kind"] == "ScrapeConfig":
            for static in manifest["spec"]["staticConfigs"]:
                labels = static["labels"]
                assert (labels["instance"], labels["rack"], labels["site"]) == (name, name, name)
        elif manifest["kind"] == "PrometheusRule":
            _check_rules(manifest, name)
        else:
            (board,) = manifest["data"].values()
            json.loads(board)


def _check_rules(manifest: dict[str, Any], name: str) -> None:
    for group in manifest["spec"]["groups"]:
        for rule in group["rules"]:
            promql_parser.parse(rule["expr"])
            if rule["expr"].startswith("vector("):
                assert rule["labels"]["instance"] == name
                assert rule["labels"].get("model", name) == name


@pytest.mark.parametrize("name", HOSTILE)
def test_known_traps_are_refused_or_carried_through(name: str, tmp_path: Path) -> None:
    _check(tmp_path, name)


@given(st.text(max_size=40))
@example("a'b\"c")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_refused_or_carried_through(tmp_path: Path, name: str) -> None:
    _check(tmp_path, name)


@pytest.mark.prometheus
def test_prometheus_gets_the_names_unchanged(prometheus_binary: Path, tmp_path: Path) -> None:
    """All names that are not refused, as hosts of one fleet, scraped by a real server."""
    pages = {"/node": PAGES_FOLDER / "linux_node.prom"}
    with PageServer(pages) as server:
        carried = [name for name in HOSTILE if _built(tmp_path, name, "prometheus", server.port)]
        hosts = [
            {
                "name": name, "address": "127.0.0.1", "os": "linux", "labels": {"rack": name},
                "exporters": {"node": {"port": server.port, "path": "/node", "params": {"n": [str(number)]}}},
            }
            for number, name in enumerate(carried)
        ]  # fmt: skip
        timing = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        inventory = tmp_path / "all.yaml"
        inventory.write_text(
            yaml.safe_dump({"fleet": "f", "prometheus": {"version": "2.42", **timing}, "hosts": hosts}),
            "utf-8",
        )
        built = build(inventory, "prometheus")
        write(built.artifacts, tmp_path / "out", "f")
        with Prometheus(prometheus_binary, tmp_path / "out" / "prometheus.yml", tmp_path / "data") as running:
            running.wait_for(f"count(host:memory_total_bytes) == {len(carried)}")
            found = running.query("host:memory_total_bytes")
    assert len(carried) > 20
    assert {(s["metric"]["instance"], s["metric"]["rack"]) for s in found} == {(n, n) for n in carried}
