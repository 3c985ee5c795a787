"""One build at a time: a lock that the kernel releases even after kill -9."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from monogen.output.place import Place
from monogen.problems import InputError, Problem

PATIENCE = 60.0  # seconds to wait for another build
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP})  # a file system without locks


@contextmanager
def locked(place: Place, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the folder's lock for writing; the lock file is gone afterwards.

    Raises InputError when another build holds it for more than ``patience`` seconds.
    """
    descriptor = _acquire(place, patience)
    try:
        yield
    finally:
        # Removed while still held: whoever waits for it sees that its file is gone and takes a new one.
        with suppress(OSError):
            place.lock.unlink()
        os.close(descriptor)


def wait(place: Place, patience: float = PATIENCE) -> None:
    """Wait until no build writes there, without writing anything: for reading."""
    with suppress(FileNotFoundError):
        descriptor = os.open(place.lock, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _flock(descriptor, fcntl.LOCK_SH, place, patience)
        finally:
            os.close(descriptor)


def _acquire(place: Place, patience: float) -> int:
    while True:
        descriptor = os.open(place.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _flock(descriptor, fcntl.LOCK_EX, place, patience)
            if _is_the_file(descriptor, place.lock):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _flock(descriptor: int, kind: int, place: Place, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                hint = f"It has held {place.lock} for {patience:.0f} s."
                message = "another monogen build is writing here"
                raise InputError([Problem(place.shown, 0, 0, message, hint)]) from None
            time.sleep(0.02)
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return
            raise
        else:
            return


def _is_the_file(descriptor: int, path: Path) -> bool:
    """Whether the locked file is still the one with that name: its holder removes it when done."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
