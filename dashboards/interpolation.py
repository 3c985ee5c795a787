"""Fills a board's variables into a text, as Grafana does: for parsing and for trying expressions.

Grafana reads ``$name``, ``${name}``, ``${name:format}`` and ``[[name]]``, once, from left to right;
what stands in a value is not read again. Formats: ``raw`` and ``regex``; without one the Prometheus
data source escapes in its own way, which is right for neither a quote nor an apostrophe (Grafana's
issues 16275, 24478, 48138). The generated boards therefore write raw string literals,
``instance=~`${hosts:regex}` ``, as Grafana's maintainers advise (issue 40634): only a backtick in a
value does not pass.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

VARIABLE = re.compile(
    r"\$(?P<plain>\w+)|\[\[(?P<old>\w+?)(?::(?P<old_format>\w+))?\]\]|"
    r"\$\{(?P<name>\w+)(?:\.[^:}]{1,200})?(?::(?P<format>[^}]{1,200}))?\}"
)

ALL = "$__all"
"""The value of a variable that is set to All."""

Value = str | Sequence[str]


def fill(text: str, values: Mapping[str, Value], all_values: Mapping[str, str] | None = None) -> str:
    """The text with variables replaced; what has no value stays as it is.

    A list is a variable that takes several values. ``all_values`` is what a variable stands for
    when it is set to All; it goes in as it is, without a format.
    """
    everything = all_values or {}

    def replace(match: re.Match[str]) -> str:
        name = match["plain"] or match["old"] or match["name"]
        if name not in values:
            return match[0]
        value = values[name]
        if value in (ALL, [ALL]):
            return everything.get(name, ".*")
        return _formatted(value, match["format"] or match["old_format"] or "")

    return VARIABLE.sub(replace, text)


def _formatted(value: Value, form: str) -> str:
    several = [value] if isinstance(value, str) else list(value)
    if form == "raw":
        return ",".join(several)
    if form == "regex":
        escaped = [re.sub(r"[\\^$*+?.()|\[\]{}/]", r"\\\g<0>", item) for item in several]
        return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("'", "\\\\'")
    doubled = [
        re.sub(r"[$^*{}\[\]'+?.()|]", r"\\\\\g<0>", item.replace("\\", "\\\\\\\\")) for item in several
    ]
    return doubled[0] if len(doubled) == 1 else f"({'|'.join(doubled)})"


def double_quoted(expression: str) -> str:
    """The expression with its raw strings written in double quotes, for ``promql_parser``.

    promql-parser 0.12 reads escapes in raw strings too, which Prometheus does not, and so refuses
    ``=~`a\\.b` ``. Strings in quotes are left alone, with whatever backticks they hold.
    """
    literals = re.compile(r"`(?P<raw>[^`]*)`|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", re.DOTALL)

    def quote(match: re.Match[str]) -> str:
        if match["raw"] is None:
            return match[0]
        escaped = match["raw"].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'

    return literals.sub(quote, expression)
