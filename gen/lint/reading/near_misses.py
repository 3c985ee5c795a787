"""What was probably meant for Prometheus or Grafana, and is not what either of them, or the linter, reads.

A file that is passed over without a word looks like one in which nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from monogen.lint.model import Keys
from monogen.lint.reading.lenient import as_list, as_mapping, as_text
from msgspec import Struct

_KINDS = {
    "prometheusrule": "PrometheusRule",
    "prometheusrules": "PrometheusRule",
    "scrapeconfig": "ScrapeConfig",
    "scrapeconfigs": "ScrapeConfig",
}
_BOARD_API = "dashboard.grafana.app/"


class NearMiss(Struct, frozen=True):
    """What is wrong with it, and where: the same as in a Found. Else than ``misspelt`` it may be meant so."""

    keys: Keys
    message: str
    hint: str
    on_key: bool = False
    misspelt: bool = False


def near_miss(data: Any) -> NearMiss | None:
    """What a document that is nothing of ours was probably meant to be; None if there is no telling."""
    if isinstance(data, list):
        return _list(data)
    if not isinstance(data, Mapping):
        return None
    return _object(data) or _groups(data)


def is_new_board(data: Any) -> bool:
    """Whether it is a Grafana board of schema v2: by itself, wrapped, or as Grafana's object."""
    mapping = as_mapping(data)
    version = as_text(mapping.get("apiVersion"))
    if mapping.get("kind") == "Dashboard" and version.startswith(_BOARD_API):
        return version.startswith(f"{_BOARD_API}v2") or _has_elements(mapping.get("spec"))
    return _has_elements(mapping) or _has_elements(mapping.get("dashboard"))


def _has_elements(board: Any) -> bool:
    mapping = as_mapping(board)
    return all(isinstance(mapping.get(key), Mapping) for key in ("elements", "layout"))


def _object(data: Mapping[str, Any]) -> NearMiss | None:
    kind = as_text(data.get("kind"))
    meant = _KINDS.get(kind.lower())
    if meant is None or meant == kind or "spec" not in data:
        return None
    message = f"there is no kind `{kind}`, so this is not read as a {meant}"
    return NearMiss(("kind",), message, f"write `kind: {meant}`", misspelt=True)


def _groups(data: Mapping[str, Any]) -> NearMiss | None:
    for key, value in data.items():
        if key.lower() in ("group", "groups") and key != "groups" and _any_group(as_list(value)):
            message = f"Prometheus reads rules below `groups`, not below `{key}`"
            return NearMiss((key,), message, "write `groups:`", on_key=True, misspelt=True)
    if _any_rule(as_list(data.get("rules"))) and "groups" not in data:
        hint = "put it below `groups:`, with a dash before its `name`"
        return NearMiss(("rules",), "a rule group by itself is no rule file", hint, on_key=True)
    return None


def _list(data: list[Any]) -> NearMiss | None:
    if _any_rule(data):
        hint = "put them below `groups:`, `- name: ...` and `rules:`"
        return NearMiss((), "a list of rules by itself is no rule file", hint)
    if _any_group(data) or any(_any_group(as_list(as_mapping(each).get("groups"))) for each in data):
        hint = "a rule file begins with `groups:`, without a dash"
        return NearMiss((), "Prometheus reads no rule file that is a list", hint)
    return None


def _any_group(items: Iterable[Any]) -> bool:
    return any(_any_rule(as_list(as_mapping(each).get("rules"))) for each in items)


def _any_rule(items: Iterable[Any]) -> bool:
    return any(
        "expr" in mapping and ("alert" in mapping or "record" in mapping)
        for mapping in map(as_mapping, items)
    )
