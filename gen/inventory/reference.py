"""The reference of the inventory's keys, as Markdown made from the JSON Schema.

``python -m monogen.inventory.reference docs/inventory.md`` writes it anew between its two markers.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from monogen.inventory import schema

BEGIN = "<!-- made by: python -m monogen.inventory.reference docs/inventory.md -->"
END = "<!-- end of what is made -->"

_SECTIONS = (
    ("The file", "", ""),
    ("`prometheus`", "prometheus", ""),
    ("`kubernetes`", "kubernetes", ""),
    ("`grafana`", "grafana", ""),
    ("`frontier`", "frontier", ""),
    ("`frontier: {price: ...}`", "frontier.price", ""),
    ("`electricity`", "electricity", ""),
    ("`fit`", "fit", ""),
    ("`defaults`", "defaults", ""),
    ("An alert (`alerts`)", "", "alert"),
    ("A host (`hosts`)", "", "host"),
    ("An alert of a host", "", "host_alert"),
    ("A model (`models`)", "", "model"),
    ("A model's `architecture`", "", "model.architecture"),
    ("An exporter (`exporters`)", "", "exporter"),
    ("`auth`", "", "auth"),
    ("`auth: {basic: ...}`", "", "auth.basic"),
    ("`tls`", "", "tls"),
    ("A reference to a Secret", "", "secret"),
)


def markdown() -> str:
    """One table for each mapping an inventory can hold."""
    whole = schema()
    tables = []
    for title, key, definition in _SECTIONS:
        part = whole
        for name in key.split(".") if key else ():
            part = part["properties"][name]
        for step, name in enumerate(definition.split(".") if definition else ()):
            part = whole["definitions"][name] if step == 0 else part["properties"][name]
        tables.append("\n".join((f"### {title}", "", *_table(part, whole["definitions"]))))
    return "\n\n".join(tables)


def _table(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[str]:
    yield "| key | is | meaning |"
    yield "|---|---|---|"
    for key, stated in part["properties"].items():
        value = _resolved(stated, definitions)
        what = str(value["title"])
        if words := [word for word in value.get("enum", ()) if isinstance(word, str)]:
            what = " or ".join(f"`{word}`" for word in words)
        meaning = str(stated["description"])
        if "default" in stated:
            meaning += f" Default: `{_shown(stated['default'])}`."
        if key in part.get("required", ()):
            what += ", required"
        yield f"| `{key}` | {what} | {meaning} |"


def _resolved(stated: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """The definition that a key refers to, else what stands at the key."""
    for part in stated.get("allOf", ()):
        resolved: Mapping[str, Any] = definitions[part["$ref"].rpartition("/")[2]]
        return resolved
    return stated


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "true" if default else "false"
    return "{node: {}}" if default == {"node": {}} else str(default)


def replaced(page: str) -> str:
    """The page with the part between the markers made anew."""
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    return pattern.sub(lambda _: f"{BEGIN}\n\n{markdown()}\n\n{END}", page)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(replaced(target.read_text("utf-8")), "utf-8")
