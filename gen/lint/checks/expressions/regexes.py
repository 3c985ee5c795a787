"""Matchers: regular expressions where a comparison serves, and matchers that nothing or everything passes."""

from __future__ import annotations

from collections.abc import Iterator

from monogen.lint.check import check
from monogen.lint.checks.expressions.examples import record
from monogen.lint.checks.expressions.parts import found, is_authors, parts_of
from monogen.lint.context import Context
from monogen.lint.documents import Expression
from monogen.lint.model import Change, Fix, Found
from monogen.promql.matchers import passes, values
from monogen.promql.placeholder import START
from monogen.promql.regex import literals
from monogen.promql.tree import Matcher, Selector
from monogen.promql.writing import quoted

_EVERYTHING = frozenset({".*", ".*?", "(.*)", "^.*$", "^.*", ".*$", "(.*?)"})
_SPECIAL = frozenset("\\.+*?()|[]{}^$")
_FIXED = {"=~": "=", "!~": "!="}


def _patterns(expression: Expression) -> Iterator[tuple[Selector, Matcher]]:
    """The author's own regular expressions; what a board's variables give is nobody's style."""
    for selector in parts_of(expression).selectors:
        for matcher in selector.matchers:
            if matcher.op in ("=~", "!~") and is_authors(expression, matcher.start, matcher.end):
                yield selector, matcher


def _anchored(pattern: str) -> tuple[bool, bool]:
    """Whether the pattern begins with an anchor and whether it ends with one."""
    begins = pattern.startswith("^") and pattern[1:2] not in ("*", "+", "?", "{")
    slashes = len(pattern[:-1]) - len(pattern[:-1].rstrip("\\"))
    return begins, pattern.endswith("$") and slashes % 2 == 0


def _unanchored(pattern: str) -> str:
    begins, ends = _anchored(pattern)
    return pattern[1 if begins else 0 : -1 if ends else None]


def _meant(pattern: str) -> str | None:
    """The only text that the pattern means, None if there are others."""
    plain = _unanchored(pattern)
    if not _SPECIAL.intersection(plain):
        return plain
    found_texts = literals(pattern)
    return next(iter(found_texts)) if found_texts is not None and len(found_texts) == 1 else None


@check(
    "MG210",
    "regex-for-equality",
    family="expressions",
    severity="info",
    on="expression",
    what='A regular expression that means one text only: `=~"node"`.',
    why="A comparison says the same, is looked up instead of tried on every value, and takes special "
    "characters as they are.",
    bad=record('rate(node_cpu_seconds_total{mode=~"idle"}[5m])'),
    good=record('rate(node_cpu_seconds_total{mode="idle"}[5m])'),
    fix="safe",
)
def regex_for_equality(expression: Expression, _context: Context) -> Iterator[Found]:
    """Only where the pattern cannot mean anything else."""
    for _, matcher in _patterns(expression):
        value = _meant(matcher.value)
        if value is None:
            continue
        plain = _FIXED[matcher.op]
        written = f"{matcher.label}{plain}{quoted(value)}"
        message = f"the regular expression of `{matcher.label}` means one text only"
        start = _operator_start(expression, matcher)
        span = expression.origin((start, matcher.end))
        fix = Fix(f"write `{written}`", "safe", (Change(expression.keys, *span, f"{plain}{quoted(value)}"),))
        yield found(expression, start, matcher.end, message, f"write `{written}`", fix=fix)


def _operator_start(expression: Expression, matcher: Matcher) -> int:
    """Where ``=~`` stands: behind the label, perhaps with blanks before or after it."""
    return expression.text.rindex(matcher.op, matcher.start, matcher.value_start)


@check(
    "MG211",
    "needless-anchors",
    family="expressions",
    severity="info",
    on="expression",
    what="`^` at the beginning or `$` at the end of a regular expression.",
    why="Prometheus always compares the whole value, so they say nothing, and make people believe that "
    "without them a part would do.",
    bad=record('node_filesystem_size_bytes{fstype=~"^(ext4|xfs)$"}'),
    good=record('node_filesystem_size_bytes{fstype=~"ext4|xfs"}'),
    fix="safe",
)
def needless_anchors(expression: Expression, _context: Context) -> Iterator[Found]:
    """Where the pattern means one text only, equality is proposed and nothing here."""
    for _, matcher in _patterns(expression):
        if matcher.value[:1] != "^" and matcher.value[-1:] != "$":
            continue
        begins, ends = _anchored(matcher.value)
        if not (begins or ends) or matcher.value in _EVERYTHING or _meant(matcher.value) is not None:
            continue
        first, last = matcher.value_start + 1, matcher.end - 2
        spans = [
            at
            for at, there, sign in ((first, begins, "^"), (last, ends, "$"))
            if there and expression.text[at] == sign
        ]
        changes = tuple(Change(expression.keys, *expression.origin((at, at + 1)), "") for at in spans)
        message = f"the regular expression of `{matcher.label}` is compared with the whole value anyway"
        fix = Fix("remove the anchors", "safe", changes) if changes else None
        yield found(expression, matcher.value_start, matcher.end, message, "remove `^` and `$`", fix=fix)


@check(
    "MG212",
    "idle-matcher",
    family="expressions",
    severity="warning",
    on="expression",
    what="A matcher that everything passes, or matchers that nothing can pass together.",
    why='`=~".*"` selects series without the label too, so it says nothing; mostly `=~".+"` was meant. '
    "A selector whose matchers contradict each other never selects anything.",
    bad=record('node_filesystem_size_bytes{fstype="ext4", fstype!~"ext.*"}'),
    good=record('node_filesystem_size_bytes{fstype="xfs", device!~"loop.*"}'),
)
def idle_matcher(expression: Expression, _context: Context) -> Iterator[Found]:
    """Look at each matcher alone, then at those of one label together."""
    for selector, matcher in _patterns(expression):
        if matcher.value not in _EVERYTHING:
            continue
        if matcher.op == "=~":
            message = f"every series passes this matcher, those without `{matcher.label}` included"
            hint = f'remove it, or write `{matcher.label}=~".+"` if the label has to be there'
            yield found(expression, matcher.start, matcher.end, message, hint, severity="info")
        elif selector.matchers:
            message = "no series passes this matcher, so the selector never gives anything"
            hint = f'write `{matcher.label}=""` for series without the label'
            yield found(expression, matcher.start, matcher.end, message, hint, severity="error")
    for selector in parts_of(expression).selectors:
        labels = {matcher.label for matcher in selector.matchers}
        if len(labels) < len(selector.matchers):
            yield from _contradictions(expression, selector)


def _contradictions(expression: Expression, selector: Selector) -> Iterator[Found]:
    by_label: dict[str, list[Matcher]] = {}
    for matcher in selector.matchers:
        if START not in matcher.value:
            by_label.setdefault(matcher.label, []).append(matcher)
    for label, matchers in by_label.items():
        if len(matchers) < 2:  # noqa: PLR2004 - one alone contradicts nobody
            continue
        wanted = next((listed for listed in map(values, matchers) if listed), None)
        if wanted is None or any(all(passes(m, value) for m in matchers) for value in wanted):
            continue
        last = matchers[-1]
        if is_authors(expression, last.start, last.end):
            message = (
                f"no value of `{label}` passes all matchers of this selector, so it never gives anything"
            )
            yield found(expression, last.start, last.end, message, "change or remove one", severity="error")
