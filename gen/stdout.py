"""Standard output that cannot be written: a full disk, or a descriptor that was closed."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

UNWRITABLE = 2
"""The exit code."""

_OF_OUTPUT = frozenset({errno.ENOSPC, errno.EBADF, errno.EIO, errno.EFBIG, errno.EDQUOT})
"""What a write to standard output fails with. A closed pipe (`| head`) is click's business."""


@contextmanager
def told() -> Iterator[None]:
    """Within it, output that cannot be written becomes one line on stderr and exit code 2."""
    if sys.stdout is None:
        # Closed by whoever started this. A stream that fails when something is written, and not before:
        # without one the report would vanish, and the next opened file would get its descriptor.
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: PTH123, SIM115
    try:
        yield
        sys.stdout.flush()
    except SystemExit:
        _flush()
        raise
    except OSError as error:
        if error.filename is not None or error.errno not in _OF_OUTPUT:
            raise
        _give_up(error)


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _silence()
    except OSError as error:
        if error.errno not in _OF_OUTPUT:
            raise
        _give_up(error)


def _give_up(error: OSError) -> None:
    click.echo(f"monogen: the output cannot be written: {error.strerror}", err=True)
    _silence()
    sys.exit(UNWRITABLE)


def _silence() -> None:
    """What is still in the buffer would fail once more when the interpreter ends."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
