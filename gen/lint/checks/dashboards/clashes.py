"""Boards that take each other's place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monogen.lint.check import FoundThere, check
from monogen.lint.checks.dashboards.examples import a_board, config_maps
from monogen.lint.checks.manifests.objects import metadata_of
from monogen.lint.context import Context
from monogen.lint.documents import BoardItem, Document
from monogen.lint.model import Found, Keys
from monogen.lint.reading.lenient import as_mapping

_NETWORK = ("network", "network.json", a_board())
_FOLDER = "grafana_folder"
_LABEL = "grafana_dashboard"


@check(
    "MG610",
    "uid-twice",
    family="dashboards",
    severity="warning",
    on="everything",
    what="Two different boards with one `uid`.",
    why="Grafana keeps one of them. Where both are provisioned it says so in its log only, "
    "and may write neither.",
    bad=config_maps(_NETWORK, ("hosts", "hosts.json", a_board(title="Hosts"))),
    good=config_maps(_NETWORK, ("hosts", "hosts.json", a_board(title="Hosts", uid="hosts"))),
)
def uid_twice(context: Context) -> Iterator[FoundThere]:
    """The same board once bare and once in a ConfigMap is one board."""
    first: dict[str, BoardItem] = {}
    for board in context.linted.boards:
        if not board.uid:
            continue
        other = first.setdefault(board.uid, board)
        if other is not board and other.data != board.data:
            message = (
                f"the boards `{other.title}` ({other.document.source.path}) and `{board.title}` share a uid"
            )
            yield board.document, Found((*board.keys, "uid"), message, "give each board a uid of its own")


@check(
    "MG611",
    "file-name-twice",
    family="dashboards",
    severity="error",
    on="everything",
    what="Two ConfigMaps with different boards under one data key.",
    why="The data key is the file name in the folder of Grafana's sidecar: one board overwrites the "
    "other, and which one may change with every restart.",
    bad=config_maps(_NETWORK, ("hosts", "network.json", a_board(title="Hosts", uid="hosts"))),
    good=config_maps(_NETWORK, ("hosts", "hosts.json", a_board(title="Hosts", uid="hosts"))),
)
def file_name_twice(context: Context) -> Iterator[FoundThere]:
    """Only within one folder; copies of one ConfigMap are told elsewhere."""
    first: dict[tuple[str, str], tuple[str, Any]] = {}
    for document, name, folder, key, text in _board_files(context):
        other, content = first.setdefault((folder, key), (name, text))
        if other != name and content != text:
            keys: Keys = ("data", key)
            message = f"the ConfigMaps `{other}` and `{name}` both write `{key}` into the sidecar's folder"
            yield document, Found(keys, message, "give each data key a name of its own", on_key=True)


def _board_files(context: Context) -> Iterator[tuple[Document, str, str, str, Any]]:
    """Every file that a sidecar makes: its document, the ConfigMap, the folder, the data key, the content."""
    for document in context.linted.documents:
        data = document.data
        if document.kind != "config-map" or not isinstance(data, Mapping):
            continue
        metadata = metadata_of(document)
        name = f"{metadata.get('namespace') or 'default'}/{metadata.get('name')}"
        folder = str(as_mapping(metadata.get("annotations")).get(_FOLDER) or "")
        for key, text in as_mapping(data.get("data")).items():
            if isinstance(key, str) and key.endswith(".json") and _is_board(metadata, text):
                yield document, name, folder, key, text


def _is_board(metadata: Mapping[Any, Any], text: Any) -> bool:
    """Whether the sidecar takes it; other ConfigMaps have files of their own that end in .json."""
    return _LABEL in as_mapping(metadata.get("labels")) or (
        isinstance(text, str) and '"schemaVersion"' in text
    )
