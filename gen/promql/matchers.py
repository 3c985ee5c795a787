"""What the matcher of a selector lets through."""

from __future__ import annotations

from monogen.promql.regex import RegexError, full_match, literals
from monogen.promql.tree import Matcher


def passes(matcher: Matcher, value: str) -> bool:
    """Whether a label with that value ("" where it is missing) passes; True for a regex that is none."""
    if matcher.op in ("=", "!="):
        return (value == matcher.value) == (matcher.op == "=")
    try:
        return full_match(matcher.value, value) == (matcher.op == "=~")
    except RegexError:
        return True


def values(matcher: Matcher) -> frozenset[str] | None:
    """All values that pass, where they can be listed; None where they cannot."""
    if matcher.op == "=":
        return frozenset((matcher.value,))
    return literals(matcher.value) if matcher.op == "=~" else None
