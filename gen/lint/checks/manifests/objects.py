"""Kubernetes objects among what is linted: what they are and what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from monogen.lint.documents import Document
from monogen.lint.reading.lenient import as_mapping, as_text

MANIFESTS = frozenset({"scrape-config", "prometheus-rule", "config-map", "manifest"})
"""Kinds of documents that kubectl would apply."""

API_GROUP = "monitoring.coreos.com"
API_VERSIONS = {"ScrapeConfig": f"{API_GROUP}/v1alpha1", "PrometheusRule": f"{API_GROUP}/v1"}
"""The only version of each that prometheus-operator 0.93 serves."""


def manifests(documents: Iterable[Document]) -> Iterable[Document]:
    """The objects among documents."""
    return (document for document in documents if is_manifest(document))


def is_manifest(document: Document) -> bool:
    """Whether a document is an object for Kubernetes."""
    return document.kind in MANIFESTS and isinstance(document.data, Mapping)


def kind_of(document: Document) -> str:
    """The object's kind, "" where none is stated."""
    return as_text(document.data.get("kind"))


def metadata_of(document: Document) -> Mapping[str, Any]:
    """The object's metadata, empty where there is none."""
    return as_mapping(document.data.get("metadata"))


def is_templated(text: str) -> bool:
    """Whether something else fills the text in before it is applied: Helm, envsubst."""
    return "{{" in text or "${" in text
