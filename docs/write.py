"""Writes the pages of docs/ that follow from code and data. Run by ``make docs``; a test compares them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import monogen.lint.checks  # noqa: F401 (registers the checks)
from monogen.catalog import evidence
from monogen.inventory import reference
from monogen.lint.check import REGISTRY
from monogen.lint.pages import pages
from monogen.plan.reference import series_and_alerts

DOCS = Path(__file__).parent

PAGES: dict[str, Callable[[str], str]] = {
    "catalog.md": evidence.put,
    "inventory.md": reference.replaced,
    "series.md": lambda _: series_and_alerts(),
    **{f"lint/{name}": lambda _, text=text: text for name, text in pages(REGISTRY.values()).items()},
}
"""Page by page, what makes the new text of the old one: some pages are written by hand around a table."""


def main() -> None:
    """Write every page anew, beside this file, and remove those of checks that are gone."""
    for name, renew in PAGES.items():
        page = DOCS / name
        page.parent.mkdir(exist_ok=True)
        old = page.read_text(encoding="utf-8") if page.exists() else ""
        page.write_text(renew(old), encoding="utf-8")
    for page in forgotten():
        page.unlink()


def forgotten() -> list[Path]:
    """Pages of docs/lint/ that no check stands behind."""
    return sorted(page for page in (DOCS / "lint").glob("*.md") if f"lint/{page.name}" not in PAGES)


if __name__ == "__main__":
    main()
