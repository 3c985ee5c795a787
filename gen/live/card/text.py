"""Numbers and names as a card shows them. Names come from servers and may hold anything."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

MOST_LETTERS = 100
_RUN = re.compile(r"`+")
_KILO = 1000


def plain(text: str) -> str:
    """A name without control characters and line breaks, not long."""
    shown = "".join(c if c.isprintable() else "?" for c in text)
    return shown if len(shown) <= MOST_LETTERS else shown[: MOST_LETTERS - 3] + "..."


def code(text: str) -> str:
    """A name as Markdown code that nothing in it can end, good in a table too."""
    shown = plain(text).replace("|", "\\|") or " "
    fence = "`" * (max((len(run) for run in _RUN.findall(shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def escaped(text: str) -> str:
    """A name in SVG or HTML."""
    return html.escape(plain(text), quote=True)


def gib(size: float) -> str:
    """Bytes for people and for the inventory: ``18.6 GiB``, small ones in MiB."""
    if 0 < abs(size) < 2**30 / 10:
        return f"{size / 2**20:.1f} MiB"
    return f"{size / 2**30:.1f} GiB"


def percent(share: float) -> str:
    """A share of one: ``93.5 %``."""
    return f"{share * 100:.1f} %"


def quantity(value: float, unit: str) -> str:
    """A value in its base unit, as people read it; what is no known unit is a currency."""
    written = _WRITTEN.get(unit)
    if written is not None:
        return written(value)
    return f"{value:.4f} {plain(unit)}" if abs(value) < 1 else f"{value:.2f} {plain(unit)}"


_WRITTEN: dict[str, Callable[[float], str]] = {
    "bytes": gib,
    "ratio": percent,
    "hertz": lambda value: f"{value / 1e6:.0f} MHz",
    "watthours": lambda value: f"{value / _KILO:.2f} kWh" if value >= _KILO else f"{value:.1f} Wh",
    "celsius": lambda value: f"{value:.0f} °C",
    "watts": lambda value: f"{value:.1f} W",
    "tokens/second": lambda value: f"{value:.1f} tokens/s",
    "tokens": lambda value: f"{value:,.0f} tokens",
    "seconds": lambda value: f"{value:.2f} s",
}
