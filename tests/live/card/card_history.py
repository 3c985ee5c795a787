"""Recorded series of nine hosts around one hour, with numbers that can be worked out by hand.

A sample every 30 s, ten minutes before and after. ``START`` and ``END`` belong to the hour. What a host does
stands beside it below; GiB are 2^30.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

START = 1_760_000_400
END = START + 3600
EVERY = 30
AROUND = 600
GIB = 2**30

Value = float | Callable[[int], float | None]


def labels(host: str, hardware: str = "gb10", os: str = "linux", fleet: str = "homelab", **more: str) -> str:
    """The labels of a recorded series, as OpenMetrics writes them."""
    given = {"instance": host, "os": os, "hardware": hardware, "fleet": fleet, **more}
    return ",".join(f'{name}="{value}"' for name, value in given.items())


def inside(value: float, outside: float, first: int = START, last: int = END) -> Callable[[int], float]:
    """One value from ``first`` to ``last``, another one elsewhere."""
    return lambda at: value if first <= at <= last else outside


def only(value: float, first: int, last: int) -> Callable[[int], float | None]:
    """A value for a time, no sample elsewhere."""
    return lambda at: value if first <= at <= last else None


def _spark() -> Iterator[tuple[str, str, Value]]:
    """One model is loaded five minutes in, 10 to 40 GiB with one sample of 44, and given back at the end."""
    me = labels("spark")
    server = labels("spark", job="vllm", server="vllm", model="qwen")

    def used(at: int) -> float:
        if at == START + 1800:
            return 44 * GIB
        return (40 if START + 300 <= at <= END else 10 if at < START + 300 else 10.5) * GIB

    yield "host:memory_used_bytes", me, used
    yield "host:memory_reserved_bytes", me, 12 * GIB
    yield "host:model_footprint_bytes", me, lambda at: max(0.0, used(at) - 12 * GIB)
    yield "host:model_capacity_bytes", me, 36 * GIB
    yield "host:model_headroom_bytes", me, lambda at: 36 * GIB - max(0.0, used(at) - 12 * GIB)
    yield "host:model_budget_bytes", labels("spark", model="qwen"), 26 * GIB
    yield "host:model_budget_bytes", labels("spark", model="other"), 60 * GIB
    yield "host:swap_used_bytes", me, inside(0.5 * GIB, 0.25 * GIB, START + 900, START + 930)
    yield "host:memory_stalled:ratio_rate5m", me, inside(0.04, 0.01, START + 900, START + 960)
    yield "server:model_resident", server, only(1, START + 300, END)
    yield "server:tokens_generated:rate5m", server, inside(40, 0, START + 600, START + 3000)
    yield "server:tokens_prompt:rate5m", server, inside(400, 0, START + 1200, START + 1200)

    def first_token(at: int) -> float:
        if not START + 600 <= at <= START + 3000:
            return math.nan
        return 2.5 if at == START + 1200 else 1.5

    yield "server:time_to_first_token_seconds:p95_5m", server, first_token
    gpu = labels("spark", gpu="0")
    yield "host:gpu_power_watts", gpu, inside(100, 60)
    yield "host:gpu_utilization:ratio", gpu, inside(0.9, 0, START + 300)
    yield "host:gpu_temperature_celsius", gpu, inside(71, 50, START + 600, START + 600)
    # Ten samples at a low clock while it works; the low clock at rest is thrift.
    slow = range(START + 1500, START + 1800)
    yield (
        "host:gpu_clock_hertz",
        gpu,
        lambda at: 7e8 if at in slow else (2.4e9 if START + 300 <= at <= END else 6e8),
    )
    yield "host:gpu_clock_low_hertz", me, 8e8
    yield "host:process_gpu_memory_bytes", labels("spark", pid="42", process_name="VLLM"), inside(29 * GIB, 0)


def _model_host(
    host: str, capacity: float, footprint: Value, hardware: str = "gb10", os: str = "linux"
) -> Iterator[tuple[str, str, Value]]:
    """What every model host has; RAM in use is 10 GiB more than the footprint."""
    me = labels(host, hardware, os)
    of: Callable[[int], float | None] = footprint if callable(footprint) else (lambda _: footprint)

    def plus(sign: int, base: float) -> Callable[[int], float | None]:
        return lambda at: None if (held := of(at)) is None else base + sign * held

    yield "host:model_footprint_bytes", me, of
    yield "host:memory_used_bytes", me, plus(1, 10 * GIB)
    yield "host:memory_reserved_bytes", me, 10 * GIB
    yield "host:model_capacity_bytes", me, capacity
    yield "host:model_headroom_bytes", me, plus(-1, capacity)


def _others() -> Iterator[tuple[str, str, Value]]:
    # tight: 94 of 100 GiB, and swap grows by 2 GiB. Half of it stays afterwards.
    yield from _model_host(
        "tight", 100 * GIB, lambda at: (94 if START < at <= END else 47 if at > END else 0) * GIB
    )
    yield "host:swap_used_bytes", labels("tight"), inside(3 * GIB, 1 * GIB)
    # full: room enough by the numbers, but everything waits for memory.
    yield from _model_host("full", 100 * GIB, inside(80 * GIB, 0))
    yield "host:memory_stalled:ratio_rate5m", labels("full"), inside(0.3, 0, START + 600, START + 900)
    # duo: `old` is there all the time, `new` comes.
    yield from _model_host("duo", 100 * GIB, inside(50 * GIB, 20 * GIB))
    yield "server:model_resident", labels("duo", job="vllm", server="a", model="old"), 1
    yield "server:model_resident", labels("duo", job="vllm", server="b", model="new"), only(1, START, END)
    yield "server:tokens_generated:rate5m", labels("duo", job="vllm", server="a", model="old"), 10
    yield "server:tokens_generated:rate5m", labels("duo", job="vllm", server="b", model="new"), inside(30, 0)
    yield "host:model_budget_bytes", labels("duo", model="old"), 20 * GIB
    yield "host:model_budget_bytes", labels("duo", model="new"), 40 * GIB
    # mac: a llama-server that names no model.
    yield from _model_host("mac", 100 * GIB, inside(20 * GIB, 0), "apple-silicon", "darwin")
    nameless = labels("mac", "apple-silicon", "darwin", job="llama-server", server="llama-server")
    yield "server:model_resident", nameless, 1
    yield "server:tokens_generated:rate5m", nameless, 25
    # box: two GPUs of 24 GiB, one nearly full while the sum has room. 200 and 100 W.
    yield "host:model_footprint_bytes", labels("box", "nvidia"), inside(25 * GIB, 2 * GIB)
    yield "host:model_capacity_bytes", labels("box", "nvidia"), 48 * GIB
    yield "host:model_headroom_bytes", labels("box", "nvidia"), inside(23 * GIB, 46 * GIB)
    for gpu, held, watts in (("a", 23.5, 200), ("b", 1.5, 100)):
        yield "host:gpu_memory_used_bytes", labels("box", "nvidia", gpu=gpu), inside(held * GIB, GIB)
        yield (
            "host:gpu_memory_free_bytes",
            labels("box", "nvidia", gpu=gpu),
            inside((24 - held) * GIB, 23 * GIB),
        )
        yield "host:gpu_power_watts", labels("box", "nvidia", gpu=gpu), watts
        yield "host:gpu_utilization:ratio", labels("box", "nvidia", gpu=gpu), 0.2
        yield "host:gpu_clock_hertz", labels("box", "nvidia", gpu=gpu), 1e9
    # gappy: nothing from 20 to 40 minutes, and away for the ten minutes before that.
    away = range(START + 1200, START + 2400)
    yield from _model_host("gappy", 100 * GIB, lambda at: None if at in away else 50 * GIB)
    yield "host:gpu_power_watts", labels("gappy", gpu="0"), lambda at: None if at in away else 90
    yield "host:up", labels("gappy"), lambda at: 0 if at in range(START + 600, START + 1200) else 1
    # plain: an ordinary Linux host.
    yield "host:memory_used_bytes", labels("plain", "generic"), inside(6 * GIB, 4 * GIB)
    yield "host:up", labels("plain", "generic"), 1
    # twin: the name is used in two fleets.
    yield "host:up", labels("twin", fleet="homelab"), 1
    yield "host:up", labels("twin", fleet="work"), 1
    yield "monogen:electricity_price_per_kwh", 'fleet="homelab",currency="EUR"', 0.3


def open_metrics() -> str:
    """All of it, for promtool."""
    families: dict[str, list[str]] = {}
    for name, told, value in (*_spark(), *_others()):
        lines = families.setdefault(name, [f"# TYPE {name} gauge"])
        for at in range(START - AROUND, END + AROUND + 1, EVERY):
            number = value(at) if callable(value) else value
            if number is not None:
                lines.append(f"{name}{{{told}}} {number} {at}")
    return "\n".join([*(line for lines in families.values() for line in lines), "# EOF", ""])
