"""The card itself: measures, verdict and corrections of one window, computed from what was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from monogen.fit.verdict import Verdict
from monogen.inventory.model import Fleet
from monogen.live.card.correcting import Correction, correct
from monogen.live.card.curve import GAP, Curve
from monogen.live.card.gpu import gpu
from monogen.live.card.history import GENERATED, MOST_SAMPLES, PROMPT, History
from monogen.live.card.judging import ENOUGH, Judgement, Seen, judge
from monogen.live.card.measure import Measure
from monogen.live.card.memory import STALLED, memory
from monogen.live.card.serving import own_counters, serving
from monogen.live.card.subject import Subject, listed, subject
from monogen.live.card.text import code, percent
from monogen.live.card.window import clock, span
from msgspec import Struct

SHOWN_GAPS = 5


class Card(Struct, frozen=True, dict=True):
    """What was found out about one window. ``notes`` are sentences on how far it can be trusted."""

    history: History
    subject: Subject
    measures: tuple[Measure, ...]
    judgement: Judgement
    correction: Correction
    coverage: float
    notes: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """Fits, barely, does not fit, or unknown."""
        return self.judgement.verdict

    @cached_property
    def by_key(self) -> Mapping[str, Measure]:
        """The measures by their key."""
        return {measure.key: measure for measure in self.measures}


def card(history: History, model: str = "", fleet: Fleet | None = None) -> Card:
    """Work out the card of a history; ``model`` is the one asked for, ``fleet`` the inventory where given."""
    about = subject(history, model, fleet)
    measures = (*memory(history, about), *serving(history, model), *gpu(history))
    seen = _seen(history)
    holes = _holes(history, seen)
    coverage = 1 - sum(last - first for first, last in holes) / history.window.seconds
    by_key = {measure.key: measure for measure in measures}
    judgement = judge(history, about, by_key, Seen(coverage, len(seen.times), about.absent(model)))
    notes = (*_notes(history, about, model), *_unseen(history, holes, coverage))
    return Card(history, about, measures, judgement, correct(history, about), coverage, notes)


def _seen(history: History) -> Curve:
    """The samples in the window of what says most: the footprint, else RAM, else that the host is up."""
    for name in ("host:model_footprint_bytes", "host:memory_used_bytes", "host:up"):
        if part := history.during(history.one(name)):
            return part
    return Curve()


def _notes(history: History, about: Subject, model: str) -> Iterator[str]:
    yield from history.notes
    if about.chosen:
        yield about.chosen
    if about.others:
        names = listed(about.others)
        beside = f"in memory beside {code(about.model)}" if about.model else "in memory"
        yield f"{beside} in the window: {names}; footprint and GPU are those of the whole host"
    if about.reported and about.model and about.model not in about.during:
        named = listed(about.during) or "none"
        yield f"no server reported {code(about.model)} as resident in the window; reported: {named}"
    yield from about.differences()
    if "" in about.before | about.during and not model:
        yield "a server of this host names no model: add `model:` to it in the inventory"
    if history.step:
        yield (
            f"more than {MOST_SAMPLES:,} samples a series: each value stands for {span(history.step)}; peaks "
            "of memory and heat are exact, medians and percentiles are those of means"
        )
    yield from _on_rates(history, model)


def _on_rates(history: History, model: str) -> Iterator[str]:
    """Where the numbers of tokens come from, and what looks back."""
    if own := own_counters(history, GENERATED, model) or own_counters(history, PROMPT, model):
        names = ", ".join(sorted({code(each.name) for each in own}))
        yield f"tokens are counted by the servers themselves ({names}), over this window and nothing else"
    elif any(history.during(each) for name in (GENERATED, PROMPT) for each in history.of(name).values()):
        yield (
            "tokens are those of recorded rates of five minutes, which flatten peaks: the servers' own "
            "counters were not to be had (no rules are told, no raw samples kept, or the time is too long)"
        )
    if history.of(STALLED):
        yield "stalls for memory are those of the five minutes before each moment"


def _holes(history: History, seen: Curve) -> list[tuple[float, float]]:
    """Where there is no data, the edges of the window included."""
    window = history.window
    if not seen:
        return [(window.start, window.end)]
    edges = [(window.start, seen.times[0]), (seen.times[-1], window.end)]
    wide = [edge for edge in edges if edge[1] - edge[0] > GAP * history.distance]
    return sorted([*seen.gaps(history.distance), *wide])


def _unseen(history: History, holes: list[tuple[float, float]], coverage: float) -> Iterator[str]:
    """What is not on the card: gaps, and times in which the host did not answer."""
    for first, last in holes[:SHOWN_GAPS]:
        yield f"no data for {span(last - first)}, from {clock(first)} to {clock(last)}"
    if len(holes) > SHOWN_GAPS:
        yield f"and {len(holes) - SHOWN_GAPS} more gaps"
    if coverage < ENOUGH:
        yield f"only {percent(coverage)} of the window have data: the rest is not on the card"
    away = history.during(history.one("host:up")).where(lambda _, value: value == 0)
    if away:
        long = span(len(away.times) * history.distance)
        yield f"the host did not answer for about {long}, first at {clock(away.times[0])}; a full one freezes"
