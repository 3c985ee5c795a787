"""A card as plain data, for JSON: base units, Unix times written out, null where nothing was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monogen.live.card.card import Card
from monogen.live.card.measure import Measure
from monogen.live.card.window import rfc3339


def as_json(cards: Sequence[Card]) -> dict[str, Any]:
    """All cards, in the order of their windows."""
    return {"cards": [_card(card) for card in cards]}


def _card(card: Card) -> dict[str, Any]:
    history, about, window = card.history, card.subject, card.history.window
    return {
        "host": history.host,
        "fleet": history.fleet,
        "hardware": history.hardware,
        "model": about.model or None,
        "window": {
            "label": window.label,
            "from": rfc3339(window.start),
            "to": rfc3339(window.end),
            "baseline_seconds": window.baseline,
            "resolution_seconds": history.distance or None,
            "samples_are_means": bool(history.step),
            "covered_ratio": card.coverage,
        },
        "verdict": card.verdict.value,
        "because": list(card.judgement.because),
        "measures": {measure.key: _measure(measure) for measure in card.measures},
        "resident": {
            "before": sorted(about.before), "during": sorted(about.during), "after": sorted(about.after),
        },
        "inventory": {
            "lines": card.correction.lines,
            "measured": list(card.correction.measured),
            "inferred": list(card.correction.inferred),
            "not_corrected": list(card.correction.left),
        },
        "notes": list(card.notes),
    }  # fmt: skip


def _measure(measure: Measure) -> dict[str, Any]:
    return {
        "value": measure.value,
        "unit": measure.unit,
        "at": None if measure.at is None else rfc3339(measure.at),
        "why": measure.why,
        "note": measure.note,
    }
