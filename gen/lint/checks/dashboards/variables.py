"""Variables that lead nowhere, and names that are no variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monogen.lint.check import check
from monogen.lint.checks.dashboards.examples import (
    DATASOURCE_VARIABLE,
    INSTANCE_VARIABLE,
    a_board,
    a_panel,
    example,
)
from monogen.lint.context import Context
from monogen.lint.documents import BoardItem, Expression
from monogen.lint.model import Change, Fix, Found, Keys
from monogen.lint.reading.board_parts import Use, listed, variable_uses
from monogen.lint.reading.data_sources import DataSources, is_prometheus
from monogen.lint.reading.filling import inputs_of, is_built_in, variables_of
from monogen.lint.reading.lenient import as_list, as_mapping
from monogen.promql import Matcher, selectors
from monogen.promql.placeholder import END, START

APPLIED_BY_GRAFANA = frozenset(("adhoc", "groupby", "system", "snapshot", "switch"))
"""Types of variables that work without being named anywhere."""

_DEVICE_VARIABLE = {
    **INSTANCE_VARIABLE,
    "name": "device",
    "label": "Device",
    "query": {
        "qryType": 1,
        "query": 'label_values(node_network_info{instance=~"$instance"}, device)',
        "refId": "Variable",
    },
}


def _sent(matcher: str) -> str:
    return f"rate(node_network_transmit_bytes_total{{{matcher}}}[$__rate_interval])"


@check(
    "MG612",
    "unused-variable",
    family="dashboards",
    severity="info",
    on="board",
    what="A variable that nothing on the board uses.",
    why="People choose something and nothing happens; and its query is asked at every load.",
    bad=example(a_board(variables=[DATASOURCE_VARIABLE, INSTANCE_VARIABLE, _DEVICE_VARIABLE])),
    good=example(a_board()),
)
def unused_variable(board: BoardItem, _: Context) -> Iterator[Found]:
    """Silent where links carry all variables to other boards, or library panels may use them."""
    if _passes_variables_on(board):
        return
    uses = variable_uses(board)
    for keys, data in _variables(board):
        name = data.get("name")
        if not isinstance(name, str) or data.get("type") in APPLIED_BY_GRAFANA:
            continue
        if not any(use.name == name and use.keys[: len(keys)] != keys for use in uses):
            message = f"nothing uses the variable `{name}`"
            yield Found((*keys, "name"), message, "use it in the expressions or leave it out")


def _passes_variables_on(board: BoardItem) -> bool:
    return (
        any(as_mapping(link).get("includeVars") for link in as_list(board.data.get("links")))
        or any(use.name in ("__all_variables", "__url_variables") for use in variable_uses(board))
        or any("libraryPanel" in panel.data for panel in board.panels)
    )


@check(
    "MG613",
    "undefined-variable",
    family="dashboards",
    severity="error",
    on="board",
    what="A variable that the board uses, in an expression or a data source, and does not define.",
    why="Grafana leaves the text as it is: a matcher looks for the letters `$host` and finds nothing, "
    "elsewhere the expression does not parse.",
    bad=example(a_board(a_panel(_sent('instance=~"$instance", device=~"$nic"')))),
    good=example(a_board(a_panel(_sent('instance=~"$instance", device!="lo"')))),
)
def undefined_variable(board: BoardItem, _: Context) -> Iterator[Found]:
    """Each name once, at its first place; what a deployment fills in (``${CLUSTER}``) weighs less."""
    if "snapshot" in board.data:
        return
    known = {*variables_of(board.data), *(data["name"] for data in inputs_of(board.data))}
    asked = {expression.keys for expression in _expressions(board)}
    told = set()
    for use in sorted(variable_uses(board), key=lambda use: [str(key).zfill(4) for key in use.keys]):
        name = use.name
        if name in known or name in told or name.isdigit() or is_built_in(name) or "__elements" in use.keys:
            continue
        if _is_read(use, asked) and not _is_capture(board, use):
            told.add(name)
            yield Found(
                use.keys,
                f"the board has no variable `{name}`",
                f"define it, or use one of {', '.join(f'`{known_name}`' for known_name in sorted(known))}"
                if known
                else "define it",
                use.span,
                severity="warning" if name.isupper() else None,
            )


def _is_read(use: Use, asked: set[Keys]) -> bool:
    """Whether Grafana makes something of it there: an expression, a data source, a repetition."""
    return use.keys in asked or use.keys[-1] == "repeat" or "datasource" in use.keys[-2:]


def _is_capture(board: BoardItem, use: Use) -> bool:
    """Whether it is a named group of a regular expression, or a class in brackets."""
    value = board.document.at(use.keys)
    return f"<{use.name}>" in value or value[use.span[0]] == "["


def _expressions(board: BoardItem) -> Iterator[Expression]:
    for panel in board.panels:
        yield from panel.expressions
    yield from board.expressions


def _variables(board: BoardItem) -> Iterator[tuple[Keys, Mapping[str, Any]]]:
    return listed(board.keys, board.data, "templating")


@check(
    "MG617",
    "several-values-compared-as-one",
    family="dashboards",
    severity="warning",
    on="board",
    fix="unsafe",
    what='`label="$x"` with a variable that takes several values or All.',
    why="Two chosen values become `(a|b)`, and All `.*`: no label has such a value, so the panel is empty "
    "until exactly one is chosen, and even then if a dot is in it.",
    bad=example(a_board(a_panel(_sent('instance="$instance", device!="lo"')))),
    good=example(a_board(a_panel(_sent('instance=~"$instance", device!="lo"')))),
)
def compared_as_one(board: BoardItem, _: Context) -> Iterator[Found]:
    """Matchers that hold the variable and nothing else."""
    variables = variables_of(board.data)
    for expression in _expressions(board):
        if expression.tree is None or START not in expression.text:
            continue
        text = expression.authors_text
        for selector in selectors(expression.tree):
            for matcher in selector.matchers:
                variable = variables.get(matcher.value[1:-1])
                whole = matcher.value.startswith(START) and matcher.value.endswith(END)
                if whole and variable and variable.several and matcher.op in ("=", "!="):
                    yield _as_regex(expression, text, matcher, variable.name)


def _as_regex(expression: Expression, text: str, matcher: Matcher, name: str) -> Found:
    start, end = expression.origin((matcher.start, matcher.end))
    operator = text.find(matcher.op, start + len(matcher.label))
    regex = {"=": "=~", "!=": "!~"}[matcher.op]
    change = Change(expression.keys, operator, operator + len(matcher.op), regex)
    return Found(
        expression.keys,
        f"`{matcher.label}{matcher.op}` compares with one value, and `{name}` may hold several",
        f"write `{text[start:operator]}{regex}{text[operator + len(matcher.op) : end]}`",
        (start, end),
        fix=Fix(f"match `{matcher.label}` as a regular expression", "unsafe", (change,)),
    )


@check(
    "MG618",
    "variable-never-asked-again",
    family="dashboards",
    severity="info",
    on="board",
    what="A variable with a query and without `refresh`.",
    why="Its values are those of the day somebody saved the board: a new host is missing from the list, a "
    "board from a file has an empty one.",
    bad=example(a_board(variables=[DATASOURCE_VARIABLE, {**INSTANCE_VARIABLE, "refresh": 0}])),
    good=example(a_board()),
)
def never_asked_again(board: BoardItem, _: Context) -> Iterator[Found]:
    """Variables that ask Prometheus only."""
    sources = DataSources(board.data)
    for keys, data in _variables(board):
        kind = sources.kind(data)
        if data.get("type") == "query" and not data.get("refresh") and (not kind or is_prometheus(kind)):
            message = f"the values of the variable `{data.get('name')}` are never asked for again"
            where = (*keys, "refresh") if "refresh" in data else keys
            yield Found(where, message, "set `refresh` to 2: when the time range changes")
