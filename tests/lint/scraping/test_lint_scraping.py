"""Scrape configs in both forms: what is found, and what is left alone."""

import json
from pathlib import Path
from textwrap import dedent, indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monogen import catalog, inventory
from monogen.inventory.model import Fleet
from monogen.lint.reading.files import documents_of_paths
from monogen.lint.reading.texts import documents_of_text, gather
from monogen.lint.run import lint
from monogen.lint.settings import LintSettings

# fmt: off
KEYS = [
    "job_name", "jobName", "scrape_interval", "scrapeTimeout", "static_configs", "staticConfigs",
    "targets", "labels", "relabel_configs", "relabelings", "metricRelabelings", "action", "regex",
    "sourceLabels", "source_labels", "targetLabel", "target_label", "modulus", "replacement", "params",
    "scheme", "basicAuth", "basic_auth", "authorization", "http_sd_configs", "httpSDConfigs", "name",
    "namespace",
]
# fmt: on
HEAD = """\
apiVersion: monitoring.coreos.com/v1alpha1
kind: ScrapeConfig
metadata: {name: lab, namespace: monitoring, labels: {release: kube-prometheus-stack}}
spec:
"""
INVENTORY = """\
fleet: lab
prometheus: {version: "2.53", scrape_interval: 20s, scrape_timeout: 10s}
kubernetes: {labels: {release: kube-prometheus-stack}}
hosts:
- {name: nas, address: nas.lan, os: linux}
- {name: mac, address: 192.168.1.9, hardware: apple-silicon, exporters: {node: {}, macmon: {}}}
"""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    file = tmp_path_factory.mktemp("inventory") / "hosts.yaml"
    file.write_text(INVENTORY)
    return inventory.load(file, catalog.kinds)


def told(*files: tuple[str, str], fleet: Fleet | None = None) -> list[str]:
    linted = gather([document for path, text in files for document in documents_of_text(path, text)])
    findings = lint(linted, LintSettings(select=("MG5",)), fleet)
    return [f"{finding.code} {finding.severity}: {finding.message}" for finding in findings]


def operator(spec: str, fleet: Fleet | None = None, head: str = HEAD) -> list[str]:
    return told(("scrape.yaml", head + indent(dedent(spec), "  ")), fleet=fleet)


def plain(text: str, fleet: Fleet | None = None) -> list[str]:
    return told(("prometheus.yml", dedent(text)), fleet=fleet)


def targets(*addresses: str, labels: str = "{instance: a}", more: str = "") -> str:
    return f"staticConfigs:\n- targets: [{', '.join(addresses)}]\n  labels: {labels}\n{more}"


def test_a_timeout_is_held_against_the_interval_that_counts(fleet: Fleet) -> None:
    assert operator("scrapeInterval: 10s\nscrapeTimeout: 11s") == [
        "MG501 error: the timeout of 11s is longer than the interval of 10s"
    ]
    assert operator("scrapeTimeout: 30s") == []
    assert operator("scrapeTimeout: 30s", fleet) == [
        "MG501 warning: the timeout of 30s is longer than the server's interval of 20s"
    ]
    part = "- job_name: lab\n  scrape_timeout: 30s\n"
    assert plain(part) == [], "the server's interval is not known"
    assert plain(part, fleet) == [
        "MG501 error: the timeout of 30s is longer than the inventory's interval of 20s"
    ]


def test_targets_that_are_scraped_twice() -> None:
    twice = targets("a:1", "a:1", labels="{}")
    assert operator(twice) == ["MG502 error: `a:1` stands twice in this list"]
    other = HEAD.replace("name: lab", "name: other")
    first = ("k8s/a.yaml", HEAD + indent(targets("a:1"), "  "))
    second = ("k8s/b.yaml", other + indent("jobName: other\n" + targets("A:1"), "  "))
    assert told(first, second) == [
        "MG502 warning: `A:1` is scraped by the job `scrapeConfig/monitoring/lab` in k8s/a.yaml already"
    ]
    assert told(first, ("elsewhere/b.yaml", second[1])) == []


@pytest.mark.parametrize(
    "difference",
    [
        "metricsPath: /other",
        "scheme: HTTPS",
        "params: {module: [http]}",
        "relabelings: [{action: keep, sourceLabels: [__address__], regex: b.*}]",
        "relabelings: [{targetLabel: __address__, replacement: 'blackbox:9115'}]",
    ],
)
def test_what_is_asked_otherwise_is_another_target(difference: str) -> None:
    first = ("a.yaml", HEAD + indent(targets("a:1"), "  "))
    other = HEAD.replace("name: lab", "name: other")
    assert told(first, ("b.yaml", other + indent(targets("a:1", more=difference), "  "))) == []


def test_labels_of_a_target_count_as_its_path() -> None:
    entry = "- targets: ['a:1']\n  labels: {{instance: '{0}', __metrics_path__: /{0}}}\n"
    assert operator("staticConfigs:\n" + entry.format("a") + entry.format("b")) == []


@pytest.mark.parametrize(
    ("labels", "more", "finding"),
    [
        ("{my-label: a}", "", "MG503 warning: the label `my-label` must be quoted"),
        ("{'': a}", "", "MG503 error: a label without a name"),
        ("{__room: a}", "", "MG503 warning: the label `__room` is dropped"),
        ("{__room: a}", "relabelings: [{sourceLabels: [__room], targetLabel: room}]", None),
        ("{__room: a}", "relabelings: [{action: labelmap, regex: __(.+)}]", None),
        ("{__scheme__: https, __param_module: x, __metrics_path__: /m}", "", None),
        ("{__address__: 'b:1'}", "", "MG503 warning: the label `__address__` is overwritten"),
        ("{job: node}", "jobName: lab", "MG503 warning: `jobName` makes the label `job` `lab`"),
        ("{job: lab}", "jobName: lab", None),
        ("{job: node}", "", None),
        ("{room: a}", "relabelings: [{targetLabel: room, replacement: b}]", "MG503 warning: a relabeling"),
        ("{room: a}", "relabelings: [{targetLabel: room, regex: '(x).*', sourceLabels: [y]}]", None),
        ("{room: a}", "relabelings: [{targetLabel: room, sourceLabels: [room]}]", None),
    ],
)
def test_labels_that_cannot_be_or_vanish(labels: str, more: str, finding: str | None) -> None:
    found = operator(targets("a:1", labels=labels, more=more))
    assert len(found) == (finding is not None) and all(one.startswith(str(finding)) for one in found), found


@pytest.mark.parametrize(
    ("step", "finding"),
    [
        ("{sourceLabels: [a], regex: '(?!a)', targetLabel: b}", "MG504 error: Prometheus refuses"),
        ("{sourceLabels: [a], regex: '(a)', replacement: '$2', targetLabel: b}", "MG504 warning: `$2`"),
        ("{sourceLabels: [a], regex: '(a)', replacement: '$1_x', targetLabel: b}", "MG504 warning: `$1_x`"),
        ("{sourceLabels: [a], regex: '(a)', replacement: '${1}_x$$2', targetLabel: b}", None),
        ("{sourceLabels: [a], regex: '(?P<n>a)', replacement: '$n', targetLabel: b}", None),
        ("{sourceLabels: [a], regex: 'a', targetLabel: b}", "MG504 warning: the regular expression has no"),
        ("{sourceLabels: [a], action: keep, regex: 'a'}", None),
        ("{sourceLabels: [a]}", "MG505 error: the action `replace` needs `targetLabel`"),
        ("{action: hashmod, sourceLabels: [a], targetLabel: b}", "MG505 error: the action `hashmod` needs"),
        ("{action: keep, regex: a}", "MG505 warning: `keep` without `sourceLabels` drops every target"),
        ("{action: labeldrop}", "MG505 warning: `labeldrop` without `regex` drops every label"),
        ("{action: Keep, sourceLabels: [a], targetLabel: b}", "MG505 info: the action `keep` does not look"),
        ("{action: rename, targetLabel: b}", "MG505 error: relabeling has no action `rename`"),
        ("{regex: a, replacement: b, targetLabel: c}", "MG505 warning: without `sourceLabels` the text"),
        ("{action: dropequal, sourceLabels: [a], targetLabel: b, separator: ;}", None),
        ("{action: dropequal, sourceLabels: [a], targetLabel: b, separator: x}", "MG505 error: the action"),
    ],
)
def test_relabeling(step: str, finding: str | None) -> None:
    found = operator(f"relabelings: [{step}]")
    assert len(found) == (finding is not None) and all(one.startswith(str(finding)) for one in found), found


def test_a_place_in_a_replacement_is_that_of_the_reference() -> None:
    text = HEAD + "  relabelings:\n  - {sourceLabels: [a], regex: (a), replacement: x$1_x, targetLabel: b}\n"
    (finding,) = lint(gather(documents_of_text("a.yaml", text)), LintSettings(select=("MG504",)))
    line = text.splitlines()[finding.start.line - 1]
    assert line[finding.start.column - 1 : finding.end.column - 1] == "$1_x"


@pytest.mark.parametrize(
    ("spec", "finding"),
    [
        (targets("nas.lan:9100", labels="{instance: nas}", more="jobName: node-exporter"), None),
        (targets("nas.lan:9100", labels="{instance: nas}", more="jobName: node"), "MG506 info: the job of"),
        (
            targets("nas.lan:9100", labels="{}", more="jobName: node-exporter"),
            "MG506 warning: `nas.lan:9100` is",
        ),
        (targets("nas.lan:9100", labels="{instance: x}", more="jobName: node-exporter"), "MG506 warning:"),
        (
            targets("nas.lan:9100", labels="{}", more="jobName: node-exporter\n")
            + "relabelings: [{sourceLabels: [__address__], regex: '([^.]+).*', targetLabel: instance}]",
            None,
        ),
        (targets("a:1", "b:1"), "MG506 warning: 2 targets share the instance `a`"),
        (targets("other.lan:1", labels="{}"), None),
    ],
)
def test_job_and_instance(spec: str, finding: str | None, fleet: Fleet) -> None:
    found = operator(spec, fleet)
    assert len(found) == (finding is not None) and all(one.startswith(str(finding)) for one in found), found


def test_the_label_by_which_the_operator_selects(fleet: Fleet) -> None:
    assert operator("{}", fleet, HEAD.replace("release", "team")) == [
        "MG507 warning: the label `release` is missing"
    ]
    assert operator("{}", fleet, HEAD.replace("kube-prometheus-stack", "prom")) == [
        "MG507 warning: the label `release` is `prom`, in the inventory `kube-prometheus-stack`"
    ]


def test_one_way_to_authenticate() -> None:
    secret = "{name: a, key: b}"
    both = f"basicAuth: {{username: {secret}}}\nauthorization: {{type: basic, credentials: {secret}}}"
    assert sorted(operator(both)) == [
        "MG508 error: `authorization` cannot be of type Basic",
        "MG508 error: `basicAuth` and `authorization` exclude each other",
    ]


@pytest.mark.parametrize(
    ("address", "finding"),
    [
        ("http://a:1", "MG509 error: the target `http://a:1` has a scheme"),
        ("a:1/metrics", "MG509 error: the target `a:1/metrics` has a path"),
        ("mac.local:9101", "MG509 warning: `mac.local` is an mDNS name"),
        ("localhost:1", "MG509 warning: `localhost:1` is Prometheus' own pod"),
        ("'[::1]:1'", "MG509 warning: `[::1]:1` is Prometheus' own pod"),
        ("'2001:db8::1'", "MG509 error: the IPv6 address `2001:db8::1` has no brackets"),
        ("nas", "MG509 warning: the target `nas` has no port"),
        ("a:99999", "MG509 error: `99999` is no port"),
        ("local.lan:1", None),
        ("'[2001:db8::1]:1'", None),
    ],
)
def test_addresses(address: str, finding: str | None) -> None:
    found = operator(targets(address))
    assert len(found) == (finding is not None) and all(one.startswith(str(finding)) for one in found), found


def test_addresses_of_a_probe_are_its_own_matter() -> None:
    probe = "relabelings: [{sourceLabels: [__address__], targetLabel: __param_target}]"
    assert operator(targets("http://nas.lan/login", labels="{}", more=probe)) == []


def test_loopback_is_right_for_a_prometheus_of_ones_own() -> None:
    assert plain("scrape_configs: [{job_name: a, static_configs: [{targets: ['localhost:9090']}]}]") == []


def test_keys_newer_than_the_server(fleet: Fleet) -> None:
    assert operator("fallbackScrapeProtocol: PrometheusText0.0.4", fleet) == [
        "MG511 warning: `fallbackScrapeProtocol` needs Prometheus 3.0, the inventory says 2.53"
    ]
    assert operator("fallbackScrapeProtocol: PrometheusText0.0.4") == []
    rules = "groups: [{name: a, labels: {b: c}, query_offset: 1m, rules: []}]"
    assert told(("rules.yml", rules), fleet=fleet) == [
        "MG511 error: `labels` needs Prometheus 3.0, the inventory says 2.53"
    ]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("global: {scrape_interval: 15}", "MG513 error: `scrape_interval` must be a duration, not `15`"),
        ("rule_file: [a]", "MG512 error: unknown key `rule_file` in a configuration of Prometheus"),
        ("global: {scrape_intervall: 15s}", "MG512 error: unknown key `scrape_intervall` in the global"),
        ("alerting: {alertmanager: []}", "MG512 error: unknown key `alertmanager` in the alerting settings"),
        ("global: {scrape_interval: '{{ interval }}'}", None),
        ("global: {scrape_interval: '${INTERVAL}'}", None),
        ("global:", None),
    ],
)
def test_what_prometheus_does_not_load(text: str, finding: str | None) -> None:
    found = plain(f"{text}\nscrape_configs: []\n")
    assert len(found) == (finding is not None) and all(one.startswith(str(finding)) for one in found), found


def test_a_duration_without_a_unit_gets_one() -> None:
    text = "scrape_configs: [{job_name: a, scrape_interval: 5, sample_limit: '10', bearer: secret}]\n"
    findings = lint(
        gather(documents_of_text("prometheus.yml", text)), LintSettings(select=("MG512", "MG513"))
    )
    hints = {finding.message: finding.hint for finding in findings}
    assert hints == {
        "`scrape_interval` must be a duration, not `5`": "add the unit: `5s`, `5m`",
        "`sample_limit` must be a number, not `10`": "remove the quotes",
        "unknown key `bearer` in a scrape config": "did you mean `bearer_token`?",
    }


def test_entries_of_a_scrape_config_file_are_looked_at_too() -> None:
    found = plain("- job_name: a\n  static_configs: {targets: [a]}\n  password: hunter2\n")
    assert sorted(found) == [
        "MG512 error: unknown key `password` in a scrape config",
        "MG513 error: `static_configs` must be a list, not a mapping",
    ]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "  staticConfigs: [1, {targets: 3}, {targets: [null, {}], labels: [a]}]\n",
        HEAD + "  relabelings: [null, {sourceLabels: a, regex: [b], targetLabel: {}, action: 3}]\n",
        HEAD + "  params: [a]\n  httpSDConfigs: {a: b}\n  authorization: x\n",
        "scrape_configs: [{job_name: [a], scrape_timeout: {}, 3: 4}, null]\nglobal: 3\n",
    ],
)
def test_what_is_malformed_does_no_harm(text: str, fleet: Fleet) -> None:
    told(("file.yaml", text), fleet=fleet)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 99_999)
    | st.text(max_size=6)
    | st.sampled_from(["$1", "(", "a:1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=6))
def test_no_file_stops_the_checks(data: dict[str, object]) -> None:
    told(("prometheus.yml", json.dumps({"global": data, "scrape_configs": [data]})))
    head = {"apiVersion": "monitoring.coreos.com/v1alpha1", "kind": "ScrapeConfig", "metadata": data}
    linted = gather(documents_of_text("scrape.yaml", json.dumps({**head, "spec": data})))
    lint(linted, LintSettings(select=("MG5", "MG7")))


ROOT = Path(__file__).parent.parent.parent.parent
FOLDERS = ("everything/out", "everything/out-prometheus", "one-gb10/out", "one-mac/out", "plain-linux/out")


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_projects_own_output_is_silent(folder: str) -> None:
    path = ROOT / "tests" / "golden" / folder
    known = inventory.load(path.parent / "hosts.yaml", catalog.kinds)
    linted = gather(documents_of_paths([path]))
    assert linted.scrapes
    assert lint(linted, LintSettings(select=("MG5", "MG7")), known) == []
