"""Who reads the labels of a result: an alert's templates, a panel's legend, and what reads a record.

A label that the new series do not have must not be one that somebody there reads. What is asked is coarse:
a label that is only spoken of counts as read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from monogen.gotemplate import read as read_template
from monogen.lint.context import Context
from monogen.lint.documents import Expression, RuleItem
from monogen.promql import Aggregation, Binary, Call, Node, Selector, String, walk

_LEGEND = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_WRITERS = ("label_replace", "label_join")


def is_read(labels: Collection[str], expression: Expression, context: Context) -> bool:
    """Whether somebody who is given the result of the expression reads one of these labels of it."""
    return any(label in labels for label in _read_of(expression, context))


def is_lacking(labels: Collection[str], expression: Expression, context: Context) -> bool:
    """Whether an alert's texts read a label that is none of these, and that its expression does not add."""
    rule, tree = context.rule_of(expression), expression.tree
    if rule is None or tree is None:
        return False
    there = {*labels, *_added_by(tree)}
    return any(label not in there for label in _read_in_templates(rule, context))


def _read_of(expression: Expression, context: Context) -> Iterator[str]:
    yield from _read_beside(expression, context)
    if expression.used_in != "record":
        return
    followed, waiting = {expression.name}, [expression.name]
    while waiting:
        for reader in context.readers.get(waiting.pop(), ()):
            if reader.tree is not None:
                yield from _spoken_of(reader.tree)
            yield from _read_beside(reader, context)
            if reader.used_in == "record" and reader.name not in followed:
                followed.add(reader.name)
                waiting.append(reader.name)


def _read_beside(expression: Expression, context: Context) -> Iterator[str]:
    """What stands beside the expression: the templates of its rule, the legend of its query."""
    rule = context.rule_of(expression)
    if rule is not None:
        yield from _read_in_templates(rule, context)
    elif expression.used_in == "panel":
        query = expression.document.at(expression.keys[:-1])
        legend = query.get("legendFormat") if isinstance(query, dict) else None
        yield from _LEGEND.findall(legend) if isinstance(legend, str) else ()


def _read_in_templates(rule: RuleItem, context: Context) -> Iterator[str]:
    """The labels that an alert's own labels and its annotations read."""
    for text in (*rule.labels.values(), *rule.annotations.values()) if rule.alert else ():
        if "{{" in text:
            template = read_template(text, context.prometheus.version)
            yield from (label.name for label in template.labels)


def _added_by(tree: Node) -> Iterator[str]:
    """The labels that an expression takes over from other series, or makes."""
    for node in walk(tree):
        if isinstance(node, Binary):
            yield from (word.text for word in node.matching.include)
        elif isinstance(node, Call) and node.name in _WRITERS and isinstance(node.args[1], String):
            yield node.args[1].value


def _spoken_of(tree: Node) -> Iterator[str]:
    """The labels that an expression selects, groups or joins by, takes over, or makes others of."""
    for node in walk(tree):
        if isinstance(node, Selector):
            yield from (matcher.label for matcher in node.matchers)
        elif isinstance(node, Aggregation):
            yield from (word.text for word in node.labels)
        elif isinstance(node, Binary):
            yield from (word.text for word in (*node.matching.labels, *node.matching.include))
        elif isinstance(node, Call) and node.name in _WRITERS:
            yield from (argument.value for argument in node.args if isinstance(argument, String))
