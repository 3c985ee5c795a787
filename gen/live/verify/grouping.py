"""What belongs together: findings that say the same of several hosts, and what went dark because of them."""

from __future__ import annotations

from collections.abc import Iterable

from monogen.live.verify.model import Dark, Finding, QuestionKind, Report
from msgspec import Struct, field


class Trouble(Struct):
    """One cause: findings of one message, and the expressions that are empty because of it.

    ``hosts`` are in the order of their discovery; ``detail`` and ``hint`` are those of the first.
    """

    message: str
    gap: bool
    part: str = "answers"
    detail: str = ""
    hint: str = ""
    hosts: dict[str, str] = field(default_factory=dict)
    dark: list[Dark] = field(default_factory=list)
    findings: int = 0

    def names(self, kind: QuestionKind) -> dict[str, dict[str, None]]:
        """What is dark of a kind, by board or group: each name once."""
        found: dict[str, dict[str, None]] = {}
        for one in self.dark:
            if one.question.kind == kind:
                found.setdefault(one.question.place, {})[one.question.name] = None
        return found


_ORDER = {"targets": 0, "rules": 1, "answers": 2, "catalog": 3, "series": 4}


def troubles(report: Report) -> list[Trouble]:
    """The causes, what is wrong first, then by part and by how much is dark."""
    found: dict[tuple[str, bool], Trouble] = {}
    for finding in report.findings:
        _add(found, finding)
    for dark in report.dark:
        reason = dark.reason
        key = (reason.text, reason.gap)
        if key not in found:
            found[key] = Trouble(reason.text, reason.gap)
        found[key].dark.append(dark)
        if dark.host:
            found[key].hosts.setdefault(dark.host, "")
    return sorted(found.values(), key=_rank)


def _add(found: dict[tuple[str, bool], Trouble], finding: Finding) -> None:
    key = (finding.message, finding.gap)
    trouble = found.get(key)
    if trouble is None:
        trouble = Trouble(finding.message, finding.gap, finding.part, finding.detail, finding.hint)
        found[key] = trouble
    trouble.findings += 1
    trouble.hosts |= dict.fromkeys(finding.hosts, finding.detail)


def _rank(trouble: Trouble) -> tuple[bool, int, int]:
    part = _ORDER[trouble.part] if trouble.gap else 0
    return not trouble.gap, part, -len(trouble.dark)


def wrong(all_troubles: Iterable[Trouble]) -> list[Trouble]:
    """Those that are gaps."""
    return [one for one in all_troubles if one.gap]
