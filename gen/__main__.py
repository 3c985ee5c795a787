"""``python -m monogen``."""

from monogen.cli import main

main()
