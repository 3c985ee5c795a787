"""What is selected, and asked of what is selected: everything, or nothing at all, or the same label twice."""

from __future__ import annotations

from collections.abc import Iterator

from monogen.lint.check import check
from monogen.lint.checks.expressions.examples import alert, record
from monogen.lint.checks.expressions.parts import found, is_authors, parts_of, shorter
from monogen.lint.context import Context
from monogen.lint.documents import Expression
from monogen.lint.model import Found
from monogen.promql.tree import Aggregation, Binary, Call, Selector, Word, bare

_ANYTHING = frozenset({("=~", ".+"), ("!=", ""), ("=~", ".*"), ("!~", "")})


@check(
    "MG216",
    "selects-everything",
    family="expressions",
    severity="warning",
    on="expression",
    what='A selector that every series passes: `{__name__=~".+"}`, `{job!=""}`.',
    why="Prometheus reads every series it has for it. On a server with a month of data that takes minutes "
    "and all memory, every time the rule runs or somebody opens the board.",
    bad=record('count by (job) ({__name__=~".+"})', "job:series:count"),
    good=record("sum by (job) (scrape_samples_scraped)", "job:series:count"),
)
def selects_everything(expression: Expression, _context: Context) -> Iterator[Found]:
    """No name, and no matcher that leaves anything out."""
    for selector in parts_of(expression).selectors:
        if selector.name or not selector.matchers:
            continue
        if all((matcher.op, matcher.value) in _ANYTHING for matcher in selector.matchers):
            message = "every series of the server passes this selector"
            hint = "name a metric; `prometheus_tsdb_head_series` says how many series there are"
            yield found(expression, selector.start, selector.end, message, hint)


@check(
    "MG218",
    "absent-of-the-wrong-thing",
    family="expressions",
    severity="warning",
    on="expression",
    what="`absent` of something that is never empty, or of an aggregation, which has no labels.",
    why="`absent` gives 1 where there is nothing. `x or vector(0)` always gives something, so the alert "
    "never fires. Of a selector, `absent` takes over the labels that are stated with `=`; of a sum it "
    "has none, and the alert does not say what is missing.",
    bad=alert('absent(sum(up{job="node-exporter"}))'),
    good=alert('absent(up{job="node-exporter"})'),
)
def absent_of_the_wrong_thing(expression: Expression, _context: Context) -> Iterator[Found]:
    """Look into the parentheses of each ``absent``."""
    for call in parts_of(expression).calls:
        if call.name != "absent" or not call.args:
            continue
        inside = bare(call.args[0])
        start, end = call.function.start, call.function.end
        if isinstance(inside, Binary) and inside.op == "or" and _is_constant(inside.rhs):
            message = f"`{shorter(expression, inside, 40)}` always gives something, so `absent` never does"
            yield found(expression, start, end, message, "remove the `or`", severity="error")
        elif isinstance(inside, Aggregation) and _hides_labels(inside):
            selector = shorter(expression, inside.expr)
            message = f"`absent` of a `{inside.op}` has no labels, so nobody sees what is missing"
            hint = f"`absent({selector})` says the same and has the labels stated with `=`"
            yield found(expression, start, end, message, hint, severity="info")


def _is_constant(node: object) -> bool:
    return isinstance(node, Call) and node.name == "vector"


def _hides_labels(aggregation: Aggregation) -> bool:
    """Whether a plain selector with labels stands below: then the aggregation changes nothing for absent."""
    inner = bare(aggregation.expr)
    return isinstance(inner, Selector) and any(m.op == "=" and m.value for m in inner.matchers)


@check(
    "MG219",
    "label-listed-twice",
    family="expressions",
    severity="info",
    on="expression",
    what="A label that is listed twice in `by`, `without`, `on`, `ignoring` or `group_left`.",
    why="Prometheus takes it, but mostly another label was meant.",
    bad=record("sum by (instance, instance) (node_load1)"),
    good=record("sum by (instance, job) (node_load1)"),
)
def label_listed_twice(expression: Expression, _context: Context) -> Iterator[Found]:
    """Point at the second one."""
    parts = parts_of(expression)
    for aggregation in parts.aggregations:
        if len(aggregation.labels) > 1:
            yield from _repeated(expression, aggregation.labels)
    for binary in parts.binaries:
        if len(binary.matching.labels) > 1:
            yield from _repeated(expression, binary.matching.labels)
        if len(binary.matching.include) > 1:
            yield from _repeated(expression, binary.matching.include)


def _repeated(expression: Expression, words: tuple[Word, ...]) -> Iterator[Found]:
    seen: set[str] = set()
    if len({word.text for word in words}) == len(words):
        return
    for word in words:
        if word.text in seen and is_authors(expression, word.start, word.end):
            message = f"the label `{word.text}` is listed twice"
            yield found(
                expression, word.start, word.end, message, "remove it, or name the label that was meant"
            )
        seen.add(word.text)
