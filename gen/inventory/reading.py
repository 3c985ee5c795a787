"""Reads one YAML file into plain data and catches YAML's traps on the way.

Works on libyaml's stream of events instead of PyYAML's tree of nodes: several times faster, no custom
types, and everything that makes YAML dangerous (aliases, depth, size) is bounded while it is read.

Only what an inventory needs is understood. Plain scalars follow YAML 1.1 for ``true``, ``yes``,
``null`` and their like, since most tools read them so; numbers are numbers only in their plain
decimal form. ``1:30``, ``010``, ``1_000``, ``1e5``, ``1.0`` and dates stay text: nothing turns into
something that was not written, and JSON Schema, to which 1.0 is an integer, never sees one.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any, NoReturn

import yaml
from monogen.problems import InputError, Problem

MAX_BYTES = 64 * 2**20
"""The biggest file that is read; 100,000 hosts with everything stated are about 30 MiB."""

MAX_DEPTH = 50
"""How deep a file may be nested; an inventory needs 9 levels."""

MAX_ALIASED = 10_000
"""How many values aliases may add to any file; beyond it, 20 times what the file itself holds."""

WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
# At most 18 digits: what fits 64 bits everywhere.
_INTEGER = re.compile(r"-?[1-9][0-9]{0,17}|0")
_DECIMAL = re.compile(r"[-+]?[0-9]{0,15}\.[0-9]{1,15}")
_NUMERIC_START = frozenset("0123456789+-.")
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_LAST_OF_PLANE = frozenset({0xFFFE, 0xFFFF})
_NO_CHARACTERS = range(0xFDD0, 0xFDF0)


def read(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    """The mapping that a file holds, and what is wrong in it although it could be read on.

    Raises InputError where the file cannot be read any further.
    """
    source = str(path)
    reader = _Reader(source, _bytes_of(path))
    data = reader.document()
    if not isinstance(data, dict):
        raise InputError([*reader.problems, _not_a_mapping(source, data)])
    return data, reader.problems


def text_of(path: Path) -> bytes:
    """The bytes of a file that was read before; for finding positions again."""
    return _bytes_of(path)


def _not_a_mapping(source: str, data: Any) -> Problem:
    if data is None:
        return Problem(source, 0, 0, "the file is empty", "the shortest inventory is in docs/inventory.md")
    what = "a list" if isinstance(data, list) else "a single value"
    return Problem(
        source, 1, 1, f"the file holds {what}, not an inventory", "it begins with `fleet: NAME` and `hosts:`"
    )


def _bytes_of(path: Path) -> bytes:
    source = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError([_unreadable(source, error)]) from None
    if len(content) > MAX_BYTES:
        raise InputError(
            [
                Problem(
                    source,
                    0,
                    0,
                    f"the file is bigger than {MAX_BYTES // 2**20} MiB",
                    "is it an inventory? A folder of several smaller files is read as one inventory",
                )
            ]
        )
    _refuse_binary(source, content)
    return content


def _unreadable(source: str, error: OSError) -> Problem:
    reasons = {
        FileNotFoundError: ("there is no such file", "name an inventory file or a folder of *.yaml files"),
        PermissionError: ("the file may not be read", "check its permissions"),
    }
    reason, hint = reasons.get(type(error), (f"the file cannot be read: {error.strerror}", ""))
    return Problem(source, 0, 0, reason, hint)


def _refuse_binary(source: str, content: bytes) -> None:
    """Everything but UTF-8 text is refused here, so that the parser never has to guess."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError([undecodable(source, content, error)]) from None


def undecodable(source: str, content: bytes, error: UnicodeDecodeError) -> Problem:
    """The first byte that is no UTF-8."""
    before = content[: error.start]
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
    message = f"not UTF-8 text: byte 0x{content[error.start]:02x}"
    return Problem(source, line, column, message, "save the file as UTF-8")


class _Reader:
    """One pass over the events of one document. ``problems`` are those that did not stop it."""

    def __init__(self, source: str, content: bytes) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self._content = content
        self._scalars: dict[str, Any] = dict(WORDS)
        self._keys: dict[str, str] = {}
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._open_anchors: set[str] = set()
        self._values = 0
        self._aliased = 0

    def document(self) -> Any:
        """The value of the only document; None for an empty file."""
        try:
            # The constructor already looks at the first bytes.
            parser = yaml.CSafeLoader(self._content)
            return self._document(parser.get_event)
        except yaml.reader.ReaderError as error:
            problem = unreadable_character(self.source, self._content, error)
            raise InputError([*self.problems, problem]) from None
        except yaml.MarkedYAMLError as error:
            raise InputError([*self.problems, syntax_problem(self.source, self._content, error)]) from None

    def _document(self, next_event: Any) -> Any:
        next_event()
        event = next_event()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        value = self._value(next_event, next_event(), 0)
        next_event()
        event = next_event()
        if not isinstance(event, yaml.StreamEndEvent):
            self._note(
                event.start_mark,
                "a second document begins here",
                "keep one document a file: remove the `---`",
            )
        return value

    def _value(self, next_event: Any, event: Any, depth: int) -> Any:
        """The value that begins with this event, with everything in it."""
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self._alias(event)
        self._values += 1
        if event.tag is not None:
            self._note(
                event.start_mark,
                "a tag `!...` has no place in an inventory",
                "remove it; text that begins with `!` needs quotes",
            )
        if event.anchor is None:
            return self._untagged(next_event, event, kind, depth)
        before = self._values
        self._open_anchors.add(event.anchor)
        value = self._untagged(next_event, event, kind, depth)
        self._open_anchors.discard(event.anchor)
        self._anchors[event.anchor] = (value, self._values - before + 1)
        return value

    def _untagged(self, next_event: Any, event: Any, kind: type, depth: int) -> Any:
        if kind is yaml.ScalarEvent:
            return self._scalar(event)
        if depth >= MAX_DEPTH:
            self._stop(event.start_mark, f"nested deeper than {MAX_DEPTH} levels", "is this an inventory?")
        if kind is yaml.MappingStartEvent:
            return self._mapping(next_event, depth)
        return self._sequence(next_event, depth)

    def _sequence(self, next_event: Any, depth: int) -> list[Any]:
        items = []
        event = next_event()
        while type(event) is not yaml.SequenceEndEvent:
            items.append(self._value(next_event, event, depth + 1))
            event = next_event()
        return items

    def _mapping(self, next_event: Any, depth: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        merged: list[Any] = []
        lines: dict[str, int] = {}
        event = next_event()
        while type(event) is not yaml.MappingEndEvent:
            key, mark = self._key(next_event, event, depth), event.start_mark
            value = self._value(next_event, next_event(), depth + 1)
            if key == "<<" and not event.style:
                merged.append((value, mark))
            elif key in mapping:
                self._note(
                    mark,
                    f"the key `{_printable(key)}` stands twice in one mapping, first in line {lines[key]}",
                    "YAML would silently keep only the last: remove one",
                )
            else:
                mapping[key] = value
                lines[key] = mark.line + 1
            event = next_event()
        for value, mark in merged:
            mapping = self._merge(value, mark, mapping)
        return mapping

    def _key(self, next_event: Any, event: Any, depth: int) -> str:
        """Keys are always text, as written: `on: x` is the key "on"."""
        if type(event) is yaml.ScalarEvent:
            key = self._keys.get(event.value)
            if key is None:
                key = self._keys[event.value] = self._checked(event.value, event)
            return key
        if type(event) is yaml.AliasEvent:
            self._stop(event.start_mark, "an alias cannot be a key", "text that begins with `*` needs quotes")
        what = "a mapping" if type(event) is yaml.MappingStartEvent else "a list"
        self._note(
            event.start_mark,
            f"{what} cannot be a key",
            "text that begins with `{` or `[` needs quotes around it",
        )
        self._value(next_event, event, depth + 1)
        return f"({what} in line {event.start_mark.line + 1})"

    def _merge(self, value: Any, mark: Any, mapping: dict[str, Any]) -> dict[str, Any]:
        """YAML's merge key `<<`: what the mapping says itself wins, then the first merged one."""
        parts = value if isinstance(value, list) else [value]
        for part in parts:
            if not isinstance(part, dict):
                self._note(mark, "`<<` merges mappings only", "write `<<: *anchor`")
                continue
            mapping = {**part, **mapping}
        return mapping

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if event.style:
            return self._checked(text, event)
        try:
            return self._scalars[text]
        except KeyError:
            value = self._scalars[text] = _plain(self._checked(text, event))
            return value

    def _checked(self, text: str, event: Any) -> str:
        """Control characters end up as broken rules and labels far away, so they are named here."""
        if text.isprintable():
            return text
        for character in text:
            if _is_unseen(character):
                code = ord(character)
                name = "a line break" if character == "\n" else f"the control character U+{code:04X}"
                self._note(event.start_mark, f"this text contains {name}", "keep text in one line, printable")
                break
        return text

    def _alias(self, event: Any) -> Any:
        # No message names the alias: `password: *hunter2` is one to YAML, and a password to its author.
        name = event.anchor
        if name in self._open_anchors:
            self._stop(event.start_mark, "this alias stands inside the value it means", "write it out")
        if name not in self._anchors:
            self._stop(
                event.start_mark,
                "this alias `*...` has no anchor `&...` before it",
                "text that begins with `*` needs quotes",
            )
        value, size = self._anchors[name]
        self._aliased += size
        self._values += size
        if self._aliased > MAX_ALIASED + 20 * (self._values - self._aliased):
            self._stop(
                event.start_mark,
                "aliases blow this file up to many times its size",
                "use `defaults:` for what hosts share",
            )
        return value

    def _note(self, mark: Any, message: str, hint: str) -> None:
        self.problems.append(Problem(self.source, mark.line + 1, mark.column + 1, message, hint))

    def _stop(self, mark: Any, message: str, hint: str) -> NoReturn:
        self._note(mark, message, hint)
        raise InputError(self.problems)


def unreadable_character(source: str, content: bytes, error: yaml.reader.ReaderError) -> Problem:
    """libyaml tells a place in the text only for some; the first odd character is looked up."""
    text = content.decode("utf-8-sig")
    for number, line in enumerate(text.split("\n"), 1):
        for column, character in enumerate(line, 1):
            if _unreadable_in_yaml(character):
                message = f"the control character U+{ord(character):04X} cannot stand in a YAML file"
                return Problem(source, number, column, message, "is this a text file? Remove it")
    return Problem(source, 0, 0, f"not readable as YAML: {error.reason}", "is this a text file?")


def _is_unseen(character: str) -> bool:
    """Control characters, line separators, half pairs and the code points that are no characters."""
    code = ord(character)
    return (
        unicodedata.category(character) in _UNSEEN
        or code & 0xFFFF in _LAST_OF_PLANE
        or code in _NO_CHARACTERS
    )


def _unreadable_in_yaml(character: str) -> bool:
    """What the YAML specification leaves out of its printable characters."""
    return not (
        character in "\t\n\r\x85"
        or " " <= character <= "~"
        or "\xa0" <= character <= "\ud7ff"
        or ("\ue000" <= character <= "\ufffd" and character != "\ufeff")
        or character >= "\U00010000"
    )


def _plain(text: str) -> Any:
    """The value of a plain scalar that is none of YAML's words."""
    if text[0] in _NUMERIC_START:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _DECIMAL.fullmatch(text) and not (value := float(text)).is_integer():
            return value
    return text


def _printable(text: str) -> str:
    """Text that is safe to show in a message, shortened."""
    shown = "".join(character if character.isprintable() else "?" for character in text)
    return shown if len(shown) <= 60 else shown[:57] + "..."  # noqa: PLR2004


_SYNTAX = (
    (
        "mapping values are not allowed",
        "a `key: value` cannot stand here",
        "is the line indented like its neighbours? Text that contains `: ` needs quotes",
    ),
    (
        "did not find expected key",
        "this line does not fit the ones above it",
        "the keys of one mapping stand in the same column",
    ),
    (
        "did not find expected '-' indicator",
        "this line does not fit the list above it",
        "each entry of a list begins with `- ` in the same column",
    ),
    (
        "did not find expected ',' or ']'",
        "a list `[...]` is not closed or lacks a comma",
        "look here and in the lines before",
    ),
    (
        "did not find expected ',' or '}'",
        "a mapping `{...}` is not closed or lacks a comma",
        "look here and in the lines before",
    ),
    ("could not find expected ':'", "a key without `:`", "write `key: value`"),
    (
        "found unexpected end of stream",
        "a quote is opened and never closed",
        "look for it in the lines before",
    ),
    (
        "did not find expected whitespace or line break",
        "this is no value that YAML understands",
        "text that begins with `!`, `&` or `*` needs quotes",
    ),
    (
        "block sequence entries are not allowed",
        "a list entry `- ` cannot stand here",
        "begin the list in the line below its key",
    ),
    (
        "found character that cannot start any token",
        "text cannot begin with this character",
        "put quotes around the text",
    ),
)


def syntax_problem(source: str, content: bytes, error: yaml.MarkedYAMLError) -> Problem:
    """The parser's complaint, in words for somebody who does not know parsers."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    lines = content.decode("utf-8-sig").split("\n")
    here = lines[line - 1] if 0 < line <= len(lines) else ""
    indentation = here[: len(here) - len(here.lstrip())]
    if "\t" in indentation:
        column = indentation.index("\t") + 1
        return Problem(source, line, column, "a tab indents this line", "YAML is indented with spaces")
    for known, message, hint in _SYNTAX:
        if known in (error.problem or ""):
            return Problem(source, line, column, message, hint)
    return Problem(source, line, column, f"not valid YAML: {error.problem or error.context}", "")
