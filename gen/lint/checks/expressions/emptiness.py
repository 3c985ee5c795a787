"""What an expression gives on the hosts of the inventory: nothing anywhere, nothing on some, or too much."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from monogen.lint.abstract.selecting import ATTACHED_ELSEWHERE
from monogen.lint.abstract.shapes import Reason
from monogen.lint.check import Example, check
from monogen.lint.checks.expressions.examples import FLEET, record
from monogen.lint.checks.expressions.parts import found
from monogen.lint.context import Context
from monogen.lint.documents import Expression
from monogen.lint.facts.series import OWN
from monogen.lint.model import Found, Severity
from monogen.lint.rewriting.rewriting import Rewriting, rewritten
from monogen.lint.world import Answer

SHOWN_HOSTS = 3
"""How many hosts a sentence names before it counts the others."""

SHOWN_REASONS = 2

_EXPECTS_EMPTY = """\
groups:
  - name: example
    rules:
      # monogen: expects-empty a GB10 has no such metric
      - record: instance:example:gpu
        expr: {expr}
"""


@check(
    "MG110",
    "empty-on-every-host",
    family="expressions",
    severity="error",
    on="expression",
    needs_inventory=True,
    what="An expression that gives nothing on any host of the inventory: a metric that none of them has, "
    "a label that cannot have the value, or sides of an operator that never meet.",
    why="Nothing is recorded, the alert never fires, the panel stays empty, and none of them says why. "
    "Where the series could come from targets outside of the inventory (another `job`), it is a warning.",
    bad=record("DCGM_FI_DEV_FB_USED / DCGM_FI_DEV_FB_TOTAL", "instance:gpu_memory_used:ratio", FLEET),
    good=record("host:model_used:ratio", "instance:gpu_memory_used:ratio", FLEET),
    fix="unsafe",
)
def empty_on_every_host(expression: Expression, context: Context) -> Iterator[Found]:
    """Only what is empty on each host by itself and also where one server sees all of them."""
    tree = expression.tree
    if tree is None or context.world is None or context.expects_empty(expression):
        return
    answers = context.answers(tree)
    if any(answer.kind != "empty" for answer in answers) or context.world.together(tree).kind != "empty":
        return
    meant = [answer for answer in answers if all(reason.kind != "target" for reason in answer.reasons)]
    reasons = _reasons(meant or answers)
    severity = _severity_everywhere(reasons)
    if severity is None:
        return
    where = "empty on every host of the inventory"
    if meant and len(meant) < len(answers):
        # Matchers leave the others out: they are not the reason.
        where = f"empty on {names([host for answer in meant for host in answer.hosts])}, all that it asks for"
    yield _told(expression, context, where, reasons, severity, rewritten(expression, context))


@check(
    "MG111",
    "empty-on-some-hosts",
    family="expressions",
    severity="warning",
    on="expression",
    needs_inventory=True,
    what="An expression that gives something on some hosts of the inventory, and on others cannot, although "
    "they run the exporter: their system or hardware does not have the metric or the label's value.",
    why="Those hosts are missing from the panel or never alerted about, and a missing host looks like one "
    "that is fine. macOS has other metric names than Linux, and a GB10 has no framebuffer.",
    bad=record(
        "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", "instance:memory_used:ratio", FLEET
    ),
    good=record("host:memory_used:ratio", "instance:memory_used:ratio", FLEET),
    fix="unsafe",
)
def empty_on_some_hosts(expression: Expression, context: Context) -> Iterator[Found]:
    """Hosts that the expression leaves out on purpose (by job, os, instance) are not meant."""
    tree = expression.tree
    if tree is None or context.world is None or context.expects_empty(expression):
        return
    answers = context.answers(tree)
    if all(answer.kind == "empty" for answer in answers):
        return
    for answer in answers:
        blamed = [reason for reason in answer.reasons if reason.kind in ("never", "label", "match")]
        left_out = any(reason.kind in ("target", "exporter", "record") for reason in answer.reasons)
        if answer.kind == "empty" and blamed and not left_out:
            hosts = _meant_of(answer.hosts, expression, context)
            if hosts:
                rewriting = rewritten(expression, context)
                yield _told(expression, context, f"empty on {names(hosts)}", blamed, None, rewriting)


def _meant_of(hosts: Sequence[str], expression: Expression, context: Context) -> list[str]:
    """Those of the hosts that the expression is meant for, as far as a build or the rule itself says so."""
    rule = context.rule_of(expression)
    stated = rule.labels if rule is not None else {}
    meant = _meant(expression, context)
    return [
        host
        for host in hosts
        if (meant is None or host in meant)
        and all(context.own_labels(host).get(label, text) == text for label, text in stated.items())
    ]


@check(
    "MG113",
    "expected-to-be-empty",
    family="expressions",
    severity="error",
    on="expression",
    needs_inventory=True,
    what="A rule that says of itself that it expects to find nothing (`# monogen: expects-empty reason` "
    "above it; the generated alerts on metrics that should not exist do), and finds something on some host.",
    why="The alert fires for good, or the record is no longer what it was made for: the exporter or the "
    "catalog has changed.",
    bad=Example(_EXPECTS_EMPTY.format(expr="DCGM_FI_DEV_GPU_TEMP"), inventory=FLEET),
    good=Example(_EXPECTS_EMPTY.format(expr="DCGM_FI_DEV_FB_USED"), inventory=FLEET),
)
def expected_to_be_empty(expression: Expression, context: Context) -> Iterator[Found]:
    """Rules of a build say for which hosts they are meant, others are for all."""
    if expression.tree is None or context.world is None or not context.expects_empty(expression):
        return
    meant = _meant(expression, context)
    for answer in context.answers(expression.tree):
        hosts = [host for host in answer.hosts if meant is None or host in meant]
        if hosts and answer.kind in ("data", "conditional"):
            message = f"`{expression.name}` expects to find nothing, and may find something on {names(hosts)}"
            yield found(expression, 0, len(expression.text), message, "remove the rule, or the comment")


def names(hosts: Sequence[str]) -> str:
    """ "`a`, `b`, `c` and 5 more"."""
    shown = ", ".join(f"`{host}`" for host in hosts[:SHOWN_HOSTS])
    more = len(hosts) - SHOWN_HOSTS
    return f"{shown} and {more} more" if more > 0 else shown


def _told(
    expression: Expression,
    context: Context,
    where: str,
    reasons: Sequence[Reason],
    severity: Severity | None,
    rewriting: Rewriting | None,
) -> Found:
    texts = list(dict.fromkeys(reason.text for reason in reasons))[:SHOWN_REASONS]
    start, end = (reasons[0].start, reasons[0].end) if reasons else (0, len(expression.text))
    about = f"`{expression.name}` is {where}" if expression.name else f"this is {where}"
    message = f"{about}: {'; '.join(texts)}" if texts else about
    hint = rewriting.fix.says if rewriting else _hint(reasons, context)
    fix = rewriting.fix if rewriting else None
    return found(expression, start, end, message, hint, severity=severity, fix=fix)


def _hint(reasons: Sequence[Reason], context: Context) -> str:
    meant = _meant_text(reasons, context)
    if meant:
        return f"did you mean `{meant}`?"
    instead = dict.fromkeys(f"`{reason.instead}`" for reason in reasons if reason.instead)
    return f"look at {' or '.join(list(instead)[:SHOWN_REASONS])}" if instead else _advice(reasons)


def _meant_text(reasons: Sequence[Reason], context: Context) -> str:
    """The matcher that was probably meant: a misspelt host, job or value of a label; "" if none is near."""
    for reason in reasons:
        stated = _MATCHER.fullmatch(reason.matcher)
        if stated is None or stated["op"] not in ("=", "!="):
            continue
        known = set(reason.texts)
        if stated["label"] == "instance" and context.fleet is not None:
            known = {host.name for host in context.fleet.hosts}
        elif stated["label"] == "job" and context.world is not None:
            known = {job for series in context.world.classes for job in series.jobs}
        if stated["label"] == "job" and len(reason.texts) == 1:
            return f'job{stated["op"]}"{next(iter(reason.texts))}"'
        near = next(iter(difflib.get_close_matches(stated["text"], sorted(known), n=1, cutoff=NEAR)), "")
        if near and near != stated["text"]:
            return f'{stated["label"]}{stated["op"]}"{near}"'
    return ""


NEAR = 0.6
"""How much alike two texts of a label must be (difflib's ratio) for one to be a misspelling of the other."""

_MATCHER = re.compile(r'(?P<label>\w+)(?P<op>=~|!~|!=|=)"(?P<text>.*)"', re.DOTALL)


def _advice(reasons: Sequence[Reason]) -> str:
    first = reasons[0].kind if reasons else ""
    if first == "match":
        return "name the labels that both sides have with `on (...)`"
    if first == "exporter":
        return "add the exporter to the inventory, or leave this out"
    return "ask for what these hosts have; `docs/series.md` lists what is the same on all of them"


def _reasons(answers: Sequence[Answer]) -> list[Reason]:
    """All reasons, each once. That a host does not run the exporter says least, so it comes last."""
    found_reasons = dict.fromkeys(reason for answer in answers for reason in answer.reasons)
    return sorted(found_reasons, key=lambda reason: reason.kind == "exporter")


def _severity_everywhere(reasons: Sequence[Reason]) -> Severity | None:
    """How bad it is that nothing is there; None where it need not be bad at all.

    Targets with another job or instance may well exist outside of the inventory, those of a cluster among
    them; and what Prometheus itself or every client library adds, all of them have.
    """
    about_targets = [reason for reason in reasons if reason.kind == "target"]
    if about_targets:
        if any(reason.metric.startswith(OWN) for reason in about_targets):
            return "warning"
        return None if any(map(_of_anybody, about_targets)) else "warning"
    return "warning" if {reason.kind for reason in reasons} <= {"exporter"} else "error"


def _of_anybody(reason: Reason) -> bool:
    """Whether targets that nobody told us of can well have what is asked for."""
    label = reason.matcher.partition("=")[0].rstrip("!~")
    return label in ATTACHED_ELSEWHERE or reason.metric.startswith(_ANYBODYS)


_ANYBODYS = ("up", "scrape_", "ALERTS", "process_", "go_", "python_", "promhttp_", "http_", "probe_")
"""How metrics begin that Prometheus itself, client libraries and probers give for any target."""


def _meant(expression: Expression, context: Context) -> frozenset[str] | None:
    """The hosts a generated rule is made for; None where nobody says so."""
    rule = context.planned(expression.name, expression.text)
    return None if rule is None else rule.hosts
