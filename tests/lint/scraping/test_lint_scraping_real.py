"""A real Prometheus is the judge: what it refuses to load is an error here, and what it loads is none."""

from pathlib import Path

import pytest
import yaml
from engine import Prometheus, version
from monogen.inventory.model import Fleet, PrometheusSettings
from monogen.lint.reading.texts import documents_of_text, gather
from monogen.lint.run import lint
from monogen.lint.settings import LintSettings

pytestmark = pytest.mark.prometheus

GLOBAL = "global: {scrape_interval: 15s, scrape_timeout: 10s}\n"


def job(body: str) -> str:
    return (
        GLOBAL + "scrape_configs:\n- job_name: lab\n" + "".join(f"  {line}\n" for line in body.splitlines())
    )


def relabel(step: str) -> str:
    return job(f"relabel_configs:\n- {step}")


CASES = {
    "plain": job("static_configs:\n- targets: ['127.0.0.1:1']"),
    "global timeout over interval": "global: {scrape_interval: 10s, scrape_timeout: 11s}\n",
    "global timeout over the default interval": "global: {scrape_timeout: 61s}\n",
    "global timeout over a job's interval is cut": job("scrape_interval: 5s"),
    "timeout over interval": job("scrape_interval: 20s\nscrape_timeout: 21s"),
    "timeout as long as the interval": job("scrape_interval: 20s\nscrape_timeout: 20s"),
    "timeout over the global interval": job("scrape_timeout: 16s"),
    "two jobs of one name": job("") + "- job_name: lab\n",
    "a job without a name": GLOBAL + "scrape_configs:\n- scheme: http\n",
    "misspelled key": job("metric_path: /m"),
    "misspelled key of a static config": job("static_configs:\n- target: ['127.0.0.1:1']"),
    "misspelled key of a relabeling": relabel("{source_label: [a], target_label: b}"),
    "label with a dash": job("static_configs:\n- targets: ['127.0.0.1:1']\n  labels: {my-label: a}"),
    "label without a name": job("static_configs:\n- targets: ['127.0.0.1:1']\n  labels: {'': a}"),
    "look-ahead": relabel("{source_labels: [a], regex: '(?!a).*', target_label: b}"),
    "open parenthesis": relabel("{source_labels: [a], regex: '(a', target_label: b}"),
    "reference to no group": relabel("{source_labels: [a], regex: 'a', replacement: '$3', target_label: b}"),
    "replace without target": relabel("{source_labels: [a]}"),
    "hashmod without modulus": relabel("{source_labels: [a], action: hashmod, target_label: b}"),
    "hashmod": relabel("{source_labels: [a], action: hashmod, target_label: b, modulus: 4}"),
    "keep without sources": relabel("{action: keep, regex: a}"),
    "keep with a target": relabel("{source_labels: [a], action: Keep, regex: a, target_label: b}"),
    "keepequal": relabel("{source_labels: [a], action: keepequal, target_label: b}"),
    "keepequal with a regex": relabel("{source_labels: [a], action: keepequal, target_label: b, regex: x}"),
    "labeldrop with sources": relabel("{source_labels: [a], action: labeldrop, regex: b}"),
    "labelmap with a target": relabel("{action: labelmap, regex: '(a)', target_label: c}"),
    "lowercase with a replacement": relabel(
        "{source_labels: [a], action: lowercase, target_label: b, replacement: x}"
    ),
    "target label with a dash": relabel("{target_label: my-label, replacement: x}"),
    "target label from a group": relabel("{source_labels: [a], regex: '(.+)', target_label: 'a_${1}'}"),
    "source label with a dash": relabel("{source_labels: [my-label], target_label: b}"),
    "unknown action": relabel("{action: rename, target_label: b}"),
    "basic and bearer": job("basic_auth: {username: a, password: b}\nbearer_token: c"),
    "basic and authorization": job("basic_auth: {username: a, password: b}\nauthorization: {credentials: c}"),
    "authorization of type basic": job("authorization: {type: Basic, credentials: c}"),
    "password twice": job("basic_auth: {username: a, password: b, password_file: c}"),
    "bearer token": job("bearer_token: c"),
    "fallback protocol": job("fallback_scrape_protocol: PrometheusText0.0.4"),
    "native histogram limit": job("native_histogram_bucket_limit: 100"),
    "classic histograms, old name": job("scrape_classic_histograms: true"),
    "native histograms, 3.8": job("scrape_native_histograms: true"),
    "scrape_config_files": GLOBAL + "scrape_config_files: ['scrape/*.yml']\n",
    "metrics too": job("metric_relabel_configs:\n- {action: drop, source_labels: [__name__], regex: '*'}"),
    "interval without a unit": job("scrape_interval: 5"),
    "interval without a unit, in quotes": job("scrape_interval: '5'"),
    "interval 1m30": job("scrape_interval: 1m30"),
    "interval with a fraction": job("scrape_interval: 1.5m"),
    "interval 0": job("scrape_interval: 0"),
    "interval empty": job("scrape_interval: ''"),
    "interval without a value": job("scrape_interval:"),
    "global interval without a unit": "global: {scrape_interval: 15}\n",
    "global key misspelled": "global: {scrape_intervall: 15s}\nscrape_configs: []\n",
    "global limit no number": "global: {scrape_interval: 15s, sample_limit: many}\n",
    "global list": "global: [scrape_interval]\nscrape_configs: []\n",
    "external labels of any scalar": "global: {scrape_interval: 15s, external_labels: {a: 5, b: yes, c: }}\n",
    "external labels as a list": "global: {scrape_interval: 15s, external_labels: [a]}\n",
    "top key misspelled": "scrape_configs: []\nrule_file: [x.yml]\n",
    "rule files as text": "scrape_configs: []\nrule_files: x.yml\n",
    "alerting key misspelled": "scrape_configs: []\nalerting: {alertmanager: []}\n",
    "alertmanagers as a mapping": "scrape_configs: []\nalerting: {alertmanagers: {static_configs: []}}\n",
    "alertmanager's key misspelled": "scrape_configs: []\nalerting: {alertmanagers: [{static_config: []}]}\n",
    "alertmanager": "scrape_configs: []\nalerting: {alertmanagers: [{timeout: 5s, api_version: v2}]}\n",
    "remote write without url": "scrape_configs: []\nremote_write: [{name: a}]\n",
    "remote write": "scrape_configs: []\nremote_write: [{url: 'http://127.0.0.1:1', remote_timeout: 5s}]\n",
    "remote write as a mapping": "scrape_configs: []\nremote_write: {url: 'http://127.0.0.1:1'}\n",
    "out of order": "scrape_configs: []\nstorage: {tsdb: {out_of_order_time_window: 30m}}\n",
    "out of order without a unit": "scrape_configs: []\nstorage: {tsdb: {out_of_order_time_window: 30}}\n",
    "source labels as text": relabel("{source_labels: instance, target_label: b}"),
    "separator a number": relabel("{source_labels: [a], target_label: b, separator: 5}"),
    "relabelings as a mapping": job("relabel_configs: {source_labels: [a], target_label: b}"),
    "modulus no number": relabel("{source_labels: [a], action: hashmod, target_label: b, modulus: x}"),
    "targets as text": job("static_configs: [{targets: '127.0.0.1:1'}]"),
    "static configs as a mapping": job("static_configs: {targets: ['127.0.0.1:1']}"),
    "static configs with an empty entry": job("static_configs: [null]"),
    "labels of any scalar": job("static_configs: [{targets: ['127.0.0.1:1'], labels: {a: 5, b: true, c: }}]"),
    "labels with a list": job("static_configs: [{targets: ['127.0.0.1:1'], labels: {a: [b]}}]"),
    "params as text": job("params: {module: icmp}"),
    "params": job("params: {module: [icmp, 5]}"),
    "limit no number": job("sample_limit: many"),
    "limit in quotes": job("sample_limit: '10'"),
    "limit below 0": job("sample_limit: -1"),
    "limits as Go reads numbers": job("sample_limit: 0x10\ntarget_limit: 1_000\nlabel_limit: 1e3"),
    "honor no boolean": job("honor_labels: maybe"),
    "honor in quotes": job("honor_labels: 'true'"),
    "honor yes": job("honor_labels: yes\nhonor_timestamps: n"),
    "body size": job("body_size_limit: 10MB"),
    "body size without a unit": job("body_size_limit: 10"),
    "path of a list": job("metrics_path: [a]"),
    "texts of any scalar": job("metrics_path: true\nscheme: 5"),
    "TLS version": job("tls_config: {min_version: TLS9}"),
    "TLS": job("tls_config: {min_version: TLS12, insecure_skip_verify: true}"),
    "TLS key misspelled": job("tls_config: {insecure: true}"),
    "basic authentication misspelled": job("basic_auth: {user: a}"),
    "discovery as a mapping": job("file_sd_configs: {files: [a.yml]}"),
}


def loads(binary: Path, text: str, folder: Path) -> bool:
    config = folder / "prometheus.yml"
    config.write_text(text)
    try:
        with Prometheus(binary, config, folder / "data"):
            return True
    except RuntimeError as error:
        assert "loading" in str(error) and "config" in str(error), error
        return False


def errors(text: str, binary: Path) -> list[str]:
    stated = tuple(map(int, version(binary).split(".")[:2]))
    fleet = Fleet("lab", hosts=(), prometheus=PrometheusSettings(version=stated))
    linted = gather(documents_of_text("prometheus.yml", text))
    findings = lint(linted, LintSettings(select=("MG5",), severity="error"), fleet)
    return [f"{finding.code} {finding.message}" for finding in findings]


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_what_prometheus_refuses_is_an_error(text: str, prometheus_binary: Path, tmp_path: Path) -> None:
    assert yaml.safe_load(text)
    found = errors(text, prometheus_binary)
    assert bool(found) is not loads(prometheus_binary, text, tmp_path), found
