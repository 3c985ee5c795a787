"""How the examples of this family are written down: one alert that has all it needs, but for one thing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from textwrap import indent

_LABELS = {"severity": "warning"}
_ANNOTATIONS = {
    "summary": "A disk is nearly full",
    "description": "{{ $labels.mountpoint }} of {{ $labels.instance }} has {{ $value }} bytes left.",
    "runbook_url": "https://runbooks.example.com/disk-full",
}
_EXPR = "node_filesystem_avail_bytes < 1e9"


def alert_file(
    expr: str = _EXPR,
    *,
    name: str = "DiskFull",
    hold: str = "10m",
    labels: Mapping[str, str] | None = None,
    interval: str = "",
    without: str = "",
    **annotations: str,
) -> str:
    """A rule file with one alert; ``without`` names an annotation to leave out, ``hold`` is its ``for``."""
    lines = [f"- alert: {name}", f"  expr: {_scalar(expr)}"]
    lines += [f"  for: {hold}"] if hold else []
    lines += _mapping("labels", _LABELS if labels is None else labels)
    texts = {key: text for key, text in (_ANNOTATIONS | annotations).items() if key != without}
    lines += _mapping("annotations", texts)
    head = ["groups:", "- name: example", *([f"  interval: {interval}"] if interval else []), "  rules:"]
    return "\n".join(head) + "\n" + indent("\n".join(lines), "  ") + "\n"


def _mapping(name: str, texts: Mapping[str, str]) -> list[str]:
    if not texts:
        return []
    return [f"  {name}:", *(f"    {key}: {_scalar(text)}" for key, text in texts.items())]


def _scalar(text: str) -> str:
    """The text as a plain YAML scalar where it can be one."""
    plain = text[0].isalpha() and ": " not in text and " #" not in text
    return text if plain else json.dumps(text, ensure_ascii=False)
