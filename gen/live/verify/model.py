"""What verify finds, as plain data; ``text`` and ``as_json`` tell it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

from monogen.live.prometheus import Build
from monogen.live.verify.words import counted
from monogen.promql.tree import Node
from msgspec import Struct, field
from msgspec.structs import replace

OTHER_FLEET = "other-fleet"
"""The kind of the finding that the server is another fleet's."""

Part = Literal["targets", "rules", "answers", "catalog", "series"]
"""What is compared, in the order in which it is told."""

QuestionKind = Literal["rule", "alert", "panel"]

ReasonKind = Literal[
    "missing",  # no such target
    "down",  # the exporter does not answer
    "labels",  # a target or a series carries other labels
    "rule",  # the rule that records it is not loaded, or fails
    "metric",  # the exporter answers without the metric
    "waiting",  # a target was not scraped yet, or a group not evaluated
    "young",  # scraped or recorded for less time than the expression needs
    "refused",  # the server did not answer
    "unexplained",
]


class Finding(Struct, frozen=True):
    """One thing that is not as planned, on some hosts.

    ``what`` is the subject (a kind of exporter, a group, a metric), ``message`` half a sentence about it,
    ``detail`` what the server says (of the first host). What is no ``gap`` is worth knowing, and right.
    """

    part: Part
    kind: str
    what: str
    message: str
    hosts: tuple[str, ...] = ()
    detail: str = ""
    hint: str = ""
    gap: bool = True


class Question(Struct, frozen=True, eq=False):
    """An expression of a rule or a panel.

    ``place`` is the board or the group, ``name`` the panel, the recorded series or the alert. ``asked`` is
    what the server is asked for all hosts at once, "" where that cannot be; ``by_host`` then has the
    expression for one host of each kind. ``expected`` are the hosts that must have data while all is well,
    ``possible`` those that may. ``of_fleet`` says that one result speaks for all of them.
    """

    kind: QuestionKind
    place: str
    name: str
    text: str
    tree: Node
    asked: str
    expected: frozenset[str]
    possible: frozenset[str]
    of_fleet: bool
    by_host: Mapping[str, str] = field(default_factory=dict)


class Reason(Struct, frozen=True):
    """Why something is empty. ``what`` is the kind of exporter, the group or the metric to blame.

    What is no ``gap`` comes by itself (data that is too young), or may be so (a host that may be off).
    ``seconds`` is how long it takes at most until it has come by itself, counted from ``since``.
    """

    kind: ReasonKind
    text: str
    what: str = ""
    gap: bool = True
    seconds: float = 0.0
    since: str = ""


class Dark(Struct, frozen=True):
    """An expression that should give data on a host and does not; ``host`` "" is the fleet as a whole.

    ``partly`` says that only the series of one model server are missing, and those of others are there.
    """

    question: Question
    host: str
    reason: Reason
    partly: bool = False

    @property
    def gap(self) -> bool:
        """Whether something is wrong."""
        return self.reason.gap


class Count(Struct, frozen=True):
    """How much of a part was looked at and is as planned; ``note`` says more.

    ``by_host`` has both numbers for each host, None where the part is the fleet's as a whole.
    """

    part: Part
    fine: int
    all: int
    of: str
    note: str = ""
    by_host: Mapping[str, tuple[int, int]] | None = None

    def of_host(self, host: str) -> Count:
        """One host's share."""
        if self.by_host is None:
            return replace(self, note="of the whole fleet")
        fine, of_all = self.by_host.get(host, (0, 0))
        return replace(self, fine=fine, all=of_all, note="")


def by_host(fine: Iterable[str], everything: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Both numbers of a Count for each host: how often it is named among the fine ones, and among all."""
    good, whole = Counter(fine), Counter(everything)
    return {host: (good[host], number) for host, number in whole.items()}


class Cardinality(Struct, frozen=True):
    """Series of the fleet: those that rules record, and those that are scraped.

    ``recorded`` and ``scraped`` are by host, ``names`` the recorded series by name; each is whole.
    ``head`` is all that the server holds, None where it does not tell.
    """

    recorded: Mapping[str, int]
    scraped: Mapping[str, int]
    names: Mapping[str, int]
    head: int | None = None

    def of_host(self, host: str) -> Cardinality:
        """One host's series."""
        recorded = {name: number for name, number in self.recorded.items() if name == host}
        scraped = {name: number for name, number in self.scraped.items() if name == host}
        return Cardinality(recorded, scraped, {})


class Report(Struct, frozen=True):
    """The whole outcome. ``unchecked`` are sentences on what could not be looked at.

    ``host`` is the host that the report is about, "" for the fleet; ``hosts`` counts those of the fleet.
    """

    url: str
    build: Build
    fleet: str
    hosts: int
    counts: tuple[Count, ...]
    findings: tuple[Finding, ...]
    dark: tuple[Dark, ...]
    unchecked: tuple[str, ...]
    cardinality: Cardinality
    warnings: tuple[str, ...]
    seconds: float
    questions: int
    host: str = ""

    @property
    def gaps(self) -> int:
        """How many things are wrong."""
        return sum(finding.gap for finding in self.findings) + sum(dark.gap for dark in self.dark)

    @property
    def too_early(self) -> str:
        """What has not happened even once, so that nobody can say how it is; "" where all of it has."""
        words = []
        if number := self._waiting("targets"):
            whole = next((count.all for count in self.counts if count.part == "targets"), number)
            have = "has" if number == 1 else "have"
            words.append(f"{number:,} of {counted(whole, 'target')} {have} not been scraped yet")
        if number := self._waiting("rules"):
            have = "has" if number == 1 else "have"
            words.append(f"{counted(number, 'group')} of rules {have} not been evaluated yet")
        return " and ".join(words)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, and it is not too early to say so."""
        return not self.gaps and not self.too_early

    @property
    def other_fleet(self) -> Finding | None:
        """That the server is another fleet's; nothing else was looked at then."""
        return next((finding for finding in self.findings if finding.kind == OTHER_FLEET), None)

    def _waiting(self, part: Part) -> int:
        return sum(finding.part == part and finding.kind == "waiting" for finding in self.findings)

    def of_host(self, host: str) -> Report:
        """What concerns one host."""
        return replace(
            self,
            host=host,
            counts=tuple(count.of_host(host) for count in self.counts),
            findings=tuple(
                replace(f, hosts=(host,)) if f.hosts else f
                for f in self.findings
                if not f.hosts or host in f.hosts
            ),
            dark=tuple(d for d in self.dark if d.host in (host, "")),
            cardinality=self.cardinality.of_host(host),
        )
