"""What an API server takes of ScrapeConfigs, PrometheusRules and ConfigMaps, by objects.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from monogen.inventory.findings import quoted
from monogen.lint.check import REGISTRY, Example, check
from monogen.lint.checks.manifests.objects import API_VERSIONS, is_manifest, kind_of
from monogen.lint.checks.schemas import Schema
from monogen.lint.context import Context
from monogen.lint.documents import Document
from monogen.lint.model import Found, Keys
from monogen.lint.reading.lenient import as_list, as_mapping
from monogen.lint.settings.selection import is_enabled

_FILE = Path(__file__).with_name("objects.json")

SCHEMAS = {
    kind: Schema(_FILE, part)
    for kind, part in (
        ("ScrapeConfig", "scrape-config"),
        ("PrometheusRule", "prometheus-rule"),
        ("ConfigMap", "config-map"),
    )
}
"""The schema of a kind."""

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
def refused_by_the_api(document: Document, context: Context) -> Iterator[Found]:
    """Hold the object against the schema of its kind. What is wrong with rules anywhere is said once."""
    if not is_manifest(document):
        return
    kind, data = kind_of(document), document.data
    version = data.get("apiVersion", "")
    if kind not in SCHEMAS or (kind in API_VERSIONS and version not in ("", API_VERSIONS[kind])):
        return
    refusals = list(SCHEMAS[kind].refusals(data))
    told = _told_of_rules(document, context) if refusals and kind == "PrometheusRule" else frozenset()
    for refusal in refusals:
        if refusal.keys not in told:
            yield Found(refusal.keys, refusal.message, refusal.hint, on_key=refusal.on_key)
    if kind == "PrometheusRule":
        yield from _groups_of_one_name(data)


OF_RULE_FILES = ("MG003", "MG004", "MG005")
"""The checks that say of rules in any file what a schema says of them in an object, in better words."""


def _told_of_rules(document: Document, context: Context) -> frozenset[Keys]:
    """Where those that run have something to say."""
    checks = [REGISTRY[code] for code in OF_RULE_FILES]
    running = [check for check in checks if is_enabled(check, context.settings)]
    return frozenset(found.keys for check in running for found in check.find(document, context))


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
