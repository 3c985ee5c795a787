"""Writes a tree as an expression again, in one spelling.

Two expressions that differ in spaces, quotes, parentheses, the order of matchers or the spelling of durations
become equal texts, so that a rule as a server tells it can be compared with the rule as it was written.
"""

from __future__ import annotations

import json
import math
import re

from monogen.promql.tree import (
    Aggregation,
    Binary,
    Call,
    Matching,
    Node,
    Number,
    Parens,
    Selector,
    String,
    Subquery,
    Unary,
    Word,
    bare,
)

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def write(node: Node) -> str:
    """The expression in the one spelling."""
    match node:
        case Selector():
            text = _selector(node)
        case Number(value):
            text = number(value)
        case String(value):
            text = quoted(value)
        case Parens(expr):
            text = write(expr)
        case Unary(op, expr):
            text = f"{op}{_operand(expr)}"
        case Binary():
            text = _binary(node)
        case Aggregation():
            text = _aggregation(node)
        case Call():
            text = f"{node.name}({', '.join(map(write, node.args))})"
        case Subquery():
            step = "" if node.step is None else duration(node.step)
            text = f"{_operand(node.expr)}[{duration(node.range)}:{step}]" + _when(node)
    return text


def number(value: float) -> str:
    """A number as PromQL reads it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)  # noqa: PLR2004


def duration(seconds: float) -> str:
    """Seconds as a duration: "90s", "1500ms"."""
    milliseconds = round(seconds * 1000)
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"


def quoted(text: str) -> str:
    """A string literal in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _selector(node: Selector) -> str:
    matchers = sorted(f"{_label(m.label)}{m.op}{quoted(m.value)}" for m in node.matchers)
    plain = not node.name or _NAME.fullmatch(node.name)
    if not plain:
        matchers.insert(0, quoted(node.name))
    braces = f"{{{', '.join(matchers)}}}" if matchers or not node.name else ""
    window = f"[{duration(node.range)}]" if node.range is not None else ""
    return (node.name if plain else "") + braces + window + _when(node)


def _when(node: Selector | Subquery) -> str:
    at = ""
    if node.at is not None:
        at = f" @ {node.at}()" if isinstance(node.at, str) else f" @ {number(node.at)}"
    if not node.offset:
        return at
    return f"{at} offset {'-' if node.offset < 0 else ''}{duration(abs(node.offset))}"


def _operand(node: Node) -> str:
    inner = bare(node)
    return f"({write(inner)})" if isinstance(inner, Binary | Unary) else write(inner)


def _binary(node: Binary) -> str:
    words = [_operand(node.lhs), node.op, "bool" if node.bool else "", *_matching(node.matching)]
    return " ".join(filter(None, (*words, _operand(node.rhs))))


def _matching(matching: Matching) -> list[str]:
    words = []
    if matching.on or matching.labels:
        words.append(("on" if matching.on else "ignoring") + f" ({_words(matching.labels)})")
    if matching.group:
        words.append(f"group_{matching.group} ({_words(matching.include)})")
    if matching.fill:
        words.append(matching.fill)
    return words


def _aggregation(node: Aggregation) -> str:
    grouping = ""
    if node.labels or node.without:
        grouping = f" {'without' if node.without else 'by'} ({_words(node.labels)}) "
    param = "" if node.param is None else write(node.param) + ", "
    return f"{node.op}{grouping}({param}{write(node.expr)})"


def _words(labels: tuple[Word, ...]) -> str:
    return ", ".join(_label(word.text) for word in labels)


def _label(name: str) -> str:
    return name if _LABEL.fullmatch(name) else quoted(name)
