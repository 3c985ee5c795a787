"""Names, labels and keys of Kubernetes objects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from monogen.inventory.findings import quoted
from monogen.lint.check import Example, check
from monogen.lint.checks.manifests.objects import is_manifest, is_templated, kind_of, metadata_of
from monogen.lint.context import Context
from monogen.lint.documents import Document
from monogen.lint.model import Found, Key, Keys

SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?\Z")
KEY_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\Z")
DATA_KEY = re.compile(r"[-._a-zA-Z0-9]+\Z")
LONGEST_NAME = 253
LONGEST_LABEL = 63

NAMED_AS_SUBDOMAINS = frozenset({"ScrapeConfig", "PrometheusRule", "ConfigMap"})
"""Other kinds have rules of their own, looser and stricter ones."""

_GOOD = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: nas-rules
  namespace: monitoring
  labels: {release: kube-prometheus-stack, room: "3"}
spec: {groups: []}
"""
_BAD = _GOOD.replace("nas-rules", "NAS_rules")


@check(
    "MG702",
    "bad-object-name",
    family="manifests",
    severity="error",
    on="document",
    what="A name, namespace, label, annotation or key of a ConfigMap that Kubernetes does not take.",
    why="`kubectl apply` stops at the object. Names are DNS names of at most 253 characters, labels have "
    "at most 63, and both labels and annotations are text: YAML reads `true` and `3` as something "
    "else.",
    bad=Example(_BAD, "rules.yaml"),
    good=Example(_GOOD, "rules.yaml"),
)
def bad_object_name(document: Document, _: Context) -> Iterator[Found]:
    """Look at the metadata, and at the keys of a ConfigMap."""
    if not is_manifest(document):
        return
    metadata = metadata_of(document)
    if kind_of(document) in NAMED_AS_SUBDOMAINS:
        yield from _name(metadata.get("name"))
    yield from _namespace(metadata.get("namespace"))
    for part in ("labels", "annotations"):
        stated = metadata.get(part)
        if isinstance(stated, Mapping):
            yield from _pairs(part, stated)
    data = document.data.get("data")
    if kind_of(document) == "ConfigMap" and isinstance(data, Mapping):
        for key in data:
            yield from _data_key(str(key), ("data", key))


def _name(name: Any) -> Iterator[Found]:
    if not isinstance(name, str) or is_templated(name) or not name:
        return
    keys = ("metadata", "name")
    if len(name) > LONGEST_NAME:
        yield Found(keys, f"the name has {len(name)} characters", f"at most {LONGEST_NAME}")
    elif not SUBDOMAIN.match(name):
        yield Found(
            keys,
            f"{quoted(name)} is no name of an object",
            "use lower case letters, digits, - and ., with a letter or digit at both ends",
        )


def _namespace(namespace: Any) -> Iterator[Found]:
    if not isinstance(namespace, str) or is_templated(namespace) or not namespace:
        return
    if len(namespace) > LONGEST_LABEL or not DNS_LABEL.match(namespace):
        yield Found(
            ("metadata", "namespace"),
            f"{quoted(namespace)} is no namespace",
            f"use lower case letters, digits and -, at most {LONGEST_LABEL}",
        )


def _pairs(part: str, stated: Mapping[Any, Any]) -> Iterator[Found]:
    for key, value in stated.items():
        keys: Keys = ("metadata", part, key)
        if problem := _qualified(str(key), lower=part == "annotations"):
            yield Found(keys, f"{quoted(str(key))} is no key of {part}: {problem}", on_key=True)
        if value is not None and not isinstance(value, str):
            shown = "a mapping or list" if isinstance(value, Mapping | list) else "not text for YAML"
            yield Found(keys, f"the value of {quoted(str(key))} is {shown}", "put it in quotes")
        elif isinstance(value, str) and part == "labels":
            yield from _label_value(key, value, keys)


def _label_value(key: Key, value: str, keys: Keys) -> Iterator[Found]:
    if is_templated(value):
        return
    if len(value) > LONGEST_LABEL:
        yield Found(
            keys, f"the label {quoted(str(key))} has {len(value)} characters", f"at most {LONGEST_LABEL}"
        )
    elif not LABEL_VALUE.match(value):
        yield Found(
            keys,
            f"{quoted(value)} is no value of a label",
            "use letters, digits, -, _ and ., a letter or digit at both ends; annotations take any text",
        )


def _qualified(key: str, *, lower: bool) -> str:
    """What is wrong with ``prefix/name``, "" if nothing; keys of annotations may have upper case anywhere."""
    if is_templated(key):
        return ""
    prefix, slash, name = key.rpartition("/")
    if slash and not SUBDOMAIN.match(prefix.lower() if lower else prefix):
        return "before the slash stands no DNS name"
    if len(prefix) > LONGEST_NAME:
        return f"more than {LONGEST_NAME} characters before the slash"
    if len(name) > LONGEST_LABEL:
        return f"more than {LONGEST_LABEL} characters"
    return "" if KEY_NAME.match(name) else "use letters, digits, -, _ and ."


def _data_key(key: str, keys: Keys) -> Iterator[Found]:
    if is_templated(key):
        return
    if len(key) > LONGEST_NAME:
        yield Found(keys, f"the key has {len(key)} characters", f"at most {LONGEST_NAME}", on_key=True)
    elif not DATA_KEY.match(key) or key == "." or key.startswith(".."):
        yield Found(
            keys,
            f"{quoted(key)} is no key of a ConfigMap",
            "use letters, digits, -, _ and ., as in a file name",
            on_key=True,
        )
