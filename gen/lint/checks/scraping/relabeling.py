"""Relabeling: regular expressions, and what each action needs, ignores and refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monogen.inventory.findings import nearest_or_all, quoted
from monogen.lint.check import check
from monogen.lint.checks.scraping.examples import scrape_config
from monogen.lint.checks.scraping.normal import (
    DEFAULT_REGEX,
    DEFAULT_REPLACEMENT,
    DEFAULT_SEPARATOR,
    Relabeling,
    normal,
)
from monogen.lint.context import Context
from monogen.lint.documents import ScrapeItem
from monogen.lint.model import Found
from monogen.promql.regex import Regex, RegexError, compiled
from monogen.quantities import format_version
from msgspec import Struct

_REFERENCE = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")
"""A reference to a group as Go's regexp expands it: the longest run of letters, digits and ``_``."""

_TEMPLATED = frozenset({"replace", "labelmap"})


@check(
    "MG504",
    "bad-relabel-regex",
    family="scraping",
    severity="error",
    on="scrape",
    what="A relabeling's regular expression that RE2 refuses, or a replacement that refers to a group it "
    "lacks.",
    why="Prometheus refuses the whole file for a bad expression, the operator drops the ScrapeConfig. A "
    "reference to a group that is not there is replaced by nothing, and a label that gets an empty "
    "value is gone: `$1_total` means a group named `1_total`.",
    bad=scrape_config("""
        staticConfigs:
        - targets: [nas.lan:9633]
        relabelings:
        - sourceLabels: [__address__]
          regex: (?!gpu)([^.]+).*
          targetLabel: instance
    """),
    good=scrape_config("""
        staticConfigs:
        - targets: [nas.lan:9633]
        relabelings:
        - sourceLabels: [__address__]
          regex: ([^.]+).*
          targetLabel: instance
    """),
)
def bad_relabel_regex(item: ScrapeItem, _: Context) -> Iterator[Found]:
    """Compile each expression, and follow each reference to its groups."""
    for step in normal(item).steps:
        try:
            regex = compiled(step.regex)
        except RegexError as error:
            yield Found(
                step.key("regex"),
                f"Prometheus refuses the regular expression: {error}",
                "it is RE2: github.com/google/re2/wiki/Syntax",
            )
            continue
        if step.action in _TEMPLATED:
            yield from _lacking_groups(step, regex)


def _lacking_groups(step: Relabeling, regex: Regex) -> Iterator[Found]:
    for name, template in (("replacement", step.replacement), ("target_label", step.target_label)):
        if name not in step.stated and not (name == "replacement" and regex.groups == 0):
            continue
        for match in _REFERENCE.finditer(template):
            reference = match[1] or match[2]
            if reference is None or reference in regex.names or _is_group(reference, regex.groups):
                continue
            yield _lacking(step, name, match, regex)


def _is_group(reference: str, groups: int) -> bool:
    return reference.isascii() and reference.isdigit() and int(reference[:6]) <= groups


def _lacking(step: Relabeling, name: str, match: re.Match[str], regex: Regex) -> Found:
    reference = match[1] or match[2]
    if name not in step.stated:
        return Found(
            step.key("regex"),
            f"the regular expression has no group, so the default replacement {DEFAULT_REPLACEMENT} is empty",
            f"put a group in it, or state `{step.spelled('replacement')}`",
            severity="warning",
        )
    digits = re.match(r"\d+", reference)
    if digits and digits[0] != reference and _is_group(digits[0], regex.groups):
        hint = f"write ${{{digits[0]}}}{reference[len(digits[0]) :]}"
    else:
        hint = f"the expression has {regex.groups or 'no'} group{'' if regex.groups == 1 else 's'}"
    return Found(
        step.key(name),
        f"{quoted(match[0])} refers to a group that the regular expression lacks, and becomes nothing",
        hint,
        span=match.span(),
        severity="warning",
    )


class Action(Struct, frozen=True):
    """What an action does with the keys of a relabeling.

    Prometheus refuses it without ``needs`` and with ``refuses``; without ``wants`` it works on nothing, and
    ``ignores`` it does not look at. ``since`` is the first version that has the action.
    """

    needs: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    since: tuple[int, int] = (2, 0)


_CASES = Action(
    needs=("target_label",),
    wants=("source_labels",),
    ignores=("regex", "modulus"),
    refuses=("replacement",),
    since=(2, 36),
)
_EQUALS = Action(
    needs=("target_label",),
    wants=("source_labels",),
    refuses=("regex", "modulus", "separator", "replacement"),
    since=(2, 41),
)
_CHOICE = Action(wants=("source_labels",), ignores=("target_label", "replacement", "modulus"))
_BY_NAME = Action(
    wants=("regex",), refuses=("source_labels", "target_label", "modulus", "separator", "replacement")
)

ACTIONS = {
    "replace": Action(needs=("target_label",), ignores=("modulus",)),
    "hashmod": Action(
        needs=("target_label", "modulus"), wants=("source_labels",), ignores=("regex", "replacement")
    ),
    "labelmap": Action(wants=("regex",), ignores=("source_labels", "target_label", "separator", "modulus")),
    "labeldrop": _BY_NAME,
    "labelkeep": _BY_NAME,
    "keep": _CHOICE,
    "drop": _CHOICE,
    "keepequal": _EQUALS,
    "dropequal": _EQUALS,
    "lowercase": _CASES,
    "uppercase": _CASES,
}
_DEFAULTS = {"regex": DEFAULT_REGEX, "replacement": DEFAULT_REPLACEMENT, "separator": DEFAULT_SEPARATOR}


@check(
    "MG505",
    "bad-relabel-action",
    family="scraping",
    severity="error",
    on="scrape",
    what="A relabeling whose action is unknown or newer than the server, or that lacks, ignores or refuses"
    " one of the keys that are stated.",
    why="Prometheus refuses the whole file for an action without its `target_label` or `modulus`, the "
    "operator drops the ScrapeConfig. Without `source_labels` an action looks at an empty text, so "
    "that a `keep` drops every target.",
    bad=scrape_config("""
        staticConfigs:
        - targets: [nas.lan:9633]
        relabelings:
        - sourceLabels: [__address__]
          regex: ([^.]+).*
    """),
    good=scrape_config("""
        staticConfigs:
        - targets: [nas.lan:9633]
        relabelings:
        - sourceLabels: [__address__]
          regex: ([^.]+).*
          targetLabel: instance
    """),
)
def bad_relabel_action(item: ScrapeItem, context: Context) -> Iterator[Found]:
    """Hold each relabeling against its action."""
    for step in normal(item).steps:
        action = ACTIONS.get(step.action)
        if action is None:
            yield _unknown(step)
            continue
        if context.fleet and context.prometheus.version[:2] < action.since:
            yield Found(
                step.key("action"),
                f"`{step.action}` needs Prometheus {format_version(action.since)} or newer",
                "the version is the inventory's `prometheus.version`",
            )
        yield from _lacks(step, action)
        yield from _too_much(step, action)


def _unknown(step: Relabeling) -> Found:
    known = f"relabeling has no action {quoted(str(step.stated.get('action', '')))}"
    return Found(step.key("action"), known, nearest_or_all(step.action, ACTIONS))


def _lacks(step: Relabeling, action: Action) -> Iterator[Found]:
    for name in action.needs:
        if not step.stated.get(name):
            yield Found(
                step.keys,
                f"the action `{step.action}` needs `{step.spelled(name)}`",
                f"add `{step.spelled(name)}`",
            )
    for name in action.wants:
        if name not in step.stated:
            yield Found(
                step.keys,
                f"`{step.action}` without `{step.spelled(name)}` {_without(step)}",
                f"add `{step.spelled(name)}`",
                severity="warning",
            )
    if step.action == "replace" and not step.source_labels and not _matches_empty(step.regex):
        yield Found(
            step.key("regex"),
            f"without `{step.spelled('source_labels')}` the text is empty, and this does not match",
            f"add `{step.spelled('source_labels')}`, or leave `regex` out to set the label always",
            severity="warning",
        )


def _without(step: Relabeling) -> str:
    """What an action does that lacks the labels or the names it works on."""
    if step.action in ("keep", "drop"):
        drops = _matches_empty(step.regex) == (step.action == "drop")
        return f"{'drops' if drops else 'keeps'} every {'sample' if step.of_metrics else 'target'}"
    return {
        "labelmap": "copies every label onto the name it has",
        "labeldrop": "drops every label",
        "labelkeep": "keeps every label",
        "keepequal": "keeps only where the target label is empty",
        "dropequal": "drops where the target label is empty",
        "hashmod": "gives every target the same number",
    }.get(step.action, "sets an empty label")


def _matches_empty(regex: str) -> bool:
    """Whether an empty text matches; a bad expression is another check's matter."""
    try:
        return compiled(regex).full_match("")
    except RegexError:
        return True


def _too_much(step: Relabeling, action: Action) -> Iterator[Found]:
    for name in step.stated:
        if name not in (*action.ignores, *action.refuses) or step.stated[name] == _DEFAULTS.get(name):
            continue
        refused = name in action.refuses
        verb = "takes no" if refused else "does not look at"
        yield Found(
            step.key(name),
            f"the action `{step.action}` {verb} `{step.spelled(name)}`",
            "Prometheus refuses it; leave it out" if refused else "leave it out, or is another action meant?",
            on_key=True,
            severity=None if refused else "info",
        )
