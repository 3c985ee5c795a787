"""What a recording rule's name says: that it is recorded, at which level, from what, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monogen.lint.check import check
from monogen.lint.checks.recording.examples import rule_file
from monogen.lint.context import Context
from monogen.lint.documents import RuleItem
from monogen.lint.model import Found
from monogen.promql.tree import Call, Node, Selector, Subquery, walk
from monogen.quantities import format_duration, parse_duration

_LEGACY = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_UTF8_NAMES = (3, 0)
"""The first Prometheus that takes any character in a name."""

_RATES = ("rate", "irate")
_WINDOW = re.compile(r"(?:rate|increase)(\d+(?:ms|[smhdwy]))(?![a-z0-9])")


@check(
    "MG301",
    "record-name",
    family="recording",
    severity="info",
    on="rule",
    what="A recorded series has a name that is not valid, hides that it is recorded, or says something "
    "that its expression does not do.",
    why="`level:metric:operations` is the practice: the colon tells recorded series from scraped ones, "
    "the level names the labels that are left, and the operations say how the value came about. "
    "`_total` goes once a rate is taken, since the result counts nothing any more. A name that "
    "Prometheus refuses keeps the whole file from being loaded.",
    bad=rule_file("""
        - record: http_requests_rate
          expr: sum by (job) (rate(http_requests_total[5m]))
    """),
    good=rule_file("""
        - record: job:http_requests:rate5m
          expr: sum by (job) (rate(http_requests_total[5m]))
    """),
)
def record_name(rule: RuleItem, context: Context) -> Iterator[Found]:
    """Look at the name of each recorded series, the worst first."""
    name = rule.record
    if not name:
        return
    keys = (*rule.keys, "record")
    if "{" in name or "}" in name:
        hint = "labels go into `labels`, an expression into `expr`"
        yield Found(keys, f"`{name}` is no name: Prometheus refuses braces in it", hint, severity="error")
    elif not _LEGACY.fullmatch(name):
        yield _other_characters(rule, context)
    elif ":" not in name:
        hint = "name it level:metric:operations, such as `job:http_requests:rate5m`"
        yield Found(keys, f"`{name}` looks like a scraped metric: its name has no colon", hint)
    elif "" in name.split(":"):
        hint = "name it level:metric:operations, such as `job:http_requests:rate5m`"
        yield Found(keys, f"a part of the name `{name}` is empty", hint)
    elif rule.expression.tree is not None:
        yield from _against_expression(rule, rule.expression.tree)


def _other_characters(rule: RuleItem, context: Context) -> Found:
    keys = (*rule.keys, "record")
    if context.prometheus.version >= _UTF8_NAMES:
        says = f"`{rule.record}` has characters that make every expression quote it"
        return Found(keys, says, "use letters, digits, `_` and `:`")
    says = f"`{rule.record}` is no name of a metric: Prometheus before 3.0 does not load it"
    return Found(keys, says, "use letters, digits, `_` and `:`", severity="error")


def _against_expression(rule: RuleItem, tree: Node) -> Iterator[Found]:
    keys = (*rule.keys, "record")
    calls = [node for node in walk(tree) if isinstance(node, Call)]
    rates = [call for call in calls if call.name in _RATES]
    counted = next((part for part in rule.record.split(":") if part.endswith("_total")), "")
    if counted and any(_reads(call, counted) for call in rates):
        start = rule.record.index(counted) + len(counted) - len("_total")
        says = f"the name keeps `_total` of `{counted}`, of which the rate is taken"
        yield Found(
            keys, says, f"leave it out: `{counted.removesuffix('_total')}`", (start, start + len("_total"))
        )
    if any(call.name in (*_RATES, "increase") for call in calls):
        yield from _window(rule, tree)


def _reads(call: Call, name: str) -> bool:
    return any(isinstance(node, Selector) and node.name == name for node in walk(call))


def _window(rule: RuleItem, tree: Node) -> Iterator[Found]:
    """``rate5m`` in a name whose expression looks over another window."""
    named = _WINDOW.search(rule.record)
    windows = {
        node.range for node in walk(tree) if isinstance(node, Selector | Subquery) and node.range is not None
    }
    if named is None or not windows or parse_duration(named[1]) in windows:
        return
    shown = " and ".join(format_duration(window) for window in sorted(windows))
    says = f"the name says {named[1]}, the expression looks over {shown}"
    yield Found((*rule.keys, "record"), says, "let both say the same", named.span(1), severity="warning")
