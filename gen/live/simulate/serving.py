"""A model server: requests, tokens, latencies and the KV cache, which follow from each other."""

from __future__ import annotations

from monogen.live.simulate.noise import noise
from monogen.live.simulate.staging import Levers
from msgspec import Struct

PROMPT, ANSWER = 3000.0, 600.0
"""Tokens of a usual request and of its answer."""
CONTEXT = 200_000.0
"""Tokens that the KV cache holds."""
_CACHED = 0.6
"""Share of a prompt that comes from the cache."""
_PLACES = 8
"""Requests at once; more wait."""
_PREFILL = 30.0
"""How many times faster than generating a prompt is read."""


class Serving(Struct, frozen=True):
    """Requests that run and that wait."""

    running: int
    waiting: int = 0

    @classmethod
    def wanted(cls, name: str, elapsed: float, levers: Levers) -> Serving:
        """What people want of a server at a moment: a few requests, at times none, at times many."""
        usual = 2.2 + 2.4 * noise(f"{name}/requests", elapsed, 40)
        wanted = max(round(levers.number("requests", usual)), 0)
        return cls(min(wanted, _PLACES), max(wanted - _PLACES, 0))


class Told(Struct, frozen=True):
    """What a server's page is made of; observations are (how many a second, mean) by name."""

    gauges: dict[str, float]
    rates: dict[str, float]
    observed: dict[str, tuple[float, float]]


class _Pace(Struct, frozen=True):
    """How fast a server works: requests at once, tokens and requests a second, seconds a request spends."""

    running: int
    waiting: int
    single: float
    speed: float
    generated: float
    finished: float
    computed: float
    cached: float
    prefill: float
    queued: float
    decode: float
    used: float


def serving(served: Serving, single: float, size: int) -> Told:
    """A server that gives one request alone ``single`` tokens a second; ``size`` bytes are its model's."""
    pace = _pace(served, single)
    return Told(_gauges(pace, size), _rates(pace), _observed(pace))


def _pace(served: Serving, single: float) -> _Pace:
    running = served.running
    speed = single * running**-0.25 if running else 0.0
    finished = running * speed / ANSWER
    return _Pace(
        running=running,
        waiting=served.waiting,
        single=single,
        speed=speed,
        generated=running * speed,
        finished=finished,
        computed=(1 - _CACHED) * PROMPT * finished,
        cached=_CACHED * PROMPT * finished,
        prefill=(1 - _CACHED) * PROMPT / (_PREFILL * single) if single > 0 else 0.0,
        queued=0.02 + 2.0 * served.waiting,
        decode=ANSWER / speed if speed else 0.0,
        used=min(running * (PROMPT + ANSWER / 2) / CONTEXT + 0.02, 1.0),
    )


def _gauges(pace: _Pace, size: int) -> dict[str, float]:
    return {
        "requests_running": float(pace.running),
        "requests_waiting": float(pace.waiting),
        "kv_used": pace.used,
        "kv_tokens_used": round(pace.used * CONTEXT),
        "kv_tokens_free": CONTEXT - round(pace.used * CONTEXT),
        "kv_tokens": CONTEXT,
        "kv_blocks": CONTEXT / 32,
        "kv_blocks_used": round(pace.used * CONTEXT / 32),
        "kv_blocks_free": CONTEXT / 32 - round(pace.used * CONTEXT / 32),
        "speed": pace.generated,
        "speed_of_request": pace.speed or pace.single,
        "prompt_speed": _PREFILL * pace.single if pace.running else 0.0,
        "last_prompt": PROMPT,
        "last_answer": ANSWER,
        "last_context": PROMPT + ANSWER,
        "last_share": (PROMPT + ANSWER) / 32768,
        "weights": 0.75 * size,
        "cache_bytes": 0.2 * size,
        "model_size": float(size),
        "longest": 31240.0,
        "cache_hits_share": _CACHED,
        "busy_places": float(max(pace.running, 1)),
        "awake": 1.0,
        "waiting_by_capacity": float(pace.waiting),
    }


def _rates(pace: _Pace) -> dict[str, float]:
    return {
        "tokens_generated": pace.generated,
        "tokens_prompt": pace.computed + pace.cached,
        "tokens_prompt_cached": pace.cached,
        "tokens_prompt_computed": pace.computed,
        "requests_finished": pace.finished,
        "finished_stop": 0.95 * pace.finished,
        "finished_length": 0.04 * pace.finished,
        "finished_abort": 0.01 * pace.finished,
        "steps": pace.speed,
        "generating_seconds": float(pace.running > 0) * 0.8,
        "prompt_seconds": pace.prefill * pace.finished,
        "idle_seconds": float(pace.running == 0),
        "server_cpu": 0.3 + 0.4 * (pace.running > 0),
        "blocks_reused": pace.cached / 32,
        "blocks_missed": pace.computed / 32,
        "model_loads": 1e-4,
        "tokens_decode": pace.generated,
        "tokens_prefill_compute": pace.computed,
        "tokens_prefill_cache": pace.cached,
        "prompt_local_compute": pace.computed,
        "prompt_local_cache_hit": pace.cached,
        "cached_device": pace.cached,
    }


def _observed(pace: _Pace) -> dict[str, tuple[float, float]]:
    """Of histograms and summaries: observations a second, and their mean."""
    return {
        "ttft": (pace.finished, pace.prefill + pace.queued),
        "queue_time": (pace.finished, pace.queued),
        "prefill_time": (pace.finished, pace.prefill),
        "decode_time": (pace.finished, pace.decode),
        "inference_time": (pace.finished, pace.prefill + pace.decode),
        "request_time": (pace.finished, pace.prefill + pace.queued + pace.decode),
        "token_time": (pace.generated, 1 / pace.speed if pace.speed else 0.0),
        "mean_token_time": (pace.finished, 1 / pace.speed if pace.speed else 0.0),
        "prompt_length": (pace.finished, PROMPT),
        "computed_length": (pace.finished, (1 - _CACHED) * PROMPT),
        "cached_length": (pace.finished, _CACHED * PROMPT),
        "answer_length": (pace.finished, ANSWER),
        "asked_length": (pace.finished, 4096.0),
        "one": (pace.finished, 1.0),
        "step_tokens": (pace.speed, pace.running + pace.computed / max(pace.speed, 1)),
        "request_speed": (pace.finished, pace.speed or 1.0),
        "load_time": (1e-4, 8.0),
    }
