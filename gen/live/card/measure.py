"""One line of a card: a number that was measured, or why there is none."""

from __future__ import annotations

from monogen.inventory.model import UNIFIED_MEMORY
from monogen.live.card.curve import Curve
from monogen.live.card.history import History
from monogen.live.card.window import clock
from msgspec import Struct


class Measure(Struct, frozen=True):
    """``value`` is in the base unit ``unit``, None where nothing was measured; ``why`` then says why.

    ``at`` is the moment of a peak (Unix seconds). ``note`` is what the number alone does not say.
    """

    key: str
    section: str
    title: str
    unit: str
    value: float | None = None
    why: str = ""
    at: float | None = None
    note: str = ""


def missing(history: History, name: str) -> str:
    """Why there are no samples of a series in the window, as far as that can be told."""
    because = _because(history, name)
    found = [curve for curve in history.of(name).values() if curve]
    if found:
        last = max(curve.times[-1] for curve in found)
        there = "the last one was at" if last < history.window.start else "there are some at"
        return f"no samples of `{name}` in the window; {there} {clock(last)}"
    if history.of(name):
        return f"`{name}` has no number in the window: {because}"
    return f"no samples of `{name}`: {because}"


_REASONS = (
    ("host:memory_stalled", "the kernel counts no pressure stalls, or node_exporter was not scraped"),
    ("server:", "no model server of this host was scraped"),
    ("host:process_", "it needs nvidia_gpu_exporter with --collect.compute-apps"),
    ("host:gpu_", "no exporter of the GPU was scraped"),
    ("", "its exporter was not scraped, or monogen's rules were not loaded then"),
)
"""Why a series is not there, by the beginning of its name; the first that fits."""


def _because(history: History, name: str) -> str:
    unified = history.hardware in UNIFIED_MEMORY
    if name.startswith("host:model_") and not unified and history.hardware != "nvidia":
        return "the inventory gives this hardware no memory for models"
    if name.startswith("host:memory_stalled") and history.os == "darwin":
        return "macOS has no pressure stall information"
    if name.startswith("host:process_") and history.os == "darwin":
        return "no exporter for macOS tells what a single process holds"
    if name.startswith("host:process_") and history.hardware == "generic":
        return "the host is not one with an NVIDIA GPU"
    if name.startswith("server:") and any(other.startswith("server:") for other in history.curves):
        return "the servers of this host export none, or no request came"
    return next(reason for beginning, reason in _REASONS if name.startswith(beginning))


class Sheet(Struct, frozen=True):
    """Makes measures of one section, so that each says only what is its own."""

    history: History
    section: str

    def peak(self, key: str, title: str, unit: str, curve: Curve, name: str) -> Measure:
        """The highest in the window, and when."""
        part = self.history.during(curve)
        if not part:
            return self.none(key, title, unit, missing(self.history, name))
        value, at = part.highest
        return Measure(key, self.section, title, unit, value, at=at)

    def quantile(self, key: str, title: str, unit: str, curve: Curve, name: str, share: float) -> Measure:
        """A quantile of the samples in the window."""
        part = self.history.during(curve)
        if not part:
            return self.none(key, title, unit, missing(self.history, name))
        return Measure(key, self.section, title, unit, part.quantile(share))

    def number(
        self, key: str, title: str, unit: str, value: float, *, note: str = "", at: float | None = None
    ) -> Measure:
        """A number that is known."""
        return Measure(key, self.section, title, unit, value, at=at, note=note)

    def none(self, key: str, title: str, unit: str, why: str) -> Measure:
        """A number that is not known."""
        return Measure(key, self.section, title, unit, why=why)
