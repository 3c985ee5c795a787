"""The reader of templates against real Prometheus servers: what they refuse, and what fails when it fires."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from engine import Prometheus, version
from monogen.gotemplate import read
from template_cases import FAILS, GOOD, NONSENSE, REFUSED

pytestmark = pytest.mark.prometheus


def _rules(templates: tuple[str, ...], prefix: str = "A") -> str:
    rules = [
        {"alert": f"{prefix}{number}", "expr": "vector(12.5)", "annotations": {"text": template}}
        for number, template in enumerate(templates)
    ]
    return json.dumps({"groups": [{"name": "g", "interval": "1s", "rules": rules}]})


class _Server:
    def __init__(self, server: Prometheus, rules: Path) -> None:
        self.server = server
        self.rules = rules

    def takes(self, templates: tuple[str, ...], prefix: str = "A") -> bool:
        self.rules.write_text(_rules(templates, prefix), encoding="utf-8")
        answer = requests.post(f"{self.server.url}/-/reload", timeout=30)
        return answer.ok

    def texts(self, templates: tuple[str, ...], prefix: str) -> dict[str, str]:
        """What each template gives once its alert fires."""
        assert self.takes(templates, prefix)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            alerts = {
                alert["labels"]["alertname"]: alert["annotations"]["text"]
                for alert in self.server.get("alerts")["alerts"]
            }
            if len(alerts) == len(templates) and f"{prefix}0" in alerts:
                return {template: alerts[f"{prefix}{number}"] for number, template in enumerate(templates)}
            time.sleep(0.1)
        raise AssertionError("the alerts do not fire")


@pytest.fixture(scope="module")
def server(prometheus_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Server]:
    folder = tmp_path_factory.mktemp("templates")
    config, rules = folder / "prometheus.yml", folder / "rules.json"
    config.write_text(json.dumps({"rule_files": [str(rules)]}), encoding="utf-8")
    rules.write_text(_rules(()), encoding="utf-8")
    with Prometheus(prometheus_binary, config, folder / "data", ["--web.enable-lifecycle"]) as running:
        yield _Server(running, rules)


@pytest.fixture
def number(prometheus_binary: Path) -> tuple[int, ...]:
    return tuple(map(int, version(prometheus_binary).split(".")))[:2]


def test_what_prometheus_refuses_is_refused_here(server: _Server, number: tuple[int, ...]) -> None:
    for template in REFUSED:
        assert not server.takes((template,)), template
        remarks = read(template, number).remarks
        assert remarks and not remarks[-1].loads, template


def test_what_fails_when_it_fires_is_told(server: _Server, number: tuple[int, ...]) -> None:
    for template, text in server.texts(FAILS, "Fails").items():
        assert "error" in text and "expanding template" in text, (template, text)
        remarks = read(template, number).remarks
        assert remarks and remarks[0].loads, template


def test_nonsense_is_told(server: _Server, number: tuple[int, ...]) -> None:
    for template, text in server.texts(NONSENSE, "Nonsense").items():
        assert "%!" in text, (template, text)
        remarks = read(template, number).remarks
        assert remarks and remarks[0].loads, template


def test_nothing_is_said_of_good_templates(server: _Server, number: tuple[int, ...]) -> None:
    for template, text in server.texts(GOOD, "Good").items():
        assert "error expanding" not in text and "%!" not in text, (template, text)
        assert not read(template, number).remarks, template


def test_else_with_and_new_functions_follow_the_version(server: _Server, number: tuple[int, ...]) -> None:
    for template in (
        "{{ with $labels.a }}a{{ else with $labels.b }}b{{ end }}",
        "{{ now }}",
        "{{ toDuration 5 }}",
        '{{ urlQueryEscape "a b" }}',
    ):
        assert server.takes((template,)) == (not read(template, number).remarks), template


def test_labels_of_the_alert_itself_are_not_in_labels(server: _Server) -> None:
    rule = {
        "alert": "Own",
        "expr": 'label_replace(vector(1), "host", "a", "", "")',
        "labels": {"team": "core", "again": "{{ $labels.host }}"},
        "annotations": {
            "text": "{{ $labels.team }}|{{ $labels.alertname }}|{{ $labels.again }}|{{ $labels.host }}"
        },
    }
    groups = [{"name": "g", "interval": "1s", "rules": [rule]}]
    server.rules.write_text(json.dumps({"groups": groups}), encoding="utf-8")
    assert requests.post(f"{server.server.url}/-/reload", timeout=30).ok
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        alerts = server.server.get("alerts")["alerts"]
        if [alert["labels"]["alertname"] for alert in alerts] == ["Own"]:
            assert alerts[0]["annotations"]["text"] == "|||a"
            return
        time.sleep(0.1)
    raise AssertionError("the alert does not fire")
