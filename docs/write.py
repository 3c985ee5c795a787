"""Writes the pages of docs/ that follow from code and data. Run by ``make docs``; a test compares them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from monogen.catalog import evidence
from monogen.inventory import reference
from monogen.plan.reference import series_and_alerts

PAGES: dict[str, Callable[[str], str]] = {
    "catalog.md": evidence.put,
    "inventory.md": reference.replaced,
    "series.md": lambda _: series_and_alerts(),
}
"""Page by page, what makes the new text of the old one: some pages are written by hand around a table."""


def main() -> None:
    """Write every page anew, beside this file."""
    for name, renew in PAGES.items():
        page = Path(__file__).parent / name
        page.write_text(renew(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
