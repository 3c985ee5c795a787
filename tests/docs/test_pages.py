"""The pages of docs/ that are written from code are as the code would write them."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = runpy.run_path(str(DOCS / "write.py"))["PAGES"]


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_current(name: str) -> None:
    page = (DOCS / name).read_text("utf-8")
    assert PAGES[name](page) == page, "run `make docs`"
