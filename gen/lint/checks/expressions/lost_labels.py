"""Labels that an expression reads after it has taken them away."""

from __future__ import annotations

from collections.abc import Iterator

from monogen.lint.check import check
from monogen.lint.checks.expressions.examples import record
from monogen.lint.checks.expressions.parts import found, parts_of, shorter
from monogen.lint.context import Context
from monogen.lint.documents import Expression
from monogen.lint.facts.label_reading import LabelReading
from monogen.lint.facts.labels import Labels
from monogen.lint.model import Found
from monogen.promql.regex import RegexError, full_match
from monogen.promql.tree import Aggregation, Binary, Call, Node, Selector, String, Word, bare, selectors


@check(
    "MG208",
    "lost-label",
    family="expressions",
    severity="warning",
    on="expression",
    what="A label that is read after an aggregation or a function has taken it away: in `by`, in "
    "`group_left`, as the source of `label_replace` and `label_join`.",
    why="The label is empty there. `by` puts all series into one group, `label_replace` changes nothing, "
    "and nobody is told.",
    bad=record("max by (device) (\n  sum by (instance) (node_filesystem_size_bytes)\n)"),
    good=record("max by (instance) (\n  sum by (instance, device) (node_filesystem_size_bytes)\n)"),
)
def lost_label(expression: Expression, context: Context) -> Iterator[Found]:
    """Ask of each label that is read whether it can still be there."""
    parts = parts_of(expression)
    labels = context.facts.reading(parts.root)
    for aggregation in parts.aggregations:
        if aggregation.without or labels.is_plain(aggregation.expr):
            continue
        yield from _in_by(expression, aggregation, labels.of(aggregation.expr))
    for binary in parts.binaries:
        if binary.matching.include:
            yield from _in_group(expression, binary, labels)
    for call in parts.calls:
        if call.function.text in ("label_replace", "label_join"):
            yield from _in_source(expression, call, labels.of(call.args[0]))


def _in_by(expression: Expression, aggregation: Aggregation, inner: Labels) -> Iterator[Found]:
    if inner.is_open:
        return
    lost = [word for word in aggregation.labels if not inner.may_have(word.text)]
    for word in lost:
        # One rule may well be asked for labels that only others record, as long as some are there.
        if len(lost) == len(aggregation.labels) or not isinstance(inner.removed_by(word.text), Selector):
            yield _lost(expression, word, inner, f"`{aggregation.op} by` groups by `{word.text}`")


def _in_group(expression: Expression, binary: Binary, labels: LabelReading) -> Iterator[Found]:
    side = binary.rhs if binary.matching.group == "left" else binary.lhs
    one = labels.of(side)
    for word in binary.matching.include:
        if not one.may_have(word.text):
            yield _lost(expression, word, one, f"`group_{binary.matching.group}` takes over `{word.text}`")


def _in_source(expression: Expression, call: Call, inner: Labels) -> Iterator[Found]:
    if inner.is_open:
        return
    sources = call.args[3:4] if call.name == "label_replace" else call.args[3:]
    for source in map(bare, sources):
        if not isinstance(source, String) or not source.value or inner.may_have(source.value):
            continue
        if call.name == "label_replace" and _matches_empty(call.args[4]):
            continue  # a way to set a label to a constant
        yield _lost(expression, source, inner, f"`{call.name}` reads `{source.value}`")


def _matches_empty(pattern: Node) -> bool:
    """Whether the pattern matches an empty text."""
    pattern = bare(pattern)
    try:
        return isinstance(pattern, String) and full_match(pattern.value, "")
    except RegexError:
        return False


def _lost(expression: Expression, word: Word | String, inner: Labels, does: str) -> Found:
    label = word.text if isinstance(word, Word) else word.value
    hint = _removed(expression, inner.removed_by(label), label)
    return found(expression, word.start, word.end, f"{does}, which is not there any more", hint)


def _removed(expression: Expression, by: Node | None, label: str) -> str:
    """What took the label away, in words."""
    if isinstance(by, Aggregation):
        clause = "without" if by.without else "by"
        listed = ", ".join(word.text for word in by.labels)
        if by.without:
            return f"`{by.op} without ({listed})` below removes it"
        return f"`{by.op} {clause} ({listed})` below does not keep it: add `{label}` there"
    if isinstance(by, Selector):
        return f"the series of `{shorter(expression, by, 40)}` are made without it"
    if isinstance(by, Binary):
        return f"`{by.op}` compares on other labels, and the result has only those"
    if isinstance(by, Call):
        return f"`{by.name}` gives series without it"
    return "the series have no such label"


@check(
    "MG209",
    "quantile-without-le",
    family="expressions",
    severity="error",
    on="expression",
    what="`histogram_quantile` of buckets whose label `le` was aggregated away.",
    why="`le` says which bucket a series is. Without it there is no histogram, and the result is empty.",
    bad=record(
        "histogram_quantile(0.95, sum by (instance) (rate(vllm:e2e_request_latency_seconds_bucket[5m])))"
    ),
    good=record(
        "histogram_quantile(0.95, sum by (instance, le) (rate(vllm:e2e_request_latency_seconds_bucket[5m])))"
    ),
)
def quantile_without_le(expression: Expression, context: Context) -> Iterator[Found]:
    """Only of classic histograms: a native one is a single series, named without ``_bucket``."""
    for call in parts_of(expression).calls:
        if call.name not in ("histogram_quantile", "histogram_fraction") or not call.args:
            continue
        below = bare(call.args[-1])
        inner = context.facts.reading(parts_of(expression).root).of(below)
        if inner.may_have("le") or not _of_buckets(below):
            continue
        by = inner.removed_by("le")
        at = by.operator if isinstance(by, Aggregation) else call.function
        message = f"`{call.name}` needs the label `le`, which is not there any more"
        yield found(expression, at.start, at.end, message, _removed(expression, by, "le"))


def _of_buckets(node: Node) -> bool:
    """Whether all series below are buckets by their name."""
    names = [selector.name for selector in selectors(node)]
    return bool(names) and all(name.endswith("_bucket") for name in names)
