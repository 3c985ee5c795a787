"""Objects for Kubernetes: what an API server, kubectl and the operator take."""

import json

import pytest
from monogen.lint.checks.manifests.sizes import last_applied
from monogen.lint.reading.texts import documents_of_text, gather
from monogen.lint.run import lint
from monogen.lint.settings import LintSettings

SCRAPE = """\
apiVersion: monitoring.coreos.com/v1alpha1
kind: ScrapeConfig
metadata: {name: lab, namespace: monitoring}
spec:
"""
RULES = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: lab, namespace: monitoring}
spec:
"""
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: lab, namespace: monitoring}\n"


def told(*files: tuple[str, str]) -> list[str]:
    linted = gather([document for path, text in files for document in documents_of_text(path, text)])
    findings = lint(linted, LintSettings(select=("MG7",)))
    return [f"{finding.code} {finding.severity}: {finding.message}" for finding in findings]


RULE = "  groups: [{name: a, rules: [{record: 'a:b', KEYS}]}]\n"


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ("expr: c, labels: {d: 5}", "MG003"),
        ("expr: c, labels: d", "MG003"),
        ("expr: c, fore: 5m", "MG004"),
        ("labels: {d: e}", "MG003"),
    ],
)
def test_what_is_wrong_with_rules_anywhere_is_said_once(keys: str, code: str) -> None:
    rule = RULE.replace("KEYS", keys)
    linted = gather(documents_of_text("a.yaml", RULES + rule))
    everything = lint(linted, LintSettings(select=("MG0", "MG7")))
    assert [finding.code for finding in everything] == [code]
    assert [finding.code for finding in lint(linted, LintSettings(select=("MG7",)))] == ["MG701"]
    assert [finding.code for finding in lint(linted, LintSettings(ignore=("MG0",)))] == ["MG701"]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (SCRAPE + "  jobName: lab\n  staticConfigs: [{targets: ['a:1'], labels: {a: b}}]\n", None),
        (SCRAPE + "  jobName:\n  scrapeInterval: 0\n", "MG701 error: `scrapeInterval` must be a duration"),
        (SCRAPE + "  jobName: ''\n", "MG701 error: `jobName` is empty"),
        (SCRAPE + "  scrape_interval: 30s\n", "MG701 error: unknown key `scrape_interval`"),
        (SCRAPE + "  scrapeInterval: 1m30\n", "MG701 error: `1m30` is not a duration"),
        (SCRAPE + "  relabelings: []\n", "MG701 error: `relabelings` is empty"),
        (SCRAPE + "  staticConfigs: [{labels: {a: b}}]\n", "MG701 error: a static config needs `targets`"),
        (SCRAPE + "  staticConfigs: [{targets: ['a:1'], labels: {a: 1}}]\n", "MG701 error: `a` must be text"),
        (SCRAPE + "  scheme: ftp\n", "MG701 error: `ftp` is not a scheme"),
        (SCRAPE + "  azureSDConfigs: [{subscriptionID: a, anything: b}]\n", None),
        (SCRAPE + "  basicAuth: {password: {name: a}}\n", "MG701 error: a key of a Secret needs `key`"),
        (RULES + "  groups: [{name: a, rules: [{record: a, expr: 1}]}]\n", None),
        (RULES + "  groups: [{name: a, rules: [{record: a}]}]\n", "MG701 error: a rule needs `expr`"),
        (
            RULES + "  groups: [{name: a, rules: [{alert: a, expr: b, for: 5}]}]\n",
            "MG701 error: `for` must be",
        ),
        (RULES + "  groups: [{name: a}, {name: a}]\n", "MG701 error: there is a group `a` already"),
        (
            RULES.replace("/v1", "/v2") + "  anything: a\n",
            "MG704 error: `monitoring.coreos.com/v2` serves no",
        ),
        (MAP + "data: {a: 1}\n", "MG701 error: `a` must be text"),
        (MAP + "data: {a b: c}\n", "MG702 error: `a b` is no key of a ConfigMap"),
        (MAP.replace("name: lab", "name: Lab"), "MG702 error: `Lab` is no name of an object"),
        (MAP.replace("name: lab", "name: lab-"), "MG702 error: `lab-` is no name of an object"),
        (MAP.replace("name: lab", f"name: {'a' * 254}"), "MG702 error: the name has 254 characters"),
        (MAP.replace("name: lab", "name: '{{ .Values.name }}'"), None),
        (MAP.replace("monitoring", "Monitoring"), "MG702 error: `Monitoring` is no namespace"),
        (MAP.replace("monitoring}", "m, labels: {a: true}}"), "MG702 error: the value of `a` is not text"),
        (MAP.replace("monitoring}", "m, labels: {a: b c}}"), "MG702 error: `b c` is no value of a label"),
        (MAP.replace("monitoring}", f"m, labels: {{a: {'b' * 64}}}}}"), "MG702 error: the label `a` has 64"),
        (MAP.replace("monitoring}", "m, annotations: {a: b c, A.b/c: d}}"), None),
        (MAP.replace("monitoring}", "m, labels: {a/b/c: d}}"), "MG702 error: `a/b/c` is no key of labels"),
        (SCRAPE.partition("\n")[2] + "  jobName: a\n", "MG704 error: the object `ScrapeConfig` has no `apiV"),
        (MAP.replace("name: lab, ", ""), "MG704 error: the object has no `metadata.name`"),
        (MAP.replace("name: lab, ", "generateName: lab-, "), None),
        (MAP + "---\n" + MAP, "MG704 error: there is a ConfigMap `lab` already in this file"),
        (MAP + "---\n" + MAP.replace("monitoring", "other"), None),
    ],
)
def test_objects(text: str, finding: str | None) -> None:
    found = told(("k8s/object.yaml", text))
    assert len(found) == (finding is not None) and all(one.startswith(str(finding)) for one in found), found


def test_every_mistake_of_an_object_is_told() -> None:
    found = told(("a.yaml", SCRAPE + "  scheme: ftp\n  jobName: ''\n  hosts: []\n"))
    assert [one.split(":")[0] for one in found] == ["MG701 error"] * 3


def size_of_annotations(data: dict[str, object]) -> int:
    return len("kubectl.kubernetes.io/last-applied-configuration") + len(last_applied(data))


@pytest.mark.parametrize(("more", "findings"), [(0, 0), (1, 1)])
def test_annotations_are_counted_to_the_byte(more: int, findings: int) -> None:
    empty = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "lab"}, "data": {"a": ""}}
    room = 262_144 - size_of_annotations(empty)
    text = json.dumps(empty).replace('"a": ""', f'"a": "{"x" * (room + more)}"')
    found = told(("a.yaml", text))
    assert len(found) == findings
    assert all(one.startswith("MG703 warning: `kubectl apply` keeps 262,145 bytes") for one in found)


def test_json_is_counted_as_go_writes_it() -> None:
    assert last_applied({"a": "<ä>"}) == b'{"a":"\\u003c\xc3\xa4\\u003e"}\n'


def test_nothing_takes_more_than_a_mebibyte() -> None:
    found = told(("a.yaml", MAP + f"data: {{a: {'x' * 1_048_576}}}\n"))
    assert found == ["MG703 error: the object has 1,048,577 bytes, an API server takes 1,048,576"]


BOARD = json.dumps({"title": "A", "uid": "a", "schemaVersion": 39, "panels": []})


def test_files_without_an_object_among_objects() -> None:
    assert told(("k8s/map.yaml", MAP), ("k8s/board.json", BOARD)) == [
        "MG704 info: a bare dashboard among Kubernetes objects: `kubectl apply -f` fails at it"
    ]
    assert told(("k8s/map.yaml", MAP), ("k8s/dashboards/board.json", BOARD)) == []
    assert told(("boards/board.json", BOARD), ("boards/rules.yml", "groups: []")) == []


def test_a_board_within_its_object_is_no_bare_one() -> None:
    text = MAP + "data:\n  board.json: |\n    " + BOARD + "\n"
    assert told(("k8s/map.yaml", text)) == []


def test_one_name_in_two_files_of_a_folder() -> None:
    assert told(("k8s/a.yaml", MAP), ("k8s/b.yaml", MAP)) == [
        "MG704 warning: there is a ConfigMap `lab` already in k8s/a.yaml"
    ]
    assert told(("base/a.yaml", MAP), ("prod/a.yaml", MAP)) == [], "one of them is applied"
