"""Rules, scrape jobs and boards of documents, in every form they come in."""

from __future__ import annotations

import json
from pathlib import Path

from monogen.lint.documents import Linted
from monogen.lint.reading.files import documents_of_paths
from monogen.lint.reading.source import Placed
from monogen.lint.reading.texts import documents_of_text, gather
from monogen.promql import selectors

OUT = Path(__file__).parents[3] / "out"

RULES = """\
groups:
  - name: hosts
    interval: 1m
    limit: 5
    labels: {team: infra}
    rules:
      - record: instance:up:sum
        expr: sum by (instance) (up)
        labels: {rank: 1, on: yes, cost: 1.50, none: }
      - alert: Down
        expr: 1
        for: 0
        keep_firing_for: 5m
        annotations: {summary: "it is down"}
"""


def read(text: str, path: str = "rules.yaml") -> Linted:
    return gather(documents_of_text(path, text))


def kinds(text: str, path: str = "a.yaml") -> list[str]:
    return [document.kind for document in documents_of_text(path, text)]


def test_a_rule_file() -> None:
    (group,) = read(RULES).groups
    assert (group.name, group.interval, group.labels, group.options) == (
        "hosts",
        60.0,
        {"team": "infra"},
        {"limit": 5},
    )
    recording, alert = group.rules
    assert (recording.record, recording.name, recording.alert) == ("instance:up:sum", "instance:up:sum", "")
    assert recording.keys == ("groups", 0, "rules", 0)
    assert recording.expression.keys == ("groups", 0, "rules", 0, "expr")
    assert recording.expression.tree is not None
    assert (recording.expression.used_in, recording.expression.interval) == ("record", 60.0)
    assert (alert.alert, alert.index, alert.hold, alert.keep_firing_for) == ("Down", 1, "0", "5m")
    assert alert.expression.text == "1"
    assert alert.annotations == {"summary": "it is down"}


def test_labels_are_texts_as_they_are_written() -> None:
    """Prometheus takes any scalar for a text, and reads it as it stands."""
    recording = read(RULES).groups[0].rules[0]
    assert recording.labels == {"rank": "1", "on": "yes", "cost": "1.50", "none": ""}


def test_an_expression_that_is_not_read() -> None:
    (rule,) = read("groups: [{name: a, rules: [{record: b, expr: 'sum('}]}]").rules
    assert rule.expression.tree is None
    assert rule.expression.unreadable is not None


def test_a_prometheus_rule() -> None:
    text = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n" + "".join(
        f"  {line}\n" for line in RULES.splitlines()
    )
    (group,) = read(text).groups
    assert group.keys == ("spec", "groups", 0)
    assert [rule.name for rule in group.rules] == ["instance:up:sum", "Down"]


def test_a_list_of_objects() -> None:
    item = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule"}
    rules = {"groups": [{"name": "g", "rules": [{"alert": "A", "expr": "up"}]}]}
    text = json.dumps(
        {"apiVersion": "v1", "kind": "List", "items": [{"kind": "X"}, {**item, "spec": rules}]}, indent=1
    )
    for path in ("a.json", "a.yaml"):
        linted = read(text, path)
        (rule,) = linted.rules
        start, _ = rule.document.source.place(rule.document.number, (*rule.keys, "alert"))
        assert text.splitlines()[start.line - 1].strip() == '"alert": "A",'
        assert [document.kind for document in linted.documents] == ["prometheus-rule"]


def test_malformed_rules_are_left_out() -> None:
    for rules in (
        "{a: 1}",
        "[1, {}, {record: a}, {expr: up}, {record: [a], expr: up}, {alert: a, expr: {}}]",
    ):
        (group,) = read(f"groups: [{{name: a, rules: {rules}}}, 3, null]").groups
        assert group.rules == ()
    assert read("groups: 3").groups == []
    assert read("apiVersion: a/v1\nkind: PrometheusRule\nspec: [1]").groups == []


def test_scrape_configs() -> None:
    server = read(
        "global: {scrape_interval: 30s}\n"
        "scrape_configs:\n"
        "  - {job_name: a, scrape_interval: 10s, scrape_timeout: 5s}\n"
        "  - {job_name: b}\n"
        "  - 3\n"
    )
    assert [(job.job, job.interval, job.timeout, job.form) for job in server.scrapes] == [
        ("a", 10.0, 5.0, "prometheus"),
        ("b", 30.0, None, "prometheus"),
    ]
    assert server.scrapes[0].keys == ("scrape_configs", 0)
    (extra,) = read("- {job_name: c}\n").scrapes
    assert (extra.job, extra.keys) == ("c", (0,))


def test_scrape_config_objects() -> None:
    head = (
        "apiVersion: monitoring.coreos.com/v1alpha1\nkind: ScrapeConfig\nmetadata: {name: n, namespace: m}\n"
    )
    (job,) = read(head + "spec: {jobName: a, scrapeInterval: 30s}\n").scrapes
    assert (job.job, job.interval, job.form, job.keys) == ("a", 30.0, "operator", ("spec",))
    (nameless,) = read(head + "spec: {}\n").scrapes
    assert nameless.job == "scrapeConfig/m/n"
    assert read(head + "spec: 3\n").scrapes == []


BOARD = {"title": "B", "schemaVersion": 39, "panels": [{"title": "P", "targets": [{"expr": "up"}]}]}


def test_boards() -> None:
    for data in (BOARD, {"dashboard": BOARD, "meta": {}}):
        (board,) = read(json.dumps(data), "b.json").boards
        assert [panel.title for panel in board.panels] == ["P"]


def test_boards_in_config_maps() -> None:
    head = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"labels": {"grafana_dashboard": "1"}}}
    text = json.dumps({**head, "data": {"b.json": json.dumps(BOARD), "c.json": "{", "d.txt": "x"}})
    linted = read(text, "c.yaml")
    assert [document.kind for document in linted.documents] == ["config-map", "dashboard", "unreadable"]
    (board,) = linted.boards
    start, end = board.document.source.place(0, ("panels", 0, "title"), (0, 1))
    assert text[start.column - 1 : end.column - 1] == "P"
    assert "`c.json`: not valid JSON" in linted.documents[2].data["message"]
    assert linted.documents[2].source.place(0, ())[0].column == text.index('"{"') + 3


def test_a_board_of_the_grafana_operator() -> None:
    head = {"apiVersion": "grafana.integreatly.org/v1beta1", "kind": "GrafanaDashboard", "metadata": {}}
    text = json.dumps({**head, "spec": {"json": json.dumps(BOARD)}})
    assert [board.title for board in read(text).boards] == ["B"]


def test_what_a_document_is() -> None:
    assert kinds("groups: []") == ["rules"]
    assert kinds("namespace: n\ngroups: []") == ["rules"]
    assert kinds("groups: [{name: a, rules: []}]\nx: 1") == ["rules"]
    assert kinds("groups: {dependabot: {}}\nversion: 2") == []
    assert kinds("scrape_configs: []") == ["prometheus"]
    assert kinds("scrape_configs: []\nclients: [{url: loki}]") == []
    assert kinds("global: {scrape_interval: 1m}\nrule_files: [a]") == ["prometheus"]
    assert kinds("global: {resolve_timeout: 1m}\nroute: {}") == []
    assert kinds("apiVersion: v1\nkind: Service\nmetadata: {name: a}") == ["manifest"]
    assert kinds("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization") == []
    assert kinds("services: {}") == []
    assert kinds("---\n---\n- a\n---\ngroups: []\n") == ["rules"]
    assert kinds('{"name": "x", "version": "1"}', "package.json") == []
    assert kinds('{"groups": []}', "rules.json") == ["rules"]
    assert kinds('{"panels": []}', "b") == []
    assert kinds('{"panels": [], "uid": "b"}', "b") == ["dashboard"]
    assert kinds("groups:\n", "a.rules") == ["rules"]


def test_every_selector_of_our_own_output_is_found_in_its_file() -> None:
    """Rules in block scalars, and boards that are one quoted line of a ConfigMap."""
    linted = gather(documents_of_paths([OUT]))
    looked_at = 0
    for expression in linted.expressions:
        source = expression.document.source
        assert isinstance(source, Placed)
        for selector in selectors(expression.tree) if expression.tree else ():
            span = expression.origin((selector.start, selector.end))
            start, end = source.offsets(expression.document.number, expression.keys, span)
            written = source.text[start:end].replace("\\", "")
            meant = selector.name or "{"
            assert written.startswith(meant), (source.path, expression.text, written)
            looked_at += 1
    assert looked_at > 500
