"""What a build refuses: errors of the linter in what it is about to write.

What follows from the inventory alone is right by construction and by monogen's own tests (scrape configs,
constants of hosts); what is looked at are the expressions, of rules and of boards, since catalogs change and
people bring files of their own. So the time goes with the rules and the classes of hosts, not with the hosts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from monogen.inventory.model import Fleet
from monogen.lint.documents import Document
from monogen.lint.generated import groups_beside
from monogen.lint.model import Finding, Severity
from monogen.lint.reading.files import documents_of_paths
from monogen.lint.reading.texts import documents_of_text, gather
from monogen.lint.run import lint
from monogen.lint.settings.configuration import settings_near
from monogen.lint.world import World
from monogen.monitoring import Artifact, Monitoring
from msgspec.structs import replace


def findings(
    fleet: Fleet, monitoring: Monitoring, written: Iterable[Artifact], severity: Severity = "error"
) -> list[Finding]:
    """What is found in the rules and boards of a build, that bad or worse; ``written`` are their files.

    Settings of the project (`[tool.monogen.lint]`) hold here too, so that a false alarm can be silenced.
    Raises InputError where those settings cannot be used.
    """
    settings = replace(settings_near(Path()), severity=severity)
    own = documents_of_paths([Path(path) for path in fleet.rules])
    linted = gather([*_documents(written), *own])
    others = groups_beside(linted.groups, fleet, monitoring)
    world = World(fleet, [*linted.groups, *others])
    return lint(linted, settings, fleet, world, others, monitoring.rules)


def _documents(artifacts: Iterable[Artifact]) -> Iterator[Document]:
    for artifact in artifacts:
        yield from documents_of_text(artifact.path, artifact.text)
