"""Which hosts must have data for an expression, and which may: from the plan alone, no server asked."""

from __future__ import annotations

import pytest
from monogen.build import build
from monogen.live.verify.asking import Asked, questions
from monogen.live.verify.model import Question

INVENTORY = """\
fleet: small
hosts:
  - {name: spark, hardware: gb10, memory: 128GB, exporters: {node: {}, dcgm: {}}}
  - {name: mac, hardware: apple-silicon, memory: 64GB, exporters: {node: {}, macmon: {}}}
  - {name: nas, os: linux}
"""
EVERYBODY = {"spark", "mac", "nas"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    file = tmp_path_factory.mktemp("asking") / "hosts.yaml"
    file.write_text(INVENTORY)
    built = build(file, "prometheus")
    return questions(built.fleet, built.monitoring)


def of(asked: Asked, kind: str, name: str, text: str = "") -> Question:
    return next(q for q in asked.questions if q.kind == kind and q.name == name and text in q.text)


def test_every_expression_can_be_read_and_asked_at_once(asked: Asked) -> None:
    assert asked.unreadable == ()
    assert all(question.asked for question in asked.questions)
    assert {question.kind for question in asked.questions} == {"rule", "alert", "panel"}


def test_a_rule_must_give_data_on_the_hosts_it_is_meant_for(asked: Asked) -> None:
    """`mode="idle"` may or may not be there as far as the expression says; the plan promises it."""
    assert of(asked, "rule", "host:cpu_count").expected == EVERYBODY
    assert of(asked, "rule", "host:gpu_utilization:ratio").expected == {"spark", "mac"}
    assert of(asked, "rule", "host:temperature_celsius:max").expected == frozenset()


def test_what_reads_a_promised_series_is_promised_too(asked: Asked) -> None:
    assert of(asked, "panel", "CPUs").expected == EVERYBODY
    assert of(asked, "panel", "File systems").expected == EVERYBODY
    assert of(asked, "panel", "Models hold").expected == {"spark", "mac"}
    assert of(asked, "alert", "HostCpuSaturated").expected == EVERYBODY


def test_an_alert_that_hopes_for_nothing_is_expected_nowhere(asked: Asked) -> None:
    assert of(asked, "alert", "ExporterMetricAppeared").expected == frozenset()


def test_what_may_be_there_is_not_expected(asked: Asked) -> None:
    hottest = of(asked, "panel", "Hottest sensor", "host:temperature_celsius:max")
    assert hottest.possible >= {"spark", "nas"} and not hottest.expected >= {"nas"}
