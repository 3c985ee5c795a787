"""Names of models, as servers give them and as the inventory can hold them."""

from __future__ import annotations

LONGEST = 200
"""Letters of a name in the inventory."""


def short_name(model: str) -> str:
    """What people call a model: of a path or a repository the last part, without the ending of its file."""
    return model.replace("\\", "/").rstrip("/").rpartition("/")[2].removesuffix(".gguf")


def is_name(text: str) -> bool:
    """Whether the inventory can hold it: one printable line, not too long, no space around it."""
    return bool(text) and len(text) <= LONGEST and text == text.strip() and text.isprintable()
