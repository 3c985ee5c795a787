"""How the examples of this family are written down: rules in a group, a complete file."""

from __future__ import annotations

from textwrap import dedent, indent


def rule_file(rules: str, *, name: str = "example", interval: str = "") -> str:
    """A rule file with one group of these rules, which may be indented as in Python code."""
    stated = f"  interval: {interval}\n" if interval else ""
    body = indent(dedent(rules).strip("\n"), "  ")
    return f"groups:\n- name: {name}\n{stated}  rules:\n{body}\n"


def two_groups(first: str, second: str, *, interval: str = "1m") -> str:
    """A rule file with a group that is evaluated at that interval, and one evaluated at the server's own."""
    other = rule_file(second, name="second").split("\n", 1)[1]
    return rule_file(first, name="first", interval=interval) + other
