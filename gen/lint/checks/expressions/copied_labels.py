"""Labels that `group_left (...)` is to copy from the other side, which has none of that name."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from monogen.lint.abstract.shapes import Shape
from monogen.lint.abstract.values import ABSENT
from monogen.lint.check import check
from monogen.lint.checks.expressions.examples import FLEET, record
from monogen.lint.checks.expressions.parts import found, is_authors, parts_of
from monogen.lint.context import Context
from monogen.lint.documents import Expression
from monogen.lint.model import Found
from monogen.promql.tree import Node

_LOAD = "node_load1 * on (instance) group_left ({label}) node_uname_info"


@check(
    "MG222",
    "copied-label-missing",
    family="expressions",
    severity="warning",
    on="expression",
    needs_inventory=True,
    what="A label in `group_left (...)` or `group_right (...)` that the side it is copied from never has.",
    why="Prometheus copies nothing and does not say so: the legend, the alert or the next join lacks it.",
    bad=record(_LOAD.format(label="node_name"), "instance:load1:named", FLEET),
    good=record(_LOAD.format(label="nodename"), "instance:load1:named", FLEET),
)
def copied_label_missing(expression: Expression, context: Context) -> Iterator[Found]:
    """Only what catalog and rules know whole, on every host."""
    for binary in parts_of(expression).binaries:
        matching = binary.matching
        if not matching.include:
            continue
        shapes = _shapes(binary.rhs if matching.group == "left" else binary.lhs, context)
        for word in matching.include if shapes else ():
            if is_authors(expression, word.start, word.end) and _nobody_has(word.text, shapes):
                near = _nearest(word.text, shapes)
                hint = f"did you mean `{near}`?" if near else "leave it out, or join what has the label"
                message = f"no series that `{word.text}` is to be copied from has that label"
                yield found(expression, word.start, word.end, message, hint)


def _shapes(node: Node, context: Context) -> list[Shape]:
    """All series that a side can give on any host; none where something of them is not known."""
    if context.world is None:
        return []
    shapes = [shape for _, vector in context.world.vectors(node) for shape in vector.shapes]
    return [] if any(shape.open or shape.unknown for shape in shapes) else shapes


def _nobody_has(label: str, shapes: list[Shape]) -> bool:
    return all(shape.label(label) == ABSENT for shape in shapes)


def _nearest(label: str, shapes: list[Shape]) -> str:
    known = sorted({name for shape in shapes for name in shape.labels})
    return next(iter(difflib.get_close_matches(label, known, n=1, cutoff=0.7)), "")
