"""The rule templates of ``templates/rules``: their headers, their order, and how they are rendered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from types import CodeType, MappingProxyType
from typing import Any

import yaml
from monogen import templates
from monogen.compiled import compiled
from monogen.plan.selection import Needs, parse_needs
from msgspec import Struct

SEPARATOR = "\n---\n"


class Subject(Struct, frozen=True):
    """One template file, not rendered yet.

    ``alerts`` names the subject's alerts with the number each compares with, None where there is
    none. ``file`` holds the template.
    """

    name: str
    group: str
    needs: tuple[Needs, ...]
    after: tuple[str, ...]
    alerts: Mapping[str, float | None]
    file: Path


@cache
def subjects() -> tuple[Subject, ...]:
    """All subjects in the order of evaluation: what reads a series comes after what records it."""
    files = sorted((Path(templates.__file__).parent / "rules").glob("*.yaml.j2"))
    found = {subject.name: subject for subject in map(_subject, files)}
    order = TopologicalSorter({name: subject.after for name, subject in found.items()})
    order.prepare()
    result: list[Subject] = []
    while order.is_active():
        ready = sorted(order.get_ready())  # sorted, so that the same files give the same bytes
        result += [found[name] for name in ready]
        order.done(*ready)
    return tuple(result)


def _subject(file: Path) -> Subject:
    header = compiled(file, _header, "yaml", "header")
    return Subject(
        name=file.name.removesuffix(".yaml.j2"),
        group=header["group"],
        needs=parse_needs(header["needs"]),
        after=tuple(header.get("after", ())),
        alerts=header.get("alerts") or {},
        file=file,
    )


def _header(text: str) -> dict[str, Any]:
    header: dict[str, Any] = yaml.load(text.split(SEPARATOR, 1)[0], Loader=yaml.CSafeLoader)
    return header


@cache
def known_alerts() -> Mapping[str, float | None]:
    """Every alert monogen has, with its default threshold in base units (None: it has none)."""
    known = {alert: limit for subject in subjects() for alert, limit in subject.alerts.items()}
    return MappingProxyType(known)


def render(subject: Subject, context: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rules of a subject as the template lists them, not yet checked against the fleet."""
    text = _template(subject.file).render(context)
    return yaml.load(text, Loader=yaml.CSafeLoader) or []


_SYNTAX: Mapping[str, Any] = {
    "variable_start_string": "<<",
    "variable_end_string": ">>",
    "block_start_string": "<%",
    "block_end_string": "%>",
    "comment_start_string": "<#",
    "comment_end_string": "#>",
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
}


def _template(file: Path) -> Any:
    from jinja2 import Template  # noqa: PLC0415 - slow to import, and most commands render nothing
    from jinja2.bccache import bc_magic  # noqa: PLC0415

    environment = _environment()
    code = compiled(file, _code, f"{bc_magic!r} {_SYNTAX}", "template")
    return Template.from_code(environment, code, environment.make_globals(None))


def _code(text: str) -> CodeType:
    code: CodeType = _environment().compile(text.split(SEPARATOR, 1)[1])
    return code


@cache
def _environment() -> Any:
    import jinja2  # noqa: PLC0415

    return jinja2.Environment(undefined=jinja2.StrictUndefined, **_SYNTAX)
