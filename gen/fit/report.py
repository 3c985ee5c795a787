"""The answer of `monogen fit`: a table for people, or the same as plain data for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from monogen.fit.spec import HostSpec, ModelSpec
from monogen.fit.speed import UNUSABLE, Ceiling, ceiling
from monogen.fit.together import Together, together
from monogen.fit.verdict import MARGIN, Fit, Verdict, capacity, fit
from msgspec import Struct

_HEADINGS = (
    "HOST",
    "MODEL",
    "FILE",
    "KV CACHE",
    "OVERHEAD",
    "BUDGET",
    "CAPACITY",
    "LEFT",
    "VERDICT",
    "TOKENS/S",
)
_LEFT_ALIGNED = 2
_SHOWN_SETS = 20

FORMULA = (
    "tokens/s is a ceiling, with a full context and with an empty one: memory bandwidth / (weights that are "
    "active for a token + KV cache). One request at a time; half to nine tenths of it has been measured."
)


class Row(Struct, frozen=True):
    """One model on one host, judged."""

    host: HostSpec
    model: ModelSpec
    fit: Fit
    ceiling: Ceiling


class Report(Struct, frozen=True):
    """All rows, in the order of hosts and models, and by host's name which models fit together."""

    rows: tuple[Row, ...]
    together: tuple[tuple[str, Together], ...]
    notes: tuple[str, ...]


def report(hosts: Iterable[HostSpec], candidates: Sequence[ModelSpec] = ()) -> Report:
    """Judge the models of each host. With ``candidates`` these are judged on every host instead."""
    chosen = tuple(hosts)
    rows = tuple(
        Row(host, model, fit(model, host), ceiling(model, host.bandwidth))
        for host in chosen
        for model in (candidates or host.models)
    )
    sets = () if candidates else tuple((host.name, together(host)) for host in chosen if len(host.models) > 1)
    return Report(rows, sets, _notes(chosen, rows))


def _notes(hosts: Sequence[HostSpec], rows: Sequence[Row]) -> tuple[str, ...]:
    notes = [note for host in hosts for note in host.notes]
    for row in rows:
        notes.append(row.fit.why)
        note = row.fit.budget.cache.note
        notes.append(f"{row.model.name}: {note}" if note else "")
        why = row.ceiling.why
        notes.append(why if why.startswith(row.model.name) or not why else f"{row.host.name}: {why}")
        if row.ceiling.unusable and row.fit.verdict is not Verdict.DOES_NOT_FIT:
            told = f"unusable, even the ceiling is below {UNUSABLE:g} tokens/s"
            notes.append(f"{row.model.name} on {row.host.name}: {told}")
    return tuple(dict.fromkeys(filter(None, notes)))


def text(result: Report) -> str:
    """The table for people, what fits together, and every note; ends with a line feed."""
    if not result.rows:
        return "no host has models; list them under `models:`, or give a file with --gguf or --config\n"
    lines = [*_aligned([_HEADINGS, *map(_cells, result.rows)]), ""]
    for name, sets in result.together:
        lines += [f"resident together on {name}:", *_sets(sets), ""]
    lines += [f"note: {note}" for note in result.notes]
    lines.append(f"fits: at least {MARGIN:.0%} of the capacity stay free; barely fits means it does not fit.")
    if any(row.ceiling.empty is not None for row in result.rows):
        lines.append(FORMULA)
    return "\n".join(lines) + "\n"


def _sets(sets: Together) -> list[str]:
    lines = [f"  {' + '.join(names)}" for names in sets.sets[:_SHOWN_SETS]] or ["  none"]
    hidden = len(sets.sets) - _SHOWN_SETS
    if hidden > 0:
        lines.append(f"  and {hidden} more (--json lists them)")
    if not sets.complete:
        lines.append("  (too many models to try every set: one for each model)")
    if sets.left_out:
        lines.append(f"  not even alone, or not known: {', '.join(sets.left_out)}")
    return lines


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if index < _LEFT_ALIGNED or _HEADINGS[index] == "VERDICT" else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]


def _cells(row: Row) -> tuple[str, ...]:
    needed = row.fit.budget
    total = _size(needed.total)
    if needed.total is None and needed.at_least:
        total = f">{_size(needed.at_least)}"
    return (
        row.host.name,
        row.model.name,
        _size(needed.file),
        _size(needed.cache.size),
        _size(needed.overhead),
        total,
        _size(row.fit.capacity),
        _size(row.fit.headroom),
        row.fit.verdict.value,
        "-" if row.fit.verdict is Verdict.DOES_NOT_FIT else _speed(row.ceiling),
    )


def _size(size: int | None) -> str:
    return "?" if size is None else f"{size / 2**30:.1f} GiB"


def _speed(limit: Ceiling) -> str:
    if limit.empty is None:
        return "?"
    empty = _rate(limit.empty)
    full = empty if limit.full is None else _rate(limit.full)
    told = empty if full == empty else f"{full}-{empty}"
    return f"{told} unusable" if limit.unusable else told


def _rate(rate: float) -> str:
    return f"{rate:.1f}" if rate < UNUSABLE else f"{rate:.0f}"


def as_json(result: Report) -> dict[str, Any]:
    """The same as plain data: sizes in bytes, null where not known."""
    return {
        "margin": MARGIN,
        "models": [_row_json(row) for row in result.rows],
        "together": {
            name: {"sets": [list(names) for names in sets.sets], "complete": sets.complete,
                   "left_out": list(sets.left_out)}
            for name, sets in result.together
        },
        "notes": list(result.notes),
    }  # fmt: skip


def _row_json(row: Row) -> dict[str, Any]:
    needed = row.fit.budget
    return {
        "host": row.host.name,
        "model": row.model.name,
        "file_bytes": needed.file,
        "kv_cache_bytes": needed.cache.size,
        "overhead_bytes": needed.overhead,
        "budget_bytes": needed.total,
        "capacity_bytes": row.fit.capacity,
        "host_capacity_bytes": capacity(row.host, split=True),
        "headroom_bytes": row.fit.headroom,
        "verdict": row.fit.verdict.value,
        "tokens_per_second_ceiling": {"empty_context": row.ceiling.empty, "full_context": row.ceiling.full},
        "unusable": row.ceiling.unusable,
    }
