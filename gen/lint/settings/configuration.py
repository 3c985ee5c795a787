"""Where the linter's settings and the inventory come from when the command line does not say.

Settings stand in the nearest ``monogen.toml`` (``[lint]``) or ``pyproject.toml`` (``[tool.monogen.lint]``),
from the working directory upwards. ``inventory`` is relative to that file; patterns of paths fit
wherever they stand (see ``monogen.lint.settings.globs``).
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import monogen.lint.checks  # noqa: F401 (registers them)
from monogen.inventory.findings import nearest, nearest_or_all, quoted
from monogen.inventory.reading import undecodable
from monogen.lint.check import REGISTRY
from monogen.lint.model import SEVERITIES
from monogen.lint.settings import LintSettings
from monogen.problems import InputError, Problem
from msgspec.structs import fields

OWN_FILE = "monogen.toml"
PROJECT_FILE = "pyproject.toml"
INVENTORY_NAMES = ("hosts.yaml", "hosts.yml")

KEYS = tuple(field.name.replace("_", "-") for field in fields(LintSettings))
"""The keys of the settings, as they are written."""

_CODE = re.compile(r"MG[0-9]{0,3}")
_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")


def settings_near(start: Path) -> LintSettings:
    """The settings that hold for a folder; the defaults where no file states any.

    Raises InputError for a file that is no TOML, for unknown keys and for values that mean nothing.
    """
    folder = Path(os.path.abspath(start))  # noqa: PTH100 - links stay what the user sees
    for here in (folder, *folder.parents):
        for name, sections in ((OWN_FILE, ("lint",)), (PROJECT_FILE, ("tool", "monogen", "lint"))):
            path = here / name
            if path.is_file():
                stated = _stated(path, sections)
                if stated is not None or name == OWN_FILE:
                    return stated or LintSettings()
    return LintSettings()


def unknown_codes(codes: Iterable[str]) -> list[tuple[str, str]]:
    """The codes, or beginnings of codes, that fit no check, each with a hint."""
    return [
        (code, _hint_for(code))
        for code in codes
        if not any(known.startswith(code) for known in REGISTRY) or not code
    ]


def _hint_for(code: str) -> str:
    """What to write instead of a code that there is not."""
    if not _CODE.fullmatch(code):
        meant = code.upper()
        known = _CODE.fullmatch(meant) and any(each.startswith(meant) for each in REGISTRY)
        return f"write `{meant}`" if known else "a code is `MG201`, or `MG2` for all"
    near = nearest(code, REGISTRY) if len(code) == len("MG201") else ""
    if near:
        return f"did you mean `{near}`?"
    groups: dict[str, str] = {}
    for each, check in sorted(REGISTRY.items()):
        groups.setdefault(each[: len("MG2")], check.family)
    return "there are " + ", ".join(f"{group} ({family})" for group, family in groups.items())


def inventory_near(paths: Sequence[Path], settings: LintSettings) -> Path | None:
    """The inventory that the linted files belong to, None where there is none.

    The settings' own, else ``hosts.yaml`` or ``hosts.yml`` in or beside what is linted, else in the working
    directory. Raises InputError where there are several: which of them is meant nobody can know.
    """
    if settings.inventory:
        return Path(settings.inventory)
    beside = [
        folder for path in paths for folder in ((path, path.parent) if path.is_dir() else (path.parent,))
    ]
    for folders in (beside, [Path()]):
        found: dict[str, Path] = {}
        for candidate in (folder / name for folder in folders for name in INVENTORY_NAMES):
            if candidate.is_file():
                found.setdefault(os.path.realpath(candidate), candidate)
        if len(found) > 1:
            names = ", ".join(quoted(path.as_posix()) for path in found.values())
            problem = f"there is more than one inventory here: {names}"
            first = next(iter(found.values())).as_posix()
            raise InputError([Problem(first, 0, 0, problem, "name the one that is meant with `--inventory`")])
        if found:
            return next(iter(found.values()))
    return None


def _stated(path: Path, sections: tuple[str, ...]) -> LintSettings | None:
    """The settings of a file; None where it has no such section."""
    text = _text_of(path)
    try:
        data: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place else (0, 0)
        said = _PLACE.sub("", str(error))
        raise InputError([Problem(str(path), line, column, f"not valid TOML: {said}", "")]) from None
    except RecursionError:
        raise InputError([Problem(str(path), 0, 0, "nested too deeply", "")]) from None
    *outer, name = sections
    for section in outer:
        data = data.get(section) if isinstance(data, dict) else None
    if data is None:
        return None
    _Section(path, text, ".".join(outer)).hold_only(name, data)
    return _Section(path, text, ".".join(sections)).settings(data[name]) if name in data else None


def _text_of(path: Path) -> str:
    try:
        content = path.read_bytes()
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError([undecodable(str(path), content, error)]) from None
    except OSError as error:
        raise InputError([Problem(str(path), 0, 0, f"it cannot be read: {error.strerror}", "")]) from None


class _Section:
    """The section of one file that states settings."""

    def __init__(self, path: Path, text: str, name: str) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._name = name
        self._problems: list[Problem] = []

    def settings(self, data: Any) -> LintSettings:
        if not isinstance(data, dict):
            self._note("", f"`{self._name}` is a table", "")
            data = {}
        readers: Mapping[str, Callable[[str, Any], Any]] = {
            "select": self._codes,
            "ignore": self._codes,
            "severity": self._severity,
            "severities": self._severities,
            "per-path-ignores": self._per_path,
            "exclude": self._texts,
            "inventory": self._inventory,
        }
        stated = {}
        for key, value in data.items():
            if key in readers:
                stated[key.replace("-", "_")] = readers[key](key, value)
            else:
                self._note(key, f"unknown key {quoted(key)}", nearest_or_all(key, KEYS))
        if self._problems:
            raise InputError(self._problems)
        return LintSettings(**stated)

    def hold_only(self, name: str, data: Any) -> None:
        """Raise InputError where it holds another key: settings elsewhere would be read by nobody."""
        if not isinstance(data, dict):
            self._note("", f"`{self._name}` is a table", f"the settings stand in `[{self._name}.{name}]`")
        else:
            for key, value in data.items():
                if key != name:
                    self._note(key, *self._strange(name, key, value))
        if self._problems:
            raise InputError(self._problems)

    def _strange(self, name: str, key: str, value: Any) -> tuple[str, str]:
        """What is said about a key, and what to do, where only ``name`` is known."""
        header = f"[{self._name}.{name}]" if self._name else f"[{name}]"
        message = f"unknown {'table' if isinstance(value, dict) else 'key'} {quoted(key)}"
        if key in KEYS:
            return message, f"it belongs below `{header}`"
        if key == "tool":
            return message, f"in this file the settings stand in `{header}`"
        return message, nearest_or_all(key, [name])

    def _texts(self, key: str, value: Any) -> tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        self._note(key, f"`{key}` is a list of texts", f'write it as `{key} = ["..."]`')
        return ()

    def _codes(self, key: str, value: Any) -> tuple[str, ...]:
        codes = self._texts(key, value)
        for code, hint in unknown_codes(codes):
            self._note(code or key, f"there is no check {quoted(code)}", hint)
        return codes

    def _severity(self, key: str, value: Any) -> str:
        return self._one_of(key, value, SEVERITIES)

    def _severities(self, key: str, value: Any) -> dict[str, str]:
        table = self._table(key, value, 'MG201 = "off"')
        self._codes(key, list(table))
        return {code: self._one_of(code, each, (*SEVERITIES, "off")) for code, each in table.items()}

    def _per_path(self, key: str, value: Any) -> dict[str, tuple[str, ...]]:
        table = self._table(key, value, '"generated/*" = ["MG2"]')
        return {pattern: self._codes(pattern, codes) for pattern, codes in table.items()}

    def _inventory(self, key: str, value: Any) -> str:
        if isinstance(value, str):
            return os.path.relpath(self._path.parent / value) if value else ""
        self._note(key, f"`{key}` is a path", "")
        return ""

    def _one_of(self, key: str, value: Any, known: Sequence[str]) -> str:
        if isinstance(value, str) and value in known:
            return value
        self._note(key, f"{quoted(str(value))} is no severity", nearest_or_all(str(value), known))
        return known[-1]

    def _table(self, key: str, value: Any, example: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        self._note(key, f"`{key}` is a table", f"write it as `{key} = {{{example}}}`")
        return {}

    def _note(self, word: str, message: str, hint: str) -> None:
        self._problems.append(Problem(str(self._path), *self._place(word), message, hint))

    def _place(self, word: str) -> tuple[int, int]:
        """The first place of a word below the section's head: TOML's reader tells none."""
        named = re.compile(rf"\[\s*{re.escape(self._name)}\b")
        heads = (number for number, line in enumerate(self._lines) if named.search(line))
        head = next(heads, 0) if self._name else 0
        for number, line in enumerate(self._lines[head:], head + 1):
            if word and (found := re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", line)):
                return number, found.start() + 1
        return head + 1, 1
