"""Plain data as YAML that people review in a pull request.

Block style, keys in the order given, two spaces, sequences at their parent's column (as
``kubectl get -o yaml`` prints them), texts of several lines as literal blocks, no line ever folded.
A string stands plain only where every reader of YAML 1.1 and 1.2 takes it for that same string.

Why own code: PyYAML cannot write single entries on one line inside a block document, and it is slow.
10,000 scrape targets of five labels (CPython 3.11, 2026-11-23): PyYAML's Python dumper 1.8 s, its C
dumper 0.63 s, this module 0.05 s on one line each and 0.13 s as blocks (``tests/bench/yaml_speed.py``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring as _json_string
from typing import TypeGuard

from monogen.output.flow import Flow

# Characters that are written as escapes: controls, the line ends only some readers know (\x85, U+2028),
# spaces that look like a space and are none, and what hides or reorders text in a review (zero width,
# bidirectional controls, tags). A fixed set, not str.isprintable(): that changes with Python's Unicode
# tables, and the output must not. The tab and the newline are dealt with where they occur.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\uffff\U000e0000-\U000e0fff]"
)
# The first character is no YAML indicator, no digit, sign or dot: nothing that could begin a number,
# a date, a merge key or a document mark: a letter, _, /, ( or anything from U+00C0 on. Written as what it is
# not, since Python takes ten times as long to compile a class that reaches to U+10FFFF.
_PLAIN = re.compile(r"[^\x00-'\)-.0-@\[-^`{-\xbf][^\t\n]*")
_DURATION = re.compile(r"(?:[0-9]+(?:ms|[smhdwy]))+")
_ENDS_PLAIN = re.compile(r": | #|[: ]$")
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
# What YAML 1.1 or a reader of it takes for a boolean, null or number, in any case.
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"])
_UNSEEN_IN_BLOCK = re.compile(r"^\t|[ \t]$|\A\n*\Z", re.MULTILINE)
# Readers give up on a key after 1,024 characters.
_LONGEST_KEY = 1000


def document(value: object) -> str:
    """Give ``value`` as one YAML document that ends with a newline, without ``---``.

    ``value`` is made of dict, list, tuple, str, int, float, bool, None and Flow; the keys are strings.
    Raises TypeError for anything else, and ValueError for what no YAML reader could give back: a lone
    surrogate, a key of more than 1,000 characters.
    """
    lines: list[str] = []
    if isinstance(value, Mapping) and value:
        _mapping(value, "", "", lines)
    elif _is_sequence(value) and value:
        _sequence(value, "", "", lines)
    elif isinstance(value, str):
        # Readers differ on the indentation of a literal block that is the whole document.
        lines.append(_line(value))
    else:
        lines.append(_leaf(value, ""))
    return "\n".join(lines) + "\n"


def _is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray)


def _mapping(mapping: Mapping[str, object], first: str, rest: str, lines: list[str]) -> None:
    """Append the entries; ``first`` stands before the first key ("- " in a sequence), ``rest`` after it."""
    before = first
    for key, value in mapping.items():
        head = f"{before}{_key(key)}:"
        if isinstance(value, Mapping) and value:
            lines.append(head)
            _mapping(value, rest + "  ", rest + "  ", lines)
        elif _is_sequence(value) and value:
            lines.append(head)
            _sequence(value, rest, rest, lines)
        else:
            lines.append(f"{head} {_leaf(value, rest)}")
        before = rest


def _sequence(sequence: Sequence[object], first: str, rest: str, lines: list[str]) -> None:
    """Append the items, each after ``- ``; ``first`` and ``rest`` as in _mapping."""
    before = first
    for item in sequence:
        if isinstance(item, Mapping) and item:
            _mapping(item, before + "- ", rest + "  ", lines)
        elif _is_sequence(item) and item:
            _sequence(item, before + "- ", rest + "  ", lines)
        else:
            lines.append(f"{before}- {_leaf(item, rest)}")
        before = rest


def _leaf(value: object, indentation: str) -> str:
    """Give what follows ``key: `` or ``- ``; only a literal block has more than one line."""
    if isinstance(value, Flow):
        return _flow(value.value)
    if isinstance(value, str):
        return _block(value, indentation) if "\n" in value else _line(value)
    if isinstance(value, Mapping) or _is_sequence(value):
        return "{}" if isinstance(value, Mapping) else "[]"
    return _number(value)


def _number(value: object) -> str:
    """Give null, a boolean, an int or a float as all readers take it; PyYAML wants 1.0e+16, not 1e+16."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if not isinstance(value, float):
        raise TypeError(f"cannot write {type(value).__name__} as YAML: {value!r}")
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    mantissa, e, exponent = float.__repr__(value).partition("e")
    return f"{mantissa}{'' if '.' in mantissa else '.0'}{e}{exponent}"


def _hides(text: str) -> bool:
    """Whether some character must be written as an escape."""
    return not (text.isascii() and text.isprintable()) and _HIDDEN.search(text) is not None


def _line(text: str) -> str:
    """Give a string on one line: plain, or single-quoted where that saves escapes, or double-quoted."""
    if _hides(text):
        return _quoted(text)
    if _PLAIN.fullmatch(text):
        if not _ENDS_PLAIN.search(text) and text.lower() not in _WORDS:
            return text
    elif _DURATION.fullmatch(text):
        return text
    if ("\\" in text or '"' in text) and not any(c in text for c in "'\n\t"):
        return f"'{text}'"
    return _quoted(text)


def _quoted(text: str) -> str:
    """Give a string in double quotes with JSON's escapes, and YAML's for what JSON leaves as it is."""
    quoted = _json_string(text)
    return _HIDDEN.sub(_escape, quoted) if _hides(quoted) else quoted


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004  the surrogates
        raise ValueError(f"a lone surrogate (U+{code:04X}) is no character and cannot be written")
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  the width of \u


def _block(text: str, indentation: str) -> str:
    """Give a text of several lines as a literal block, or quoted where nobody could see its spaces."""
    if _hides(text.replace("\n", "")) or _UNSEEN_IN_BLOCK.search(text):
        return _quoted(text)
    ends = min(len(text) - len(text.rstrip("\n")), 2)
    # Without the number a reader takes the first line's spaces for indentation.
    width = "2" if text[0] in " \n" else ""
    lines = text.removesuffix("\n").split("\n")
    inner = "\n".join(line and f"{indentation}  {line}" for line in lines)
    return f"|{width}{('-', '', '+')[ends]}\n{inner}"


@lru_cache(maxsize=4096)
def _key(key: str) -> str:
    """Give a key, plain where it cannot be taken for anything but a string."""
    if isinstance(key, str) and _PLAIN_KEY.fullmatch(key) and key.lower() not in _WORDS:
        return _of_bearable_length(key)
    return _flow_key(key)


@lru_cache(maxsize=4096)
def _flow_key(key: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key must be a string, not {type(key).__name__}: {key!r}")
    return _of_bearable_length(_quoted(key))


def _of_bearable_length(key: str) -> str:
    if len(key) > _LONGEST_KEY:
        raise ValueError(f"a key of {len(key)} characters is too long for YAML: {key[:40]}...")
    return key


def _flow(value: object) -> str:
    """Give a node on one line. The case of each type is looked up first: this is the hot path."""
    write = _FLOW.get(type(value))
    if write is not None:
        return write(value)
    for kind, write in _FLOW.items():  # a subclass, such as an OrderedDict or a StrEnum
        if isinstance(value, kind):
            return write(value)
    if isinstance(value, Mapping):
        return _flow_mapping(value)
    return _number(value)


def _flow_mapping(mapping: Mapping[str, object]) -> str:
    return "{" + ", ".join([f"{_flow_key(k)}: {_flow(v)}" for k, v in mapping.items()]) + "}"


def _flow_sequence(sequence: Sequence[object]) -> str:
    return "[" + ", ".join(map(_flow, sequence)) + "]"


def _flow_flow(value: Flow) -> str:
    return _flow(value.value)


_FLOW: Mapping[type, Callable[..., str]] = {
    str: _quoted,
    dict: _flow_mapping,
    list: _flow_sequence,
    tuple: _flow_sequence,
    Flow: _flow_flow,
}
