"""The same colour for the same thing on every board. Red means: act now."""

from __future__ import annotations

from typing import Any

from monogen.inventory.model import Fleet

CPU = "blue"
USED = "blue"
MODELS = "blue"
CACHE = "light-blue"
FREE = "green"
RESERVED = "#8e9aa6"
BUDGET = "purple"
STALLED = "orange"
GREY = "#8e9aa6"
NEUTRAL = "text"
"""Black or white, after the theme."""

GPUS = ("purple", "#38b6a6", "#e377a9", "#c9a227", "#7a9e3f", "#a0704d", "#5f8fd9", "#9aa0a6")
"""GPU 0 to GPU 7."""

HOSTS = (
    "#5794f2", "#e0b400", "#37a37c", "#b877d9", "#f2823a", "#3fb8d4",
    "#c15c91", "#8ab446", "#8c6bb1", "#a0704d", "#6d8ea0", "#d3a5d0",
)  # fmt: skip
"""One for each host of a small fleet; none is the red, orange or green of a state."""

SEVERITY = {"critical": "red", "warning": "orange", "info": "blue"}

STATE = {
    "-1": ("Away", GREY),
    "0": ("OK", "green"),
    "1": ("Warning", "orange"),
    "2": ("Critical", "red"),
    "3": ("Unreachable", "dark-red"),
}
"""Values of host:state:worst."""

OS = {"linux": ("Linux", ""), "darwin": ("macOS", "")}
HARDWARE = {
    "gb10": ("GB10", ""),
    "apple-silicon": ("Apple Silicon", ""),
    "nvidia": ("NVIDIA GPU", ""),
    "generic": ("Generic", ""),
}
UP = {"0": ("Down", "red"), "1": ("Up", "green")}
ALERT_STATE = {"firing": ("Firing", ""), "pending": ("Pending", "")}
SEVERITIES = {name: (name.capitalize(), colour) for name, colour in SEVERITY.items()}


def words(values: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """A value mapping: value to (text, colour); no colour where that is empty."""
    options: dict[str, Any] = {}
    for index, (value, (text, colour)) in enumerate(values.items()):
        options[value] = {"text": text, **({"color": colour} if colour else {}), "index": index}
    return {"type": "value", "options": options}


def dash() -> dict[str, Any]:
    """A grey dash for a cell without a value."""
    result = {"text": "–", "color": GREY, "index": 9}  # noqa: RUF001 - the typographic dash is meant
    return {"type": "special", "options": {"match": "null+nan", "result": result}}


def fixed(colour: str) -> dict[str, str]:
    """The colour of a field, whatever its value."""
    return {"mode": "fixed", "fixedColor": colour}


def by_name(name: str, **properties: Any) -> dict[str, Any]:
    """An override for the series or column of that name; ``__`` in a property stands for a dot."""
    return {"matcher": {"id": "byName", "options": name}, "properties": _properties(properties)}


def by_pattern(pattern: str, **properties: Any) -> dict[str, Any]:
    """An override for all series whose name fits the regular expression (JavaScript's)."""
    return {"matcher": {"id": "byRegexp", "options": pattern}, "properties": _properties(properties)}


def _properties(properties: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": name.replace("__", "."), "value": value} for name, value in properties.items()]


def lines(colours: dict[str, str]) -> list[dict[str, Any]]:
    """Overrides that give each named line its colour."""
    return [by_name(name, color=fixed(colour)) for name, colour in colours.items()]


def gpus(fleet: Fleet) -> list[dict[str, Any]]:
    """Overrides for the lines "GPU 0" to "GPU 7"; a GB10 and a Mac have one GPU."""
    several = any(host.hardware == "nvidia" for host in fleet.hosts)
    return lines({f"GPU {index}": colour for index, colour in enumerate(GPUS[: None if several else 1])})


def hosts(fleet: Fleet) -> list[dict[str, Any]]:
    """Overrides that give a host the same colour in every panel, in a fleet of at most twelve.

    A larger fleet has more hosts than a person tells colours apart; Grafana's palette serves there.
    """
    if len(fleet.hosts) > len(HOSTS):
        return []
    return lines({host.name: colour for host, colour in zip(fleet.hosts, HOSTS, strict=False)})
