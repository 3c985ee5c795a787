"""The pages of the checks: what they say, and that docs/lint/ holds those of today's checks and no others."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import monogen.lint.checks  # noqa: F401
import pytest
from made_up import a_check
from monogen.lint.check import REGISTRY, Example
from monogen.lint.pages import index, page, pages, plain
from monogen.lint.settings.configuration import settings_near

DOCS = Path(__file__).parents[2] / "docs"

PAGE = """# MG998: made-up

An alert without `severity`.

Severity: warning. There is no automatic fix.

## Why

Alertmanager cannot **route** it.

## Bad

`rules.yaml`

```yaml
groups: []
```

## Good

`rules.yaml`

```yaml
groups: [x]
```

## Silence it
"""


def test_a_page_says_what_why_bad_and_good() -> None:
    assert page(a_check()).startswith(PAGE)


@pytest.mark.parametrize(
    ("fix", "expected"), [("safe", "`--fix` mends it"), ("unsafe", "`--fix --unsafe` mends it")]
)
def test_a_page_says_how_it_is_mended(fix: str, expected: str) -> None:
    assert expected in page(a_check(fix=fix))


def test_a_page_says_that_it_needs_an_inventory() -> None:
    assert "It needs an inventory" in page(a_check(needs_inventory=True))
    assert "It needs an inventory" not in page(a_check())


def test_an_example_may_have_an_inventory_and_be_json() -> None:
    shown = page(a_check(bad=Example("{}", "board.json", "fleet: x\n")))
    assert (
        "`board.json`\n\n```json\n{}\n```\n\nwith the inventory\n\n`hosts.yaml`\n\n```yaml\nfleet: x\n"
        in shown
    )


def test_an_inventory_that_both_examples_share_is_shown_once() -> None:
    with_inventory = Example("{}", "board.json", "fleet: x\n")
    shown = page(a_check(bad=with_inventory, good=with_inventory))
    assert shown.count("fleet: x") == 1
    assert "with the same inventory" in shown


def test_no_line_of_an_example_ends_its_fence() -> None:
    shown = page(a_check(bad=Example("a: |\n  ```\n  ````\n")))
    assert "\n`````yaml\na: |\n  ```\n  ````\n`````\n" in shown


def test_the_index_is_by_family() -> None:
    shown = index([a_check("MG401"), a_check("MG201", "b", family="expressions", what="A `a|b`.")])
    assert re.findall("^## (.+)$", shown, re.MULTILINE) == ["Expressions", "Alerts"]
    assert "| [MG201](MG201.md) b | warning | A `a\\|b`. |  |  |" in shown


def test_every_check_is_in_the_index_and_has_a_page() -> None:
    made = pages(REGISTRY.values())
    assert set(made) == {"README.md", *(f"{code}.md" for code in REGISTRY)}
    assert set(re.findall(r"\]\((MG\d{3})\.md\)", made["README.md"])) == set(REGISTRY)


def test_plain_text_has_no_marks() -> None:
    assert plain("A **bold** `x` and [a page](http://x).") == "A bold x and a page."


def test_no_page_is_left_of_a_check_that_is_gone() -> None:
    forgotten = runpy.run_path(str(DOCS / "write.py"))["forgotten"]
    assert forgotten() == [], "run `make docs`"


def test_the_settings_that_a_page_shows_are_understood(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", page(a_check()), re.DOTALL)
    (tmp_path / "monogen.toml").write_text(shown.replace("MG998", "MG101"))
    settings = settings_near(tmp_path)
    assert settings.ignore == ("MG101",)
    assert settings.severities == {"MG101": "info"}
    assert settings.per_path_ignores == {"vendor/**": ("MG101",)}


def test_a_board_can_have_no_comment() -> None:
    assert "monogen: ignore[" in page(a_check())
    assert "monogen: ignore[" not in page(a_check(family="dashboards"))
