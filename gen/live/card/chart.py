"""Small charts as SVG: one curve, where the window is, and a limit. The same input gives the same bytes.

Text and axes take the colour of the text around (``currentColor``), and the curve one that can be read on
white and on black, so that nothing has to know about dark pages. No blank line: one would end it in Markdown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from monogen.live.card.curve import Curve
from monogen.live.card.text import escaped, quantity
from monogen.live.card.window import clock
from msgspec import Struct

WIDTH, HEIGHT = 640, 132
LEFT, RIGHT, TOP, BOTTOM = 8, 8, 22, 18
MOST_POINTS = 320
"""Points of one curve; of more samples the one that is furthest from the mean stands for its neighbours."""

LABEL = 60
"""How wide a time of day is."""

BLUE, AMBER = "#3b82f6", "#d97706"


class Chart(Struct, frozen=True):
    """A curve from ``first`` to ``last`` with the part ``inside`` marked; ``limit`` is a dashed line."""

    title: str
    unit: str
    curve: Curve
    first: float
    last: float
    inside: tuple[float, float]
    distance: float
    limit: float | None = None
    limit_name: str = ""


def svg(chart: Chart) -> str:
    """The chart on one line per element."""
    top = _top(max(chart.curve.values), chart.limit)
    label = f"{escaped(chart.title)}: at most {quantity(max(chart.curve.values), chart.unit)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
        f' height="{HEIGHT}" font-family="sans-serif" font-size="11" fill="currentColor">',
        f"<title>{label}</title>",
        *_frame(chart, top),
        *(
            f'<polyline fill="none" stroke="{BLUE}" stroke-width="1.5" points="{_points(run, chart, top)}"/>'
            for run in _runs(_thinned(chart.curve), chart)
        ),
        "</svg>",
    ]
    return "\n".join(parts)


def _frame(chart: Chart, top: float) -> Iterator[str]:
    """The window, the base line, the limit, and the words."""
    start, end = (_number(_x(at, chart)) for at in chart.inside)
    width = _number(_x(chart.inside[1], chart) - _x(chart.inside[0], chart))
    yield (
        f'<rect x="{start}" y="{TOP}" width="{width}" height="{HEIGHT - TOP - BOTTOM}" fill="currentColor"'
        ' opacity="0.07"/>'
    )
    floor = HEIGHT - BOTTOM
    yield f'<path d="M{LEFT} {floor}H{WIDTH - RIGHT}" stroke="currentColor" stroke-opacity="0.4"/>'
    if chart.limit is not None and chart.limit <= top:
        y = _number(_y(chart.limit, top))
        yield f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="{AMBER}" stroke-dasharray="4 3"/>'
    yield f'<text x="{LEFT}" y="14">{escaped(chart.title)}</text>'
    told = f"top {quantity(top, chart.unit)}"
    if chart.limit is not None:
        told = f"{escaped(chart.limit_name)} {quantity(chart.limit, chart.unit)} (dashed), {told}"
    yield f'<text x="{WIDTH - RIGHT}" y="14" text-anchor="end" opacity="0.7">{told}</text>'
    if _x(chart.inside[0], chart) - LEFT > LABEL:
        yield f'<text x="{LEFT}" y="{HEIGHT - 4}" opacity="0.7">{clock(chart.first)[11:]}</text>'
    yield f'<text x="{start}" y="{HEIGHT - 4}" opacity="0.7">{clock(chart.inside[0])[11:]}</text>'
    ends = f"{clock(chart.inside[1])[11:]} UTC"
    yield f'<text x="{end}" y="{HEIGHT - 4}" text-anchor="end" opacity="0.7">{ends}</text>'


def _top(highest: float, limit: float | None) -> float:
    """A little above what is shown; a limit far above it would press the curve flat and is left out."""
    if limit is not None and highest * 8 >= limit > highest:
        highest = limit
    return highest * 1.05 if highest > 0 else 1.0


def _thinned(curve: Curve) -> Curve:
    if len(curve.times) <= MOST_POINTS:
        return curve
    size = math.ceil(len(curve.times) / MOST_POINTS)
    mean = math.fsum(curve.values) / len(curve.values)
    chosen = [
        max(range(first, min(first + size, len(curve.times))), key=lambda i: abs(curve.values[i] - mean))
        for first in range(0, len(curve.times), size)
    ]
    return Curve(
        tuple(curve.times[i] for i in chosen), tuple(curve.values[i] for i in chosen),
        tuple(curve.extremes[i] for i in chosen),
    )  # fmt: skip


def _runs(curve: Curve, chart: Chart) -> Iterator[Sequence[tuple[float, float]]]:
    """The parts of the curve between its gaps."""
    # Thinned, neighbours are further apart than samples are.
    apart = max(chart.distance, curve.distance * 2 if len(curve.times) > 1 else 0)
    run: list[tuple[float, float]] = []
    for at, value in zip(curve.times, curve.values, strict=True):
        if run and at - run[-1][0] > 2.5 * apart:
            yield run
            run = []
        run.append((at, value))
    yield run


def _points(run: Iterable[tuple[float, float]], chart: Chart, top: float) -> str:
    points = [f"{_number(_x(at, chart))},{_number(_y(value, top))}" for at, value in run]
    # A single sample is a line of no length, which nobody would see.
    return " ".join(points if len(points) > 1 else [*points, *points])


def _x(at: float, chart: Chart) -> float:
    return LEFT + (at - chart.first) / (chart.last - chart.first) * (WIDTH - LEFT - RIGHT)


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - max(0.0, min(value / top, 1.0)) * (HEIGHT - TOP - BOTTOM)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
