"""The text of a page, as the client library of that exporter writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import isinf, isnan

from monogen.live.simulate.distribution import Distribution
from monogen.live.simulate.layout import Family, Series
from monogen.live.simulate.machine import View
from monogen.live.simulate.manners import Style

_NOTHING = Distribution()
_QUANTILES = ("0", "0.25", "0.5", "0.75", "1")


def page(families: Sequence[Family], style: Style, view: View) -> str:
    """All families with the values of ``view``."""
    lines: list[str] = []
    for family in families:
        lines.append(f"# HELP {family.name} {_escaped_help(family.help)}")
        lines.append(f"# TYPE {family.name} {family.type}")
        lines += _samples(family, style, view)
    return "\n".join(lines) + "\n"


def _samples(family: Family, style: Style, view: View) -> Iterator[str]:
    write = _writer(style, family.unit)
    for series in family.series:
        match family.type:
            case "histogram":
                yield from _histogram(family, series, style, view)
            case "summary":
                yield from _summary(family, series)
            case _:
                value = _value(series, view) / family.factor
                yield f"{family.name}{_labels(series.labels)} {write(value)}"


def _value(series: Series, view: View) -> float:
    shows = series.shows
    return view.value(series.scope, shows) if isinstance(shows, str) else shows


def _histogram(family: Family, series: Series, style: Style, view: View) -> Iterator[str]:
    """Cumulative buckets, sum and count; observations are whole ones."""
    write = _writer(style, "")
    seen = _NOTHING
    if isinstance(series.shows, str):
        seen = view.distributions.get((series.scope, series.shows), _NOTHING)
    count = int(seen.count)
    for edge in family.buckets:
        shown = write(edge)
        below = min(int(seen.at_or_below(edge)), count)
        yield f"{family.name}_bucket{_labels(_with_edge(series, shown, style))} {write(below)}"
    yield f"{family.name}_bucket{_labels(_with_edge(series, '+Inf', style))} {write(count)}"
    tail = [("_sum", seen.sum), ("_count", float(count))]
    for suffix, value in tail if style != "python" else reversed(tail):
        yield f"{family.name}{suffix}{_labels(series.labels)} {write(value)}"


def _with_edge(series: Series, edge: str, style: Style) -> Sequence[tuple[str, str]]:
    labels = [*series.labels, ("le", edge)]
    return sorted(labels) if style == "python" else labels


def _summary(family: Family, series: Series) -> Iterator[str]:
    """Quantiles of nothing observed yet."""
    for quantile in _QUANTILES:
        yield f"{family.name}{_labels([*series.labels, ('quantile', quantile)])} 0"
    yield f"{family.name}_sum{_labels(series.labels)} 0"
    yield f"{family.name}_count{_labels(series.labels)} 0"


def _labels(labels: Sequence[tuple[str, str]]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _escaped_help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _writer(style: Style, unit: str) -> Callable[[float], str]:
    """How numbers are written."""
    match style:
        case "python":
            return python_number
        case "dcgm":
            return dcgm_fraction if unit in ("watts", "ratio") else dcgm_whole
        case _:
            return go_number


def go_number(value: float) -> str:
    """As Go prints: the shortest digits, with an exponent below 1e-4 and from a million on."""
    if value == int(value if not (isnan(value) or isinf(value)) else 0) and abs(value) < 1e6:  # noqa: PLR2004
        return str(int(value))
    if isnan(value) or isinf(value):
        return "NaN" if isnan(value) else ("+Inf" if value > 0 else "-Inf")
    digits, _, exponent = f"{value!r}".replace("-", "", 1 if value < 0 else 0).partition("e")
    sign = "-" if value < 0 else ""
    whole, _, fraction = digits.partition(".")
    point = len(whole) + int(exponent or 0)
    kept = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len((whole + fraction).lstrip("0"))
    kept = kept.rstrip("0") or "0"
    power = point - 1
    if -4 <= power < 6:  # noqa: PLR2004
        if point <= 0:
            return f"{sign}0.{'0' * -point}{kept}"
        return f"{sign}{kept[:point].ljust(point, '0')}" + (f".{kept[point:]}" if kept[point:] else "")
    mantissa = kept[0] + (f".{kept[1:]}" if kept[1:] else "")
    return f"{sign}{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"


def python_number(value: float) -> str:
    """As prometheus_client writes floats: ``repr``, and an exponent where the point is far to the right."""
    if isinf(value) or isnan(value):
        return "NaN" if isnan(value) else ("+Inf" if value > 0 else "-Inf")
    text = repr(float(value))
    point = text.find(".")
    if value > 0 and point > 6:  # noqa: PLR2004
        mantissa = f"{text[0]}.{text[1:point]}{text[point + 1 :]}".rstrip("0.")
        return f"{mantissa}e+{point - 1:02d}"
    return text


def dcgm_whole(value: float) -> str:
    """Whole numbers."""
    return str(round(value))


def dcgm_fraction(value: float) -> str:
    """Six digits after the point."""
    return f"{value:.6f}"
