"""Places panels on Grafana's grid of 24 columns, and closes the gaps of those that are left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from grafanalib import core

WIDTH = 24
STRIP_HEIGHT = 4
PANEL_HEIGHT = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """Panels above each other in one line, with their heights; ``width`` is a wish, not a promise."""

    width: int
    panels: tuple[tuple[int, Any], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Cells beside each other, all ``height`` high. They always fill the whole width."""

    height: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A titled row of the board and its lines; without a title the lines stand alone."""

    title: str
    lines: tuple[Line, ...]
    collapsed: bool = False


def line(*panels: tuple[int, Any], height: int = PANEL_HEIGHT) -> Line:
    """A line of single panels, given as (width, panel)."""
    return Line(height, tuple(Cell(width, ((height, panel),)) for width, panel in panels))


def timeline_height(rows: int) -> int:
    """Grid height of a state timeline: 7 for eight rows; fewer rows need less."""
    return max(4, 3 + (rows + 1) // 2)


def place(sections: Iterable[Section]) -> list[Any]:
    """All panels with their places and ids, from top to bottom; empty rows are left out."""
    placed: list[Any] = []
    top = 0
    for section in sections:
        inside: list[Any] = []
        first = top + 1 if section.title else top
        bottom = first
        for one in section.lines:
            bottom = _place_line(one, bottom, inside)
        if not inside:
            continue
        if section.title:
            heading = core.RowPanel(title=section.title, collapsed=section.collapsed)
            heading.gridPos = core.GridPos(h=1, w=WIDTH, x=0, y=top)
            heading.panels = inside if section.collapsed else []
            placed.append(heading)
        placed.extend([] if section.collapsed else inside)
        top = top + 1 if section.collapsed else bottom
    _number(placed)
    return placed


def _place_line(one: Line, top: int, placed: list[Any]) -> int:
    """Appends the line's panels to ``placed``; the first free line below is returned."""
    cells = [kept for cell in one.cells if (kept := _kept(cell)).panels]
    if not cells:
        return top
    left = 0
    for cell, width in zip(cells, _widths([cell.width for cell in cells]), strict=True):
        y = top
        for index, (height, panel) in enumerate(cell.panels):
            last = index == len(cell.panels) - 1
            used = top + one.height - y if last else height
            panel.gridPos = core.GridPos(h=used, w=width, x=left, y=y)
            placed.append(panel)
            y += used
        left += width
    return top + one.height


def _kept(cell: Cell) -> Cell:
    """The cell without panels that have nothing to show."""
    return Cell(cell.width, tuple((height, panel) for height, panel in cell.panels if _has_content(panel)))


def _has_content(panel: Any) -> bool:
    return bool(panel.targets) or isinstance(panel, core.Text)


def _widths(wishes: Sequence[int]) -> list[int]:
    """Whole columns in proportion to the wishes, together the full width."""
    total = sum(wishes)
    edges = [round(WIDTH * sum(wishes[: index + 1]) / total) for index in range(len(wishes))]
    return [edge - before for edge, before in zip(edges, [0, *edges], strict=False)]


def _number(panels: Iterable[Any]) -> None:
    """Ids from 1 in reading order, the panels in collapsed rows included."""
    number = 0
    for panel in panels:
        for one in (panel, *(panel.panels if isinstance(panel, core.RowPanel) else ())):
            number += 1
            one.id = number
