"""Follows the values of a template as far as they are known without an alert that fires.

What is found here parses: it fails, or prints nonsense, when the alert fires.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from monogen.gotemplate.functions import COMPARISONS, Function, Type
from monogen.gotemplate.tokens import Token
from msgspec import Struct

_FIELDS: Mapping[str, Mapping[str, Type]] = {
    "root": {"Labels": "labels", "ExternalLabels": "external", "ExternalURL": "string", "Value": "float"},
    "sample": {"Labels": "external", "Value": "float"},
}
_NO_FIELDS = frozenset({"string", "float", "int", "bool", "samples"})
_VERB = re.compile(r"%(?:%|[-+# 0]*(\*|\d+)?(?:\.(\*|\d+)?)?(\[\d+\])?([a-zA-Z]))")
_VERBS_OF_FLOATS = frozenset("vTbeEfFgGxX")

ELEMENTS: Mapping[str, Type] = {"samples": "sample", "labels": "string", "external": "string"}
"""What one goes through in a ``range``."""

_WORDS: Mapping[str, str] = {
    "any": "value",
    "string": "text",
    "float": "number with fractions",
    "int": "whole number",
    "bool": "truth value",
    "root": "whole alert",
    "labels": "set of labels",
    "external": "set of labels",
    "samples": "list of samples",
    "sample": "sample",
}


class Remark(Struct, frozen=True):
    """Something wrong. ``loads`` says that Prometheus takes the template and fails when the alert fires."""

    message: str
    hint: str
    start: int
    end: int
    loads: bool


class LabelRead(Struct, frozen=True):
    """A label of the alert that the template reads, where it stands."""

    name: str
    start: int
    end: int


class Query(Struct, frozen=True):
    """PromQL that the template asks Prometheus for; ``start`` is where the text within its quotes begins."""

    text: str
    start: int


class Value(Struct):
    """The result of an operand: its type, where it stands, and its text if it is a constant string."""

    type: Type
    start: int
    end: int
    text: str | None = None
    constant: bool = False


class Operand(Struct):
    """One operand of a command; ``function`` is set where it names one, with its ``name``."""

    value: Value
    function: Function | None = None
    name: str = ""


class Values:
    """Collects what goes wrong with values, and which labels are read."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self.remarks: list[Remark] = []
        self.labels: list[LabelRead] = []
        self.queries: list[Query] = []
        self.reads_value = False

    def fails(self, message: str, start: int, end: int, hint: str = "") -> None:
        """Note what goes wrong when the alert fires."""
        self.remarks.append(Remark(message, hint, start, end, loads=True))

    def field(self, value: Value, token: Token) -> Value:
        """The value of ``.name`` of a value; ``token`` is the dot and the name."""
        name = token.text[1:]
        result: Type = "any"
        if value.type == "labels":
            self.labels.append(LabelRead(name, token.start + 1, token.end))
            result = "string"
        elif value.type == "external":
            result = "string"
        elif value.type in _FIELDS:
            fields = _FIELDS[value.type]
            self.reads_value |= value.type == "root" and name == "Value"
            if name not in fields:
                self.fails(
                    f"`{token.text}` does not exist", token.start, token.end, _known_fields(name, fields)
                )
            result = fields.get(name, "any")
        elif value.type in _NO_FIELDS:
            self.fails(f"a {_WORDS[value.type]} has no `{token.text}`", token.start, token.end)
        return Value(result, value.start, token.end)

    def evaluate(self, operands: list[Operand], piped: Value | None) -> Value:
        """The value of a command; ``piped`` is what stands before its ``|`` and becomes the last argument."""
        first, given = operands[0], [operand.value for operand in operands[1:]]
        if piped is not None:
            given.append(piped)
        for operand in operands[1:]:
            if operand.function is not None:
                operand.value.type = self._call(operand.function, operand.name, operand.value, [])
        if first.function is not None:
            type_ = self._call(first.function, first.name, first.value, given)
            return Value(type_, first.value.start, given[-1].end if given else first.value.end)
        if given and first.value.type != "any":
            hint = "a function goes before its argument, or behind `|`"
            says = "this is no function and takes no argument"
            self.fails(says, first.value.start, first.value.end, hint)
        return first.value

    def _call(self, function: Function, name: str, at: Value, given: list[Value]) -> Type:
        count = len(given)
        if count < function.least or (function.most is not None and count > function.most):
            self.fails(f"`{name}` takes {_arguments(function)}, here {_are(count)}", at.start, at.end)
            return function.gives
        for number, value in enumerate(given):
            wanted = function.args[number] if number < len(function.args) else "any"
            if not _fits(value.type, wanted):
                says = f"`{name}` wants a {_WORDS[wanted]} here, and this is a {_WORDS[value.type]}"
                hint = 'turn it into text: `printf "%v" $value`' if wanted == "string" else ""
                self.fails(says, value.start, value.end, hint)
                return function.gives
        if name in COMPARISONS:
            self._compare(name, given)
        if name == "index":
            return self._index(given)
        if name == "printf":
            self._printf(given)
        if name == "query" and given[0].text is not None:
            self.queries.append(Query(given[0].text, given[0].start + 1))
        return function.gives

    def _compare(self, name: str, given: list[Value]) -> None:
        types = {value.type for value in given}
        if len(types) < len(given) or not types <= {"string", "float", "int", "bool"}:
            return
        odd = next((value for value in given if value.constant), given[-1])
        hint = "write the number with a dot: `5.0`" if types == {"float", "int"} else ""
        first, second = (_WORDS[value.type] for value in given[:2])
        self.fails(f"`{name}` cannot compare a {first} with a {second}", odd.start, odd.end, hint)

    def _index(self, given: list[Value]) -> Type:
        if given[0].type not in ("labels", "external") or len(given) != 2:  # noqa: PLR2004 - map and key
            return ELEMENTS.get(given[0].type, "any") if len(given) == 2 else "any"  # noqa: PLR2004
        key = given[1]
        if given[0].type == "labels" and key.text is not None:
            self.labels.append(LabelRead(key.text, key.start + 1, key.end - 1))
        return "string"

    def _printf(self, given: list[Value]) -> None:
        """Verbs against arguments: ``printf "%d" $value`` gives ``%!d(float64=3)``."""
        text = given[0].text
        if text is None:
            return
        values = iter(given[1:])
        for verb in _VERB.finditer(text):
            if verb[0] == "%%":
                continue
            if verb[3] or "*" in (verb[1], verb[2]):
                return
            value = next(values, None)
            if value is None:
                self.fails(f"`{verb[0]}` has no argument", given[0].start, given[0].end)
                return
            if value.type == "float" and verb[4] not in _VERBS_OF_FLOATS:
                says = f"`{verb[0]}` does not print a number with fractions such as `$value`"
                self.fails(says, given[0].start, given[0].end, "use `%.0f` or `%v`")
                return
        extra = next(values, None)
        if extra is not None:
            says = "`printf` has more arguments than its text has places, and prints `%!(EXTRA ...)`"
            self.fails(says, extra.start, extra.end)


def _fits(type_: Type, wanted: Type) -> bool:
    return "any" in (type_, wanted) or type_ == wanted


def _arguments(function: Function) -> str:
    if function.most is None:
        return f"at least {_count(function.least)}"
    if function.least != function.most:
        return f"{function.least} to {_count(function.most)}"
    return _count(function.least)


def _count(number: int) -> str:
    return "no argument" if number == 0 else "1 argument" if number == 1 else f"{number} arguments"


def _are(number: int) -> str:
    return "is none" if number == 0 else "is 1" if number == 1 else f"are {number}"


def _known_fields(name: str, fields: Mapping[str, Type]) -> str:
    near = get_close_matches(name.title(), fields, 1, 0.7)
    if near:
        return f"did you mean `.{near[0]}`?"
    if name[:1].islower():
        return f"a label is read by `$labels.{name}`"
    return f"known: {', '.join('.' + known for known in fields)}"
