"""A model server: requests, tokens, latencies and the KV cache, which follow from each other."""

from __future__ import annotations

from dataclasses import dataclass

from monogen.live.simulate.noise import noise
from monogen.live.simulate.staging import Levers

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


@dataclass(frozen=True, slots=True)
class Serving:
    """Requests that run and that wait."""

    running: int
    waiting: int = 0

    @classmethod
    def wanted(cls, name: str, elapsed: float, levers: Levers) -> Serving:
        """What people want of a server at a moment: a few requests, at times none, at times many."""
        usual = 2.2 + 2.4 * noise(f"{name}/requests", elapsed, 40)
        wanted = max(round(levers.number("requests", usual)), 0)
        return cls(min(wanted, _PLACES), max(wanted - _PLACES, 0))


@dataclass(frozen=True, slots=True)
class Told:
    """What a server's page is made of; observations are (how many a second, mean) by name."""

    gauges: dict[str, float]
    rates: dict[str, float]
    observed: dict[str, tuple[float, float]]


def serving(served: Serving, single: float, size: int) -> Told:
    """A server that gives one request alone ``single`` tokens a second; ``size`` bytes are its model's."""
    running = served.running
    speed = single * running**-0.25 if running else 0.0
    generated = running * speed
    finished = generated / ANSWER
    computed, cached = (1 - _CACHED) * PROMPT * finished, _CACHED * PROMPT * finished
    prefill = (1 - _CACHED) * PROMPT / (_PREFILL * single) if single > 0 else 0.0
    queued = 0.02 + 2.0 * served.waiting
    decode = ANSWER / speed if speed else 0.0
    used = min(running * (PROMPT + ANSWER / 2) / CONTEXT + 0.02, 1.0)
    gauges = {
        "requests_running": float(running),
        "requests_waiting": float(served.waiting),
        "kv_used": used,
        "kv_tokens_used": round(used * CONTEXT),
        "kv_tokens_free": CONTEXT - round(used * CONTEXT),
        "kv_tokens": CONTEXT,
        "kv_blocks": CONTEXT / 32,
        "kv_blocks_used": round(used * CONTEXT / 32),
        "kv_blocks_free": CONTEXT / 32 - round(used * CONTEXT / 32),
        "speed": generated,
        "speed_of_request": speed or single,
        "prompt_speed": _PREFILL * single if running else 0.0,
        "last_prompt": PROMPT,
        "last_answer": ANSWER,
        "last_context": PROMPT + ANSWER,
        "last_share": (PROMPT + ANSWER) / 32768,
        "weights": 0.75 * size,
        "cache_bytes": 0.2 * size,
        "model_size": float(size),
        "longest": 31240.0,
        "cache_hits_share": _CACHED,
        "busy_places": float(max(running, 1)),
        "awake": 1.0,
        "waiting_by_capacity": float(served.waiting),
    }
    rates = {
        "tokens_generated": generated,
        "tokens_prompt": computed + cached,
        "tokens_prompt_cached": cached,
        "tokens_prompt_computed": computed,
        "requests_finished": finished,
        "finished_stop": 0.95 * finished,
        "finished_length": 0.04 * finished,
        "finished_abort": 0.01 * finished,
        "steps": speed,
        "generating_seconds": float(running > 0) * 0.8,
        "prompt_seconds": prefill * finished,
        "idle_seconds": float(running == 0),
        "server_cpu": 0.3 + 0.4 * (running > 0),
        "blocks_reused": cached / 32,
        "blocks_missed": computed / 32,
        "model_loads": 1e-4,
        "tokens_decode": generated,
        "tokens_prefill_compute": computed,
        "tokens_prefill_cache": cached,
        "prompt_local_compute": computed,
        "prompt_local_cache_hit": cached,
        "cached_device": cached,
    }
    observed = {
        "ttft": (finished, prefill + queued),
        "queue_time": (finished, queued),
        "prefill_time": (finished, prefill),
        "decode_time": (finished, decode),
        "inference_time": (finished, prefill + decode),
        "request_time": (finished, prefill + queued + decode),
        "token_time": (generated, 1 / speed if speed else 0.0),
        "mean_token_time": (finished, 1 / speed if speed else 0.0),
        "prompt_length": (finished, PROMPT),
        "computed_length": (finished, (1 - _CACHED) * PROMPT),
        "cached_length": (finished, _CACHED * PROMPT),
        "answer_length": (finished, ANSWER),
        "asked_length": (finished, 4096.0),
        "one": (finished, 1.0),
        "step_tokens": (speed, running + computed / max(speed, 1)),
        "request_speed": (finished, speed or 1.0),
        "load_time": (1e-4, 8.0),
    }
    return Told(gauges, rates, observed)
