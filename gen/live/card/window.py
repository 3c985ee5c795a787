"""Windows of time as people write them: ``2026-11-27T10:00:00Z``, Unix seconds, ``-2h``, ``now``."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NoReturn

from monogen.problems import InputError, Problem
from monogen.quantities import format_duration, parse_duration
from msgspec import Struct

LONGEST = 10 * 366 * 86400.0
"""Seconds of the longest window; longer ones are a slip of the pen."""

_RELATIVE = re.compile(r"(?:now)?\s*(?P<sign>[-+])\s*(?P<duration>[0-9a-z]+)")
_UNIX = re.compile(r"[0-9]{9,11}(\.[0-9]{1,9})?")
_NAMED = re.compile(r"(?P<label>[^=]{1,40})=(?P<window>.+)", re.DOTALL)
_HINT = "write 2026-11-27T10:00:00Z, Unix seconds, `now`, or a time before now such as `-2h`"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Window(Struct, frozen=True):
    """From ``start`` to ``end``, both Unix seconds and both inside; ``baseline`` seconds on either side.

    ``label`` tells several windows apart. ``now`` is when the question was asked: later there is nothing.
    """

    label: str
    start: float
    end: float
    baseline: float
    now: float

    @property
    def before(self) -> tuple[float, float]:
        """The time just before it, for what was held before."""
        return (self.start - self.baseline, self.start)

    @property
    def after(self) -> tuple[float, float]:
        """The time just after it, as far as it has come already."""
        return (self.end, max(self.end, min(self.end + self.baseline, self.now)))

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


def window(start: str, end: str, baseline: str, now: float, label: str = "") -> Window:
    """A window from what a person typed; without a label it is A. Raises InputError with a sentence."""
    option = "--window" if label else "--from/--to"
    first, last = moment(start, now, option), moment(end, now, option)
    if first >= last:
        _refuse(option, f"`{start}` is not before `{end}`", "a window begins before it ends")
    if first >= now:
        _refuse(option, f"`{start}` is still to come", "a card looks back")
    if last > now:
        _refuse(option, f"`{end}` is still to come", "a card looks back: leave `--to` away to end it now")
    if last - first > LONGEST:
        _refuse(option, f"from `{start}` to `{end}` are more than ten years", "is it meant in milliseconds?")
    return Window(label or "A", first, last, _baseline(baseline), now)


def windows(texts: tuple[str, ...], baseline: str, now: float) -> tuple[Window, ...]:
    """Windows written as ``LABEL=FROM..TO`` or ``FROM..TO``; without a label they are A, B, C.

    Raises InputError.
    """
    found: list[Window] = []
    for index, text in enumerate(texts):
        named = _NAMED.fullmatch(text)
        label = named["label"].strip() if named else _ALPHABET[index % len(_ALPHABET)]
        start, dots, end = (named["window"] if named else text).partition("..")
        if not dots or not start.strip() or not end.strip():
            _refuse("--window", f"`{text}` is no window", "write LABEL=FROM..TO, as A=-3h..-2h")
        if not label or not label.isprintable():
            _refuse("--window", f"`{text}` has no label that can be shown", "write LABEL=FROM..TO")
        if any(other.label == label for other in found):
            _refuse("--window", f"the label `{label}` is given twice", "each window has a label of its own")
        found.append(window(start, end, baseline, now, label))
    return tuple(found)


def moment(text: str, now: float, option: str) -> float:
    """Unix seconds of a point in time. Raises InputError."""
    text = text.strip()
    if text == "now":
        return now
    if _UNIX.fullmatch(text):
        return float(text)
    if (relative := _RELATIVE.fullmatch(text)) is not None:
        try:
            seconds = parse_duration(relative["duration"])
        except ValueError:
            _refuse(option, f"`{text}` is no time", _HINT)
        return now - seconds if relative["sign"] == "-" else now + seconds
    return _date(text, option)


def _date(text: str, option: str) -> float:
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is None:
            whole = read.isoformat()
            _refuse(option, f"`{text}` names no time zone", f"write {whole}Z for UTC, or {whole}+01:00")
        return read.timestamp()
    except (ValueError, OverflowError):
        _refuse(option, f"`{text}` is no time", _HINT)


def _baseline(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError:
        _refuse("--baseline", f"`{text}` is no duration", "write it as Prometheus does: `10m`, `1h`")
    if not 0 < seconds <= LONGEST:
        _refuse("--baseline", f"`{text}` is no time to look at", "write it as Prometheus does: `10m`, `1h`")
    return seconds


def clock(at: float) -> str:
    """A point in time as people read it: ``2026-11-27 10:00:00`` UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def rfc3339(at: float) -> str:
    """A point in time as machines read it, to the millisecond: ``2026-11-27T10:00:00Z``."""
    read = datetime.fromtimestamp(round(at, 3), UTC)
    return read.isoformat(timespec="milliseconds" if read.microsecond else "seconds").replace("+00:00", "Z")


def span(seconds: float) -> str:
    """A length of time in at most two units: ``1h 30m``, ``45s``."""
    whole = round(seconds)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or format_duration(seconds)


def _refuse(option: str, message: str, hint: str) -> NoReturn:
    shown = "".join(c if c.isprintable() else "?" for c in message)
    raise InputError([Problem(option, 0, 0, shown, hint)])
