"""Comments that silence findings: ones that are not needed, not understood, not explained.

The runner finds them, since it alone knows what each comment silenced; here is what they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from monogen.lint.check import check
from monogen.lint.context import Context
from monogen.lint.model import Found

_RULES = """\
groups:
  - name: hosts
    rules:
      {comment}
      - record: instance:up:count
        expr: {expr}
"""


def _example(comment: str, expr: str = "count by (instance) (up)") -> str:
    return _RULES.format(comment=comment, expr=expr)


_PLAIN = _RULES.replace("      {comment}\n", "").format(expr="count by (instance) (up)")


@check(
    "MG010",
    "unused-suppression",
    family="files",
    severity="warning",
    on="everything",
    what="A comment `# monogen: ignore[...]` that silences nothing.",
    why="It was needed once. Left where it is, it silences the next mistake in the same place.",
    bad=_example("# monogen: ignore[MG001] the exporter is old"),
    good=_PLAIN,
)
def unused_suppression(context: Context) -> Iterator[tuple[object, Found]]:  # noqa: ARG001
    """Found by the runner."""
    yield from ()


@check(
    "MG011",
    "malformed-suppression",
    family="files",
    severity="warning",
    on="everything",
    what="A comment `# monogen: ignore` that is misspelt, without codes in brackets, with a code that there "
    "is not, or an `ignore-file` below the top of the file.",
    why="It silences nothing, although it looks as if it did.",
    bad=_example("# monogen: ignore MG001 the exporter is old"),
    good=_PLAIN,
)
def malformed_suppression(context: Context) -> Iterator[tuple[object, Found]]:  # noqa: ARG001
    """Found by the runner."""
    yield from ()


@check(
    "MG012",
    "unexplained-suppression",
    family="files",
    severity="info",
    on="everything",
    what="A comment `# monogen: ignore[...]` without a reason behind it.",
    why="Whoever reads it next year cannot tell whether it is still right.",
    bad=_example("# monogen: ignore[MG001]"),
    good=_PLAIN,
)
def unexplained_suppression(context: Context) -> Iterator[tuple[object, Found]]:  # noqa: ARG001
    """Found by the runner."""
    yield from ()
