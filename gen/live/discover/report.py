"""The report as text for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monogen.lint.report.printable import printable, unicode_text
from monogen.live.discover.discovering import HostReport, Report
from monogen.live.discover.machine import Told
from monogen.live.discover.seen import Found
from monogen.live.discover.yamllines import block, plain

VERSION = 1
"""Of the JSON's shape: keys may be added, anything else changes it."""


def entries(report: Report) -> str:
    """The new hosts as they stand below ``hosts:`` in an inventory."""
    return "\n".join(block(host.entry.lines, 2, host.entry.notes) for host in report.new if host.entry)


def remarks(report: Report, into: str = "") -> list[str]:
    """A line, or a line and its hint, for everything that is no entry."""
    return [printable(line) for host in report.hosts for line in _remarks(host, into)]


def _remarks(host: HostReport, into: str) -> Iterator[str]:
    for trouble in host.troubles:
        yield trouble.message
        if trouble.hint:
            yield f"    {trouble.hint}"
    if host.entry is None:
        yield f"{host.asked.address}: gave nothing for the inventory"
        return
    if host.known.state == "new":
        if into:
            yield f"{host.entry.name}: added to {into}"
            yield from (f"    {note}" for note in host.entry.notes)
        return
    place = host.known.place or f"the host `{host.known.host}` of this run"
    if host.known.state == "taken":
        yield f"{host.asked.address}: not added, the name `{host.known.host}` is another host's ({place})"
        yield "    give it another name with --name"
        return
    if not host.known.place:
        yield f"{host.asked.address}: the same machine as `{host.known.host}`, taken once"
        return
    what = "what was seen differs:" if host.known.differences else "as it was seen"
    yield f"{host.known.host}: is in the inventory already ({place}), {what}"
    yield from (f"    {difference}" for difference in host.known.differences)


def as_json(report: Report) -> dict[str, Any]:
    """The report for programs."""
    return {"version": VERSION, "complete": report.complete, "hosts": [_host(host) for host in report.hosts]}


def _host(host: HostReport) -> dict[str, Any]:
    entry = host.entry
    told: dict[str, Any] = _clean(
        {
            "address": host.asked.address,
            "name": entry.name if entry else None,
            "state": host.known.state if entry else "nothing",
            "place": host.known.place or None,
            "differences": list(host.known.differences),
            "entry": plain(entry.lines) if entry else None,
            "told": _told(host),
            "exporters": [_exporter(one) for one in host.found],
            "notes": list(entry.notes) if entry else [],
            "troubles": [{"message": one.message, "hint": one.hint} for one in host.troubles],
        }
    )
    return told


def _told(host: HostReport) -> dict[str, Any]:
    """What the host is, each with where that is from."""
    if host.entry is None:
        return {}
    machine = host.entry.machine
    told: dict[str, Told | None] = {
        "os": machine.os, "hardware": machine.hardware, "memory": machine.memory, "chip": machine.chip,
    }  # fmt: skip
    return {key: {"value": one.value, "by": one.by, "guess": one.guess} for key, one in told.items() if one}


def _exporter(one: Found) -> dict[str, Any]:
    return {
        "kind": one.kind, "port": one.port.number, "scheme": one.port.scheme, "path": one.path, "by": one.by,
        "certain": one.certain, "login": one.login or None, "router": one.router, "model": one.model or None,
        "models": [{"name": model.name, "loaded": model.loaded} for model in one.models],
    }  # fmt: skip


def _clean(value: Any) -> Any:
    """The value without lone surrogates, which no JSON may hold."""
    if isinstance(value, dict):
        return {unicode_text(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return unicode_text(value) if isinstance(value, str) else value
