"""Small whole files for the examples of expression checks: one rule, and nothing else to complain about."""

from __future__ import annotations

from textwrap import indent

from monogen.lint.check import Example

_RECORD = """\
groups:
  - name: example
    rules:
      - record: {name}
        expr: |-
{expr}
"""

_ALERT = """\
groups:
  - name: example
    rules:
      - alert: SomethingIsWrong
        expr: |-
{expr}
        for: 10m
        labels:
          severity: warning
        annotations:
          summary: Something is wrong.
          description: The value is {{{{ $value }}}}, which is not what it should be.
          runbook_url: https://example.com/runbooks/something-is-wrong
"""


FLEET = """\
fleet: homelab
hosts:
  - {name: spark-1, hardware: gb10, exporters: {node: {}, dcgm: {}}}
  - {name: mac-studio, hardware: apple-silicon, exporters: {node: {}, macmon: {}}}
  - {name: nas, os: linux}
"""
"""An inventory of hosts that differ in what they have."""


def record(expr: str, name: str = "instance:example:ratio", inventory: str = "") -> Example:
    """A file with one recording rule."""
    return Example(_RECORD.format(name=name, expr=indent(expr, " " * 10)), inventory=inventory)


def alert(expr: str) -> Example:
    """A file with one alert."""
    return Example(_ALERT.format(expr=indent(expr, " " * 10)))
