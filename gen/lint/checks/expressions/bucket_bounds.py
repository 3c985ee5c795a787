"""Bucket bounds and quantiles as Prometheus 3 writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monogen.lint.check import check
from monogen.lint.checks.expressions.examples import record
from monogen.lint.checks.expressions.parts import found, is_authors, parts_of
from monogen.lint.context import Context
from monogen.lint.documents import Expression
from monogen.lint.model import Change, Fix, Found

_WHOLE = re.compile(r"[0-9]+")


@check(
    "MG221",
    "bound-without-point",
    family="expressions",
    severity="warning",
    on="expression",
    what='A matcher of `le` or `quantile` with a whole number, such as `le="1"`, for Prometheus 3 or newer.',
    why='Since version 3 Prometheus stores `le="1"` and `quantile="1"` as `"1.0"`, whatever the exporter '
    "writes. The selector finds nothing any more, and nothing says so.",
    bad=record('sum by (instance) (rate(http_request_duration_seconds_bucket{le="1"}[5m]))'),
    good=record('sum by (instance) (rate(http_request_duration_seconds_bucket{le=~"1|1[.]0"}[5m]))'),
    fix="unsafe",
)
def bound_without_point(expression: Expression, context: Context) -> Iterator[Found]:
    """Recorded before the upgrade there may be both spellings, so the fix takes both."""
    if context.prometheus.version < (3,):
        return
    for selector in parts_of(expression).selectors:
        for matcher in selector.matchers:
            if matcher.label not in ("le", "quantile") or matcher.op not in ("=", "!="):
                continue
            if not _WHOLE.fullmatch(matcher.value):
                continue
            op = "=~" if matcher.op == "=" else "!~"
            text = f'{matcher.label}{op}"{matcher.value}|{matcher.value}[.]0"'
            start, end = expression.origin((matcher.start, matcher.end))
            mended = Fix(
                f"take both spellings: `{text}`", "unsafe", (Change(expression.keys, start, end, text),)
            )
            message = f'Prometheus 3 stores `{matcher.label}="{matcher.value}"` as `"{matcher.value}.0"`'
            yield found(
                expression,
                matcher.start,
                matcher.end,
                message,
                f"write `{text}`",
                fix=mended if is_authors(expression, matcher.start, matcher.end) else None,
            )
