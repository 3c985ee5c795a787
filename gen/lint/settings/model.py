"""What people set: which checks run, and how findings count."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from monogen.lint.model import Severity
from msgspec import Struct, field


def _empty() -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({})


class LintSettings(Struct, frozen=True):
    """Settings of `[tool.monogen.lint]` or `monogen.toml`, with what the command line says over them.

    ``select`` and ``ignore`` are codes or their beginnings ("MG2"); the longer beginning wins. ``severity``
    is the least severity that is told. ``severities`` are people's own for a code, "off" included.
    ``per_path_ignores`` maps a glob to codes. ``inventory`` "" means: look beside what is linted.
    """

    select: tuple[str, ...] = ("MG",)
    ignore: tuple[str, ...] = ()
    severity: Severity = "info"
    severities: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    per_path_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=_empty)
    exclude: tuple[str, ...] = ()
    inventory: str = ""
