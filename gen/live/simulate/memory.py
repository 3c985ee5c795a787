"""The RAM of a host: what its parts are, so that they add up as they do on a real page.

On a GB10 what a model holds is in no field of /proc/meminfo and only makes MemAvailable smaller; on a Mac
it is wired memory.
"""

from __future__ import annotations

from monogen.live.simulate.bodies import GIB, Body
from msgspec import Struct

_SHORT = 0.06
"""Share of the RAM below which what is left is short: tasks stall, and the system swaps."""
_PAGE = 4096


class Memory(Struct, frozen=True):
    """Gauges in bytes, rates a second, and how short memory is (0 to 1)."""

    gauges: dict[str, float]
    rates: dict[str, float]
    pressure: float


def memory(body: Body, held: float, taken: float, drift: float) -> Memory:
    """The RAM while models hold ``held`` bytes and something takes the share ``taken`` of what is left."""
    total = float(body.memory)
    system = body.system * (1 + 0.003 * drift)
    left = max(total - system - held, 0.0)
    available = max(left * (1 - min(max(taken, 0.0), 1.0)), 0.004 * total)
    pressure = max(0.0, 1 - available / (_SHORT * total))
    parts = _darwin if body.host.os == "darwin" else _linux
    gauges = parts(body, held, float(round(available)), pressure)
    swapping = 4000.0 * pressure
    rates = {
        "stalled_for_memory": 0.4 * pressure,
        "waiting_for_memory": 0.6 * pressure,
        "stalled_for_io": 0.002 + 0.2 * pressure,
        "pages_swapped_in": swapping,
        "pages_swapped_out": 1.2 * swapping,
        "bytes_paged_in": 2e4 + swapping * _PAGE,
        "bytes_paged_out": swapping * _PAGE,
        "kib_paged_in": 300 + 4 * swapping,
        "kib_paged_out": 400 + 4.8 * swapping,
        "page_faults": 5000.0,
        "major_faults": 1 + 200 * pressure,
    }
    return Memory({**gauges, "memory_total": total, "memory_used": total - gauges["memory_available"]},
                  rates, pressure)  # fmt: skip


def _linux(body: Body, held: float, available: float, pressure: float) -> dict[str, float]:
    """Fields of /proc/meminfo. ``available`` is what is free, and what the caches can give back."""
    in_ram = 0.0 if body.host.unified_memory or body.discrete else held
    free = round(available * 0.3)
    cache = available - free
    anonymous = round(0.55 * body.system + in_ram)
    cached, buffers = round(0.93 * cache), round(0.02 * cache)
    reclaimable = cache - cached - buffers
    swap_used = round(body.swap * min(0.03 + 0.9 * pressure, 1.0))
    return {
        "memory_available": available,
        "memory_free": float(free),
        "memory_cached": float(cached),
        "memory_buffers": float(buffers),
        "memory_reclaimable": float(reclaimable),
        "memory_unreclaimable": 3e8,
        "memory_slab": reclaimable + 3e8,
        "memory_anonymous": float(anonymous),
        "memory_active_anonymous": float(round(0.75 * anonymous)),
        "memory_inactive_anonymous": float(anonymous - round(0.75 * anonymous)),
        "memory_active_file": float(round(0.5 * cached)),
        "memory_inactive_file": float(cached - round(0.5 * cached)),
        "memory_active": float(round(0.75 * anonymous) + round(0.5 * cached)),
        "memory_inactive": float(anonymous - round(0.75 * anonymous) + cached - round(0.5 * cached)),
        "memory_mapped": 1.2e9,
        "memory_committed": 2.0 * anonymous,
        "memory_limit": body.swap + 0.5 * body.memory,
        "swap_total": float(body.swap),
        "swap_used": float(swap_used),
        "swap_free": float(body.swap - swap_used),
    }


def _darwin(body: Body, held: float, available: float, pressure: float) -> dict[str, float]:
    """As Activity Monitor counts: used = internal - purgeable + wired + compressed."""
    used = body.memory - available
    wired = round(min(2.5 * GIB + held, 0.97 * used))
    compressed = round(min(0.08 * body.system + 2 * GIB * pressure, 0.5 * (used - wired)))
    purgeable = round(0.05 * body.system)
    internal = used - wired - compressed + purgeable
    free = round(min(0.25 * GIB + 0.02 * available, available))
    rest = body.memory - wired - compressed - free
    swap_used = round(0.5 * GIB + 6 * GIB * pressure)
    return {
        "memory_available": available,
        "memory_free": float(free),
        "memory_wired": float(wired),
        "memory_compressed": float(compressed),
        "memory_purgeable": float(purgeable),
        "memory_internal": float(internal),
        "memory_active": float(rest // 2),
        "memory_inactive": float(rest - rest // 2),
        "swap_total": float((swap_used // GIB + 1) * GIB),
        "swap_used": float(swap_used),
    }
