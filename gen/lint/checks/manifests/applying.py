"""What `kubectl apply -f FOLDER` stumbles over, and what the operator drops after it was accepted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from monogen.inventory.findings import quoted
from monogen.lint.check import Example, FoundThere, check
from monogen.lint.checks.manifests.objects import (
    API_GROUP,
    API_VERSIONS,
    is_manifest,
    kind_of,
    manifests,
    metadata_of,
)
from monogen.lint.context import Context
from monogen.lint.documents import Document
from monogen.lint.model import Found

_READ_BY_KUBECTL = frozenset({".json", ".yaml", ".yml"})
_NO_OBJECTS = {
    "dashboard": "a bare dashboard",
    "rules": "a plain rule file",
    "prometheus": "a prometheus.yml",
}

_OBJECT = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {name}
  namespace: monitoring
  labels: {{release: kube-prometheus-stack}}
spec: {{groups: []}}
"""


@check(
    "MG704",
    "kubectl-stumbles",
    family="manifests",
    severity="error",
    on="everything",
    what="An object without `apiVersion` or name, of a version that is not served, or that another one of "
    "the same kind, namespace and name overwrites; a file without an object among the objects of a "
    "folder.",
    why="`kubectl apply -f FOLDER` reads every .json and .yaml of the folder and stops with an error at "
    "what is no object. Of two objects of one name the later one wins.",
    bad=Example(_OBJECT.format(name="nas") + "---\n" + _OBJECT.format(name="nas"), "rules.yaml"),
    good=Example(_OBJECT.format(name="nas") + "---\n" + _OBJECT.format(name="gpu-box"), "rules.yaml"),
)
def kubectl_stumbles(context: Context) -> Iterator[FoundThere]:
    """Look at each object, at all of a name, and at each folder."""
    folders: dict[str, list[Document]] = defaultdict(list)
    for document in context.linted.documents:
        folders[_folder(document)].append(document)
        if is_manifest(document):
            yield from ((document, found) for found in _incomplete(document))
    for documents in folders.values():
        # A folder with a kustomization is built, not applied file by file.
        kustomized = any(_is_kustomization(document) for document in documents)
        yield from _of_one_name(documents, kustomized=kustomized)
        if not kustomized:
            yield from _no_objects(documents)


def _folder(document: Document) -> str:
    return str(PurePosixPath(document.source.path).parent)


def _is_kustomization(document: Document) -> bool:
    name = PurePosixPath(document.source.path).stem
    return name == "kustomization" or (is_manifest(document) and kind_of(document) == "Kustomization")


def _incomplete(document: Document) -> Iterator[Found]:
    data = document.data
    version, kind, metadata = data.get("apiVersion"), kind_of(document), metadata_of(document)
    if _is_kustomization(document) or kind.endswith("List"):
        return
    if not version:
        hint = f"add `apiVersion: {API_VERSIONS[kind]}`" if kind in API_VERSIONS else "add it"
        yield Found((), f"the object {quoted(kind)} has no `apiVersion`", hint)
    elif kind in API_VERSIONS and _is_other_version(version, API_VERSIONS[kind]):
        yield Found(
            ("apiVersion",),
            f"{quoted(str(version))} serves no {kind}",
            f"write `{API_VERSIONS[kind]}`",
        )
    if not kind:
        yield Found((), "the object has no `kind`", "add it")
    if not metadata.get("name") and not metadata.get("generateName"):
        keys = ("metadata",) if "metadata" in data else ()
        yield Found(keys, "the object has no `metadata.name`", "add one", on_key=bool(keys))


def _is_other_version(version: Any, served: str) -> bool:
    return str(version).startswith(f"{API_GROUP}/") and version != served


def _of_one_name(documents: list[Document], *, kustomized: bool) -> Iterator[FoundThere]:
    seen: dict[tuple[str, str, str, str], Document] = {}
    for document in manifests(documents):
        metadata = metadata_of(document)
        name, namespace = metadata.get("name"), metadata.get("namespace")
        if not isinstance(name, str) or not name:
            continue
        group = str(document.data.get("apiVersion", "")).rpartition("/")[0]
        first = seen.setdefault((group, kind_of(document), str(namespace or ""), name), document)
        if first is document or (kustomized and first.source.path != document.source.path):
            continue
        same_file = first.source.path == document.source.path
        where = "in this file" if same_file else f"in {first.source.path}"
        yield (
            document,
            Found(
                ("metadata", "name"),
                f"there is a {kind_of(document)} {quoted(name)} already {where}",
                "the later one overwrites it; give one of them another name",
                severity=None if same_file else "warning",
            ),
        )


def _no_objects(documents: list[Document]) -> Iterator[FoundThere]:
    """Files that hold no object, in a folder of files that do."""
    files = {document.source.path for document in documents if is_manifest(document)}
    if not files:
        return
    for document in documents:
        path = document.source.path
        if document.kind not in _NO_OBJECTS or path in files or _is_object(document.data):
            continue
        files.add(path)
        if PurePosixPath(path).suffix in _READ_BY_KUBECTL:
            message = f"{_NO_OBJECTS[document.kind]} among Kubernetes objects: `kubectl apply -f` fails at it"
            hint = "put it in a folder of its own; kubectl does not read subfolders"
            yield document, Found((), message, hint, severity="info")


def _is_object(data: Any) -> bool:
    """Whether kubectl would take it: a board may be one of Grafana's own objects."""
    return isinstance(data, Mapping) and "apiVersion" in data and "kind" in data
