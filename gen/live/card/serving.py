"""What was served: tokens per second and the time to the first token, where a server exports them."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum

from monogen.live.card.curve import Curve, together
from monogen.live.card.history import SERVER, Detail, History
from monogen.live.card.measure import Measure, Sheet, missing
from monogen.live.card.text import code, percent

GENERATED = "server:tokens_generated:rate5m"
PROMPT = "server:tokens_prompt:rate5m"
FIRST_TOKEN = "server:time_to_first_token_seconds:p95_5m"  # noqa: S105  no password
_MODEL = SERVER.index("model")


def serving(history: History, asked: str) -> tuple[Measure, ...]:
    """Every line of the section; ``asked`` is the model that the numbers are for, "" for all servers."""
    return tuple(_measures(history, Sheet(history, "Speed"), asked))


def of_model(history: History, name: str, model: str) -> dict[Detail, Curve]:
    """The servers' series, of one model where one is asked for."""
    return {d: curve for d, curve in history.of(name).items() if not model or d[_MODEL] == model}


def _measures(history: History, sheet: Sheet, asked: str) -> Iterator[Measure]:
    for key, name, title in (("generated", GENERATED, "Generated"), ("prompt", PROMPT, "Prompt")):
        found = of_model(history, name, asked)
        curve = history.during(together(found.values(), sum))
        if not curve:
            why = _why(history, name, asked)
            yield sheet.none(f"tokens_{key}_typical", f"{title}, typical", "tokens/second", why)
            yield sheet.none(f"tokens_{key}_peak", f"{title}, peak", "tokens/second", why)
            yield sheet.none(f"tokens_{key}_total", f"{title}, in all", "tokens", why)
            continue
        busy = curve.where(lambda _, value: value > 0)
        title_typical = f"{title}, typical"
        if busy:
            share = len(busy.times) / len(curve.times)
            note = f"median of the {percent(share)} of the time in which there were any"
            yield sheet.number(
                f"tokens_{key}_typical", title_typical, "tokens/second", busy.quantile(0.5), note=note
            )
        else:
            yield sheet.none(f"tokens_{key}_typical", title_typical, "tokens/second", "none in the window")
        value, at = curve.highest
        yield sheet.number(f"tokens_{key}_peak", f"{title}, peak", "tokens/second", value, at=at)
        total = fsum(history.during(each).integral(history.distance) for each in found.values())
        yield sheet.number(f"tokens_{key}_total", f"{title}, in all", "tokens", total)
    yield from _first_token(history, sheet, asked)


def _first_token(history: History, sheet: Sheet, asked: str) -> Iterator[Measure]:
    """The slowest server counts."""
    curve = history.during(together(of_model(history, FIRST_TOKEN, asked).values(), max))
    titles = ("ttft_typical_seconds", "First token, typical"), ("ttft_worst_seconds", "First token, worst")
    if not curve:
        for key, title in titles:
            yield sheet.none(key, title, "seconds", _why(history, FIRST_TOKEN, asked))
        return
    note = "95 % of the requests of five minutes stayed under it"
    (key, title), (worst, worst_title) = titles
    yield sheet.number(key, title, "seconds", curve.quantile(0.5), note=note)
    value, at = curve.highest
    yield sheet.number(worst, worst_title, "seconds", value, at=at, note=note)


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
