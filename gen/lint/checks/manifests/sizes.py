"""How large an object is for kubectl and for the API server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from monogen.lint.check import Example, check
from monogen.lint.checks.manifests.objects import is_manifest, kind_of, metadata_of
from monogen.lint.context import Context
from monogen.lint.documents import Document
from monogen.lint.model import Found, Keys

MOST_IN_ANNOTATIONS = 262_144
"""Bytes of all annotations of an object together, names and values."""

MOST_IN_AN_OBJECT = 1_048_576
"""Bytes of a ConfigMap's data, and about what an API server takes of any object."""

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which client-side `kubectl apply` keeps the whole object."""

_ESCAPED = ("<", ">", "&", "\u2028", "\u2029")

_HEAD = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: notes
  namespace: monitoring
data:
  notes.txt: |
"""
_LINE = "    What was done to the machines, and when, and by whom, and what came of it in the end.\n"


@check(
    "MG703",
    "oversized-object",
    family="manifests",
    severity="warning",
    on="document",
    what="An object of more than 262,144 bytes with its annotations, or of more than 1 MiB.",
    why="Client-side `kubectl apply` keeps the whole object once more in an annotation, and annotations "
    "may have 262,144 bytes together: above that it fails with `metadata.annotations: Too long`. "
    "Above 1 MiB nothing takes it.",
    bad=Example(_HEAD + _LINE * 3_100, "notes.yaml"),
    good=Example(_HEAD + _LINE * 3, "notes.yaml"),
)
def oversized_object(document: Document, _: Context) -> Iterator[Found]:
    """Count the bytes that kubectl would send."""
    if not is_manifest(document):
        return
    applied = last_applied(document.data)
    keys: Keys = ("metadata",) if "metadata" in document.data else ()
    size = _data_size(document) if kind_of(document) == "ConfigMap" else len(applied)
    if size > MOST_IN_AN_OBJECT:
        yield Found(
            keys,
            f"the object has {size:,} bytes, an API server takes {MOST_IN_AN_OBJECT:,}",
            "make several objects of it",
            on_key=True,
            severity="error",
        )
        return
    annotations = _own_annotations(document) + len(LAST_APPLIED) + len(applied)
    if annotations > MOST_IN_ANNOTATIONS:
        yield Found(
            keys,
            f"`kubectl apply` keeps {annotations:,} bytes of this object in annotations, "
            f"which may have {MOST_IN_ANNOTATIONS:,}",
            "make several objects of it, or use `kubectl apply --server-side`",
            on_key=True,
        )


def last_applied(data: Any) -> bytes:
    """What kubectl keeps in the annotation: compact JSON as Go writes it, with <, > and & escaped."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in _ESCAPED:
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode("utf-8", "replace") + b"\n"


def _own_annotations(document: Document) -> int:
    annotations = metadata_of(document).get("annotations")
    if not isinstance(annotations, Mapping):
        return 0
    return sum(_bytes(name) + _bytes(value) for name, value in annotations.items() if name != LAST_APPLIED)


def _data_size(document: Document) -> int:
    parts = (document.data.get("data"), document.data.get("binaryData"))
    return sum(
        _bytes(key) + _bytes(value)
        for part in parts
        if isinstance(part, Mapping)
        for key, value in part.items()
    )


def _bytes(value: Any) -> int:
    return len(str(value).encode("utf-8", "replace"))
