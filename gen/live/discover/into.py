"""Adds hosts to an inventory file that people keep: comments, order and layout stay as they are.

The text is edited, not written anew. Before the file is replaced (at once, or not at all), the new text is
read again: it must say what the old one said and the new hosts, and it must load.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import yaml
from monogen import catalog, inventory
from monogen.inventory.reading import read
from monogen.live.discover.yamllines import Line, block, flow, plain
from monogen.problems import InputError, Problem
from msgspec import Struct
from msgspec.structs import replace

Lines = tuple[Line, ...]

NEW = "fleet: homelab # part of the names of everything that is written: name yours\nhosts:\n"
"""What a file that is not there yet begins with."""


def add(path: Path, hosts: Sequence[Lines]) -> None:
    """Add the hosts at the end of the list ``hosts``. Raises InputError, and then the file is as it was."""
    if not hosts:
        return
    if path.is_dir():
        hint = "name the file in it that the hosts belong into"
        raise InputError([Problem(str(path), 0, 0, "this is a folder", hint)])
    target = path.resolve()
    before = _bytes(target)
    after = _edited(path, before, hosts) if before is not None else _new(hosts)
    _replace(path, target, before, after, [plain(lines) for lines in hosts])


def root(path: Path) -> Path:
    """What is loaded with the file: itself, or the folder it is a part of (a file without `fleet`)."""
    data, _ = read(path)
    return path if "fleet" in data else path.parent


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError([Problem(str(path), 0, 0, f"the file cannot be read: {error.strerror}")]) from None


def _new(hosts: Sequence[Lines]) -> bytes:
    return (NEW + "".join(block(lines, 2) for lines in hosts)).encode()


def _edited(path: Path, content: bytes, hosts: Sequence[Lines]) -> bytes:
    """The text with the hosts in it."""
    read(path)  # says what is wrong with a file that cannot be read
    bom, text = (b"\xef\xbb\xbf", content[3:]) if content.startswith(b"\xef\xbb\xbf") else (b"", content)
    edit = _Edit(path, text.decode())
    return bom + edit.with_hosts(hosts).encode()


class _Edit(Struct, frozen=True):
    """The text of a file, and where in it hosts can be put."""

    path: Path
    text: str

    def with_hosts(self, hosts: Sequence[Lines]) -> str:
        top = yaml.compose(self.text, Loader=yaml.SafeLoader)
        if not isinstance(top, yaml.MappingNode):
            self._refuse("this is no inventory")
        for key, value in top.value:
            if key.value == "hosts":
                return self._into(top, key, value, hosts)
        if top.flow_style:
            self._refuse("the file is one `{...}` without hosts")
        return self._insert_lines(self._end(top), "hosts:\n" + self._blocks(hosts, 2))

    def _into(self, top: yaml.MappingNode, key: yaml.Node, value: yaml.Node, hosts: Sequence[Lines]) -> str:
        if value.start_mark.index < key.start_mark.index:
            self._refuse("`hosts` is an alias")
        if isinstance(value, yaml.ScalarNode) and value.value in ("", "~", "null") and not top.flow_style:
            at = key.end_mark.index + self.text[key.end_mark.index :].index(":") + 1
            end = max(at, value.end_mark.index)
            return replace(self, text=self.text[:at] + self.text[end:])._insert_lines(
                at, self._blocks(hosts, 2)
            )
        if not isinstance(value, yaml.SequenceNode):
            self._refuse("`hosts` is no list")
        if value.flow_style:
            if value.value or top.flow_style:
                return self._insert_flow(value, hosts)
            start, end = value.start_mark.index, value.end_mark.index
            emptied = replace(self, text=self.text[:start].rstrip(" ") + self.text[end:])
            return emptied._insert_lines(len(self.text[:start].rstrip(" ")), self._blocks(hosts, 2))
        return self._insert_lines(self._end(value), self._blocks(hosts, value.start_mark.column),
                                  deeper_than=value.start_mark.column)  # fmt: skip

    def _blocks(self, hosts: Sequence[Lines], indent: int) -> str:
        return "".join(block(lines, indent) for lines in hosts)

    def _insert_flow(self, value: yaml.SequenceNode, hosts: Sequence[Lines]) -> str:
        """Into ``[...]``, right after its last entry; there is no place for comments."""
        entries = ", ".join(flow(plain(lines)) for lines in hosts)
        at = value.value[-1].end_mark.index if value.value else value.start_mark.index + 1
        before = ", " if value.value else ""
        if value.value:
            within = self.text[value.start_mark.index : value.value[-1].start_mark.index]
            if own_line := re.search(r"\n([ \t]*)$", within):
                before = ",\n" + own_line[1]
        return self.text[:at] + before + entries + self.text[at:]

    def _insert_lines(self, at: int, lines: str, deeper_than: int | None = None) -> str:
        """Below the line that ``at`` is in, and below the comments that belong to what stands there."""
        newline = "\r\n" if "\r\n" in self.text else "\n"
        end = self._line_end(at)
        while deeper_than is not None and end < len(self.text):
            following = self.text[end : self._line_end(end)]
            comment = following.lstrip(" ")
            if not comment.startswith("#") or len(following) - len(comment) <= deeper_than:
                break
            end = self._line_end(end)
        head = self.text[:end]
        if head and not head.endswith("\n"):
            head += newline
        return head + lines.replace("\n", newline) + self.text[end:]

    def _line_end(self, at: int) -> int:
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found + 1

    def _end(self, node: yaml.Node) -> int:
        """Where the last thing written in the node ends; its own end may lie beyond comments."""
        while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
            last = node.value[-1]
            key, value = last if isinstance(last, tuple) else (None, last)
            if key is not None and value.start_mark.index < key.start_mark.index:
                return int(key.end_mark.index)  # an alias: its value stands elsewhere
            node = value
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            return int(node.end_mark.index) - 1
        return int(node.end_mark.index)

    def _refuse(self, message: str) -> NoReturn:
        hint = "write `hosts:` on a line of its own with its entries below, then add again"
        raise InputError([Problem(str(self.path), 0, 0, f"no place for new hosts: {message}", hint)])


def _replace(
    path: Path, target: Path, before: bytes | None, after: bytes, added: list[dict[str, Any]]
) -> None:
    """Check the new text beside the file, and put it in its place."""
    old = read(path)[0] if before is not None else {}
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.monogen-", suffix=".yaml", dir=target.parent)
    except OSError as error:
        hint = "is the folder there, and may you write into it?"
        raise InputError(
            [Problem(str(path), 0, 0, f"nothing can be written there: {error.strerror}", hint)]
        ) from None
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        _check(path, target, draft, old, added)
        draft.chmod(target.stat().st_mode & 0o7777 if before is not None else 0o644)
        if _bytes(target) != before:
            hint = "somebody else writes it: add again"
            raise InputError([Problem(str(path), 0, 0, "the file changed in the meantime", hint)])
        draft.replace(target)
    except OSError as error:
        raise InputError(
            [Problem(str(path), 0, 0, f"the file cannot be written: {error.strerror}")]
        ) from None
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def _check(path: Path, target: Path, draft: Path, old: dict[str, Any], added: list[dict[str, Any]]) -> None:
    """The draft says what the file said and the new hosts, nothing else, and it loads."""
    new, problems = read(draft)
    wanted = old or {"fleet": "homelab"}
    wanted = {**wanted, "hosts": [*(old.get("hosts") or []), *added]}
    if problems or new != wanted:
        hint = "write `hosts:` as a plain list, one `- name:` below the other, then add again"
        raise InputError([Problem(str(path), 0, 0, "no place for new hosts was found in this layout", hint)])
    if "fleet" in new:
        _load(path, draft)
        return
    # A part of a folder: the folder as it will be, so that what is said in the other files counts.
    folder = Path(tempfile.mkdtemp(prefix=f".{target.parent.name}.monogen-", dir=target.parent.parent))
    try:
        for entry in target.parent.iterdir():
            if entry.name != draft.name:
                (folder / entry.name).symlink_to(draft if entry.name == target.name else entry.absolute())
        _load(path, folder)
    finally:
        for entry in folder.iterdir():
            entry.unlink()
        folder.rmdir()


def _load(path: Path, draft: Path) -> None:
    """Raises InputError with the draft's problems, told of the file they would be in."""
    try:
        inventory.load(draft, catalog.kinds)
    except InputError as error:
        raise InputError(
            replace(problem, file=str(path), message=problem.message.replace(str(draft), str(path)))
            for problem in error.problems
        ) from None
