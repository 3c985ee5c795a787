"""Files that have reached the disk when the call returns."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path


def write_files(files: Mapping[Path, bytes]) -> None:
    """Write new files (0644, less the umask) and sync them all.

    All are written before the first is synced: the kernel then sends them to the disk together.
    """
    for path, data in files.items():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        finally:
            os.close(descriptor)
    sync(files)


def sync(paths: Iterable[Path]) -> None:
    """Bring files, or the names in folders, to the disk."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
