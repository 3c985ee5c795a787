"""Writes the pages of docs/ that follow from code and data. Run by ``make docs``; a test compares them."""

from __future__ import annotations

from pathlib import Path

from monogen.plan.reference import series_and_alerts

PAGES = {"series.md": series_and_alerts}
"""Page by page, what writes it."""


def main() -> None:
    """Write every page anew, beside this file."""
    for name, page in PAGES.items():
        (Path(__file__).parent / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
