"""``python -m monogen``, and where the command ``monogen`` begins."""

from __future__ import annotations

import sys

INTERRUPTED = 130
"""As shells have it: 128 and the number of the signal."""


def run() -> None:
    """The command line; Ctrl-C while it is still being imported is no traceback either."""
    try:
        from monogen.cli import main  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.stderr.write("monogen: interrupted\n")
        sys.exit(INTERRUPTED)
    main()


if __name__ == "__main__":
    run()
