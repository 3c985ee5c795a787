"""What differs between a board as it was built and as Grafana has it, in words for people.

Grafana adds to what it is given: a number, a version, and empty defaults when somebody saves the board in
the browser. None of that is a difference. Anything else is, also what somebody added by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

OF_GRAFANA = frozenset({"id", "uid", "version", "iteration", "gnetId", "weekStart"})
"""Keys of a board that say nothing about its content, or that Grafana writes by itself."""

DEFAULTS = {"preload": False, "liveNow": False, "fiscalYearStartMonth": 0, "pluginVersion": None}
"""Keys that Grafana adds, with the value that makes no difference; None: whatever the value."""

SHOWN = 120
"""Letters of a value that are shown."""

_NAMES = ("title", "name", "refId", "id")
"""By what the items of a list are told apart, the best first."""


class Change(Struct, frozen=True):
    """One difference: the place in words, what is there and what will be; None where there is nothing."""

    where: str
    old: Any
    new: Any

    def __str__(self) -> str:
        """``panel `Memory` > unit: "bytes" -> "percent"``."""
        if self.old is None:
            return f"+ {self.where}: {_shown(self.new)}"
        if self.new is None:
            return f"- {self.where}: {_shown(self.old)}"
        return f"~ {self.where}: {_shown(self.old)} -> {_shown(self.new)}"


def changes(stored: Mapping[str, Any], built: Mapping[str, Any]) -> tuple[Change, ...]:
    """What an update would change; empty when Grafana has the board as it was built."""
    old = {key: value for key, value in stored.items() if key not in OF_GRAFANA}
    new = {key: value for key, value in built.items() if key not in OF_GRAFANA}
    return tuple(_mappings(old, new, ""))


def _mappings(old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> Iterator[Change]:
    for key in (*new, *(key for key in old if key not in new)):
        if key not in new and _says_nothing(key, old[key]):
            continue
        if key not in old and _is_empty(new[key]):
            continue
        yield from _values(old.get(key), new.get(key), f"{where} > {key}" if where else key)


def _values(old: Any, new: Any, where: str) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _mappings(old, new, where)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(old, new, where)
    elif not _same(old, new):
        yield Change(where, old, new)


def _lists(old: list[Any], new: list[Any], where: str) -> Iterator[Change]:
    """Items by their names where they have some, so that a new panel does not shift all that follow."""
    if _same(old, new):
        return
    names_old, names_new = _names(old), _names(new)
    if names_old is None or names_new is None:
        if len(old) != len(new) or not all(isinstance(one, dict) for one in (*old, *new)):
            yield Change(where, old, new)
        else:
            for number, (before, after) in enumerate(zip(old, new, strict=True), 1):
                yield from _values(before, after, f"{where} {number}")
        return
    before, after = dict(zip(names_old, old, strict=True)), dict(zip(names_new, new, strict=True))
    for name in (*after, *(name for name in before if name not in after)):
        label = _label(name, after.get(name, before.get(name)))
        yield from _values(before.get(name), after.get(name), f"{where} `{label}`")
    kept_old, kept_new = [n for n in before if n in after], [n for n in after if n in before]
    if kept_old != kept_new:
        yield Change(f"{where}, their order", kept_old, kept_new)


def _names(items: Sequence[Any]) -> list[str] | None:
    """A name for each item, all different; None where they have none."""
    for key in _NAMES:
        names = [item.get(key) for item in items if isinstance(item, dict)]
        texts = [str(name) for name in names if isinstance(name, str | int) and name != ""]
        if len(texts) == len(items) == len(set(texts)):
            return texts
    return None


def _label(name: str, item: Any) -> str:
    """The name, and the title beside a bare number: many panels of a board may have the same title."""
    title = item.get("title")
    return f"{name}: {title}" if name.isdigit() and isinstance(title, str) and title else name


def _says_nothing(key: str, value: Any) -> bool:
    """Whether a key that only Grafana's copy has is just a default."""
    if _is_empty(value):
        return True
    return key in DEFAULTS and (DEFAULTS[key] is None or value == DEFAULTS[key])


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _same(old: Any, new: Any) -> bool:
    """Equal in JSON: 1 is 1.0, but no true."""
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in old)
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
