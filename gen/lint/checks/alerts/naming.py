"""What Alertmanager sorts alerts by: the name and the severity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from monogen.lint.check import check
from monogen.lint.checks.alerts.examples import alert_file
from monogen.lint.context import Context
from monogen.lint.documents import RuleItem
from monogen.lint.facts.order import static_labels
from monogen.lint.model import Found

SEVERITIES = ("critical", "warning", "info")
ALSO_KNOWN = frozenset({"none", "page", "ticket"})
"""``none`` is the Watchdog's in kube-prometheus, ``page`` and ``ticket`` are those of the SRE workbook."""

_CAMEL_CASE = re.compile(r"[A-Za-z][A-Za-z0-9]*", re.ASCII)


@check(
    "MG402",
    "alert-severity",
    family="alerts",
    severity="warning",
    on="rule",
    what="An alert has no label `severity`, or one that nobody routes by.",
    why="Alertmanager's routes and inhibitions ask for `critical`, `warning` and `info`, letter by "
    "letter. An alert without one goes wherever the default route leads, which is often nowhere.",
    bad=alert_file(labels={"severity": "crit"}),
    good=alert_file(labels={"severity": "critical"}),
)
def alert_severity(rule: RuleItem, context: Context) -> Iterator[Found]:
    """Compare the label with those that are in use."""
    if not rule.alert:
        return
    severity = static_labels(rule, context.order.groups[rule]).get("severity", "")
    if not severity:
        says = f"the alert `{rule.alert}` has no label `severity`"
        yield Found((*rule.keys, "alert"), says, "add `severity: warning`, or critical or info")
    elif severity not in SEVERITIES and severity not in ALSO_KNOWN and "{{" not in severity:
        yield _odd(rule, severity)


def _odd(rule: RuleItem, severity: str) -> Found:
    near = get_close_matches(severity.lower(), SEVERITIES, 1, 0.7)
    short = [known for known in SEVERITIES if len(severity) > 2 and known.startswith(severity.lower())]  # noqa: PLR2004
    keys = (*rule.keys, "labels", "severity") if "severity" in rule.labels else (*rule.keys, "alert")
    says = f"the severity `{severity}` of `{rule.alert}` is none of {', '.join(SEVERITIES)}"
    if near or short:
        return Found(keys, says, f"did you mean `{(near or short)[0]}`?")
    return Found(keys, says, "check that a route of Alertmanager knows it", severity="info")


@check(
    "MG412",
    "alert-name",
    family="alerts",
    severity="info",
    on="rule",
    what="An alert's name is not in CamelCase.",
    why="Names such as `HostDiskFull` are the habit of all public rules: they stand in URLs, runbook "
    "anchors, routes and silences, where spaces and dashes have to be quoted. A common first word "
    "(`Host`, `Gpu`) keeps those that belong together beside each other.",
    bad=alert_file(name="disk-is-full"),
    good=alert_file(name="DiskFull"),
)
def alert_name(rule: RuleItem, context: Context) -> Iterator[Found]:  # noqa: ARG001 - all are called alike
    """Letters and digits only."""
    if rule.alert and not _CAMEL_CASE.fullmatch(rule.alert):
        words = re.findall(r"[A-Za-z0-9]+", rule.alert)
        better = "".join(word[0].upper() + word[1:] for word in words)
        hint = f"call it `{better}`" if better else ""
        yield Found((*rule.keys, "alert"), f"the alert's name `{rule.alert}` is not in CamelCase", hint)
