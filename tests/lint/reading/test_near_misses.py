"""Files that nothing reads, although they look as if something did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from engine import Prometheus
from monogen.lint.reading.files import documents_of_paths
from monogen.lint.reading.texts import documents_of_text, gather
from monogen.lint.run import lint
from monogen.lint.settings import LintSettings

RULE = "{record: 'a:b:c', expr: up}"
GROUP = f"{{name: a, rules: [{RULE}]}}"


def told(text: str, path: str = "file.yaml", *, named: bool = True) -> list[str]:
    """What the checks of files say."""
    linted = gather(documents_of_text(path, text, named=named))
    settings = LintSettings(select=("MG001", "MG007", "MG008", "MG009"))
    return [
        f"{found.start.line}:{found.start.column} {found.code} {found.severity}: {found.message}"
        for found in lint(linted, settings)
    ]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (f"group: [{GROUP}]", "1:1 MG007 warning: Prometheus reads rules below `groups`, not below `group`"),
        (
            f"Groups: [{GROUP}]",
            "1:1 MG007 warning: Prometheus reads rules below `groups`, not below `Groups`",
        ),
        (f"[{RULE}]", "1:1 MG007 info: a list of rules by itself is no rule file"),
        (f"- groups: [{GROUP}]", "1:1 MG007 info: Prometheus reads no rule file that is a list"),
        (GROUP, "1:11 MG007 info: a rule group by itself is no rule file"),
        (
            "apiVersion: monitoring.coreos.com/v1\nkind: prometheusrule\nmetadata: {name: a}\nspec: {}",
            "2:7 MG007 warning: there is no kind `prometheusrule`, so this is not read as a PrometheusRule",
        ),
        ("kind: Scrapeconfig\nspec: {}", "1:7 MG007 warning: there is no kind `Scrapeconfig`"),
        ("kind: PrometheusRules\nspec: {}", "1:7 MG007 warning: there is no kind `PrometheusRules`"),
    ],
)
def test_near_misses(text: str, finding: str) -> None:
    for named in (True, False):
        (found,) = told(text, named=named)
        assert found.startswith(finding)


@pytest.mark.parametrize(
    "text",
    [
        "group: [a, b]",
        "Groups: {admins: [a]}",
        "group: {name: a}",
        "rules: [{host: a, http: {}}]",
        "- {name: a, rules: [{apiGroups: ['']}]}",
        "kind: Rule\nspec: {}",
        "kind: prometheusrule",
        "- alert",
        "[[], null, 3]",
        "panels: []",
    ],
)
def test_what_is_nothing_of_ours(text: str) -> None:
    assert documents_of_text("file.yaml", text) == []


NEW_BOARD = {"title": "A", "elements": {}, "layout": {"kind": "GridLayout"}}


@pytest.mark.parametrize(
    "board",
    [
        NEW_BOARD,
        {"dashboard": NEW_BOARD},
        {"apiVersion": "dashboard.grafana.app/v2alpha1", "kind": "Dashboard", "metadata": {}, "spec": {}},
        {
            "apiVersion": "dashboard.grafana.app/v1beta1",
            "kind": "Dashboard",
            "metadata": {},
            "spec": NEW_BOARD,
        },
    ],
)
def test_boards_of_the_new_schema(board: dict[str, object]) -> None:
    expected = ["1:1 MG008 info: this is a board of Grafana's new schema (v2), which is not looked into"]
    assert told(json.dumps(board), "board.json") == expected
    wrapped = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a.json": json.dumps(board)}})
    if "apiVersion" not in board:
        assert len(told(wrapped)) == 1


def test_monitors_are_told_once() -> None:
    one = "apiVersion: monitoring.coreos.com/v1\nkind: {}\nmetadata: {{name: a}}\n"
    text = "---\n".join(one.format(kind) for kind in ("ServiceMonitor", "Probe", "PodMonitor", "Service"))
    (found,) = told(text)
    assert found.startswith("2:7 MG008 info: what this ServiceMonitor scrapes is not looked into, nor ")
    assert found.endswith("into 2 more objects of its like")


RULES = f"groups: [{GROUP}]\n"
SECOND = "MG009 error: Prometheus loads the first document of a file only, and this one never"


def test_a_second_document() -> None:
    assert told(f"{RULES}---  # more\n{RULES}...\n--- # and more\n# a comment\n{RULES}") == [
        f"2:1 {SECOND}",
        f"5:1 {SECOND}",
    ]
    assert told("scrape_configs: []\n---\nscrape_configs: []\n") == [f"2:1 {SECOND}"]
    assert told(f"# a comment\n---\n{RULES}") == []


def test_documents_that_others_read() -> None:
    """Objects of Kubernetes, and rule files of Mimir."""
    item = f"apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec: {{groups: [{GROUP}]}}\n"
    assert told(f"{item}---\n{item}") == []
    assert told(f"namespace: a\n{RULES}---\nnamespace: b\n{RULES}") == []


@pytest.mark.prometheus
def test_prometheus_never_loads_a_second_document(prometheus_binary: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(f"{RULES}---\n{RULES.replace('name: a', 'name: b')}")
    (tmp_path / "prometheus.yml").write_text("rule_files: [rules.yml]\n---\nrule_file: [misspelt]\n")
    with Prometheus(prometheus_binary, tmp_path / "prometheus.yml", tmp_path / "data") as server:
        assert [group["name"] for group in server.get("rules")["groups"]] == ["a"]


HELM = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
spec:
  groups:
    {{- if .Values.enabled }}
    - name: a
    {{- end }}
"""


@pytest.mark.parametrize(
    "text",
    [
        HELM,
        "{{- range $f := .Files }}\nkind: PrometheusRule\n{{- end }}\n",
        "kind: PrometheusRule\nspec:\n{{- range list 1 2 }}\n  a: b\n{{- end }}\n",
        'kind: PrometheusRule\nmetadata: {{ include "x" . }}\nspec:\n  - a\n b: c\n',
    ],
)
def test_helm_templates(text: str, tmp_path: Path) -> None:
    (found,) = told(text)
    assert "MG001 error: this looks like a Helm template" in found
    (tmp_path / "rule.yaml").write_text(text)
    assert documents_of_paths([tmp_path]) == []


def test_other_templates() -> None:
    (found,) = told("groups:\n{% for a in b %}\n- name: a\n")
    assert "MG001 error: this looks like a template" in found


def test_prometheus_own_templates_are_no_helm() -> None:
    """A quote that was forgotten is a mistake, in a folder too."""
    text = "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    annotations: {{{{ {} }}}} x: y\n"
    for action in ("$labels.instance", ".Labels.instance", "$value | humanize"):
        (found,) = told(text.format(action), named=False)
        assert "Helm" not in found and "MG001" in found
