"""Finds the boards of a document, their panels, and every PromQL expression in them.

Boards are other people's JSON: nothing is where it should be, and whatever is not understood is passed over.
Panels lie at the top, in collapsed rows, in the ``rows`` of old boards, or among the library panels that an
export carries along. Expressions of other data sources (Loki, Tempo, SQL, expressions of the
server) are none of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from monogen.lint.documents import BoardItem, Document, Expression, PanelItem
from monogen.lint.model import Keys
from monogen.lint.reading.board_parts import listed
from monogen.lint.reading.data_sources import DataSources, is_prometheus
from monogen.lint.reading.filling import Filled, Variable, fill_in, variables_of
from monogen.lint.reading.lenient import as_list, as_text
from monogen.promql import Node, NotSupported, Unreadable, read
from msgspec import Struct, field

_LOG_PIPE = re.compile(r"\|")
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|`[^`]*(?:`|\Z)', re.DOTALL)

_LABEL_VALUES = re.compile(r"\s*label_values\s*\((?:(?P<inner>.+),)?[^,()]*\)\s*\Z", re.DOTALL)
_QUERY_RESULT = re.compile(r"\s*query_result\s*\((?P<inner>.+)\)\s*\Z", re.DOTALL)
_NO_EXPRESSION = re.compile(r"\s*(?:label_names|metrics)\s*\(.*\)\s*\Z", re.DOTALL)

UsedIn = Literal["panel", "variable", "annotation"]


def boards_of(document: Document) -> list[BoardItem]:
    """The board that a document of kind "dashboard" holds; none where it holds something else."""
    found = _board(document.data)
    if found is None:
        return []
    keys, data = found
    reader = _Reader(document, variables_of(data), DataSources(data))
    return [
        BoardItem(
            document=document,
            keys=keys,
            uid=as_text(data.get("uid")),
            title=as_text(data.get("title")),
            data=data,
            panels=tuple(reader.panel(where, panel) for where, panel in _panels(keys, data)),
            expressions=tuple(reader.of_board(keys, data)),
        )
    ]


class _Reader(Struct):
    """Reads expressions of one board; equal texts are filled in and read once."""

    document: Document
    variables: Mapping[str, Variable]
    sources: DataSources
    known: dict[str, tuple[Filled, Node | None, Unreadable | None]] = field(default_factory=dict)

    def panel(self, keys: Keys, data: Mapping[str, Any]) -> PanelItem:
        """A panel with the expressions of its targets."""
        title = as_text(data.get("title"))
        return PanelItem(
            document=self.document,
            keys=keys,
            title=title,
            type=as_text(data.get("type")),
            data=data,
            expressions=tuple(self._targets(keys, data, title)),
        )

    def of_board(self, keys: Keys, data: Mapping[str, Any]) -> Iterator[Expression]:
        """The expressions of variables, then those of annotations."""
        for where, variable in listed(keys, data, "templating"):
            if variable.get("type") == "query" and self._speaks(variable):
                yield from self._query(where, variable)
        for where, annotation in listed(keys, data, "annotations"):
            if not self._speaks(annotation):
                continue
            name = as_text(annotation.get("name"))
            yield from self._whole((*where, "expr"), annotation.get("expr"), "annotation", name)
            target = annotation.get("target")
            if isinstance(target, Mapping) and "expr" not in annotation:
                yield from self._whole((*where, "target", "expr"), target.get("expr"), "annotation", name)

    def _targets(self, keys: Keys, data: Mapping[str, Any], title: str) -> Iterator[Expression]:
        for index, target in enumerate(as_list(data.get("targets"))):
            if isinstance(target, Mapping) and self._speaks(target, data):
                where = (*keys, "targets", index, "expr")
                yield from self._whole(where, target.get("expr"), "panel", title)

    def _speaks(self, *holders: Mapping[str, Any]) -> bool:
        """Whether the data source is Prometheus, or may be. The nearest holder that says something counts."""
        kind = self.sources.kind(*holders)
        if kind:
            return is_prometheus(kind)
        expr = holders[0].get("expr")
        return not isinstance(expr, str) or not _LOG_PIPE.search(_STRINGS.sub("", expr))

    def _query(self, where: Keys, variable: Mapping[str, Any]) -> Iterator[Expression]:
        """The selector or expression within a variable's query."""
        query = variable.get("query")
        keys: Keys = (*where, "query")
        if isinstance(query, Mapping):
            query, keys = query.get("query"), (*keys, "query")
        if not isinstance(query, str) or not query:
            query, keys = variable.get("definition"), (*where, "definition")
        if not isinstance(query, str) or not query.strip() or _NO_EXPRESSION.match(query):
            return
        match = _LABEL_VALUES.match(query) or _QUERY_RESULT.match(query)
        name = as_text(variable.get("name"))
        if match is None:
            yield self._expression(keys, query, "variable", name)
        elif match["inner"] is not None and match["inner"].strip():
            yield self._expression(keys, match["inner"], "variable", name, match.start("inner"))

    def _whole(self, keys: Keys, text: Any, used_in: UsedIn, name: str) -> Iterator[Expression]:
        if isinstance(text, str) and text.strip():
            yield self._expression(keys, text, used_in, name)

    def _expression(self, keys: Keys, text: str, used_in: UsedIn, name: str, start: int = 0) -> Expression:
        """``start`` is where the expression begins in the value that the keys lead to."""
        if text not in self.known:
            self.known[text] = _understood(text, self.variables)
        filled, tree, unreadable = self.known[text]
        offsets = filled.offsets
        if start:
            offsets = tuple(start + offset for offset in offsets or range(len(text) + 1))
        return Expression(
            document=self.document,
            keys=keys,
            text=filled.text,
            tree=tree,
            used_in=used_in,
            name=name,
            unreadable=unreadable,
            offsets=offsets,
        )


def _understood(
    text: str, variables: Mapping[str, Variable]
) -> tuple[Filled, Node | None, Unreadable | None]:
    filled = fill_in(text, variables)
    if filled.open is not None:
        message = f"it depends on the variable `{filled.open_name}`, of which the board holds no value"
        return filled, None, NotSupported(message, *filled.open)
    try:
        return filled, read(filled.text), None
    except Unreadable as error:
        return filled, None, error


def _board(data: Any) -> tuple[Keys, Mapping[str, Any]] | None:
    """The board and the keys that lead to it: bare, wrapped as the API gives it, or a resource of API v1."""
    if not isinstance(data, Mapping):
        return None
    inner = data.get("dashboard")
    if isinstance(inner, Mapping) and "panels" not in data and "rows" not in data:
        return ("dashboard",), inner
    spec = data.get("spec")
    if isinstance(spec, Mapping) and "apiVersion" in data:
        return None if "elements" in spec else (("spec",), spec)
    return (), data


def _panels(keys: Keys, data: Mapping[str, Any]) -> Iterator[tuple[Keys, Mapping[str, Any]]]:
    """Every panel that is no row, in the order of the file, and the library panels of an export."""
    waiting = [(*keys, "panels")] if "panels" in data else []
    waiting += [(*keys, "rows", index, "panels") for index, _ in enumerate(as_list(data.get("rows")))]
    for start in waiting:
        yield from _panels_below(start, _at(data, start[len(keys) :]))
    elements = data.get("__elements")
    entries: Any = elements.items() if isinstance(elements, Mapping) else enumerate(as_list(elements))
    for key, element in entries:
        model = element.get("model") if isinstance(element, Mapping) else None
        if isinstance(model, Mapping):
            yield (*keys, "__elements", key, "model"), model


def _panels_below(keys: Keys, listed: Any) -> Iterator[tuple[Keys, Mapping[str, Any]]]:
    stack = [(keys, listed)]
    while stack:
        where, panels = stack.pop()
        rows = []
        for index, panel in enumerate(as_list(panels)):
            if not isinstance(panel, Mapping):
                continue
            if panel.get("type") != "row":
                yield (*where, index), panel
            if panel.get("panels"):
                rows.append(((*where, index, "panels"), panel["panels"]))
        stack += reversed(rows)


def _at(data: Any, keys: Keys) -> Any:
    for key in keys:
        if isinstance(data, Mapping):
            data = data.get(key)
        elif isinstance(data, list) and isinstance(key, int):
            data = data[key]
        else:
            return None
    return data
