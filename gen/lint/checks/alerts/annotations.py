"""What people read when an alert reaches them: summary, description, runbook."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from monogen.gotemplate import read
from monogen.lint.check import check
from monogen.lint.checks.alerts.examples import alert_file
from monogen.lint.context import Context
from monogen.lint.documents import RuleItem
from monogen.lint.model import Found

SUMMARIES = ("summary", "title", "message")
DESCRIPTIONS = ("description", "message", "details")
RUNBOOKS = ("runbook_url", "runbook", "runbookURL", "runbook_link", "playbook_url", "playbook")

_URL = re.compile(r"(https?://|/|\{\{)")


def _first(rule: RuleItem, names: Sequence[str]) -> str:
    """The first of these annotations that says something, "" if none does."""
    return next((name for name in names if rule.annotations.get(name, "").strip()), "")


@check(
    "MG403",
    "alert-summary",
    family="alerts",
    severity="info",
    on="rule",
    what="An alert has no annotation `summary`, or one that changes with the value.",
    why="The summary is the line that is read on a phone at night, and the title of tickets and chat "
    "messages. One with the value in it differs each time, so that the same alert looks like a new "
    "one.",
    bad=alert_file(summary="{{ $value }} bytes left"),
    good=alert_file(),
)
def alert_summary(rule: RuleItem, context: Context) -> Iterator[Found]:
    """Look for a summary, and for `$value` in it."""
    if not rule.alert:
        return
    name = _first(rule, SUMMARIES)
    if not name:
        hint = "add an annotation `summary`: one sentence that is always true when it fires"
        yield Found((*rule.keys, "alert"), f"the alert `{rule.alert}` has no summary", hint)
    elif name == "summary" and read(rule.annotations[name], context.prometheus.version).reads_value:
        hint = "leave the value to the description"
        says = f"the summary of `{rule.alert}` changes with the value"
        yield Found((*rule.keys, "annotations", name), says, hint)


@check(
    "MG404",
    "alert-description",
    family="alerts",
    severity="info",
    on="rule",
    what="An alert has no annotation `description`.",
    why="The summary says what is wrong; the description says where and how much, with the labels and the "
    "value. Without it people have to open Prometheus to learn which machine is meant.",
    bad=alert_file(without="description"),
    good=alert_file(),
)
def alert_description(rule: RuleItem, context: Context) -> Iterator[Found]:  # noqa: ARG001 - all are called alike
    """Look for a description."""
    if rule.alert and not _first(rule, DESCRIPTIONS):
        hint = "add an annotation `description` with the labels that tell where: `{{ $labels.instance }}`"
        yield Found((*rule.keys, "alert"), f"the alert `{rule.alert}` has no description", hint)


@check(
    "MG405",
    "alert-runbook",
    family="alerts",
    severity="info",
    on="rule",
    what="An alert has no annotation `runbook_url`, or it holds no address.",
    why="Whoever is woken by the alert wants to know what to do first. Alertmanager's templates and "
    "Grafana make a link of `runbook_url`.",
    bad=alert_file(runbook_url="see the wiki"),
    good=alert_file(),
)
def alert_runbook(rule: RuleItem, context: Context) -> Iterator[Found]:  # noqa: ARG001 - all are called alike
    """Look for a runbook and whether it can be opened."""
    if not rule.alert:
        return
    name = _first(rule, RUNBOOKS)
    if not name:
        hint = "add an annotation `runbook_url` that says what to do first"
        yield Found((*rule.keys, "alert"), f"the alert `{rule.alert}` has no runbook", hint)
    elif name.lower().endswith("url") and not _URL.match(rule.annotations[name].strip()):
        says = f"`{name}` of `{rule.alert}` holds no address"
        yield Found((*rule.keys, "annotations", name), says, "it begins with https://")
