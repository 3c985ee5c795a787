"""Looks at all ports of all hosts side by side, and ends in time whatever they do."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence

from monogen.live.discover.asking import Asked
from monogen.live.discover.probing import Probe
from monogen.live.discover.recognising import Recogniser
from monogen.live.discover.seen import Odd, Seen
from monogen.live.settings import Connection

THREADS = 64
"""Ports that are asked at once."""

GRACE = 2.0
"""Seconds beyond what the requests may take."""

Progress = Callable[[int, int], None]


def look(
    hosts: Sequence[Asked], connection: Connection, recogniser: Recogniser, progress: Progress | None = None
) -> list[list[Seen]]:
    """What was seen at each port of each host, in order. ``progress`` is told how many of all are done.

    A port that is not done when all should be (a resolver that hangs) is given up, with a sentence.
    """
    probes = [Probe(host, port, connection, recogniser) for host in hosts for port in host.ports]
    done = _run(probes, _longest(len(probes), connection.timeout), progress)
    seen = iter(done)
    return [[next(seen) for _ in host.ports] for host in hosts]


def _longest(probes: int, timeout: float) -> float:
    """Seconds that all probes may take: each two timeouts and the second look at a port that is slow."""
    rounds = -(-probes // THREADS)
    return rounds * (2 * timeout + 1) + GRACE


def _run(probes: Sequence[Probe], seconds: float, progress: Progress | None) -> list[Seen]:
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    results: queue.SimpleQueue[tuple[int, Seen]] = queue.SimpleQueue()
    for number in range(len(probes)):
        waiting.put(number)
    for _ in range(min(THREADS, len(probes))):
        # Daemons, so that one that hangs keeps nobody.
        threading.Thread(target=_work, args=(probes, waiting, results), daemon=True).start()
    found: dict[int, Seen] = {}
    until = time.monotonic() + seconds
    while len(found) < len(probes):
        try:
            number, seen = results.get(timeout=max(until - time.monotonic(), 0.001))
        except queue.Empty:
            break
        found[number] = seen
        if progress:
            progress(len(found), len(probes))
    return [found.get(number) or _given_up(probe) for number, probe in enumerate(probes)]


def _work(
    probes: Sequence[Probe], waiting: queue.SimpleQueue[int], results: queue.SimpleQueue[tuple[int, Seen]]
) -> None:
    while True:
        try:
            number = waiting.get_nowait()
        except queue.Empty:
            return
        probe = probes[number]
        try:
            seen = probe.look()
        except Exception as error:
            url = probe.asked.url(probe.port)
            seen = Odd(probe.port, f"{url}: the answer cannot be understood ({type(error).__name__})",
                       "this is a mistake of monogen's: please report it")  # fmt: skip
        results.put((number, seen))


def _given_up(probe: Probe) -> Odd:
    return Odd(
        probe.port,
        f"{probe.asked.url(probe.port)}: given up, it took too long",
        "is the name resolved in time?",
    )
