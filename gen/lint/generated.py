"""The rule groups of a build as the linter sees groups; they stand in no file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from monogen.inventory.model import Fleet
from monogen.lint.documents import Document, GroupItem
from monogen.lint.model import Position
from monogen.lint.reading.rules import groups_of
from monogen.lint.reading.source import Unread
from monogen.monitoring import Monitoring
from monogen.output.flow import Flow
from monogen.targets.rulefile import groups


def generated_groups(fleet: Fleet, monitoring: Monitoring, source: str = "") -> Sequence[GroupItem]:
    """All groups of a build. ``source`` is what a finding that names one of them calls their file."""
    data = [
        group | {"rules": [_plain(rule) for rule in group["rules"]]}
        for file in monitoring.rule_files
        for group in groups(file, f"monogen-{fleet.name}")
    ]
    nowhere = Unread(source or "the inventory", "", Position())
    return groups_of(Document(nowhere, 0, "rules", {"groups": data}))


def groups_beside(
    linted: Iterable[GroupItem], fleet: Fleet, monitoring: Monitoring, source: str = ""
) -> tuple[GroupItem, ...]:
    """The groups of a build that are not linted themselves, as those in out/ are."""
    known = {group.name for group in linted}
    made = generated_groups(fleet, monitoring, source)
    return tuple(group for group in made if group.name not in known)


def _plain(rule: Any) -> Any:
    """The rule without the mark that it is to be written on one line."""
    return rule.value if isinstance(rule, Flow) else rule
