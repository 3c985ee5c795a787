"""Files that cannot be read, and keys that stand twice."""

from __future__ import annotations

from collections.abc import Iterator

from monogen.inventory.findings import quoted
from monogen.lint.check import check
from monogen.lint.context import Context
from monogen.lint.documents import Document
from monogen.lint.model import Found
from monogen.lint.reading.source import Placed

_GOOD = """\
groups:
  - name: hosts
    rules:
      - record: instance:up:count
        expr: count by (instance) (up)
"""


@check(
    "MG001",
    "unreadable-file",
    family="files",
    severity="error",
    on="document",
    what="A file that is no valid YAML or JSON, no UTF-8 text, too big or too deeply nested.",
    why="Prometheus, Grafana and kubectl refuse the whole file, with every rule and panel in it; and the "
    "linter has not looked at the rest of it.",
    bad=_GOOD.replace("    rules:", "   rules:"),
    good=_GOOD,
)
def unreadable_file(document: Document, context: Context) -> Iterator[Found]:  # noqa: ARG001
    """Say what reading said."""
    if document.kind == "unreadable":
        yield Found((), document.data["message"], document.data["hint"])


@check(
    "MG002",
    "repeated-key",
    family="files",
    severity="error",
    on="document",
    what="A key that stands twice in one mapping.",
    why="Prometheus refuses the file. Other readers keep one of the two without a word, so half of what was "
    "written is not there.",
    bad=_GOOD + "        expr: count by (instance) (up == 1)\n",
    good=_GOOD,
)
def repeated_key(document: Document, context: Context) -> Iterator[Found]:  # noqa: ARG001
    """Say where it stood before."""
    source = document.source
    if not isinstance(source, Placed):
        return
    for keys, before in source.repeated(document.number):
        line = source.lines.position(before).line
        yield Found(
            keys,
            f"the key {quoted(str(keys[-1]))} stands twice in one mapping, first in line {line}",
            "remove one of the two",
            on_key=True,
        )
