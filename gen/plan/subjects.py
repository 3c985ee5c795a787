"""The rule templates of ``templates/rules``: their headers, their order, and how they are rendered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from monogen import templates
from monogen.plan.selection import Needs, parse_needs
from msgspec import Struct

SEPARATOR = "\n---\n"


class Subject(Struct, frozen=True):
    """One template file, not rendered yet.

    ``alerts`` names the subject's alerts with the number each compares with, None where there is
    none. ``body`` is the template itself.
    """

    name: str
    group: str
    needs: tuple[Needs, ...]
    after: tuple[str, ...]
    alerts: Mapping[str, float | None]
    body: str


@cache
def subjects() -> tuple[Subject, ...]:
    """All subjects in the order of evaluation: what reads a series comes after what records it."""
    files = sorted((Path(templates.__file__).parent / "rules").glob("*.yaml.j2"))
    parsed = [_parse(file.name.removesuffix(".yaml.j2"), file.read_text("utf-8")) for file in files]
    found = {subject.name: subject for subject in parsed}
    order = TopologicalSorter({name: subject.after for name, subject in found.items()})
    order.prepare()
    result: list[Subject] = []
    while order.is_active():
        ready = sorted(order.get_ready())  # sorted, so that the same files give the same bytes
        result += [found[name] for name in ready]
        order.done(*ready)
    return tuple(result)


def _parse(name: str, text: str) -> Subject:
    header_text, body = text.split(SEPARATOR, 1)
    header = yaml.load(header_text, Loader=yaml.CSafeLoader)
    return Subject(
        name=name,
        group=header["group"],
        needs=parse_needs(header["needs"]),
        after=tuple(header.get("after", ())),
        alerts=header.get("alerts") or {},
        body=body,
    )


@cache
def known_alerts() -> Mapping[str, float | None]:
    """Every alert monogen has, with its default threshold in base units (None: it has none)."""
    known = {alert: limit for subject in subjects() for alert, limit in subject.alerts.items()}
    return MappingProxyType(known)


def render(subject: Subject, context: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rules of a subject as the template lists them, not yet checked against the fleet."""
    template = _environment().from_string(subject.body)
    text = template.render(context)
    return yaml.load(text, Loader=yaml.CSafeLoader) or []


@cache
def _environment() -> Any:
    import jinja2  # noqa: PLC0415 - slow to import, and most commands render nothing

    return jinja2.Environment(
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
