"""The documentation of the checks, made from the checks: docs/lint/, `monogen rule`, and SARIF's help."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from monogen.lint.check import Check, Example, Family

HEADINGS: dict[Family, str] = {
    "files": "Files",
    "expressions": "Expressions",
    "recording": "Recording rules",
    "alerts": "Alerts",
    "scraping": "Scrape configs",
    "dashboards": "Dashboards",
    "manifests": "Manifests",
}
"""The families as the index shows them."""

_FIXABLE = {
    "safe": "`--fix` mends it, and what the file gives stays as it is.",
    "unsafe": "`--fix --unsafe` mends it, which changes what the file gives.",
    None: "There is no automatic fix.",
}
_LANGUAGES = {"json": "json", "yaml": "yaml", "yml": "yaml"}
_TABLE = ("| code | severity | what | fix | inventory |", "|---|---|---|---|---|")
_INDEX = """# What `monogen lint` looks for

Written by `make docs` from the checks in `gen/lint/checks/`; change those, not these pages. How to run the
linter, and its settings: [lint.md](../lint.md). In a terminal `monogen rule --all` prints this list, and
`monogen rule` with a code its page.

*Fix*: what `--fix` mends (*unsafe*: only with `--unsafe`, because it changes what the file gives).
*Inventory*: silent without one.
"""

_LONGEST_EXAMPLE = 4000
"""Characters of a file that a page shows; only a file whose fault is its size is longer."""


def page(check: Check) -> str:
    """The page of a check: what, why, a bad and a good example, how to silence it. Markdown."""
    return "\n".join(_page(check))


def index(checks: Iterable[Check]) -> str:
    """The list of all checks by family, with links to their pages. Markdown."""
    known = sorted(checks, key=lambda check: check.code)
    lines = [_INDEX]
    for family, heading in HEADINGS.items():
        rows = [_row(check) for check in known if check.family == family]
        if rows:
            lines += [f"## {heading}\n", *_TABLE, *rows, ""]
    return "\n".join(lines)


def pages(checks: Iterable[Check]) -> dict[str, str]:
    """Everything that belongs into docs/lint/, by file name."""
    known = list(checks)
    return {"README.md": index(known), **{f"{check.code}.md": page(check) for check in known}}


def table(checks: Iterable[Check]) -> str:
    """Code, severity, fix and name of each check in columns, for the terminal."""
    rows = [("CODE", "SEVERITY", "FIX", "NAME")]
    rows += [(check.code, check.severity, check.fix or "-", check.name) for check in _sorted(checks)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join([*map(str.ljust, row[:3], widths), row[3]]) for row in rows]
    return "\n".join(lines) + "\n"


def as_data(check: Check) -> dict[str, Any]:
    """A check as `monogen rule --format json` gives it."""
    return {
        "code": check.code,
        "name": check.name,
        "family": check.family,
        "severity": check.severity,
        "fix": check.fix,
        "needs_inventory": check.needs_inventory,
        "what": check.what,
        "why": check.why,
        "bad": {"path": check.bad.path, "text": check.bad.text},
        "good": {"path": check.good.path, "text": check.good.text},
    }


def all_as_data(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """All checks in the order of their codes, as ``as_data`` gives them."""
    return [as_data(check) for check in _sorted(checks)]


def plain(markdown: str) -> str:
    """Markdown without its marks for code, strong text and links, where only plain text is shown."""
    return re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", markdown).replace("`", "").replace("**", "")


def _sorted(checks: Iterable[Check]) -> list[Check]:
    return sorted(checks, key=lambda check: check.code)


def _row(check: Check) -> str:
    what = check.what.replace("|", "\\|").replace("\n", " ")
    needs = "needed" if check.needs_inventory else ""
    cells = (f"[{check.code}]({check.code}.md) {check.name}", check.severity, what, check.fix or "", needs)
    return f"| {' | '.join(cells)} |"


def _page(check: Check) -> Iterator[str]:
    yield f"# {check.code}: {check.name}\n"
    yield f"{check.what}\n"
    needs = " It needs an inventory, and is silent without one." if check.needs_inventory else ""
    yield f"Severity: {check.severity}. {_FIXABLE[check.fix]}{needs}\n"
    yield f"## Why\n\n{check.why}\n"
    yield f"## Bad\n\n{_example(check.bad)}\n"
    yield f"## Good\n\n{_example(check.good, told=check.bad.inventory)}\n"
    yield f"## Silence it\n\n{_silence(check)}"


def _example(example: Example, told: str = "") -> str:
    """The file in a fence that no line of it ends, with its inventory unless that one was ``told`` before."""
    ticks = max((len(run) for run in re.findall(r"`{3,}", example.text)), default=2) + 1
    fence = "`" * ticks
    language = _LANGUAGES.get(example.path.rpartition(".")[2], "")
    shown = f"{_file(example.path, example.text, fence, language)}"
    if example.inventory and example.inventory == told:
        shown += "\n\nwith the same inventory"
    elif example.inventory:
        shown += "\n\nwith the inventory\n\n" + _file("hosts.yaml", example.inventory, fence, "yaml")
    return shown


def _file(path: str, text: str, fence: str, language: str) -> str:
    body = text.strip("\n")
    if len(body) > _LONGEST_EXAMPLE:
        body = f"{body[:_LONGEST_EXAMPLE]}...\n({len(body) - _LONGEST_EXAMPLE:,} more characters)"
    return f"`{path}`\n\n{fence}{language}\n{body}\n{fence}"


def _silence(check: Check) -> str:
    """Boards are JSON, which has no comments."""
    return (
        ("" if check.family == "dashboards" else _comment(check))
        + f"""\
For some files, or everywhere, in `monogen.toml`:

```toml
[lint]
ignore = ["{check.code}"]

[lint.per-path-ignores]
"vendor/**" = ["{check.code}"]

[lint.severities]
{check.code} = "info"  # or error, warning, off
```
"""
    )


def _comment(check: Check) -> str:
    return f"""For one place, behind it or on a line of its own above it, with the reason:

```yaml
# monogen: ignore[{check.code}] why this is right here
```

"""
