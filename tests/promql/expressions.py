"""Expressions for the tests of reading: a grammar of PromQL, and texts that come near it."""

from __future__ import annotations

from hypothesis import strategies as st

NAMES = ("up", "node_load1", "http_requests_total", "a:b:c", "x")
LABELS = ("job", "instance", "le", "mode")
VALUES = ('"a"', "'b'", "`c\\d`", '"a|b"', '"\\""', '""')

labels = st.lists(st.sampled_from(LABELS), max_size=3, unique=True).map(", ".join)
durations = st.sampled_from(("5m", "1h30m", "30s", "1d", "90", "100ms"))
matchers = st.builds(
    "{}{}{}".format,
    st.sampled_from(LABELS),
    st.sampled_from(("=", "!=", "=~", "!~")),
    st.sampled_from(VALUES),
)
selectors = st.builds(
    lambda name, found: name + (f"{{{', '.join(found)}}}" if found else ""),
    st.sampled_from(NAMES),
    st.lists(matchers, max_size=2),
)
modifiers = st.sampled_from(("", " offset 5m", " offset -1m", " @ end()", " @ 1600000000 offset 5m"))
instants = st.builds("{}{}".format, selectors, modifiers)
ranges = st.builds("{}[{}]{}".format, selectors, durations, modifiers)
scalars = st.sampled_from(("1", "0.5", "1e3", "0x1F", "Inf", "time()", "scalar(up)", "-1"))


def _binary(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    matching = st.sampled_from(
        ("", " on (job)", " ignoring (le)", " on (job) group_left ()", " on () group_right")
    )
    arithmetic = st.sampled_from(("+", "-", "*", "/", "%", "^", "atan2", "==", "!=", ">", "<", ">=", "<="))
    sets = st.sampled_from(("and", "or", "unless"))
    return st.one_of(
        st.builds("{} {}{} {}".format, inner, arithmetic, matching, inner),
        st.builds("{} {} on (job) {}".format, inner, sets, inner),
        st.builds("{} {} {}".format, inner, arithmetic, scalars),
        st.builds("{} > bool {}".format, inner, scalars),
    )


def _call(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    over = st.sampled_from(("rate", "increase", "max_over_time", "absent_over_time", "last_over_time"))
    plain = st.sampled_from(("abs", "absent", "ceil", "sort", "timestamp"))
    return st.one_of(
        st.builds("{}({})".format, over, ranges),
        st.builds("{}({})".format, plain, inner),
        st.builds("max_over_time({}[{}:1m])".format, inner, durations),
        st.builds('label_replace({}, "a", "$1", "b", "(.*)")'.format, inner),
        st.builds("histogram_quantile(0.9, {})".format, inner),
    )


def _aggregation(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    op = st.sampled_from(("sum", "max", "count", "avg"))
    return st.one_of(
        st.builds("{} by ({}) ({})".format, op, labels, inner),
        st.builds("{}({}) without ({})".format, op, inner, labels),
        st.builds("topk(3, {})".format, inner),
    )


def _more(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        _binary(inner), _call(inner), _aggregation(inner), inner.map("({})".format), inner.map("-{}".format)
    )


expressions = st.recursive(instants, _more, max_leaves=6)
"""PromQL as far as the grammar goes; what it means is not looked at."""


@st.composite
def near_expressions(draw: st.DrawFn) -> str:
    """PromQL with something cut out, doubled or put in."""
    text = draw(expressions)
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 4)))
    put_in = draw(
        st.sampled_from(("", "", "(", ")", "{", "}", "[", "]", ",", " by ", "5m", '"', " and ", "=~", "x"))
    )
    return text[:start] + put_in + text[end:]
