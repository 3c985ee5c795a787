"""Reads the code blocks of docs/ that tests try, so that what people copy is what was run.

A block is marked by a comment on a line of its own above it: ``<!-- tried: NAME -->``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

DOCS = Path(__file__).parents[2] / "docs"


def block(page: str, name: str) -> str:
    """The text of the block called ``name`` in ``docs/<page>``. Fails unless there is exactly one."""
    text = (DOCS / page).read_text(encoding="utf-8")
    marked = re.compile(
        rf"^<!-- tried: {re.escape(name)} -->\n+```[a-z]*\n(.*?)^```$", re.MULTILINE | re.DOTALL
    )
    found = marked.findall(text)
    assert len(found) == 1, f"{page} has {len(found)} blocks called {name}"
    return str(found[0])


def values(page: str, name: str) -> Any:
    """The YAML of that block, read."""
    return yaml.safe_load(block(page, name))
