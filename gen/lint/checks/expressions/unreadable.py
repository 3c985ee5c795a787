"""Expressions that are not read: Prometheus would refuse them, or monogen does not know how."""

from __future__ import annotations

from collections.abc import Iterator

from monogen.lint.check import check
from monogen.lint.checks.expressions.examples import record
from monogen.lint.checks.expressions.parts import found
from monogen.lint.context import Context
from monogen.lint.documents import Expression
from monogen.lint.model import Found
from monogen.promql.errors import NotPromql, NotSupported, TooBig
from monogen.promql.functions import FUNCTIONS, SYNTAX, Stage

_NEWER_SYNTAX = {
    "anchored": "anchored",
    "smoothed": "smoothed",
    "</": "trimming a histogram",
    ">/": "trimming a histogram",
}


def stage_of_unreadable(expression: Expression) -> tuple[str, Stage] | None:
    """The function or keyword that this parser does not know and Prometheus does, or did once."""
    error = expression.unreadable
    if error is None:
        return None
    word = expression.text[error.start : error.end].strip()
    if word in FUNCTIONS:
        return word, FUNCTIONS[word].stage
    syntax = _NEWER_SYNTAX.get(word)
    return None if syntax is None else (word, SYNTAX[syntax])


@check(
    "MG101",
    "not-promql",
    family="expressions",
    severity="error",
    on="expression",
    what="An expression that is no PromQL: Prometheus would refuse it.",
    why="Prometheus does not load a rule file with such an expression, not even the other rules in it; a "
    "panel shows an error.",
    bad=record("sum by (instance) (rate(node_cpu_seconds_total[5m])"),
    good=record("sum by (instance) (rate(node_cpu_seconds_total[5m]))"),
)
def not_promql(expression: Expression, _context: Context) -> Iterator[Found]:
    """Say where reading stopped."""
    error = expression.unreadable
    if isinstance(error, NotPromql):
        message = f"this is no PromQL: {error.message}"
        yield found(expression, error.start, error.end, message, _advice(expression, error))


_OTHER_LANGUAGES = {
    "=": "to compare, write `==`",
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `unless`, or `!=`",
    "=>": "write `>=`",
    "=<": "write `<=`",
    "$": "variables are Grafana's: a rule is evaluated without a board",
    "\u201c": 'these are typographic quotes: write `"`',
    "\u201d": 'these are typographic quotes: write `"`',
    "\u2018": "these are typographic quotes: write `'`",
    "\u2019": "these are typographic quotes: write `'`",
    ";": "one expression a rule, without a semicolon",
}


def _advice(expression: Expression, error: NotPromql) -> str:
    """What was probably meant, by what stands there."""
    there = expression.text[error.start : error.start + 2]
    if there in _OTHER_LANGUAGES or there[:1] in _OTHER_LANGUAGES:
        return _OTHER_LANGUAGES.get(there) or _OTHER_LANGUAGES[there[:1]]
    if "expected type matrix" in error.message:
        return "name a range behind the metric, such as `[5m]`"
    if "got matrix" in error.message:
        return "a range such as `[5m]` goes with `rate`, `increase` and the functions `..._over_time`"
    before = expression.text[: error.start].split()[-1:]
    if before and before[0].lower() in ("by", "without", "on", "ignoring"):
        return f"labels stand in parentheses: `{before[0]} (instance)`"
    return ""


@check(
    "MG102",
    "not-read",
    family="expressions",
    severity="info",
    on="expression",
    what="An expression that monogen does not read. Prometheus may well understand it.",
    why="The other checks do not look at it, so nothing is known about what it will give.",
    bad=record("rate(node_cpu_seconds_total[5m + 5m])"),
    good=record("rate(node_cpu_seconds_total[10m])"),
)
def not_read(expression: Expression, context: Context) -> Iterator[Found]:
    """Never call it wrong; where the stated Prometheus cannot know it either, MG214 says so."""
    error = expression.unreadable
    if not isinstance(error, NotSupported) or isinstance(error, TooBig):
        return
    known = stage_of_unreadable(expression)
    if known is not None and not known[1].exists_in(context.prometheus.version):
        return
    hint = "nothing else is checked here; that is no verdict on the expression"
    yield found(expression, error.start, error.end, error.message, hint)


@check(
    "MG103",
    "too-big",
    family="expressions",
    severity="warning",
    on="expression",
    what="An expression that is longer, or nested deeper, than monogen reads.",
    why="Nothing is known about what it will give. Prometheus itself takes seconds for such an expression, "
    "or more memory than the server has.",
    bad=record(" + ".join(["node_load1"] * 300)),
    good=record("node_load1 * 300"),
)
def too_big(expression: Expression, _context: Context) -> Iterator[Found]:
    """One finding, whatever is in it."""
    error = expression.unreadable
    if isinstance(error, TooBig):
        hint = "split it into recording rules"
        yield found(expression, error.start, min(error.end, error.start + 1), error.message, hint)
