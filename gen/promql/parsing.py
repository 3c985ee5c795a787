"""From tokens to a tree: a parser by precedence, which says where something is wrong.

It takes a little more than Prometheus does (it knows no types); ``monogen.promql.reading`` lets promql_parser
judge that.
"""

from __future__ import annotations

from typing import Literal

from monogen.promql.errors import NotPromql, NotSupported, TooBig, Unreadable
from monogen.promql.functions import OPERATORS
from monogen.promql.tokens import Token, seconds, tokens, unquoted
from monogen.promql.tree import (
    COMPARISONS,
    Aggregation,
    Binary,
    Call,
    Matcher,
    Matching,
    MatchOp,
    Node,
    Number,
    Parens,
    Selector,
    String,
    Subquery,
    Unary,
    Word,
)
from msgspec.structs import replace

DEEPEST = 250
"""Levels of a tree; a chain of n operators is n levels deep. promql_parser survives some thousands."""

MOST_NESTED = 100
"""Parentheses, calls and signs within each other."""

_PRECEDENCE = {
    "or": 1, "and": 2, "unless": 2,
    "==": 3, "!=": 3, "<=": 3, "<": 3, ">=": 3, ">": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "atan2": 5, "^": 6,
}  # fmt: skip
_UNARY = 6
_MATCH_OPS: dict[str, MatchOp] = {"=": "=", "!=": "!=", "=~": "=~", "!~": "!~"}
_NO_MATCHING = Matching()
Moment = float | Literal["start", "end"] | None
_FILL = frozenset({"fill", "fill_left", "fill_right"})
_NEVER_METRICS = frozenset(
    {"and", "or", "unless", "atan2", "offset", "bool", "on", "ignoring", "group_left", "group_right"}
)
_CLOSING = {"(": ")", "{": "}", "[": "]"}
_COMPUTED = "monogen does not read durations that are computed"
_NOT_A_RANGE = "a range such as [5m] goes behind a metric; behind anything else a subquery does: [5m:1m]"
_NEWER = {"anchored": "the modifier `anchored`", "smoothed": "the modifier `smoothed`"}


class Parser:
    """Reads tokens from left to right; a method for each kind of thing."""

    def __init__(self, text: str) -> None:
        """Split the text into tokens; ``expression`` reads them."""
        self.tokens = tokens(text)
        self.position = 0
        self.depth = 0
        self.nested = 0

    def expression(self) -> Node:
        """The whole text as one expression."""
        if self.tokens[0].kind == "end":
            raise NotPromql("the expression is empty", 0, 0)
        node = self._binary(1)
        token = self.tokens[self.position]
        if token.kind != "end":
            raise self._unexpected(token, "an operator or the end")
        return node

    def _deeper(self, token: Token) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise TooBig(f"the expression is more than {DEEPEST} levels deep", token.start, token.end)

    def _enter(self, token: Token) -> None:
        """Into a parenthesis, a call, a sign. ``_leave`` is the way out."""
        self._deeper(token)
        self.nested += 1
        if self.nested > MOST_NESTED:
            raise TooBig(f"the expression is nested more than {MOST_NESTED} times", token.start, token.end)

    def _leave(self) -> None:
        self.depth -= 1
        self.nested -= 1

    def _binary(self, lowest: int) -> Node:
        depth = self.depth
        lhs = self._unary()
        while True:
            token = self.tokens[self.position]
            op = token.text if token.kind == "symbol" else token.text.lower()
            precedence = _PRECEDENCE.get(op, 0)
            if precedence < lowest or token.kind not in ("symbol", "name"):
                self.depth = depth
                return lhs
            self._deeper(token)
            self.position += 1
            with_bool, matching = self._modifiers(op)
            # ^ binds to the right, all others to the left.
            rhs = self._binary(precedence if op == "^" else precedence + 1)
            operator = Word(op, token.start, token.end)
            lhs = Binary(operator, lhs, rhs, matching, with_bool, lhs.start, rhs.end)

    def _modifiers(self, op: str) -> tuple[bool, Matching]:
        token = self.tokens[self.position]
        if token.kind != "name":
            return False, _NO_MATCHING
        with_bool = self._keyword("bool")
        if with_bool and op not in COMPARISONS:
            raise NotPromql(f"`bool` goes with comparisons, not with `{op}`", token.start, token.end)
        token = self.tokens[self.position]
        word = token.text.lower()
        if word not in ("on", "ignoring") or not self._next_is("("):
            return with_bool, self._filled(_NO_MATCHING)
        self.position += 1
        labels = self._labels()
        token = self.tokens[self.position]
        group = token.text.lower()
        if token.kind != "name" or group not in ("group_left", "group_right"):
            return with_bool, self._filled(Matching(word == "on", labels, stated=True))
        self.position += 1
        include = self._labels() if self._symbol_is("(") and self._is_label_list() else ()
        side: Literal["left", "right"] = "left" if group == "group_left" else "right"
        return with_bool, self._filled(Matching(word == "on", labels, side, include, stated=True))

    def _filled(self, matching: Matching) -> Matching:
        """With ``fill (0)``, ``fill_left (0) fill_right (0)`` behind it, if they stand there."""
        first = self.position
        while self.tokens[self.position].text.lower() in _FILL and self._next_is("("):
            self.position += 2
            self._binary(1)
            self._expect(")")
        words = [token.text for token in self.tokens[first : self.position]]
        return replace(matching, fill=" ".join(words)) if words else matching

    def _is_label_list(self) -> bool:
        """Whether the parenthesis holds labels; after a bare group_left it may begin the right side."""
        position = self.position + 1
        while True:
            token = self.tokens[position]
            if token.text == ")":
                break
            if token.kind not in ("name", "string") and token.text != ",":
                return False
            position += 1
        after = self.tokens[position + 1]
        # `group_left (a) b`, `group_left (a) (b)`: what follows begins an operand.
        if after.kind == "symbol":
            return after.text in ("(", "{", "-", "+")
        return after.kind in ("name", "number", "duration", "string") and not self._is_operator(after)

    def _is_operator(self, token: Token) -> bool:
        return token.text.lower() in ("and", "or", "unless", "atan2", "offset")

    def _unary(self) -> Node:
        token = self.tokens[self.position]
        if token.kind == "symbol" and token.text in ("-", "+"):
            self._enter(token)
            self.position += 1
            operand = self._binary(_UNARY)
            self._leave()
            return Unary(token.text, operand, token.start, operand.end)
        return self._postfix(self._operand())

    def _operand(self) -> Node:
        token = self.tokens[self.position]
        kind, text = token.kind, token.text
        if kind == "name":
            return self._named(token)
        if kind == "symbol":
            if text == "(":
                return self._parenthesised(token)
            if text == "{":
                return self._selector("", token.start, token.start)
        elif kind == "number":
            self.position += 1
            return Number(_number(token), token.start, token.end)
        elif kind == "duration":
            self.position += 1
            return Number(seconds(text), token.start, token.end)
        elif kind == "string":
            self.position += 1
            return String(unquoted(text), token.start, token.end)
        raise self._unexpected(token, "a metric, a number, a function or a parenthesis")

    def _named(self, token: Token) -> Node:
        lower = token.text.lower()
        following = self.tokens[self.position + 1]
        opens = following.text == "(" and following.kind == "symbol"
        if lower in OPERATORS and (opens or following.text.lower() in ("by", "without")):
            return self._aggregation(token, lower)
        if opens:
            return self._call(token)
        if lower in ("inf", "nan"):
            self.position += 1
            return Number(float(lower), token.start, token.end)
        # As a metric's name Prometheus takes some of these; nobody means it.
        behind_operand = self.position and self.tokens[self.position - 1].kind != "symbol"
        if lower in _NEVER_METRICS and behind_operand:
            raise self._unexpected(token, "a metric, a number, a function or a parenthesis")
        self.position += 1
        return self._selector(token.text, token.start, token.end)

    def _parenthesised(self, token: Token) -> Node:
        self._enter(token)
        self.position += 1
        inner = self._binary(1)
        closing = self._closing(token)
        self._leave()
        return Parens(inner, token.start, closing.end)

    def _aggregation(self, token: Token, op: str) -> Node:
        self._enter(token)
        self.position += 1
        labels, without = self._grouping()
        opening = self._expect("(")
        args = self._arguments(opening)
        closing = self.tokens[self.position - 1]
        end = closing.end
        if labels is None:
            labels, without = self._grouping()
            end = self.tokens[self.position - 1].end
        self._leave()
        has_parameter = OPERATORS[op].param is not None
        wanted = 2 if has_parameter else 1
        if len(args) != wanted:
            says = f"`{op}` takes {wanted} argument{'s' if wanted > 1 else ''}, here are {len(args)}"
            raise NotPromql(says, token.start, token.end)
        operator = Word(op, token.start, token.end)
        param = args[0] if has_parameter else None
        return Aggregation(operator, labels or (), without, args[-1], param, token.start, end)

    def _grouping(self) -> tuple[tuple[Word, ...] | None, bool]:
        word = self.tokens[self.position].text.lower()
        if word not in ("by", "without"):
            return None, False
        self.position += 1
        return self._labels(), word == "without"

    def _call(self, token: Token) -> Node:
        self._enter(token)
        self.position += 1
        opening = self._expect("(")
        args = self._arguments(opening)
        self._leave()
        closing = self.tokens[self.position - 1]
        return Call(Word(token.text, token.start, token.end), tuple(args), token.start, closing.end)

    def _arguments(self, opening: Token) -> list[Node]:
        args: list[Node] = []
        while not self._symbol_is(")"):
            args.append(self._binary(1))
            if not self._symbol_is(","):
                break
            self.position += 1
        self._closing(opening)
        return args

    def _labels(self) -> tuple[Word, ...]:
        opening = self._expect("(")
        labels = []
        while not self._symbol_is(")"):
            token = self.tokens[self.position]
            if token.kind not in ("name", "string"):
                raise self._unexpected(token, "a label's name")
            text = unquoted(token.text) if token.kind == "string" else token.text
            labels.append(Word(text, token.start, token.end))
            self.position += 1
            if not self._symbol_is(","):
                break
            self.position += 1
        self._closing(opening)
        return tuple(labels)

    def _selector(self, name: str, start: int, name_end: int) -> Node:
        matchers: list[Matcher] = []
        braces, end = -1, name_end
        if self._symbol_is("{"):
            opening = self.tokens[self.position]
            braces = opening.start
            self.position += 1
            while not self._symbol_is("}"):
                quoted = self._matcher(matchers)
                if quoted is not None:
                    if name:
                        raise NotPromql("the metric's name is here twice", quoted.start, quoted.end)
                    name = unquoted(quoted.text)
                if not self._symbol_is(","):
                    break
                self.position += 1
            end = self._closing(opening).end
        if not name and not matchers:
            raise NotPromql("this selects nothing: name a metric or a label", start, end)
        range_seconds, range_start = None, -1
        if self._symbol_is("[") and not self._is_subquery():
            range_seconds, range_start, end = self._range()
        offset, at, end = self._offset_and_at(end)
        return Selector(
            name, tuple(matchers), start, end, name_end, braces, range_seconds, range_start, offset, at
        )

    def _matcher(self, matchers: list[Matcher]) -> Token | None:
        """One matcher, appended; or the token of a quoted metric name."""
        token = self.tokens[self.position]
        if token.kind not in ("name", "string"):
            raise self._unexpected(token, "a label's name")
        self.position += 1
        op = self.tokens[self.position]
        meant = _MATCH_OPS.get(op.text) if op.kind == "symbol" else None
        if meant is None:
            if token.kind == "string" and op.text in (",", "}"):
                return token
            raise self._unexpected(op, "one of = != =~ !~")
        self.position += 1
        value = self.tokens[self.position]
        if value.kind != "string":
            raise self._unexpected(value, "a value in quotes")
        self.position += 1
        if self.tokens[self.position].text.lower() == "or":
            token = self.tokens[self.position]
            raise NotSupported(
                "`or` between matchers is not Prometheus' but VictoriaMetrics'", token.start, token.end
            )
        label = unquoted(token.text) if token.kind == "string" else token.text
        matchers.append(Matcher(label, meant, unquoted(value.text), token.start, value.end, value.start))
        return None

    def _is_subquery(self) -> bool:
        """Whether the bracket that begins here holds a colon."""
        position = self.position + 1
        while self.tokens[position].text not in ("]", "[") and self.tokens[position].kind not in (
            "end",
            "unknown",
        ):
            token = self.tokens[position]
            if token.text == ":":
                return True
            position += 1
        return False

    def _range(self) -> tuple[float, int, int]:
        opening = self.tokens[self.position]
        self.position += 1
        length = self._duration()
        return length, opening.start, self._closing(opening).end

    def _duration(self, *, bracketed: bool = True) -> float:
        token = self.tokens[self.position]
        self.position += 1
        if token.kind not in ("duration", "number"):
            if token.kind == "name" or token.text in ("(", "-", "+"):
                raise NotSupported(_COMPUTED, token.start, token.end)
            raise self._unexpected(token, "a duration such as 5m")
        following = self.tokens[self.position]
        if bracketed and following.kind == "symbol" and following.text in "+-*/%^":
            raise NotSupported(_COMPUTED, token.start, following.end)
        return seconds(token.text) if token.kind == "duration" else _number(token)

    def _postfix(self, node: Node) -> Node:
        while self._symbol_is("["):
            opening = self.tokens[self.position]
            self.position += 1
            length = self._duration()
            if not self._symbol_is(":"):
                raise _not_a_range(node, opening.start, self.tokens[self.position].end)
            self._deeper(opening)
            self.position += 1
            step = None if self._symbol_is("]") else self._duration()
            end = self._closing(opening).end
            offset, at, end = self._offset_and_at(end)
            node = Subquery(node, length, step, node.start, end, opening.start, offset, at)
        token = self.tokens[self.position]
        if (token.kind == "name" and token.text.lower() == "offset") or token.text == "@":
            raise NotPromql(f"`{token.text}` goes behind a metric or a subquery", token.start, token.end)
        return node

    def _offset_and_at(self, end: int) -> tuple[float, Moment, int]:
        offset = 0.0
        at: Moment = None
        while True:
            token = self.tokens[self.position]
            word = token.text.lower()
            if word in _NEWER and token.kind == "name":
                raise NotSupported(f"monogen does not read {_NEWER[word]}", token.start, token.end)
            if word == "offset" and token.kind == "name":
                self.position += 1
                sign = self._sign()
                offset = sign * self._duration(bracketed=False)
            elif token.text == "@":
                self.position += 1
                at = self._moment()
            else:
                return offset, at, end
            end = self.tokens[self.position - 1].end

    def _sign(self) -> int:
        if self._symbol_is("-") or self._symbol_is("+"):
            self.position += 1
            return -1 if self.tokens[self.position - 1].text == "-" else 1
        return 1

    def _moment(self) -> Moment:
        token = self.tokens[self.position]
        if token.text in ("start", "end"):
            self.position += 1
            self._expect("(")
            self._expect(")")
            return "start" if token.text == "start" else "end"
        sign = self._sign()
        token = self.tokens[self.position]
        if token.kind != "number":
            raise self._unexpected(token, "a unix time, start() or end()")
        self.position += 1
        return sign * _number(token)

    def _keyword(self, word: str) -> bool:
        token = self.tokens[self.position]
        if token.kind == "name" and token.text.lower() == word:
            self.position += 1
            return True
        return False

    def _symbol_is(self, text: str) -> bool:
        token = self.tokens[self.position]
        return token.text == text and token.kind == "symbol"

    def _next_is(self, text: str) -> bool:
        token = self.tokens[self.position + 1]
        return token.text == text and token.kind == "symbol"

    def _expect(self, text: str) -> Token:
        token = self.tokens[self.position]
        if token.kind != "symbol" or token.text != text:
            raise self._unexpected(token, f"`{text}`")
        self.position += 1
        return token

    def _closing(self, opening: Token) -> Token:
        """The bracket that closes this one; where it is missing, the opening one is to blame."""
        closing = _CLOSING[opening.text]
        token = self.tokens[self.position]
        if token.kind == "end":
            raise NotPromql(f"`{opening.text}` is never closed", opening.start, opening.end)
        return self._expect(closing)

    def _unexpected(self, token: Token, wanted: str) -> Unreadable:
        if token.kind == "end":
            return NotPromql(f"the expression ends where {wanted} is expected", token.start, token.end)
        if token.kind == "unknown" and token.text in "\"'`":
            return NotPromql("the quoted text does not end", token.start, token.end)
        if token.text in ("</", ">/"):
            return NotSupported(f"monogen does not read the operator `{token.text}`", token.start, token.end)
        return NotPromql(f"`{token.text}` stands where {wanted} is expected", token.start, token.end)


def _not_a_range(node: Node, start: int, end: int) -> Unreadable:
    """Why a range cannot stand behind this.

    Behind ``@ end()`` and ``offset 0s`` Prometheus takes it, though not behind other times and offsets
    (``matrix_selector`` in promql/parser/generated_parser.y).
    """
    if (
        isinstance(node, Selector)
        and node.range is None
        and not node.offset
        and not isinstance(node.at, float)
    ):
        return NotSupported("monogen reads a range only before `@` and `offset`", start, end)
    return NotPromql(_NOT_A_RANGE, start, end)


def _number(token: Token) -> float:
    text = token.text.replace("_", "")
    if text[:2] in ("0x", "0X"):
        return float(int(text, 16))
    return float(text)
