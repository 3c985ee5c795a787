"""Every object in out/ and in the golden folders is one that an API server and kubectl accept.

The schema beside this file allows the fields that monogen emits and nothing else: a field more has to be
looked up in the operator's API before it gets in. What a schema cannot say is checked here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

ROOT = Path(__file__).parent.parent.parent
FOLDERS = [ROOT / "out", *sorted((ROOT / "tests" / "golden").glob("*/out"))]
READ_BY_KUBECTL = {".yaml", ".yml", ".json"}
SCHEMA = json.loads((Path(__file__).parent / "objects.schema.json").read_text("utf-8"))

MOST_ANNOTATION_BYTES = 262_144
"""Of all annotations of an object together (k8s.io/apimachinery, TotalAnnotationSizeLimitB)."""

MOST_CONFIG_MAP_BYTES = 1_048_576
"""Of a ConfigMap's data (k8s.io/api, MaxSecretSize, which holds for both)."""


def files() -> list[Path]:
    """What `kubectl apply -f` reads of each folder: no subfolders."""
    return [file for folder in FOLDERS for file in sorted(folder.iterdir()) if file.suffix in READ_BY_KUBECTL]


def read(file: Path) -> dict[str, Any]:
    documents = list(yaml.safe_load_all(file.read_text("utf-8")))
    assert len(documents) == 1, "one object a file: a change shows where it belongs"
    assert isinstance(documents[0], dict)
    return documents[0]


def problems(manifest: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in Draft7Validator(SCHEMA).iter_errors(manifest)]


def name_of(file: Path) -> str:
    return f"{file.parent.parent.name}/{file.name}"


def last_applied(manifest: dict[str, Any]) -> bytes:
    """What kubectl keeps in an annotation: compact JSON as Go writes it, with <, > and & escaped."""
    text = json.dumps(manifest, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode() + b"\n"


def annotations_once_applied(manifest: dict[str, Any]) -> int:
    """Bytes of all annotations after `kubectl apply`, names and values, as the API server counts them."""
    annotations = manifest["metadata"].get("annotations", {})
    own = sum(len(name.encode()) + len(value.encode()) for name, value in annotations.items())
    return own + len("kubectl.kubernetes.io/last-applied-configuration") + len(last_applied(manifest))


def test_there_are_objects_to_check() -> None:
    kinds = {read(file)["kind"] for file in files()}
    assert kinds == {"ScrapeConfig", "PrometheusRule", "ConfigMap"}
    assert len(FOLDERS) >= 5


@pytest.mark.parametrize("file", files(), ids=name_of)
def test_object_is_valid(file: Path) -> None:
    assert problems(read(file)) == []


@pytest.mark.parametrize("file", files(), ids=name_of)
def test_object_can_be_applied(file: Path) -> None:
    """kubectl keeps the object once more in an annotation, and that is what fills up first."""
    manifest = read(file)
    assert annotations_once_applied(manifest) < MOST_ANNOTATION_BYTES
    data = sum(len(key) + len(value.encode()) for key, value in manifest.get("data", {}).items())
    assert data < MOST_CONFIG_MAP_BYTES


@pytest.mark.parametrize("file", files(), ids=name_of)
def test_rules_of_a_file_have_names_of_their_own(file: Path) -> None:
    """The API server takes groups as a map by name; Prometheus drops the second of two equal rules."""
    manifest = read(file)
    if manifest["kind"] != "PrometheusRule":
        return
    names = [group["name"] for group in manifest["spec"]["groups"]]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.parent.name)
def test_folder_holds_each_object_and_target_once(folder: Path) -> None:
    manifests = [read(file) for file in folder.iterdir() if file.suffix in READ_BY_KUBECTL]
    names = [(m["kind"], m["metadata"]["namespace"], m["metadata"]["name"]) for m in manifests]
    assert len(set(names)) == len(names)
    assert len({m["metadata"]["labels"]["app.kubernetes.io/part-of"] for m in manifests}) == 1

    up = [
        (m["spec"]["jobName"], entry["labels"]["instance"], entry["labels"].get("server"))
        for m in manifests
        if m["kind"] == "ScrapeConfig"
        for entry in m["spec"]["staticConfigs"]
    ]
    assert len(set(up)) == len(up), "two targets would write the same series `up`"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.parent.name)
def test_config_map_holds_the_bare_board(folder: Path) -> None:
    """One board, written twice: what the sidecar gets is what people import by hand."""
    in_objects = {}
    for file in folder.glob("*.yaml"):
        in_objects |= {key: json.loads(text) for key, text in read(file).get("data", {}).items()}
    bare = {f.name: json.loads(f.read_text("utf-8")) for f in (folder / "dashboards").iterdir()}
    assert in_objects == bare


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.parent.name)
def test_nothing_else_lies_in_the_folder(folder: Path) -> None:
    others = [entry.name for entry in folder.iterdir() if entry.suffix not in READ_BY_KUBECTL]
    assert sorted(others) == [".monogen-manifest", "dashboards"]


SCRAPE_CONFIG = {
    "apiVersion": "monitoring.coreos.com/v1alpha1",
    "kind": "ScrapeConfig",
    "metadata": {
        "name": "monogen-a-scrape-node",
        "namespace": "monitoring",
        "labels": {"app.kubernetes.io/managed-by": "monogen", "app.kubernetes.io/part-of": "a"},
    },
    "spec": {
        "jobName": "node-exporter",
        "staticConfigs": [
            {
                "targets": ["a:9100"],
                "labels": {"instance": "a", "os": "linux", "hardware": "generic", "fleet": "a"},
            }
        ],
    },
}


def changed(path: str, value: object) -> dict[str, Any]:
    """The good object with one thing in it set to something else."""
    manifest: dict[str, Any] = json.loads(json.dumps(SCRAPE_CONFIG))
    at: Any = manifest
    *before, last = (int(key) if key.isdigit() else key for key in path.split("."))
    for key in before:
        at = at[key]
    at[last] = value
    return manifest


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("kind", "Service"),
        ("apiVersion", "monitoring.coreos.com/v1"),
        ("metadata.name", "Monogen_a"),
        ("metadata.name", "a" * 254),
        ("metadata.labels.release", "x" * 64),
        ("metadata.uid", "1"),
        ("spec.scrapeInterval", "30"),
        ("spec.scrapeInterval", "0s"),
        ("spec.scheme", "gopher"),
        ("spec.scrape_interval", "30s"),
        ("spec.staticConfigs.0.targets", []),
        ("spec.staticConfigs.0.targets", ["a:9100", "a:9100"]),
        ("spec.staticConfigs.0.targets", ["http://a:9100"]),
        ("spec.staticConfigs.0.labels.a-b", "x"),
        ("spec.staticConfigs.0.labels.job", "x"),
        ("spec.staticConfigs.0.labels.rack", 7),
        ("spec.basicAuth", {"username": "me", "password": "secret"}),
    ],
)
def test_schema_refuses(path: str, value: object) -> None:
    assert problems(SCRAPE_CONFIG) == []
    assert problems(changed(path, value)) != []
