"""Whether a stored group is the one that was built: Mimir writes it in words of its own.

Durations come back in another spelling (``60s`` as ``1m``), and what is empty or 0 comes or does not.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import yaml
from monogen.quantities import parse_duration

DURATIONS = frozenset({"interval", "query_offset", "evaluation_delay", "for", "keep_firing_for"})


def alike(built: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    """Whether two groups mean the same."""
    return normal(built) == normal(stored)


def normal(group: Mapping[str, Any]) -> dict[str, Any]:
    """A group in one spelling: durations in seconds, without what is empty."""
    rules = group.get("rules")
    made = _normal({key: value for key, value in group.items() if key != "rules"})
    made["rules"] = [_normal(rule) if isinstance(rule, Mapping) else rule for rule in rules or []]
    return made


def _normal(mapping: Mapping[str, Any]) -> dict[str, Any]:
    made = {str(key): _value(str(key), value) for key, value in mapping.items()}
    return {key: value for key, value in made.items() if value not in ("", 0, None, {}, [], False)}


def _value(key: str, value: Any) -> Any:
    if key not in DURATIONS:
        # Values of labels are texts to Mimir, and YAML may read one as a number.
        return {str(k): str(v) for k, v in value.items()} if isinstance(value, Mapping) else value
    try:
        return parse_duration(str(value))
    except ValueError:
        return value


def difference(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> list[str]:
    """A unified diff of two groups as YAML, without its heading; None where there is no group."""
    before, after = (_lines(group) for group in (old, new))
    return list(difflib.unified_diff(before, after, lineterm="", n=2))[2:]


def _lines(group: Mapping[str, Any] | None) -> list[str]:
    if group is None:
        return []
    text: str = yaml.dump(normal(group), Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=10_000)
    return text.splitlines()


class _Dumper(yaml.SafeDumper):
    """Expressions of several lines as blocks, so that a diff shows the line that changed."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
