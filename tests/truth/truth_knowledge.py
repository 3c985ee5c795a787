"""What the attribution knows beyond the worlds: known_nevers.yaml, and which labels are empty on a page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from monogen.inventory.model import Host
from truth_worlds import PAGES_FOLDER

EMPTY = re.compile(r'(\w+)=""')


@cache
def known() -> Mapping[str, Any]:
    """known_nevers.yaml."""
    found: Mapping[str, Any] = yaml.safe_load(
        (Path(__file__).parent / "known_nevers.yaml").read_text("utf-8")
    )
    return found


@cache
def empty_labels() -> Mapping[str, set[str]]:
    """The labels that are empty on some page, by metric: to Prometheus they are not there."""
    found: dict[str, set[str]] = {}
    for page in PAGES_FOLDER.glob("*.prom"):
        for line in page.read_text("utf-8").splitlines():
            if not line.startswith("#"):
                found.setdefault(line.split("{")[0], set()).update(EMPTY.findall(line))
    return found


def never_there(kind: str, name: str, host: Host) -> str | None:
    """Why an exporter never gives the metric on such a host; None if that is not known."""
    beginnings = known()["only"].get(kind, {}).get(host.os)
    families = known()["families"].get(kind, ())
    if beginnings and any(map(name.startswith, families)) and not any(map(name.startswith, beginnings)):
        return f"{kind} has no such collector on {host.os}"
    versions = [exporter.version for exporter in host.exporters if exporter.kind == kind]
    for entry in known()["absent"]:
        meant = entry["exporter"] == kind and _is_for(entry, host)
        if meant and all(_in(entry, version) for version in versions) and _names(entry, name):
            return str(entry["why"])
    return None


def _names(entry: Mapping[str, Any], name: str) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in entry["names"])


def _is_for(entry: Mapping[str, Any], host: Host) -> bool:
    return entry.get("os", host.os) == host.os and entry.get("hardware", host.hardware) == host.hardware


def _in(entry: Mapping[str, Any], version: tuple[int, ...] | None) -> bool:
    """Whether it is certain that the version is one that the entry is about."""
    since, below = _version(entry.get("since")), _version(entry.get("below"))
    if version is None:
        return since is None and below is None
    return (since is None or version >= since) and (below is None or version < below)


def _version(text: str | None) -> tuple[int, ...] | None:
    return None if text is None else tuple(map(int, text.split(".")))
