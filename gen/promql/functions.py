"""What each function, aggregation operator and newer piece of syntax of PromQL is, and since when.

The facts are those of Prometheus' parser and changelog up to 3.16, read 2026-11. What is as old as 2.42
has no ``since``: nobody is told that it is too new.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

Type = Literal["instant", "range", "scalar", "string"]
Version = tuple[int, ...]

EXPERIMENTAL_FUNCTIONS = "promql-experimental-functions"
"""The feature flag of Prometheus that experimental functions and aggregations need."""


class Stage(Struct, frozen=True):
    """From which Prometheus on something works, and what it takes.

    ``since`` is the first version that has it (None: 2.42 or older), ``until`` the first that has it no
    more. An experimental thing works only with ``flag``, the name for ``--enable-feature``, until the
    version ``stable`` (None: still today).
    """

    since: Version | None = None
    until: Version | None = None
    flag: str = ""
    stable: Version | None = None

    @property
    def is_special(self) -> bool:
        """Whether it depends on the version at all."""
        return self is not ALWAYS

    def exists_in(self, version: Version) -> bool:
        """Whether that version has it at all, with or without a flag."""
        return not (self.since and version < self.since) and not (self.until and version >= self.until)

    def needs_flag_in(self, version: Version) -> bool:
        """Whether that version has it only with its feature flag."""
        return bool(self.flag) and not (self.stable and version >= self.stable)


ALWAYS = Stage()


class Function(Struct, frozen=True):
    """A function: what it takes and gives.

    ``args`` are the types of its arguments; at least ``least`` and at most ``most`` of them are given
    (None: any number), where the last type repeats. ``keeps_name`` says that results keep ``__name__``.
    ``wants`` is the kind of metric that gives a meaningful result, "" where any does: "histogram" means
    native histograms only.
    """

    name: str
    args: tuple[Type, ...]
    result: Type
    least: int
    most: int | None
    stage: Stage = ALWAYS
    keeps_name: bool = False
    wants: Literal["counter", "gauge", "histogram", ""] = ""

    @property
    def series(self) -> int | None:
        """Which argument is made of series, counted from 0; None where none is (``vector(1)``)."""
        return _SERIES.get(self.args)

    @property
    def experimental(self) -> bool:
        """Whether the newest Prometheus still has it behind a feature flag."""
        return bool(self.stage.flag) and self.stage.stable is None


class Operator(Struct, frozen=True):
    """An aggregation operator. ``param`` is the type of its first argument, None if it has none.

    ``picks`` says that it gives some of its input series as they are, with all labels and the name (topk);
    the others give one new series a group.
    """

    name: str
    param: Type | None = None
    picks: bool = False
    stage: Stage = ALWAYS


def _experimental(*since: int, stable: Version | None = None, flag: str = EXPERIMENTAL_FUNCTIONS) -> Stage:
    return Stage(since=since, flag=flag, stable=stable)


def _one(
    names: str, *args: Type, result: Type = "instant", optional: int = 0, repeats: bool = False
) -> tuple[Function, ...]:
    """Functions of one form. ``optional`` arguments may be left out, ``repeats``: any number of the last."""
    least = len(args) - 1 if repeats else len(args) - optional
    return tuple(
        Function(name, args, result, least, None if repeats else len(args)) for name in names.split()
    )


_PLAIN = (
    *_one(
        "abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin "
        "sinh sqrt tan tanh timestamp sort sort_desc start_timestamp "
        "histogram_count histogram_sum histogram_avg histogram_stddev histogram_stdvar",
        "instant",
    ),
    *_one("scalar", "instant", result="scalar"),
    *_one("vector", "scalar"),
    *_one("time pi start end range step", result="scalar"),
    *_one("min_of max_of", "scalar", "scalar", result="scalar"),
    *_one("clamp_max clamp_min", "instant", "scalar"),
    *_one("clamp", "instant", "scalar", "scalar"),
    *_one("round", "instant", "scalar", optional=1),
    *_one("days_in_month day_of_month day_of_week day_of_year hour minute month year", "instant", optional=1),
    *_one(
        "rate irate increase resets delta idelta deriv changes absent_over_time avg_over_time "
        "count_over_time first_over_time last_over_time mad_over_time max_over_time min_over_time "
        "present_over_time stddev_over_time stdvar_over_time sum_over_time "
        "ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time",
        "range",
    ),
    *_one("predict_linear", "range", "scalar"),
    *_one("double_exponential_smoothing holt_winters", "range", "scalar", "scalar"),
    *_one("integral", "range", "scalar", optional=1),
    *_one("quantile_over_time", "scalar", "range"),
    *_one("histogram_quantile", "scalar", "instant"),
    *_one("histogram_fraction", "scalar", "scalar", "instant"),
    Function("histogram_quantiles", ("instant", "string", "scalar", "scalar"), "instant", 3, 12),
    *_one("label_replace", "instant", "string", "string", "string", "string"),
    *_one("label_join", "instant", "string", "string", "string", repeats=True),
    *_one("sort_by_label sort_by_label_desc", "instant", "string", repeats=True),
    *_one("info", "instant", "instant", optional=1),
)

_SERIES: Mapping[tuple[Type, ...], int] = {
    args: place
    for args in {plain.args for plain in _PLAIN}
    for place, kind in reversed(tuple(enumerate(args)))
    if kind in ("instant", "range")
}

_STAGES: Mapping[str, Stage] = {
    "histogram_stddev": Stage(since=(2, 47)),
    "histogram_stdvar": Stage(since=(2, 47)),
    "mad_over_time": _experimental(2, 49),
    "sort_by_label": _experimental(2, 49),
    "sort_by_label_desc": _experimental(2, 49),
    "histogram_avg": Stage(since=(2, 51)),
    "holt_winters": Stage(until=(3, 0)),
    "double_exponential_smoothing": _experimental(3, 0),
    "info": _experimental(3, 0),
    "ts_of_last_over_time": _experimental(3, 5),
    "ts_of_max_over_time": _experimental(3, 5),
    "ts_of_min_over_time": _experimental(3, 5),
    "first_over_time": _experimental(3, 7, stable=(3, 14)),
    "ts_of_first_over_time": _experimental(3, 7),
    "histogram_quantiles": _experimental(3, 11),
    "start": _experimental(3, 12),
    "end": _experimental(3, 12),
    "range": _experimental(3, 12),
    "step": _experimental(3, 12),
    "min_of": _experimental(3, 13),
    "max_of": _experimental(3, 13),
    "start_timestamp": _experimental(3, 14, flag="use-start-timestamps"),
    "integral": _experimental(3, 16),
}

_KEEPS_NAME = frozenset(
    (
        "first_over_time",
        "info",
        "label_join",
        "label_replace",
        "last_over_time",
        "sort",
        "sort_by_label",
        "sort_by_label_desc",
        "sort_desc",
    )
)

_WANTS: Mapping[str, Literal["counter", "gauge", "histogram"]] = {
    **dict.fromkeys(("rate", "irate", "increase", "resets"), "counter"),
    **dict.fromkeys(
        ("delta", "idelta", "deriv", "predict_linear", "double_exponential_smoothing", "holt_winters"),
        "gauge",
    ),
    **dict.fromkeys(
        ("histogram_count", "histogram_sum", "histogram_avg", "histogram_stddev", "histogram_stdvar"),
        "histogram",
    ),
}


def _filled(plain: Function) -> Function:
    """The function with what the tables above say of it."""
    return Function(
        plain.name,
        plain.args,
        plain.result,
        plain.least,
        plain.most,
        stage=_STAGES.get(plain.name, ALWAYS),
        keeps_name=plain.name in _KEEPS_NAME,
        wants=_WANTS.get(plain.name, ""),
    )


FUNCTIONS: Mapping[str, Function] = MappingProxyType({plain.name: _filled(plain) for plain in _PLAIN})
"""Every function by its name, those of newer and older versions included."""

_OPERATORS = (
    *map(Operator, ("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar")),
    Operator("count_values", "string"),
    Operator("quantile", "scalar"),
    Operator("topk", "scalar", picks=True),
    Operator("bottomk", "scalar", picks=True),
    Operator("limitk", "scalar", picks=True, stage=_experimental(2, 54)),
    Operator("limit_ratio", "scalar", picks=True, stage=_experimental(2, 54)),
)

OPERATORS: Mapping[str, Operator] = MappingProxyType({operator.name: operator for operator in _OPERATORS})
"""Every aggregation operator by its name."""

PICKING = frozenset(operator.name for operator in _OPERATORS if operator.picks)
"""The operators that give some of their input series as they are."""

RATES = frozenset({"rate", "irate", "increase"})
"""The functions that tell how fast a counter grows, and need two samples in their window."""

SYNTAX: Mapping[str, Stage] = MappingProxyType(
    {
        "a duration as a number": Stage(since=(2, 54)),
        "a quoted name": Stage(since=(3, 0)),
        "an expression as a duration": Stage(since=(3, 4), flag="promql-duration-expr", stable=(3, 14)),
        "anchored": Stage(since=(3, 7), flag="promql-extended-range-selectors", stable=(3, 16)),
        "smoothed": Stage(since=(3, 7), flag="promql-extended-range-selectors", stable=(3, 16)),
        "fill": Stage(since=(3, 10), flag="promql-binop-fill-modifiers"),
        "trimming a histogram": Stage(since=(3, 11)),
    }
)
"""Pieces of syntax that are newer than 2.42 (negative offsets and ``@`` are older)."""
