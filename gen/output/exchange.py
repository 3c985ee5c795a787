"""Two folders exchange their names in one step of the kernel."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

_AT_FDCWD = -100  # linux/fcntl.h
_RENAME_EXCHANGE = 2  # linux/fs.h, since Linux 3.15; in glibc since 2.28, in musl since 1.2.3
_RENAME_SWAP = 2  # sys/stdio.h of macOS 10.12; APFS does it, HFS+ does not


def exchange(one: Path, other: Path) -> None:
    """Exchange two names on one file system: at no moment is either missing.

    Raises OSError; ENOSYS where the system has no such call. The macOS way has never been run.
    """
    call = _call(sys.platform)
    if call(os.fsencode(one), os.fsencode(other)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(one), None, str(other))


@cache
def _call(platform: str) -> Callable[[bytes, bytes], int]:
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        if platform == "darwin":
            swap = libc.renamex_np
            swap.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint]
            return lambda one, other: int(swap(one, other, _RENAME_SWAP))
        rename = libc.renameat2
    except AttributeError:
        raise OSError(errno.ENOSYS, "this system cannot exchange two folders") from None
    rename.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return lambda one, other: int(rename(_AT_FDCWD, one, _AT_FDCWD, other, _RENAME_EXCHANGE))
