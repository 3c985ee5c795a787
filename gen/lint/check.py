"""A check: what it looks at, what it says, and the page that explains it. ``@check`` registers one.

The modules in ``monogen.lint.checks`` hold them, a family a folder, a check or a few that belong together a
module. To delete a check, delete its function. Documentation (`monogen rule`, docs/lint) and the test that
each check finds its bad example and leaves its good one alone come from here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

from monogen.lint.model import Found, Safety, Severity
from msgspec import Struct

Family = Literal["expressions", "recording", "alerts", "scraping", "dashboards", "manifests", "files"]

On = Literal[
    "expression",  # Expression: of rules, panels, variables
    "rule",  # RuleItem
    "group",  # GroupItem
    "scrape",  # ScrapeItem
    "panel",  # PanelItem
    "board",  # BoardItem
    "document",  # Document
    "everything",  # nothing of its own: the whole run, by context
]


class Example(Struct, frozen=True):
    """A file that shows a check at work. ``inventory`` "" is the example fleet of docs/lint.

    A board is kept as data: every run imports every check, and few print an example.
    """

    content: str | Mapping[str, Any]
    path: str = "rules.yaml"
    inventory: str = ""

    @property
    def text(self) -> str:
        """What stands in the file."""
        return self.content if isinstance(self.content, str) else json.dumps(self.content, indent=2) + "\n"


class Check(Struct, frozen=True):
    """One thing the linter looks for.

    ``code`` is MG and three digits, ``name`` its words with dashes. ``what`` says in one sentence what is
    found, ``why`` what happens to people who leave it, both in Markdown. ``fix`` says whether `--fix` can
    mend it. ``needs_inventory`` checks are silent without one.
    """

    code: str
    name: str
    family: Family
    severity: Severity
    on: On
    what: str
    why: str
    bad: Example
    good: Example
    find: Callable[..., Iterable[Any]]
    fix: Safety | None = None
    needs_inventory: bool = False


REGISTRY: dict[str, Check] = {}
"""Every check by its code; filled by importing ``monogen.lint.checks``."""

Find = TypeVar("Find", bound=Callable[..., Iterable[Any]])


def check(
    code: str,
    name: str,
    *,
    family: Family,
    severity: Severity,
    on: On,
    what: str,
    why: str,
    bad: Example | str,
    good: Example | str,
    fix: Safety | None = None,
    needs_inventory: bool = False,
) -> Callable[[Find], Find]:
    """Register the decorated function as a check.

    It is called as ``find(item, context)`` with what ``on`` names and the run's Context, and yields Found;
    those ``on`` "everything" are called as ``find(context)`` and yield (Document, Found).
    """

    def register(find: Find) -> Find:
        if code in REGISTRY:
            raise ValueError(f"{code} is {REGISTRY[code].name} already")
        REGISTRY[code] = Check(
            code=code,
            name=name,
            family=family,
            severity=severity,
            on=on,
            what=what,
            why=why,
            bad=bad if isinstance(bad, Example) else Example(bad),
            good=good if isinstance(good, Example) else Example(good),
            find=find,
            fix=fix,
            needs_inventory=needs_inventory,
        )
        return find

    return register


FoundThere = tuple[Any, Found]
"""What a check of "everything" yields: the Document, and what was found in it."""
