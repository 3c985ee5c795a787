"""What was served: tokens per second and the time to the first token, where a server exports them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from monogen.live.card.counters import Counter, quantile
from monogen.live.card.curve import Curve, together
from monogen.live.card.history import FIRST_TOKEN, GENERATED, PROMPT, SERVER, Detail, History
from monogen.live.card.measure import Measure, Sheet, missing
from monogen.live.card.speed import LOOK_BACK, TOO_SHORT, Told, counted, recorded
from monogen.live.card.text import code

_MODEL = SERVER.index("model")
_TYPICAL = ("ttft_typical_seconds", "First token, typical", "seconds")
_WORST = ("ttft_worst_seconds", "First token, worst", "seconds")


def serving(history: History, asked: str) -> tuple[Measure, ...]:
    """Every line of the section; ``asked`` is the model that the numbers are for, "" for all servers."""
    return tuple(_measures(history, Sheet(history, "Speed"), asked))


def of_model(history: History, name: str, model: str) -> dict[Detail, Curve]:
    """The servers' series, of one model where one is asked for."""
    return {d: curve for d, curve in history.of(name).items() if not model or d[_MODEL] == model}


def own_counters(history: History, name: str, model: str) -> tuple[Counter, ...]:
    """The counters behind the servers' series, of one model where one is asked for.

    Empty where those of a server that was recorded in the window are missing: a part is no total.
    """
    window = history.window
    found = [
        each
        for each in history.counters.get(name, ())
        if (not model or each.detail[_MODEL] == model) and each.seen(window.start, window.end)
    ]
    have = {each.detail for each in found}
    needed = {
        detail
        for detail, curve in of_model(history, name, model).items()
        # What is seen at the beginning only was before the window.
        if any(v > 0 for v in curve.between(window.start + LOOK_BACK, window.end).values)
    }
    return tuple(found) if needed <= have else ()


def _measures(history: History, sheet: Sheet, asked: str) -> Iterator[Measure]:
    for key, name, title in (("generated", GENERATED, "Generated"), ("prompt", PROMPT, "Prompt")):
        lines = (
            (f"tokens_{key}_typical", f"{title}, typical", "tokens/second"),
            (f"tokens_{key}_peak", f"{title}, peak", "tokens/second"),
            (f"tokens_{key}_total", f"{title}, in all", "tokens"),
        )
        own = own_counters(history, name, asked)
        rates = together(of_model(history, name, asked).values(), sum)
        if not own and not history.during(rates):
            why = _why(history, name, asked)
            yield from (sheet.none(*line, why) for line in lines)
            continue
        speed = counted(history.window, own) if own else recorded(history, rates)
        for line, told in zip(lines, (speed.typical, speed.peak, speed.total), strict=True):
            yield _line(sheet, line, told)
    yield from _first_token(history, sheet, asked)


def _line(sheet: Sheet, line: tuple[str, str, str], told: Told) -> Measure:
    if told.value is None:
        return sheet.none(*line, told.words)
    return sheet.number(*line, told.value, note=told.words, at=told.at)


def _first_token(history: History, sheet: Sheet, asked: str) -> Iterator[Measure]:
    """The slowest server counts."""
    series = together(of_model(history, FIRST_TOKEN, asked).values(), max)
    window, during = history.window, history.during(series)
    inside = during.between(window.start + LOOK_BACK, window.end)
    too_short = Told(None, TOO_SHORT.format(of="of the window"))
    typical = worst = too_short if during else Told(None, _why(history, FIRST_TOKEN, asked))
    if inside:
        note = "95 % of the requests of five minutes stayed under it"
        value, at = inside.highest
        typical, worst = Told(inside.quantile(0.5), note), Told(value, note, at)
    own = own_counters(history, FIRST_TOKEN, asked)
    if own:
        typical = _of_all_requests(history, own)
        if worst is too_short:
            worst = Told(
                None,
                "recorded of the last five minutes, and no moment has five minutes of the window behind it",
            )
    yield _line(sheet, _TYPICAL, typical)
    yield _line(sheet, _WORST, worst)


def _of_all_requests(history: History, buckets: tuple[Counter, ...]) -> Told:
    """Of every request of the window together."""
    window, found = history.window, []
    for detail in sorted({each.detail for each in buckets}):
        its = [each for each in buckets if each.detail == detail]
        value, number = quantile(0.95, its, window.start, window.end)
        if not math.isnan(value):
            found.append((value, number))
    if not found:
        return Told(None, "no request in the window")
    value, number = max(found)
    return Told(value, f"95 % of the {max(1, round(number)):,} requests of the window stayed under it")


def _why(history: History, name: str, asked: str) -> str:
    """Nothing at all, or nothing of that model: its servers may call it otherwise, or name none."""
    if not asked or not history.of(name):
        return missing(history, name)
    if of_model(history, name, asked):
        return missing(history, name)
    named = sorted({d[_MODEL] for d in history.of(name)} - {""})
    if not named:
        return (
            f"the servers of this host name no model, so that nobody can say what is {code(asked)}: add "
            "`model:` to the server in the inventory, or leave `--model` away"
        )
    return f"no server of this host reports {code(asked)}; they report " + ", ".join(map(code, named))
