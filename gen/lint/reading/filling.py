"""Fills a board's variables into its expressions so that PromQL can be read from them.

Within a string literal a variable mostly becomes a placeholder, "whatever was chosen", since the linter asks
whether a panel can give data, not whether it does for one choice. Outside of strings PromQL needs
something to read: a duration, a number, a part of a name. That is the variable's saved value where it
has one. An expression that hangs on a variable without one is said to be not supported, never wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from monogen.dashboards.interpolation import ALL, VARIABLE, fill
from monogen.promql.placeholder import placeholder
from msgspec import Struct

DURATION = re.compile(r"(?:\d+(?:ms|[smhdwy]))+|\d+")

DEFAULT_DURATION = "5m"
DEFAULT_NUMBER = "5"

BUILT_IN_VALUES: dict[str, str] = {
    "__rate_interval": "2m",
    "__interval": DEFAULT_DURATION,
    "__range": "1h",
    "__interval_ms": "300000",
    "__rate_interval_ms": "120000",
    "__range_s": "3600",
    "__range_ms": "3600000",
    "__from": "1700000000000",
    "__to": "1700003600000",
    "__org": "1",
}
"""What stands for Grafana's own variables outside of strings."""


def is_built_in(name: str) -> bool:
    """Whether Grafana itself knows the name; it lets nobody call a variable ``__...``."""
    return name.startswith("__") or name == "timeFilter"


_CALLS_WITH_NUMBER = re.compile(
    r"\b(?:topk|bottomk|limitk|quantile|histogram_quantile|quantile_over_time)\b[^()]*\(\s*$"
)
_COMPARISON = re.compile(r"(?:[<>]=?|[=!]=)\s*(?:bool\s*)?$")
_OFFSET = re.compile(r"\boffset\s+-?\s*$", re.IGNORECASE)
_UNIT = re.compile(r"(?:ms|[smhdwy])\b")
_LOOK_BACK = 60
"""Characters before a variable that say what is wanted there."""

_PIECE = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*(?:"|\\?\Z)|' + r"'(?:[^'\\]|\\.)*(?:'|\\?\Z)|`[^`]*(?:`|\Z))|"
    r"(?P<comment>\#[^\n]*)|" + VARIABLE.pattern,
    re.DOTALL,
)


class Variable(Struct, frozen=True):
    """A variable as it was saved. ``values`` are the chosen ones, without All; ``options`` the others.

    ``several`` says whether more than one value, or All, can be chosen.
    """

    name: str
    type: str
    query: str
    values: tuple[str, ...]
    options: tuple[str, ...]
    several: bool

    @property
    def fixed(self) -> str | None:
        """The only value it can have, if that is so."""
        if self.type == "constant":
            return self.query or next(iter((*self.values, *self.options)), None)
        if self.type == "custom" and not self.several and len(self.options) == 1:
            return self.options[0]
        return None

    @property
    def value(self) -> str | list[str] | None:
        """What it is now: the saved choice, else the first option."""
        if len(self.values) > 1:
            return list(self.values)
        return next(iter((*self.values, *self.options)), None)

    @property
    def duration(self) -> str | None:
        """The first of its values that is a duration."""
        return next((v for v in (*self.values, *self.options) if DURATION.fullmatch(v)), None)


class Filled(Struct, frozen=True):
    """A text with variables filled in. ``offsets`` as in Expression, None where nothing was changed.

    ``open`` are the characters of ``text`` where a variable without a value was left as it is.
    """

    text: str
    offsets: tuple[int, ...] | None = None
    open: tuple[int, int] | None = None
    open_name: str = ""


def variables_of(board: Mapping[str, Any]) -> dict[str, Variable]:
    """The board's variables by name, the inputs of an export that are constants included."""
    templating = board.get("templating")
    listed = templating.get("list") if isinstance(templating, Mapping) else None
    found = {}
    for data in listed if isinstance(listed, list) else []:
        if isinstance(data, Mapping) and isinstance(data.get("name"), str):
            found[data["name"]] = _variable(data)
    for data in inputs_of(board):
        if data.get("type") == "constant" and data["name"] not in found:
            value = _text(data.get("value"))
            found[data["name"]] = Variable(data["name"], "constant", value, (), (), several=False)
    return found


def inputs_of(board: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What an exported board asks for at its import."""
    inputs = board.get("__inputs")
    listed = inputs if isinstance(inputs, list) else []
    return [data for data in listed if isinstance(data, Mapping) and isinstance(data.get("name"), str)]


def uses(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """The variables that a text names, from left to right."""
    if "$" in text or "[[" in text:
        for match in VARIABLE.finditer(text):
            yield _name(match), match


def fill_in(text: str, variables: Mapping[str, Variable]) -> Filled:
    """The expression with variables filled in."""
    if "$" not in text and "[[" not in text:
        return Filled(text)
    parts: list[str] = []
    offsets: list[int] = []
    position = 0
    unfilled: tuple[int, int] | None = None
    unfilled_name = ""
    for match, new in _replacements(text, variables):
        start = match.start()
        parts.append(text[position:start])
        offsets.extend(range(position, start))
        if new is None:
            unfilled_name = unfilled_name or _name(match)
            unfilled = unfilled or (len(offsets), len(offsets) + len(match[0]))
            new = match[0]  # noqa: PLW2901 - it stays as it is
        parts.append(new)
        offsets.extend([start] * len(new))
        position = match.end()
    if not parts:
        return Filled(text)
    parts.append(text[position:])
    offsets.extend(range(position, len(text) + 1))
    return Filled("".join(parts), tuple(offsets), unfilled, unfilled_name)


def _replacements(text: str, variables: Mapping[str, Variable]) -> Iterator[tuple[re.Match[str], str | None]]:
    """Every variable with what takes its place; None where there is nothing to take."""
    for piece in _PIECE.finditer(text):
        if piece["comment"] is not None:
            continue
        if piece["string"] is None:
            yield piece, _outside(piece, text, variables)
            continue
        for match in VARIABLE.finditer(text, piece.start(), piece.end()):
            new = _in_string(match, text[piece.start()], text, variables)
            if new is not None:
                yield match, new


def _in_string(match: re.Match[str], quote: str, text: str, variables: Mapping[str, Variable]) -> str | None:
    """What takes a variable's place in a string literal; None where it is no variable, as in ``"$1"``."""
    name = _name(match)
    variable = variables.get(name)
    if variable is None:
        capture = name.isdigit() or f"<{name}>" in text
        return None if capture or match["old"] else placeholder(name)
    fixed = variable.fixed
    if fixed is None or quote in fixed or "\n" in fixed:
        return placeholder(name)
    return fill(match[0], {name: fixed})


def _outside(match: re.Match[str], text: str, variables: Mapping[str, Variable]) -> str | None:
    """What takes a variable's place outside of strings."""
    name = _name(match)
    variable = variables.get(name)
    before = text[max(0, match.start() - _LOOK_BACK) : match.start()]
    if before.rfind("[") > before.rfind("]") or _OFFSET.search(before):
        return _duration(name, variable, before, _UNIT.match(text, match.end()) is not None)
    if match["format"] in ("doublequote", "singlequote"):
        return f'"{placeholder(name)}"'
    if variable is None and name in BUILT_IN_VALUES:
        return BUILT_IN_VALUES[name]
    value = variable.value if variable else None
    if value is not None:
        return _formatted(match, name, value)
    wants_number = _COMPARISON.search(before) or _CALLS_WITH_NUMBER.search(before)
    return DEFAULT_NUMBER if wants_number else None


def _formatted(match: re.Match[str], name: str, value: str | list[str]) -> str:
    separator = {"csv": ",", "pipe": "|"}.get(match["format"] or "")
    if separator and not isinstance(value, str):
        return separator.join(value)
    return fill(match[0], {name: value})


def _duration(name: str, variable: Variable | None, before: str, has_unit: bool) -> str:
    """A duration, or the number or the unit that completes one."""
    if before[-1:].isdigit():
        value = variable.value if variable else None
        return value if isinstance(value, str) else "m"
    known = variable.duration if variable else BUILT_IN_VALUES.get(name)
    if has_unit:
        return known if known and known.isdigit() else DEFAULT_NUMBER
    return known or DEFAULT_DURATION


def _variable(data: Mapping[str, Any]) -> Variable:
    current = data.get("current")
    chosen = _texts(current.get("value") if isinstance(current, Mapping) else None)
    listed = data.get("options")
    options = (
        [_text(o.get("value")) for o in listed if isinstance(o, Mapping)] if isinstance(listed, list) else []
    )
    query = data.get("query")
    type_ = _text(data.get("type"))
    if type_ in ("custom", "interval") and isinstance(query, str):
        options += [option for option in _split(query) if option not in options]
    elif type_ == "textbox" and isinstance(query, str):
        options.append(query)
    return Variable(
        name=data["name"],
        type=type_,
        query=query if isinstance(query, str) else "",
        values=tuple(_real(chosen)),
        options=tuple(_real(options)),
        several=bool(data.get("multi")) or bool(data.get("includeAll")),
    )


def _split(query: str) -> Iterator[str]:
    """The values of a custom variable's ``a,b\\,c,Name : d``."""
    for part in re.findall(r"(?:\\,|[^,])+", query):
        text = part.replace("\\,", ",").strip()
        yield re.split(r"\s+:\s+", text, maxsplit=1)[-1]


def _real(values: Iterable[str]) -> Iterator[str]:
    return (value for value in values if value and value != ALL and not value.startswith("$__auto"))


def _texts(value: Any) -> list[str]:
    return [_text(item) for item in value] if isinstance(value, list) else [_text(value)]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _name(match: re.Match[str]) -> str:
    name = match["plain"] or match["old"] or match["name"]
    return name if isinstance(name, str) else ""
