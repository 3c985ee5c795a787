"""A card for people: Markdown with tables and small charts, one card or several windows side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from statistics import median

from monogen.live.card.card import Card
from monogen.live.card.chart import Chart, svg
from monogen.live.card.curve import Curve, together
from monogen.live.card.gpu import busiest, power
from monogen.live.card.history import GENERATED
from monogen.live.card.measure import Measure
from monogen.live.card.memory import CAPACITY, FOOTPRINT, held
from monogen.live.card.serving import of_model
from monogen.live.card.text import code, percent, plain, quantity
from monogen.live.card.window import Window, clock, span


def one(card: Card, *, charts: bool = True) -> str:
    """The card of one window; ends with a line feed."""
    return "\n".join(_one(card, charts)) + "\n"


def side_by_side(cards: Sequence[Card], *, charts: bool = True) -> str:
    """Several windows as columns, as for a sweep over one factor; ends with a line feed."""
    return "\n".join(_side_by_side(cards, charts)) + "\n"


def _one(card: Card, charts: bool) -> Iterator[str]:
    history = card.history
    yield f"# {_title(card)} on {code(history.host)}"
    yield ""
    yield f"{_when(history.window)}. {_resolution(card)}"
    yield ""
    yield f"**Verdict: {card.verdict.value}.** {_sentences(card.judgement.because)}"
    for section, measures in groupby(card.measures, key=lambda measure: measure.section):
        yield ""
        yield f"## {section}"
        yield ""
        yield from _table(tuple(measures))
        if charts:
            for chart in _charts(card, section):
                yield ""
                yield svg(chart)
    yield from _correction(card)
    yield ""
    yield "## How far to trust it"
    yield ""
    yield from (f"- {note}" for note in card.notes)


def _title(card: Card) -> str:
    return f"Finding card: {code(card.subject.model)}" if card.subject.model else "Finding card: a run"


def _when(window: Window) -> str:
    day_too = clock(window.start)[:10] != clock(window.end)[:10]
    end = clock(window.end) if day_too else clock(window.end)[11:]
    before = span(window.baseline)
    return f"{clock(window.start)} to {end} UTC ({span(window.seconds)}), with {before} before and after"


def _resolution(card: Card) -> str:
    every = span(card.history.distance) if card.history.distance else ""
    covered = percent(card.coverage)
    return f"A sample every {every}; {covered} of the window have data." if every else "No samples."


def _sentences(because: Sequence[str]) -> str:
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in because)


def _table(measures: Sequence[Measure]) -> Iterator[str]:
    """What was measured, and below it what was not."""
    known = [measure for measure in measures if measure.value is not None]
    if known:
        yield "| | measured | |"
        yield "|---|--:|---|"
        yield from map(_row, known)
    reasons = tuple(_reasons(measures))
    if known and reasons:
        yield ""
    yield from reasons


def _reasons(measures: Sequence[Measure]) -> Iterator[str]:
    """What was not measured, for the same reason together."""
    reasons: dict[str, list[str]] = {}
    for measure in measures:
        if measure.value is None:
            reasons.setdefault(measure.why, []).append(measure.title)
    return (f"- not measured: {'; '.join(titles)}: {why}" for why, titles in reasons.items())


def _row(measure: Measure) -> str:
    assert measure.value is not None  # noqa: S101  asked by the caller
    at = f"at {clock(measure.at)[11:]}" if measure.at is not None else ""
    note = "; ".join(filter(None, (at, measure.note)))
    return f"| {measure.title} | {quantity(measure.value, measure.unit)} | {note} |"


def _charts(card: Card, section: str) -> Iterator[Chart]:
    history = card.history
    if section == "Memory":
        footprint = history.one(FOOTPRINT)
        capacity = history.during(history.one(CAPACITY))
        limit = median(capacity.values) if footprint and capacity else None
        title = "Footprint" if footprint else "Memory in use"
        yield from _chart(card, title, "bytes", footprint or held(history)[1], limit, "memory for models")
    elif section == "Speed":
        tokens = together(of_model(history, GENERATED, "").values(), sum)
        yield from _chart(card, "Tokens generated, all servers, over five minutes", "tokens/second", tokens)
    elif section == "GPU":
        yield from _chart(card, "GPU busy", "ratio", busiest(history))
        yield from _chart(card, "GPU power", "watts", power(history))


def _chart(
    card: Card, title: str, unit: str, curve: Curve, limit: float | None = None, limit_name: str = ""
) -> Iterator[Chart]:
    history, window = card.history, card.history.window
    if len(curve.times) > 1:
        inside = (window.start, window.end)
        first, last = window.before[0], window.after[1]
        yield Chart(title, unit, curve, first, last, inside, history.distance, limit, limit_name)


def _correction(card: Card) -> Iterator[str]:
    correction = card.correction
    yield ""
    yield "## The inventory"
    yield ""
    if correction.lines:
        yield "Lines to correct:"
        yield ""
        yield "```yaml"
        yield correction.lines.rstrip("\n")
        yield "```"
        yield ""
    else:
        yield "No lines to correct."
        yield ""
    yield from (f"- measured: {text}" for text in correction.measured)
    yield from (f"- inferred: {text}" for text in correction.inferred)
    yield from (f"- not corrected: {text}" for text in correction.left)


def _side_by_side(cards: Sequence[Card], charts: bool) -> Iterator[str]:
    first = cards[0]
    labels = [plain(card.history.window.label).replace("|", "\\|") for card in cards]
    yield f"# Runs on {code(first.history.host)}, side by side"
    yield ""
    for label, card in zip(labels, cards, strict=True):
        about = f" {code(card.subject.model)}," if card.subject.model else ""
        yield f"- **{label}**:{about} {_when(card.history.window)}. {_resolution(card)}"
    yield ""
    yield f"| | {' | '.join(labels)} |"
    yield "|---" + "|--:" * len(cards) + "|"
    yield f"| **Verdict** | {' | '.join(f'**{card.verdict.value}**' for card in cards)} |"
    for section, rows in groupby(zip(*(c.measures for c in cards), strict=True), key=lambda r: r[0].section):
        yield f"| **{section}** |{' |' * len(cards)}"
        for row in rows:
            values = ("-" if m.value is None else quantity(m.value, m.unit) for m in row)
            yield f"| {row[0].title} | {' | '.join(values)} |"
    yield ""
    yield "`-` was not measured; below stands why."
    for label, card in zip(labels, cards, strict=True):
        yield ""
        yield f"## {label}"
        yield ""
        yield f"{card.verdict.value}: {_sentences(card.judgement.because)}"
        for chart in _charts(card, "Memory") if charts else ():
            yield ""
            yield svg(chart)
        yield ""
        yield from _reasons(card.measures)
        yield from (f"- {note}" for note in card.notes)
