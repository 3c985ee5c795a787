"""``python -m monogen``, and where the command ``monogen`` begins and ends."""

from __future__ import annotations

import os
import sys
import threading

INTERRUPTED = 130
"""As shells have it: 128 and the number of the signal."""


def run() -> None:
    """The command line; Ctrl-C while it is still being imported is no traceback either."""
    try:
        from monogen.cli import main  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.stderr.write("monogen: interrupted\n")
        sys.exit(INTERRUPTED)
    try:
        main()
    except SystemExit as ending:
        _leave(ending.code)
        raise


def _leave(code: object) -> None:
    """End at once where nothing is left to do: to free every object takes a tenth of linting 10,000 rules.

    The output is written already (``monogen.stdout``). With other threads, or a code that is to be printed,
    it ends the usual way.
    """
    if isinstance(code, int) and threading.active_count() == 1:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    run()
