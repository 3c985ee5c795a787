"""What an API server takes of ScrapeConfigs, PrometheusRules and ConfigMaps: objects.json beside this file.

The schema is compiled, which makes a good object cheap; a bad one is read again, slowly, to say why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

import fastjsonschema
from monogen.inventory.findings import quoted
from monogen.lint.check import Example, check
from monogen.lint.checks.manifests.objects import API_VERSIONS, is_manifest, kind_of
from monogen.lint.context import Context
from monogen.lint.documents import Document
from monogen.lint.model import Found
from monogen.lint.reading.lenient import as_list, as_mapping

PARTS = {"ScrapeConfig": "scrape-config", "PrometheusRule": "prometheus-rule", "ConfigMap": "config-map"}
"""The part of the schema for a kind."""

_DEEPEST = 40
"""Levels of an object below which nothing of the schema is any more."""

_GOOD = """\
apiVersion: monitoring.coreos.com/v1alpha1
kind: ScrapeConfig
metadata:
  name: litellm
  namespace: monitoring
  labels: {release: kube-prometheus-stack}
spec:
  jobName: litellm
  metricsPath: /metrics/
  scrapeInterval: 30s
  staticConfigs:
  - targets: [nas.lan:4000]
    labels: {instance: nas}
"""
_BAD = _GOOD.replace("scrapeInterval: 30s", "scrape_interval: 30s")


@check(
    "MG701",
    "refused-by-the-api",
    family="manifests",
    severity="error",
    on="document",
    what="An object that an API server refuses: a key that the custom resource does not have, a missing "
    "one, a wrong type, a value that is not allowed.",
    why="`kubectl apply` stops at the object, and the others of the folder may be applied already. "
    "Checked against the custom resources of prometheus-operator 0.93; a newer one may know more "
    "keys.",
    bad=Example(_BAD, "scrape.yaml"),
    good=Example(_GOOD, "scrape.yaml"),
)
def refused_by_the_api(document: Document, _: Context) -> Iterator[Found]:
    """Hold the object against the schema of its kind."""
    if not is_manifest(document):
        return
    kind, data = kind_of(document), document.data
    version = data.get("apiVersion", "")
    if kind not in PARTS or (kind in API_VERSIONS and version not in ("", API_VERSIONS[kind])):
        return
    if not _accepts(kind, data):
        # The API server takes a key without a value as one that is not there.
        pruned = _without_nulls(data)
        if not _accepts(kind, pruned):
            yield from _explained(kind, pruned)
    if kind == "PrometheusRule":
        yield from _groups_of_one_name(data)


@cache
def schema() -> dict[str, Any]:
    """The schema of all kinds, as definitions."""
    text = resources.files(__package__).joinpath("objects.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _schema_of(kind: str) -> dict[str, Any]:
    return {"$ref": f"#/definitions/{PARTS[kind]}", "definitions": schema()["definitions"]}


@cache
def _validator(kind: str) -> Any:
    return fastjsonschema.compile(_schema_of(kind), use_default=False, detailed_exceptions=False)


def _accepts(kind: str, data: Any) -> bool:
    try:
        _validator(kind)(data)
    except fastjsonschema.JsonSchemaValueException:
        return False
    return True


def _without_nulls(value: Any, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        return value
    if isinstance(value, Mapping):
        return {key: _without_nulls(item, depth + 1) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item, depth + 1) for item in value]
    return value


def _explained(kind: str, data: Any) -> Iterator[Found]:
    from monogen.inventory.explaining import explain  # noqa: PLC0415 - jsonschema is slow to import

    for finding in explain(_schema_of(kind), data, (), lambda _: None):
        yield Found(finding.keys, finding.message, finding.hint, on_key=finding.on_key)


def _groups_of_one_name(data: Mapping[str, Any]) -> Iterator[Found]:
    """The API server takes groups as a map by name."""
    seen: set[str] = set()
    for index, group in enumerate(as_list(as_mapping(data.get("spec")).get("groups"))):
        name = as_mapping(group).get("name")
        if isinstance(name, str) and name in seen:
            yield Found(
                ("spec", "groups", index, "name"),
                f"there is a group {quoted(name)} already in this object",
                "the API server refuses two groups of one name",
            )
        elif isinstance(name, str):
            seen.add(name)
