"""The functions that a template of an alert may call: Prometheus' own, and those of Go's text/template.

Read from Prometheus' template reference and tried on 2.42 and 3.5; those with ``since`` are too new for both
and follow from release notes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

Type = Literal["any", "string", "float", "int", "bool", "root", "labels", "external", "samples", "sample"]
"""What a value is, as far as it is known. "root" is the dot an alert's template begins with."""

Version = tuple[int, ...]


class Function(Struct, frozen=True):
    """A function that takes ``least`` to ``most`` arguments (None: any number) of the types ``args``.

    ``since`` is the first Prometheus that has it, None where 2.42 has it already.
    """

    least: int
    most: int | None
    args: tuple[Type, ...] = ()
    gives: Type = "string"
    since: Version | None = None


_TEXT = Function(1, 1, ("string",))
_NUMBER = Function(1, 1, ("any",))
_ANY_NUMBER_OF = Function(0, None)
_COMPARISON = Function(2, 2, ("any", "any"), "bool")

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "query": Function(1, 1, ("string",), "samples"),
        "first": Function(1, 1, ("samples",), "sample"),
        "label": Function(2, 2, ("string", "sample")),
        "value": Function(1, 1, ("sample",), "float"),
        "strvalue": Function(1, 1, ("sample",)),
        "sortByLabel": Function(2, 2, ("string", "samples"), "samples"),
        "args": Function(0, None, gives="any"),
        "humanize": _NUMBER,
        "humanize1024": _NUMBER,
        "humanizeDuration": _NUMBER,
        "humanizePercentage": _NUMBER,
        "humanizeTimestamp": _NUMBER,
        "toTime": Function(1, 1, ("any",), "any"),
        "toDuration": Function(1, 1, ("any",), "any", since=(3, 6)),
        "now": Function(0, 0, gives="float", since=(3, 6)),
        "parseDuration": Function(1, 1, ("string",), "float"),
        "title": _TEXT,
        "toUpper": _TEXT,
        "toLower": _TEXT,
        "match": Function(2, 2, ("string", "string"), "bool"),
        "reReplaceAll": Function(3, 3, ("string", "string", "string")),
        "graphLink": _TEXT,
        "tableLink": _TEXT,
        "stripPort": _TEXT,
        "stripDomain": _TEXT,
        "safeHtml": _TEXT,
        "urlQueryEscape": Function(1, 1, ("string",), since=(3, 8)),
        "externalURL": Function(0, 0),
        "pathPrefix": Function(0, 0),
        # Go's own.
        "and": Function(1, None, gives="any"),
        "or": Function(1, None, gives="any"),
        "not": Function(1, 1, ("any",), "bool"),
        "len": Function(1, 1, ("any",), "int"),
        "index": Function(1, None, gives="any"),
        "slice": Function(1, 4, gives="any"),
        "call": Function(1, None, gives="any"),
        "print": _ANY_NUMBER_OF,
        "println": _ANY_NUMBER_OF,
        "printf": Function(1, None, ("string",)),
        "html": _ANY_NUMBER_OF,
        "js": _ANY_NUMBER_OF,
        "urlquery": _ANY_NUMBER_OF,
        "eq": Function(2, None, gives="bool"),
        "ne": _COMPARISON,
        "lt": _COMPARISON,
        "le": _COMPARISON,
        "gt": _COMPARISON,
        "ge": _COMPARISON,
    }
)

COMPARISONS = frozenset({"eq", "ne", "lt", "le", "gt", "ge"})

ELSE_WITH: Version = (2, 55)
"""The first Prometheus built with a Go (1.23) that reads ``{{ else with ... }}``."""
