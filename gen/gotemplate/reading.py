"""Reads a template as Go's parser does, and follows its values as far as they are known.

There are two kinds of wrong: what Go does not parse, so that Prometheus refuses the whole rule file; and
what parses and fails when the alert fires, so that people read ``<error expanding template>`` instead of
the text. The reader stops at the first of the first kind, as Go does, and goes on after the second.
"""

from __future__ import annotations

from collections import deque
from difflib import get_close_matches
from functools import lru_cache

from monogen.gotemplate.functions import ELSE_WITH, FUNCTIONS, Function, Type, Version
from monogen.gotemplate.literals import check_string, number_type, plain
from monogen.gotemplate.tokens import Kind, TemplateError, Token, tokens
from monogen.gotemplate.values import ELEMENTS, LabelRead, Operand, Query, Remark, Value, Values
from msgspec import Struct, field

DEEPEST = 60
"""Blocks and parentheses within each other. Deeper templates are not read on, and nothing is said of them."""

_GIVEN: tuple[tuple[str, Type], ...] = (
    ("$", "root"),
    ("$labels", "labels"),
    ("$externalLabels", "external"),
    ("$externalURL", "string"),
    ("$value", "float"),
)
"""Variables that Prometheus defines before an alert's templates; in a ``define`` there is only ``$``."""

_OPERANDS: frozenset[Kind] = frozenset(
    {"name", "dot", "field", "variable", "bool", "nil", "string", "character", "number", "open"}
)
_CONSTANTS: frozenset[Kind] = frozenset({"bool", "dot", "nil", "number", "string", "character"})
_HINTS = {
    "tmpl": "`tmpl` is there in consoles only",
    "urlQueryEscape": "`urlquery` does the same in every version",
    "join": "`join` belongs to Alertmanager's templates",
    "default": '`or $labels.x "none"` does the same',
}


class Template(Struct, frozen=True):
    """What is known of a template.

    ``tested`` are labels that a condition asks for: the author knows that they may be missing.
    ``reads_value`` says that the alert's value is used. ``queries`` are those whose text is fixed.
    """

    remarks: tuple[Remark, ...] = ()
    labels: tuple[LabelRead, ...] = ()
    tested: frozenset[str] = frozenset()
    reads_value: bool = False
    queries: tuple[Query, ...] = ()


@lru_cache(maxsize=16384)
def read(text: str, version: Version) -> Template:
    """The template of a label or an annotation, for that Prometheus. Never raises."""
    if "{{" not in text:
        return _STATIC
    reader = _Reader(text, version)
    values = reader.values
    try:
        reader.template()
    except TemplateError as error:
        values.remarks.append(Remark(error.message, error.hint, error.start, error.end, loads=False))
    except _TooDeepError:
        pass
    return Template(
        remarks=tuple(values.remarks),
        labels=tuple(values.labels),
        tested=frozenset(reader.tested),
        reads_value=values.reads_value,
        queries=tuple(values.queries),
    )


_STATIC = Template()


class _TooDeepError(Exception):
    """Nested deeper than this reader follows."""


class _Scope(Struct):
    """What holds at a place: variables, the dot's type, and whether ``break`` makes sense."""

    variables: list[tuple[str, Type]] = field(default_factory=lambda: list(_GIVEN))
    dot: Type = "root"
    in_range: bool = False


class _Reader:
    """Reads tokens from left to right, a method for each kind of thing."""

    def __init__(self, text: str, version: Version) -> None:
        self.values = Values()
        self.tested: set[str] = set()
        self._version = version
        self._tokens = tokens(text)
        self._ahead: deque[Token] = deque()
        self._scope = _Scope()
        self._depth = 0
        self._defined: set[str] = set()
        self._wanted: list[Token] = []

    # Tokens.

    def _peek(self, number: int = 0) -> Token:
        while len(self._ahead) <= number:
            self._ahead.append(next(self._tokens))
        return self._ahead[number]

    def _next(self) -> Token:
        token = self._peek()
        self._ahead.popleft()
        return token

    def _peek_word(self) -> Token:
        """The next token that is no space; spaces before it are gone."""
        while self._peek().kind == "space":
            self._next()
        return self._peek()

    def _next_word(self) -> Token:
        self._peek_word()
        return self._next()

    def _expect(self, kind: Kind, context: str) -> Token:
        token = self._next_word()
        if token.kind != kind:
            raise _unexpected(token, context)
        return token

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _TooDeepError

    # Text and blocks.

    def template(self) -> None:
        """The whole template."""
        token = self._body(top=True)
        if token.kind != "end":
            raise TemplateError(f"`{{{{ {token.text} }}}}` closes nothing", token.start, token.end)
        for name in self._wanted:
            if name.text[1:-1] not in self._defined:
                self.values.fails(f"there is no template {name.text}", name.start, name.end)

    def _body(self, *, top: bool = False) -> Token:
        """Text and actions up to ``end``, ``else`` or the end of it all, which is returned."""
        while True:
            token = self._next()
            if token.kind == "end":
                return token
            if token.kind != "left":
                continue
            word = self._peek_word()
            if word.kind != "keyword":
                self._pipeline("command", "right", word)
            elif word.text in ("end", "else"):
                return self._next()
            elif word.text == "define" and not top:
                raise TemplateError("`define` stands outside of all other blocks", word.start, word.end)
            else:
                self._keyword(self._next())

    def _keyword(self, token: Token) -> None:
        if token.text in ("if", "with", "range"):
            self._control(token)
        elif token.text in ("define", "block"):
            self._definition(token)
        elif token.text == "template":
            self._call_of_template(token)
        else:
            if not self._scope.in_range:
                says = f"`{token.text}` stands outside of a `range`"
                raise TemplateError(says, token.start, token.end)
            self._expect("right", f"`{token.text}`")

    def _control(self, opening: Token) -> None:
        """``if``, ``with`` and ``range`` up to and with their ``end``."""
        self._deeper()
        outer = self._scope
        self._scope = _Scope(list(outer.variables), outer.dot, outer.in_range or opening.text == "range")
        before = len(self.values.labels)
        value = self._pipeline(opening.text, "right", opening)
        if opening.text == "range":
            self._scope.dot = ELEMENTS.get(value.type, "any")
        else:
            self.tested.update(label.name for label in self.values.labels[before:])
            self._scope.dot = value.type if opening.text == "with" else outer.dot
        closing = self._body()
        if closing.text == "else":
            self._scope.dot, self._scope.in_range = outer.dot, outer.in_range
            self._else(opening)
        else:
            self._end(opening, closing)
        self._scope = outer
        self._depth -= 1

    def _else(self, opening: Token) -> None:
        """What stands after ``else``, up to and with the ``end``."""
        token = self._peek_word()
        if token.kind == "keyword" and token.text == opening.text and token.text in ("if", "with"):
            if token.text == "with" and self._version < ELSE_WITH:
                hint = "put a `with` of its own into the `else`"
                raise TemplateError("`else with` needs Prometheus 2.55", token.start, token.end, hint)
            # Both share one `end`.
            self._control(self._next())
            return
        self._expect("right", "`else`")
        self._end(opening, self._body())

    def _end(self, opening: Token, closing: Token) -> None:
        if closing.kind == "end":
            hint = "close it with `{{ end }}`"
            raise TemplateError(f"`{opening.text}` has no `end`", opening.start, opening.end, hint)
        if closing.text == "else":
            says = f"this `else` belongs to nothing: `{opening.text}` has none or one"
            raise TemplateError(says, closing.start, closing.end)
        self._expect("right", "`end`")

    def _definition(self, opening: Token) -> None:
        """``define "name"`` and ``block "name" pipeline`` with bodies that know no variable but ``$``."""
        self._deeper()
        name = self._name(opening)
        self._defined.add(name.text[1:-1])
        if opening.text == "block":
            self._pipeline("block", "right", name)
        else:
            self._expect("right", "`define`")
        outer = self._scope
        self._scope = _Scope([("$", "any")], "any")
        self._end(opening, self._body())
        self._scope = outer
        self._depth -= 1

    def _call_of_template(self, opening: Token) -> None:
        self._wanted.append(self._name(opening))
        if self._peek_word().kind == "right":
            self._next()
        else:
            self._pipeline("template", "right", opening)

    def _name(self, opening: Token) -> Token:
        token = self._next_word()
        if token.kind != "string":
            says = f"`{opening.text}` is followed by a name in quotes"
            raise TemplateError(says, token.start, max(token.end, token.start + 1))
        check_string(token)
        return token

    # Pipelines.

    def _pipeline(self, context: str, end: Kind, opening: Token) -> Value:
        """Commands joined by ``|``, with the variables they declare, up to and with its end."""
        declared = self._declarations(context)
        value: Value | None = None
        while True:
            token = self._peek_word()
            if token.kind == end:
                self._next()
                break
            if token.kind not in _OPERANDS:
                raise _unexpected(token, context)
            if value is not None and token.kind in _CONSTANTS:
                says = f"`{token.text}` is no function, so nothing can be piped into it"
                raise TemplateError(says, token.start, token.end)
            value = self._command(value)
        if value is None:
            says = "empty braces" if context == "command" else f"`{context}` without a value"
            raise TemplateError(says, opening.start, token.end)
        for name in declared:
            type_ = ELEMENTS.get(value.type, "any") if context == "range" else value.type
            self._declare(name, type_ if name == declared[-1] else "any")
        return value

    def _declarations(self, context: str) -> list[str]:
        declared: list[str] = []
        while True:
            token = self._peek_word()
            if token.kind != "variable":
                return declared
            after = self._peek(1) if self._peek(1).kind != "space" else self._peek(2)
            if after.kind in ("declare", "assign"):
                self._next()
                self._next_word()
                if after.kind == "assign" and not self._knows(token.text):
                    self.values.fails(f"`{token.text}` is not defined here", token.start, token.end)
                self._declare(token.text, "any")
                return [*declared, token.text]
            if not (after.kind == "other" and after.text == ","):
                return declared
            self._next()
            self._next_word()
            if context != "range" or declared:
                raise TemplateError(f"too many variables for `{context}`", token.start, after.end)
            self._declare(token.text, "any")
            declared.append(token.text)
            if self._peek_word().kind != "variable":
                says = "`range` can only set variables: `{{ range $i, $x := ... }}`"
                raise TemplateError(says, token.start, after.end)

    def _declare(self, name: str, type_: Type) -> None:
        self._scope.variables.append((name, type_))

    def _knows(self, name: str) -> bool:
        return any(known == name for known, _ in self._scope.variables)

    def _command(self, piped: Value | None) -> Value:
        """Operands up to ``|`` or the end; the first one may be a function."""
        operands = []
        while True:
            self._peek_word()
            operands.append(self._operand())
            token = self._next()
            if token.kind == "space":
                if self._peek_word().kind in _OPERANDS:
                    continue
                token = self._next()
            if token.kind == "pipe":
                break
            if token.kind in ("right", "close"):
                self._ahead.appendleft(token)
                break
            raise _unexpected(token, "operand")
        return self.values.evaluate(operands, piped)

    def _operand(self) -> Operand:
        token = self._next()
        operand = self._term(token)
        if self._peek().kind == "field":
            if token.kind not in ("field", "variable", "open", "name"):
                says = f"`{self._peek().text}` cannot follow `{token.text}`"
                raise TemplateError(says, token.start, self._peek().end)
            while self._peek().kind == "field":
                operand.value = self.values.field(operand.value, self._next())
                operand.function = None
        return operand

    def _term(self, token: Token) -> Operand:
        value = Value("any", token.start, token.end)
        if token.kind == "name":
            function = self._function(token)
            return Operand(value, function, token.text)
        if token.kind == "open":
            self._deeper()
            value = self._pipeline("parentheses", "close", token)
            self._depth -= 1
        elif token.kind == "variable":
            value.type = self._variable(token)
        elif token.kind == "dot":
            value.type = self._scope.dot
        elif token.kind == "field":
            value = self.values.field(Value(self._scope.dot, token.start, token.start), token)
        elif token.kind == "string":
            check_string(token)
            value = Value("string", token.start, token.end, plain(token.text), constant=True)
        elif token.kind in ("number", "character"):
            value = Value(number_type(token), token.start, token.end, constant=True)
        elif token.kind == "bool":
            value = Value("bool", token.start, token.end, constant=True)
        return Operand(value)

    def _variable(self, token: Token) -> Type:
        for name, type_ in reversed(self._scope.variables):
            if name == token.text:
                self.values.reads_value |= name == "$value"
                return type_
        known = sorted({name for name, _ in self._scope.variables})
        near = get_close_matches(token.text, known, 1)
        hint = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}"
        if any(name == token.text for name, _ in _GIVEN):
            hint = 'a `define` knows no variable but `$`: hand over what it needs, `{{ template "x" . }}`'
        raise TemplateError(f"`{token.text}` is not defined", token.start, token.end, hint)

    def _function(self, token: Token) -> Function:
        found = FUNCTIONS.get(token.text)
        if found is None:
            near = get_close_matches(token.text, FUNCTIONS, 1)
            hint = f"did you mean `{near[0]}`?" if near else _HINTS.get(token.text, "")
            raise TemplateError(f"there is no function `{token.text}`", token.start, token.end, hint)
        if found.since and self._version < found.since:
            since = ".".join(map(str, found.since))
            says = f"the function `{token.text}` needs Prometheus {since}"
            raise TemplateError(says, token.start, token.end, _HINTS.get(token.text, ""))
        return found


def _unexpected(token: Token, context: str) -> TemplateError:
    if token.kind == "right":
        return TemplateError(f"the braces end too early after {context}", token.start, token.end)
    if token.kind == "close":
        return TemplateError("`)` closes nothing", token.start, token.end)
    says = f"`{token.text}` cannot stand here"
    hint = "text goes into double quotes" if token.kind == "other" else ""
    return TemplateError(says, token.start, token.end, hint)
