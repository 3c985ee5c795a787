"""Lints a text as a rule file, with some checks only."""

from __future__ import annotations

from pathlib import Path

from monogen.lint.gathering import gathered
from monogen.lint.model import Finding
from monogen.lint.run import lint
from monogen.lint.settings import LintSettings

FLEET = Path(__file__).parents[3] / "hosts" / "fleet.yaml"


def lint_files(
    folder: Path, texts: dict[str, str], *codes: str, inventory: Path | None = None
) -> list[Finding]:
    """The findings of these codes (all if none is named) in the files, by name."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    settings = LintSettings(select=codes or ("MG",))
    given = gathered([folder], inventory, settings)
    return lint(given.linted, settings, given.fleet, given.world, given.generated)


def alert(expr: str, more: str = "", interval: str = "") -> str:
    """A rule file with one alert of that expression; ``more`` are further lines of the rule."""
    lines = [f"  - alert: Something\n    expr: {expr!r}".replace("\\'", "''"), *more.splitlines()]
    stated = f"  interval: {interval}\n" if interval else ""
    return (
        f"groups:\n- name: g\n{stated}  rules:\n"
        + "\n".join([lines[0], *("    " + line for line in lines[1:])])
        + "\n"
    )
