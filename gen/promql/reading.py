"""Reads an expression into a tree with places.

Two readers look at it. promql_parser says whether it is PromQL at all, its types included; it knows no
places. ``monogen.promql.parsing`` builds the tree and says where something is wrong. It comes first, because
it bounds length and depth: promql_parser crashes the whole process on very long chains of operators.
"""

from __future__ import annotations

from collections.abc import Iterable

import promql_parser
from monogen.promql import functions
from monogen.promql.errors import NotPromql, NotSupported, TooBig, Unreadable
from monogen.promql.parsing import Parser
from monogen.promql.regex import RegexError, compiled
from monogen.promql.tokens import tokens
from monogen.promql.tree import Binary, Call, Node, Number, Selector, Word, children
from monogen.second_process import SecondProcess, can_help

LONGEST = 50_000
"""Characters of an expression."""


MOST_KEPT = 200_000
"""Texts whose trees are kept; with more, all are forgotten."""

_kept: dict[str, Node | Unreadable] = {}


def read(text: str) -> Node:
    """The tree of an expression; equal texts give the same tree.

    Raises NotPromql, or NotSupported for what only this reader does not understand.
    """
    found = _kept.get(text)
    if found is None:
        found = _keep(text, _read(text))
    if isinstance(found, Unreadable):
        raise found
    return found


def _keep(text: str, found: Node | Unreadable) -> Node | Unreadable:
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[text] = found
    return found


def _read(text: str) -> Node | Unreadable:
    try:
        return _checked(text)
    except Unreadable as error:
        return error.with_traceback(None)


MANY = 2000
"""Texts from which on promql_parser judges in a second process while the trees are built in this one."""


def read_ahead(texts: Iterable[str]) -> None:
    """Read many expressions faster than one by one; ``read`` then knows them."""
    # Only short ones: promql_parser is asked before anybody has bounded their depth.
    new = [text for text in dict.fromkeys(texts) if text not in _kept and len(text) <= LONGEST // 50]
    if len(new) < MANY or not can_help():
        return
    judged = SecondProcess(lambda: [_refused(text) is None for text in new])
    trees: list[Node | None] = []
    for text in new:
        try:
            trees.append(Parser(text).expression())
        except Unreadable:
            trees.append(None)
    for text, tree, taken in zip(new, trees, judged.result(), strict=True):
        # Whatever is wrong is looked at once more, one by one.
        _keep(text, tree if tree is not None and taken else _read(text))


def _checked(text: str) -> Node:
    if len(text) > LONGEST:
        raise TooBig(f"the expression is longer than {LONGEST:,} characters", 0, len(text))
    try:
        tree = Parser(text).expression()
    except NotPromql as error:
        _doubt(text, error)
        raise
    said = _refused(text)
    if said is not None:
        raise _blamed(tree, text, said)
    return tree


def _doubt(text: str, error: NotPromql) -> None:
    """What promql_parser takes is PromQL, whatever this reader says."""
    # Its own nesting is bounded by the reader's: it is only asked about short texts.
    if len(text) < LONGEST // 50 and _refused(text) is None:
        raise NotSupported(f"monogen does not read this: {error.message}", error.start, error.end) from None


def _refused(text: str) -> str | None:
    """What promql_parser says against the text; None if it takes it."""
    try:
        promql_parser.parse(_with_double_quotes(text) if "`" in text else text)
    except ValueError as error:
        return str(error).split("\n")[0]
    return None


def _with_double_quotes(text: str) -> str:
    """The text with its raw strings in double quotes: promql_parser 0.12 reads escapes in raw strings too."""
    parts, position = [], 0
    for token in tokens(text):
        if token.kind == "string" and token.text[0] == "`":
            body = token.text[1:-1].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            parts += [text[position : token.start], f'"{body}"']
            position = token.end
    return "".join([*parts, text[position:]])


def _blamed(tree: Node, text: str, said: str) -> Unreadable:
    """Whose fault it is: the smallest part that promql_parser does not take."""
    node: Node | None = tree
    while node is not None:
        tree, said = node, _refused(text[node.start : node.end]) or said
        node = next((part for part in children(tree) if _refused(text[part.start : part.end])), None)
    if isinstance(tree, Call):
        return _bad_call(tree, said)
    if isinstance(tree, Selector) and "regex" in said:
        return _bad_regex(tree, said)
    if isinstance(tree, Number) and "_" in text[tree.start : tree.end]:
        return NotSupported("monogen's parser does not read numbers with underscores", tree.start, tree.end)
    place = tree.operator if isinstance(tree, Binary) else tree
    return NotPromql(said, place.start, place.end)


def _bad_call(call: Call, said: str) -> Unreadable:
    """A function that is called wrongly, or that only promql_parser does not know."""
    place: Word = call.function
    if "unknown function" in said and call.name in functions.FUNCTIONS:
        return NotSupported(
            f"monogen's parser does not know the function `{call.name}`", place.start, place.end
        )
    return NotPromql(said, place.start, place.end)


def _bad_regex(selector: Selector, said: str) -> Unreadable:
    """A pattern that Prometheus refuses, or that only promql_parser does not read (``\\Q..\\E``)."""
    for matcher in selector.matchers:
        if matcher.op in ("=~", "!~"):
            try:
                compiled(matcher.value)
            except RegexError as error:
                says = f"Prometheus refuses this regular expression: {error}"
                return NotPromql(says, matcher.value_start, matcher.end)
    says = f"monogen's parser does not read a regular expression here ({said})"
    return NotSupported(says, selector.start, selector.end)
