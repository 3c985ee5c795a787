"""Rule files and scrape configurations that are not built as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monogen.inventory.findings import nearest_or_all, quoted
from monogen.lint.check import check
from monogen.lint.context import Context
from monogen.lint.documents import Document
from monogen.lint.model import Found, Keys
from monogen.lint.reading.rules import raw_groups, seconds_of
from monogen.lint.reading.scrapes import raw_scrapes
from monogen.monitoring import GROUP_KEYS, RULE_KEYS

FILE_KEYS = frozenset({"groups", "namespace"})
"""Mimir's files have a namespace."""

OTHER_RULERS_GROUP_KEYS = frozenset(
    (
        # Thanos; Mimir; vmalert
        *("partial_response_strategy",),
        *("source_tenants", "evaluation_delay", "align_evaluation_time_on_interval"),
        *("type", "concurrency", "params", "headers", "notifier_headers", "debug", "tenant", "eval_offset"),
        *("eval_delay", "eval_alignment", "update_entries_limit", "extra_filter_labels"),
    )
)
"""Keys that Prometheus refuses and another ruler understands: whoever writes them knows what for."""

OTHER_RULERS_RULE_KEYS = frozenset({"debug", "update_entries_limit"})

_DURATIONS = {"group": ("interval", "query_offset"), "rule": ("for", "keep_firing_for")}
_ALERTS_ONLY = ("for", "keep_firing_for", "annotations")

_GOOD = """\
groups:
  - name: hosts
    interval: 1m
    rules:
      - alert: HostDown
        expr: up == 0
        for: 5m
        labels:
          severity: critical
        annotations:
          summary: "{{ $labels.instance }} does not answer"
          description: "Nothing has been scraped from {{ $labels.instance }} for five minutes."
          runbook_url: https://example.com/runbooks/host-down
"""


@check(
    "MG003",
    "malformed-rules",
    family="files",
    severity="error",
    on="document",
    what="A rule file, or a scrape configuration, that is not built as Prometheus reads it: a list where a "
    "mapping belongs, a rule without `expr`, a rule with both `record` and `alert`.",
    why="Prometheus refuses the whole file and keeps the rules it had; after a restart it has none. The API "
    "server takes some of it in a PrometheusRule, and then the operator drops the whole object.",
    bad=_GOOD.replace("        expr: up == 0\n", ""),
    good=_GOOD,
)
def malformed_rules(document: Document, context: Context) -> Iterator[Found]:  # noqa: ARG001
    """Hold the document against the shape that its kind has."""
    if document.kind in ("rules", "prometheus-rule"):
        yield from _malformed_groups(document)
    elif document.kind == "prometheus":
        yield from _malformed_jobs(document)
    elif document.kind == "scrape-config" and not isinstance(document.data.get("spec"), dict):
        yield Found(("spec",), "a ScrapeConfig has a mapping `spec`", "")


@check(
    "MG004",
    "unknown-rule-key",
    family="files",
    severity="error",
    on="document",
    what="A key in a rule file that Prometheus does not know.",
    why="Prometheus refuses the whole file. In a PrometheusRule, kubectl refuses the object, or the key is "
    "dropped without a word and what it was meant to say does not hold.",
    bad=_GOOD.replace("        for: 5m", "        fore: 5m"),
    good=_GOOD,
)
def unknown_rule_key(document: Document, context: Context) -> Iterator[Found]:  # noqa: ARG001
    """Name the nearest known key."""
    if document.kind == "rules":
        yield from _unknown((), document.data, FILE_KEYS, frozenset(), "a rule file")
    for keys, group in _mappings(*_groups(document)):
        yield from _unknown(keys, group, GROUP_KEYS, OTHER_RULERS_GROUP_KEYS, "a rule group")
        for place, rule in _rules(keys, group):
            yield from _unknown(place, rule, RULE_KEYS, OTHER_RULERS_RULE_KEYS, "a rule")


@check(
    "MG005",
    "no-duration",
    family="files",
    severity="error",
    on="document",
    what="An `interval`, `for`, `keep_firing_for` or `query_offset` that is no duration as Prometheus writes "
    "them: a number without unit, a fraction, units in the wrong order.",
    why="Prometheus refuses the whole file.",
    bad=_GOOD.replace("        for: 5m", "        for: 5"),
    good=_GOOD,
)
def no_duration(document: Document, context: Context) -> Iterator[Found]:  # noqa: ARG001
    """Look at every key that holds one."""
    for keys, group in _mappings(*_groups(document)):
        yield from _bad_durations(keys, group, _DURATIONS["group"])
        for place, rule in _rules(keys, group):
            yield from _bad_durations(place, rule, _DURATIONS["rule"])


@check(
    "MG006",
    "repeated-group",
    family="files",
    severity="error",
    on="document",
    what="Two groups of one file, or of one PrometheusRule, with the same name.",
    why="Prometheus refuses the whole file.",
    bad=_GOOD + _GOOD.removeprefix("groups:\n"),
    good=_GOOD,
)
def repeated_group(document: Document, context: Context) -> Iterator[Found]:  # noqa: ARG001
    """The second of the two is named."""
    seen = set()
    for keys, group in _mappings(*_groups(document)):
        name = group.get("name")
        if not isinstance(name, str) or not name:
            continue
        if name in seen:
            message = f"the group {quoted(name)} stands twice in this file"
            yield Found((*keys, "name"), message, "give one of them another name, or make them one group")
        seen.add(name)


def _groups(document: Document) -> tuple[Keys, Any]:
    return raw_groups(document) if document.kind in ("rules", "prometheus-rule") else ((), None)


def _mappings(keys: Keys, entries: Any) -> Iterator[tuple[Keys, Mapping[str, Any]]]:
    if isinstance(entries, list):
        yield from (
            ((*keys, number), entry) for number, entry in enumerate(entries) if isinstance(entry, dict)
        )


def _rules(keys: Keys, group: Mapping[str, Any]) -> Iterator[tuple[Keys, Mapping[str, Any]]]:
    return _mappings((*keys, "rules"), group.get("rules"))


def _malformed_groups(document: Document) -> Iterator[Found]:
    is_object = document.kind == "prometheus-rule"
    if is_object and not isinstance(document.data.get("spec"), dict):
        yield Found(("spec",), "a PrometheusRule has a mapping `spec` with the list `groups`", "")
        return
    keys, groups = raw_groups(document)
    if groups is None:
        return
    if not isinstance(groups, list):
        yield Found(keys, "`groups` is a list of rule groups", "begin each group with `- name: ...`")
        return
    for number, group in enumerate(groups):
        place = (*keys, number)
        if not isinstance(group, dict):
            yield Found(place, "a rule group is a mapping with `name` and `rules`", "")
            continue
        yield from _malformed_group(place, group, is_object=is_object)


def _malformed_group(keys: Keys, group: Mapping[str, Any], *, is_object: bool) -> Iterator[Found]:
    name = group.get("name")
    if name is None or name == "":
        yield Found(keys, "this rule group has no `name`", "give it one that no other group of the file has")
    elif not _is_text(name, is_object=is_object):
        yield _no_text((*keys, "name"), "name")
    yield from _malformed_labels(keys, group, "labels", is_object=is_object)
    limit = group.get("limit")
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool)):
        yield Found((*keys, "limit"), "`limit` is a whole number", "")
    rules = group.get("rules")
    if rules is not None and not isinstance(rules, list):
        yield Found((*keys, "rules"), "`rules` is a list", "begin each rule with `- record:` or `- alert:`")
        return
    for index, rule in enumerate(rules or ()):
        place = (*keys, "rules", index)
        if isinstance(rule, dict):
            yield from _malformed_rule(place, rule, is_object=is_object)
        else:
            yield Found(place, "a rule is a mapping with `record` or `alert`, and `expr`", "")


def _malformed_rule(keys: Keys, rule: Mapping[str, Any], *, is_object: bool) -> Iterator[Found]:
    record, alert = (rule.get(key) not in (None, "") for key in ("record", "alert"))
    if record and alert:
        yield Found(keys, "this rule has both `record` and `alert`", "make two rules of it")
    elif not record and not alert:
        yield Found(keys, "this rule has neither `record` nor `alert`", "name the series or the alert")
    for key in ("record", "alert"):
        if rule.get(key) is not None and not _is_text(rule[key], is_object=is_object):
            yield _no_text((*keys, key), key)
    yield from _malformed_expression(keys, rule, is_object=is_object)
    for key in ("labels", "annotations"):
        yield from _malformed_labels(keys, rule, key, is_object=is_object)
    for key in _ALERTS_ONLY:
        if record and not alert and rule.get(key) not in (None, "", {}):
            message = f"a recording rule has no `{key}`"
            yield Found((*keys, key), message, "remove it: only alerts have one", on_key=True)


def _malformed_expression(keys: Keys, rule: Mapping[str, Any], *, is_object: bool) -> Iterator[Found]:
    expr = rule.get("expr")
    if expr is None or expr == "":
        yield Found(keys, "this rule has no `expr`", "write the expression that it evaluates")
    elif isinstance(expr, dict | list) or (is_object and isinstance(expr, bool | float)):
        yield _no_text((*keys, "expr"), "expr")


def _malformed_labels(keys: Keys, holder: Mapping[str, Any], key: str, *, is_object: bool) -> Iterator[Found]:
    labels = holder.get(key)
    if labels is None:
        return
    if not isinstance(labels, dict):
        yield Found((*keys, key), f"`{key}` is a mapping of names to texts", "")
        return
    for name, value in labels.items():
        if value is None and not is_object:
            continue
        if not _is_text(value, is_object=is_object):
            yield _no_text((*keys, key, name), name)


def _is_text(value: Any, *, is_object: bool) -> bool:
    """Prometheus takes any scalar for a text; Kubernetes does not."""
    return isinstance(value, str) if is_object else not isinstance(value, dict | list)


def _no_text(keys: Keys, name: str) -> Found:
    return Found(keys, f"{quoted(name)} is a text", "put the value in quotes")


def _malformed_jobs(document: Document) -> Iterator[Found]:
    keys, jobs = raw_scrapes(document)
    if jobs is None:
        return
    if not isinstance(jobs, list):
        yield Found(keys, "`scrape_configs` is a list", "begin each entry with `- job_name: ...`")
        return
    for number, job in enumerate(jobs):
        if not isinstance(job, dict):
            yield Found((*keys, number), "an entry of `scrape_configs` is a mapping with `job_name`", "")


def _unknown(
    keys: Keys, mapping: Mapping[str, Any], known: frozenset[str], others: frozenset[str], where: str
) -> Iterator[Found]:
    for key in mapping:
        if key not in known and key not in others:
            message = f"{where} has no key {quoted(key)}"
            yield Found((*keys, key), message, nearest_or_all(key, known), on_key=True)


def _bad_durations(keys: Keys, mapping: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[Found]:
    for name in names:
        value = mapping.get(name)
        # Prometheus reads a plain 0 as no time at all.
        if value is None or value in (0, "0") or (isinstance(value, str) and seconds_of(value) is not None):
            continue
        if isinstance(value, dict | list | bool):
            yield Found((*keys, name), f"`{name}` is a duration", "write it as `30s`, `5m` or `1h30m`")
            continue
        number = isinstance(value, int | float) or value.replace(".", "", 1).isdigit()
        hint = f"add the unit: `{value}s`, `{value}m`" if number else "write it as `30s`, `5m` or `1h30m`"
        yield Found((*keys, name), f"`{name}` is {quoted(str(value))}, which is no duration", hint)
