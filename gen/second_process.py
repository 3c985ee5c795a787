"""Long work in two halves, one here and one in a copy of this process: most machines have two cores."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


def can_help() -> bool:
    """Whether a copy of the process gains anything, and is safe: it has no other threads."""
    return hasattr(os, "fork") and (os.cpu_count() or 1) > 1 and threading.active_count() == 1


class SecondProcess(Generic[T]):
    """Work that runs in a copy of this process from now on.

    The copy sees everything as it is at this moment and changes nothing here. Its result is pickled. The work
    is done here, when the result is asked for, if there can be no copy (too many processes, too little
    memory), if it dies, or if its result cannot be pickled: an error then shows where it belongs.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        """Start it; only where ``can_help()``."""
        self._work = work
        self._read, write = os.pipe()
        try:
            self._child: int | None = os.fork()
        except OSError:
            self._child = None
        if self._child == 0:
            self._work_and_leave(write)
        os.close(write)

    def _work_and_leave(self, write: int) -> None:
        """In the copy: hand the result over and end at once, without anybody's cleaning up."""
        code = 1
        try:
            os.close(self._read)
            with os.fdopen(write, "wb") as pipe:
                pickle.dump(self._work(), pipe, pickle.HIGHEST_PROTOCOL)
            code = 0
        finally:
            os._exit(code)

    def result(self) -> T:
        """What the work gave; waits for it."""
        with os.fdopen(self._read, "rb") as pipe:
            handed_over = pipe.read()
        if self._child is None:
            return self._work()
        _, status = os.waitpid(self._child, 0)
        if status != 0:
            return self._work()
        result: T = pickle.loads(handed_over)  # noqa: S301 - written by this very program
        return result
