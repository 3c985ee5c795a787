"""Tells by its content what a document is; a file's name says little."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from monogen.lint.documents import Kind
from monogen.lint.reading.near_misses import is_new_board, near_miss

_OBJECTS: Mapping[str, Kind] = {
    "PrometheusRule": "prometheus-rule",
    "ScrapeConfig": "scrape-config",
    "ConfigMap": "config-map",
}
_SERVER_KEYS = frozenset({"scrape_interval", "evaluation_interval", "scrape_timeout", "external_labels"})
_SERVER_SECTIONS = frozenset({"scrape_configs", "scrape_config_files", "rule_files"})
_OTHERS_KEYS = frozenset({"clients", "positions", "client", "tests"})
"""Promtail has ``scrape_configs`` too, and promtool's tests of rules have ``rule_files``."""

_LIKE_OURS = re.compile(
    r"^(?:groups|scrape_configs):|^\s*(?:- )?kind:\s*[\"']?(?:PrometheusRule|ScrapeConfig)\b"
    r"|\"(?:panels|schemaVersion)\"\s*:",
    re.MULTILINE,
)
_HELM = re.compile(
    r"\{\{-? *(?:\.(?!Value\b|Labels\b)|(?:include|template|toYaml|tpl|define)\b|/\*)"
    r"|\.(?:Values|Release|Chart|Capabilities|Files)\b"
)
"""What Helm's templates say, and Prometheus' own in annotations do not."""

_OTHER_TEMPLATE = re.compile(r"\{%|<%")
_ACTION = re.compile(r"\s*(?:- )?\{\{")


def kind_of(data: Any) -> Kind | None:
    """What a document is; None if it is nothing that is linted."""
    kind = _kind_of(data)
    if kind is None and (near_miss(data) or is_new_board(data)):
        return "overlooked"
    return kind


def _kind_of(data: Any) -> Kind | None:
    if isinstance(data, list):
        jobs = data and all(isinstance(entry, dict) and "job_name" in entry for entry in data)
        return "prometheus" if jobs else None
    if not isinstance(data, dict):
        return None
    # An object of the operator is one without its apiVersion too; a check says that it is forgotten.
    if isinstance(data.get("kind"), str) and (
        isinstance(data.get("apiVersion"), str) or data["kind"] in ("PrometheusRule", "ScrapeConfig")
    ):
        return _kind_of_object(data)
    if _is_rule_file(data):
        return "rules"
    if _is_server_configuration(data):
        return "prometheus"
    return "dashboard" if is_board(data) or is_board(data.get("dashboard")) else None


def _kind_of_object(data: Mapping[str, Any]) -> Kind | None:
    if data["kind"] in _OBJECTS:
        return _OBJECTS[data["kind"]]
    if data["kind"] == "Dashboard" and data["apiVersion"].startswith("dashboard.grafana.app/"):
        return "overlooked" if is_new_board(data) else "dashboard"
    # Kustomizations, Helm's charts and their like look like objects and are none.
    return "manifest" if isinstance(data.get("metadata"), dict) else None


def _is_rule_file(data: Mapping[str, Any]) -> bool:
    """Whether these are Prometheus' rules: other tools have ``groups`` too."""
    groups = data.get("groups")
    if set(data) <= {"groups", "namespace"} and "groups" in data:
        return True
    return isinstance(groups, list) and any(isinstance(group, dict) and "rules" in group for group in groups)


def _is_server_configuration(data: Mapping[str, Any]) -> bool:
    """Whether it is prometheus.yml or a part of it."""
    if _SERVER_SECTIONS & set(data):
        return not _OTHERS_KEYS & set(data)
    server = data.get("global")
    return isinstance(server, dict) and bool(_SERVER_KEYS & set(server))


def is_board(data: Any) -> bool:
    """Whether it is a Grafana board, old or new, whatever is missing in it."""
    if not isinstance(data, dict):
        return False
    if isinstance(data.get("panels"), list) or isinstance(data.get("rows"), list):
        return any(key in data for key in ("title", "schemaVersion", "templating", "uid"))
    return "schemaVersion" in data and "title" in data


def looks_like_ours(text: str) -> bool:
    """Whether a text that cannot be read was probably meant to be linted."""
    return _LIKE_OURS.search(text) is not None


def template_in(text: str, line: int = 0) -> str:
    """Of what a text is a template, "Helm" or "other"; "" if it is none, as far as one can tell.

    ``line`` is where reading stopped: a line that begins with ``{{`` is never YAML.
    """
    if _HELM.search(text):
        return "Helm"
    if _OTHER_TEMPLATE.search(text):
        return "other"
    # libyaml often complains one line later.
    lines = text.splitlines()[max(line - 2, 0) : line]
    return "Helm" if any(_ACTION.match(each) for each in lines) else ""
