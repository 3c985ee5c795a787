"""Templates in labels and annotations: whether they work, and whether the labels they read are there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

from monogen import promql
from monogen.gotemplate import LabelRead, Template, read
from monogen.lint.check import check
from monogen.lint.checks.alerts.examples import alert_file
from monogen.lint.context import Context
from monogen.lint.documents import RuleItem
from monogen.lint.facts.labels import Labels
from monogen.lint.facts.order import static_labels
from monogen.lint.model import Found, Keys
from monogen.promql.tree import Aggregation, Binary, Node, Selector, walk


def _templates(rule: RuleItem, context: Context) -> Iterator[tuple[Keys, Template]]:
    version = context.prometheus.version
    for key, texts in (("labels", rule.labels), ("annotations", rule.annotations)):
        for name, text in texts.items():
            if "{{" in text:
                yield (*rule.keys, key, name), read(text, version)


@check(
    "MG406",
    "alert-template",
    family="alerts",
    severity="error",
    on="rule",
    what="A template in a label or an annotation does not work.",
    why="One that does not parse keeps Prometheus from loading the whole file. One that parses and fails "
    "gives `<error expanding template>` to the person who is woken by it, and nobody notices before.",
    bad=alert_file(description="{{ $value | humanise }} left on {{ $labels.instance }}"),
    good=alert_file(description="{{ $value | humanize }} left on {{ $labels.instance }}"),
)
def alert_template(rule: RuleItem, context: Context) -> Iterator[Found]:
    """Read every template, and tell of texts with braces where none is read."""
    if rule.record:
        for name, text in rule.labels.items():
            if "{{" in text:
                says = f"the label `{name}` of a recording rule is taken as it is: its braces are no template"
                hint = "label_replace in the expression can set it"
                yield Found((*rule.keys, "labels", name), says, hint, severity="warning")
        return
    for keys, template in _templates(rule, context):
        for remark in template.remarks:
            hint = remark.hint
            if not remark.loads:
                hint = f"{hint}; until then Prometheus does not load the file" if hint else _REFUSED
            yield Found(keys, remark.message, hint, (remark.start, remark.end))
        for query in template.queries:
            try:
                promql.read(query.text)
            except promql.NotPromql as error:
                span = (query.start + error.start, query.start + error.end)
                yield Found(keys, f"the query is no PromQL: {error.message}", "", span)
            except promql.Unreadable:
                continue


_REFUSED = "as it is, Prometheus does not load the file"


@check(
    "MG407",
    "label-not-there",
    family="alerts",
    severity="warning",
    on="rule",
    what="A template reads a label that the alert's expression does not give.",
    why="The text has a hole where the name of the machine should be. `$labels` holds what the expression "
    "leaves: `by (...)`, `on (...)` and `count()` take the others away, and what the alert sets under "
    "`labels` is not in it.",
    bad=alert_file("sum by (mountpoint) (node_filesystem_avail_bytes) < 1e9"),
    good=alert_file("sum by (instance, mountpoint) (node_filesystem_avail_bytes) < 1e9"),
)
def label_not_there(rule: RuleItem, context: Context) -> Iterator[Found]:
    """Hold the labels that are read against those that the expression can give."""
    tree = rule.expression.tree
    if not rule.alert or tree is None:
        return
    labels = None
    for keys, template in _templates(rule, context):
        for label in template.labels:
            if label.name in template.tested:
                continue
            if labels is None:
                labels = context.facts.reading(tree).of(tree)
            if labels.may_have(label.name) and (meant := _misspelt(label.name, tree, context)):
                says = f"no series of the expression has a label `{label.name}`, so nothing stands here"
                yield Found(keys, says, f"did you mean `{meant}`?", (label.start, label.end))
            elif not labels.may_have(label.name):
                says, hint = _missing(label, labels, static_labels(rule, context.order.groups[rule]))
                yield Found(keys, says, hint, (label.start, label.end))
            elif _is_only_own(rule, tree, label.name):
                says = f"`{label.name}` is set by the alert itself, and that is not in `$labels`"
                hint = f"write its value, `{rule.labels[label.name]}`, into the text"
                yield Found(keys, says, hint, (label.start, label.end))


def _misspelt(label: str, tree: Node, context: Context) -> str:
    """The label that was meant, where catalog and rules know all of the result's and this is none; else "".

    Without a near one nothing is said: other targets than the inventory's may well have the label.
    """
    if context.world is None:
        return ""
    shapes = [shape for _, vector in context.vectors(tree) for shape in vector.shapes]
    if not shapes or any(shape.open or shape.unknown or label in shape.labels for shape in shapes):
        return ""
    known = sorted({name for shape in shapes for name in shape.labels})
    return next(iter(difflib.get_close_matches(label, known, n=1, cutoff=0.8)), "")


def _missing(label: LabelRead, labels: Labels, own: Mapping[str, str]) -> tuple[str, str]:
    says = f"the result has no label `{label.name}`, so nothing stands here"
    if label.name in own:
        return says, "what the alert sets under `labels` is not in `$labels`: write the value into the text"
    by = labels.removed_by(label.name)
    if isinstance(by, Aggregation) and not by.without:
        shown = f"{by.op} by ({', '.join([*(word.text for word in by.labels), label.name])})"
        return says, f"keep it: `{shown} (...)`"
    if isinstance(by, Aggregation):
        return says, f"take it out of `without (...)` of `{by.op}`"
    if isinstance(by, Binary):
        return says, f"`{by.op}` keeps only the labels that both sides are matched by; add it there"
    if labels.names:
        return says, f"it has {', '.join(f'`{name}`' for name in sorted(labels.names))}"
    return says, ""


def _is_only_own(rule: RuleItem, tree: Node, label: str) -> bool:
    """Whether the label is one the alert sets to a fixed value, and its expression never speaks of it."""
    text = rule.labels.get(label, "")
    if not text or "{{" in text:
        return False
    for node in walk(tree):
        if isinstance(node, Selector) and node.matcher(label):
            return False
        if isinstance(node, Aggregation) and any(word.text == label for word in node.labels):
            return False
        if isinstance(node, Binary) and any(
            word.text == label for word in (*node.matching.labels, *node.matching.include)
        ):
            return False
    return label not in _OFTEN_SCRAPED


_OFTEN_SCRAPED = frozenset({"job", "instance", "namespace", "pod", "service", "cluster", "container", "node"})
"""Labels that nearly every series has of its own, whatever the alert sets."""


@check(
    "MG413",
    "label-with-value",
    family="alerts",
    severity="error",
    on="rule",
    what="A label of an alert that holds the alert's value.",
    why="Labels say which alert it is. With each new value Prometheus takes it for another alert, whose "
    "`for` begins anew: it hardly ever fires, and if it does, each value notifies again.",
    bad=alert_file(labels={"severity": "warning", "load": "{{ $value }}"}),
    good=alert_file(description="{{ $labels.instance }} is at {{ $value }}"),
)
def label_with_value(rule: RuleItem, _context: Context) -> Iterator[Found]:
    """Only what a template writes out; a decision by the value may have few outcomes."""
    if not rule.alert:
        return
    for name, text in rule.labels.items():
        if match := _WRITTEN_VALUE.search(text):
            message = f"the label `{name}` holds the value, so that each new value is another alert"
            hint = "move it to an annotation"
            yield Found((*rule.keys, "labels", name), message, hint, match.span())


_WRITTEN_VALUE = re.compile(r"\{\{-?\s*(?:(?:printf|humanize\w*)\b[^}]*)?(?:\$value|\.Value)\b[^}]*\}\}")


@check(
    "MG414",
    "template-without-braces",
    family="alerts",
    severity="warning",
    on="rule",
    what="`$labels.x` or `$value` in a label or an annotation, outside of `{{ }}`.",
    why="It is no template there: people are sent the words `$labels.instance` instead of the host.",
    bad=alert_file(description="$labels.instance is full"),
    good=alert_file(description="{{ $labels.instance }} is full"),
)
def template_without_braces(rule: RuleItem, _context: Context) -> Iterator[Found]:
    """What stands between braces is left to the reading of templates."""
    if not rule.alert:
        return
    for key, texts in (("labels", rule.labels), ("annotations", rule.annotations)):
        for name, text in texts.items():
            outside = _BETWEEN_BRACES.sub(lambda match: " " * len(match[0]), text)
            for match in _VARIABLE.finditer(outside):
                message = f"`{match[0]}` is taken as it is here"
                yield Found((*rule.keys, key, name), message, f"write `{{{{ {match[0]} }}}}`", match.span())


_BETWEEN_BRACES = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_VARIABLE = re.compile(r"\$labels\.\w+|\$value\b")
