"""What to correct in the inventory, as lines that can be pasted, and which part of them was measured."""

from __future__ import annotations

import json
from statistics import median

from monogen.fit.hosts import model_spec
from monogen.fit.verdict import budget
from monogen.inventory.model import UNIFIED_MEMORY
from monogen.live.card.history import History
from monogen.live.card.memory import USED, added
from monogen.live.card.subject import Subject, listed
from monogen.live.card.text import code, gib
from msgspec import Struct

CLOSE = 0.05
"""A declared size that is this near to the measured one is right: caches and neighbours move as much."""

CLOSE_BYTES = 2**29
"""The same for what the system holds, whose size is small."""


class Correction(Struct, frozen=True):
    """``lines`` is YAML for the host in the inventory, "" where nothing is to be corrected.

    ``measured`` and ``inferred`` are sentences on where the lines come from, ``left`` why there are none for
    the model or the reservation.
    """

    lines: str = ""
    measured: tuple[str, ...] = ()
    inferred: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def correct(history: History, subject: Subject) -> Correction:
    """The lines for ``reserved:`` and ``models:``, each where it was measured and differs."""
    parts = (_reserved(history, subject), _model(history, subject))
    lines = "".join(part.lines for part in parts)
    head = f"- name: {_scalar(history.host)}\n" if lines else ""
    return Correction(
        head + lines,
        tuple(text for part in parts for text in part.measured),
        tuple(text for part in parts for text in part.inferred),
        tuple(text for part in parts for text in part.left),
    )


def _reserved(history: History, subject: Subject) -> Correction:
    """What the system holds without a model, from the time before the window."""
    if history.hardware not in UNIFIED_MEMORY:
        return Correction()
    before = history.before(history.one(USED))
    stated = history.before(history.one("host:memory_reserved_bytes"))
    if not before or not stated:
        return Correction(left=("`reserved`: no samples from before the window",))
    others = sum(subject.host.reservations.values()) if subject.host else 0
    # The file is what gets corrected, whatever of it was deployed.
    was = float(subject.host.system_memory) if subject.host else stated.values[-1]
    return _idle(subject, median(before.values), was, others)


def _idle(subject: Subject, size: float, was: float, others: int) -> Correction:
    """``size`` bytes were in use before the window, ``was`` are stated, ``others`` of them by name."""
    if subject.before:
        told = f"`reserved`: in memory before the window was {listed(subject.before)}"
        return Correction(left=(told,))
    if abs(size - was) <= max(CLOSE_BYTES, CLOSE * was):
        return Correction(left=(f"`reserved`: {gib(was)} are right, {gib(size)} were measured",))
    if size <= others:
        return Correction(left=(f"`reserved`: less was in use than `reservations` holds ({gib(others)})",))
    if size > was and not subject.reported:
        told = f"`reserved`: {gib(size)} of RAM were in use before the window; a model may be in it"
        return Correction(left=(f"{told}, since no server of this host reports which are loaded",))
    seen = "no server reported a model then" if subject.reported else "no model can have been in so little"
    minus = f", less the `reservations` of {gib(others)}" if others else ""
    return Correction(
        lines=f"  reserved: {_size(size - others)}  # was {gib(was - others)}\n",
        measured=(f"`reserved`: {gib(size)} of RAM were in use before the window{minus}",),
        inferred=(f"`reserved`: {seen}",),
    )


def _model(history: History, subject: Subject) -> Correction:
    size, why = added(history, subject)
    if size is None or (why := _not_its_size(subject, size)):
        return Correction(left=(f"`models`: {why}",))
    name = code(subject.model)
    stated = dict(subject.budgets).get(subject.model)
    if stated is not None and abs(size - stated) <= CLOSE * stated:
        return Correction(left=(f"`models`: {gib(stated)} for {name} are right, {gib(size)} were measured",))
    measured = f"`models`: {name} added {gib(size)} at its peak"
    if subject.declared is None:
        return _without_parts(subject, size, stated, measured)
    return _parts(subject, size, measured)


def _not_its_size(subject: Subject, size: float) -> str:
    """Why what the run added is not the size of the one model in question, "" where it is."""
    if not subject.model:
        return "it cannot be told which model this is; name it with `--model`"
    if with_it := sorted(subject.newcomers - {subject.model}):
        return f"{listed(with_it)} came into memory too, and only the sum was measured"
    if gone := sorted(subject.before - subject.during - {subject.model}):
        return f"{listed(gone)} left the memory when the window began"
    return "" if size > 0 else f"the run added nothing; was {code(subject.model)} loaded in the window?"


def _without_parts(subject: Subject, size: float, stated: float | None, measured: str) -> Correction:
    """The budget is known as a sum only, or not at all."""
    name = code(subject.model)
    if subject.host is not None:
        lines = f"  models:\n    - {{name: {_scalar(subject.model)}, file: {_size(size)}, kv_cache: 0GiB}}\n"
        told = f"`models`: file and KV cache of {name} cannot be told apart; all of it stands as `file`"
        return Correction(lines, (measured,), (told,))
    hint = "give the inventory with `--inventory` for the lines"
    if stated is None:
        return Correction(measured=(measured,), left=(f"`models`: no budget is declared for {name}; {hint}",))
    differs = (
        f"{gib(abs(size - stated))} {'more' if size > stated else 'less'} than the {gib(stated)} declared"
    )
    return Correction(measured=(measured,), left=(f"`models`: {differs} for {name}; {hint}",))


def _parts(subject: Subject, size: float, measured: str) -> Correction:
    """The file is what it is; the rest goes to the overhead, and less than declared to the KV cache."""
    assert subject.declared is not None  # noqa: S101  asked by the caller
    declared = budget(model_spec(subject.declared))
    name, file, cache = code(subject.model), declared.file, declared.cache.size
    if file is None:
        return Correction(measured=(measured,), left=(f"`models`: state the `file` of {name} first",))
    if size < file:
        left = (
            f"`models`: less than its file of {gib(file)} was added by {name}: was it loaded in part, or was "
            "its file counted as cache (mmap without a GPU)?"
        )
        return Correction(measured=(measured,), left=(left,))
    rest = size - file
    if cache is not None and cache <= rest:
        line = f"file: {_size(file)}, kv_cache: {_size(cache)}, overhead: {_size(rest - cache)}"
        told = f"`models`: file and KV cache of {name} as declared; the rest of the size is overhead"
    else:
        line = f"file: {_size(file)}, kv_cache: {_size(rest)}, overhead: 0GiB"
        told = (
            f"`models`: the file of {name} as declared; the rest of the measured size is taken for KV cache, "
            "overhead included"
        )
    was = "" if declared.total is None else f"  # was {gib(declared.total)} in all, measured {gib(size)}"
    lines = f"  models:\n    - {{name: {_scalar(subject.model)}, {line}}}{was}\n"
    return Correction(lines, (measured,), (told,))


def _size(size: float) -> str:
    """As the inventory takes it, rounded up: a budget that is a little too small is wrong."""
    tenths = -(-round(size) * 10 // 2**30)
    return f"{tenths / 10:g}GiB"


def _scalar(text: str) -> str:
    """A name in YAML: as it is where that is safe, else as JSON, which YAML reads alike."""
    safe = text and text[0].isalpha() and all(c.isalnum() or c in "-_./" for c in text) and text.isascii()
    words = {"yes", "no", "on", "off", "true", "false", "null", "y", "n"}
    return text if safe and text.lower() not in words else json.dumps(text)
