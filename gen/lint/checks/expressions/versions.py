"""Functions and syntax against the version of Prometheus that the inventory states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from monogen.lint.check import check
from monogen.lint.checks.expressions.examples import record
from monogen.lint.checks.expressions.parts import Parts, found, is_authors, parts_of_tree
from monogen.lint.checks.expressions.unreadable import stage_of_unreadable
from monogen.lint.context import Context
from monogen.lint.documents import Expression
from monogen.lint.model import Found
from monogen.promql.functions import FUNCTIONS, OPERATORS, SYNTAX, Stage
from monogen.promql.tree import Node, Number, Word
from monogen.quantities import format_version

Use = tuple[str, Stage, int, int]
"""What is used, since when it exists, and where it stands."""


def _uses(expression: Expression) -> Iterable[Use]:
    """All that is newer than 2.42, or gone since, or behind a feature flag."""
    if expression.tree is not None:
        return _uses_of(expression.tree, expression.text)
    unread, error = stage_of_unreadable(expression), expression.unreadable
    if unread is None or error is None:
        return ()
    return [(f"`{unread[0]}`", unread[1], error.start, error.end)]


@lru_cache(maxsize=65536)
def _uses_of(tree: Node, text: str) -> tuple[Use, ...]:
    return tuple(_found_in(parts_of_tree(tree), text))


def _found_in(parts: Parts, text: str) -> Iterator[Use]:
    for call in parts.calls:
        if call.function.text in _SPECIAL:
            yield _named(call.function)
    for aggregation in parts.aggregations:
        if aggregation.operator.text in _SPECIAL:
            yield _named(aggregation.operator)
    for binary in parts.binaries:
        if binary.matching.fill:
            yield "`fill`", SYNTAX["fill"], binary.operator.start, binary.operator.end
        for side in (binary.lhs, binary.rhs):
            if isinstance(side, Number) and _is_duration(text[side.start : side.end]):
                yield "a duration as a number", _DURATION, side.start, side.end
    for selector in parts.selectors:
        if selector.name and selector.name_end == selector.start:
            yield "a quoted name", SYNTAX["a quoted name"], selector.start, selector.end


def _named(word: Word) -> Use:
    return f"`{word.text}`", _SPECIAL[word.text], word.start, word.end


def _is_duration(literal: str) -> bool:
    return literal[:1].isdigit() and literal[-1] in "smhdwy"


_SPECIAL = {name: f.stage for name, f in FUNCTIONS.items() if f.stage.is_special} | {
    name: o.stage for name, o in OPERATORS.items() if o.stage.is_special
}
_DURATION = SYNTAX["a duration as a number"]


@check(
    "MG213",
    "experimental",
    family="expressions",
    severity="warning",
    on="expression",
    what="A function or operator that Prometheus has only with a feature flag.",
    why="Without `--enable-feature` Prometheus refuses the expression and with it the whole rule file. What "
    "is experimental may change or go away with any version.",
    bad=record("mad_over_time(node_load1[1h])", "instance:node_load1:mad1h"),
    good=record("stddev_over_time(node_load1[1h])", "instance:node_load1:stddev1h"),
)
def experimental(expression: Expression, context: Context) -> Iterator[Found]:
    """Where the stated version has it at all."""
    version = context.prometheus.version
    for name, stage, start, end in _uses(expression):
        if stage.exists_in(version) and stage.needs_flag_in(version) and is_authors(expression, start, end):
            message = f"{name} is experimental in Prometheus {format_version(version)}"
            hint = f"it needs `--enable-feature={stage.flag}`"
            if stage.stable:
                hint += f", from {format_version(stage.stable)} on it does not"
            yield found(expression, start, end, message, hint)


@check(
    "MG214",
    "not-in-this-version",
    family="expressions",
    severity="error",
    on="expression",
    what="A function, an operator or syntax that the stated Prometheus does not have yet, or no more.",
    why="Prometheus refuses the expression and with it the whole rule file.",
    bad=record("first_over_time(node_load1[1h])", "instance:node_load1:first1h"),
    good=record("last_over_time(node_load1[1h])", "instance:node_load1:last1h"),
    needs_inventory=True,
)
def not_in_this_version(expression: Expression, context: Context) -> Iterator[Found]:
    """The version is the inventory's (`prometheus.version`)."""
    if context.fleet is None:
        return
    version = context.prometheus.version
    for name, stage, start, end in _uses(expression):
        if stage.exists_in(version) or not is_authors(expression, start, end):
            continue
        if stage.since and version < stage.since:
            since, stated = format_version(stage.since), format_version(version)
            message = f"{name} is in Prometheus from {since} on; the inventory states {stated}"
            yield found(expression, start, end, message, "write it another way, or state a newer version")
        elif stage.until:
            message = f"{name} is gone from Prometheus since {format_version(stage.until)}"
            newer = "`double_exponential_smoothing` is its new name" if "holt_winters" in name else ""
            yield found(expression, start, end, message, newer)
