"""Both readings of an expression on a host side by side, and the table of all of them.

A pair is an expression and a host. Claims of empty have to hold always (precision), and of the emptiness
that follows from a never, an impossible label or an impossible match nearly all is to be claimed (recall).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from attribution import Attribution, Cause
from monogen.promql import Node, Unreadable, read, walk
from truth_expressions import Question
from truth_worlds import Labels, Result, Worlds

_Claimed = tuple[Question, Node, "Answered"]

CLAIMS = ("data", "conditional", "empty", "unknown")
SHOWN = 40
"""How many disagreements a failing test prints."""


class Answered(Protocol):
    """What the abstract reading says of some hosts: ``kind`` is one of CLAIMS."""

    @property
    def hosts(self) -> Sequence[str]: ...

    @property
    def kind(self) -> str: ...

    @property
    def reasons(self) -> Sequence[Any]: ...


class Reader(Protocol):
    """monogen.lint.world.World, as far as it is used here."""

    def answers(self, tree: Node) -> Sequence[Answered]: ...


@dataclass(frozen=True, slots=True)
class Pair:
    """One expression on one host. ``cause`` is set where the server has nothing."""

    question: Question
    host: str
    claim: str
    reasons: tuple[str, ...]
    result: Result
    cause: Cause | None = None

    @property
    def reality(self) -> str:
        """data, empty or refused."""
        return "refused" if self.result.error else "data" if self.result.series else "empty"

    @property
    def violates(self) -> bool:
        """Whether empty was claimed and the server has data."""
        return self.claim == "empty" and self.reality == "data"

    @property
    def missed(self) -> bool:
        """Whether the emptiness follows, and was not claimed."""
        return self.cause is not None and self.cause.follows and self.claim != "empty"

    def told(self) -> str:
        """Everything about it, for the one who has to mend it."""
        lines = [
            f"{self.host}: {' '.join(self.question.expr.split())}",
            f"    from     {self.question.source}",
            f"    claimed  {self.claim}: {'; '.join(self.reasons) or 'no reason'}",
            f"    reality  {self.reality}: {self.result.error or _some(self.result.series)}",
        ]
        if self.cause:
            lines.append(f"    because  {self.cause.kind}: {self.cause.says}")
        return "\n".join(lines)


def _some(series: Sequence[Labels]) -> str:
    return f"{len(series)} series, {dict(series[0])}" if series else "no series"


@dataclass(slots=True)
class Judgement:
    """All pairs of a run; ``unread`` is what the server reads and monogen's parser does not."""

    pairs: list[Pair] = field(default_factory=list)
    unread: list[tuple[Question, str]] = field(default_factory=list)

    @property
    def judged(self) -> list[Pair]:
        """Pairs that have an answer: those that the server refuses are left out."""
        return [pair for pair in self.pairs if pair.reality != "refused"]

    @property
    def violations(self) -> list[Pair]:
        """Claims of empty that are not so."""
        return [pair for pair in self.pairs if pair.violates]

    @property
    def missed(self) -> list[Pair]:
        """Emptiness that follows and was not claimed."""
        return [pair for pair in self.pairs if pair.missed]

    @property
    def following(self) -> list[Pair]:
        """Pairs whose emptiness follows."""
        return [pair for pair in self.pairs if pair.cause is not None and pair.cause.follows]

    @property
    def precision(self) -> float:
        """The share of claims of empty that hold."""
        claimed = [pair for pair in self.judged if pair.claim == "empty"]
        return 1 - len(self.violations) / len(claimed) if claimed else 1.0

    @property
    def recall(self) -> float:
        """The share of following emptiness that was claimed."""
        return 1 - len(self.missed) / len(self.following) if self.following else 1.0

    def numbers(self) -> dict[str, Any]:
        """Everything that is counted, for a file."""
        causes = Counter(pair.cause.kind for pair in self.pairs if pair.cause)
        return {
            "pairs": len(self.pairs),
            "expressions": len({pair.question.expr for pair in self.pairs}),
            "by_source": dict(Counter(pair.question.kind for pair in self.pairs)),
            "refused": len(self.pairs) - len(self.judged),
            "unread": len(self.unread),
            "claims": {claim: dict(self._of(claim)) for claim in CLAIMS},
            "causes_of_empty": dict(causes.most_common()),
            "claimed_by_cause": dict(
                Counter(p.cause.kind for p in self.pairs if p.cause and p.claim == "empty")
            ),
            "data_but_empty": dict(
                Counter(p.cause.kind for p in self.pairs if p.cause and p.claim == "data")
            ),
            "precision": self.precision,
            "recall": self.recall,
        }

    def _of(self, claim: str) -> Counter[str]:
        return Counter(pair.reality for pair in self.pairs if pair.claim == claim)

    def table(self) -> str:
        """The numbers for people."""
        numbers = self.numbers()
        lines = [
            f"{numbers['pairs']:,} pairs of {numbers['expressions']:,} expressions: "
            + ", ".join(f"{count:,} {kind}" for kind, count in sorted(numbers["by_source"].items())),
            "",
            f"{'claimed':<14}{'data':>9}{'empty':>9}{'refused':>9}   on the server",
        ]
        for claim in CLAIMS:
            found = self._of(claim)
            lines.append(
                f"{claim:<14}" + "".join(f"{found[kind]:>9,}" for kind in ("data", "empty", "refused"))
            )
        lines += ["", f"{'empty because':<14}{'pairs':>9}{'claimed':>9}"]
        for kind, count in numbers["causes_of_empty"].items():
            lines.append(f"{kind:<14}{count:>9,}{numbers['claimed_by_cause'].get(kind, 0):>9,}")
        lines += [
            "",
            f"precision {self.precision:.2%}, recall {self.recall:.2%} of {len(self.following):,} pairs",
        ]
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """The numbers as JSON."""
        path.write_text(json.dumps(self.numbers(), indent=2) + "\n", "utf-8")


def judged(
    worlds: Worlds, reader: Reader, questions: Iterable[Question], real: Iterable[str] = (), threads: int = 4
) -> Judgement:
    """Ask both for every pair, and the servers why where they have nothing. ``real`` is as in Attribution."""
    attribution = Attribution(worlds, real)
    judgement = Judgement()
    claimed: dict[str, list[_Claimed]] = {name: [] for name in worlds.hosts}
    for question in questions:
        try:
            tree = read(question.expr)
        except Unreadable as error:
            if not worlds.hosts[question.hosts[0]].ask(question.expr).error:
                judgement.unread.append((question, str(error)))
            continue
        for host, answer in _by_host(reader, tree, question.hosts):
            claimed[host].append((question, tree, answer))
    with ThreadPoolExecutor(threads) as pool:
        parts = pool.map(
            lambda host: [_pair(worlds, attribution, host, *one) for one in claimed[host]], claimed
        )
        judgement.pairs = [pair for part in parts for pair in part]
    return judgement


def _by_host(reader: Reader, tree: Node, hosts: Sequence[str]) -> Iterator[tuple[str, Answered]]:
    """What is claimed for each of these hosts."""
    for answer in reader.answers(tree):
        for host in answer.hosts:
            if host in hosts:
                yield host, answer


def _pair(
    worlds: Worlds,
    attribution: Attribution | None,
    host: str,
    question: Question,
    tree: Node,
    answer: Answered,
) -> Pair:
    reasons = tuple(f"{reason.kind}: {reason.text}" for reason in answer.reasons)
    result = worlds.hosts[host].ask(question.expr)
    cause = attribution.cause(tree, question.expr, host) if attribution and result.empty else None
    return Pair(question, host, answer.kind, reasons, result, cause)


def smallest(pair: Pair, worlds: Worlds, reader: Reader) -> Pair:
    """The shortest part of a violating expression that still is claimed empty and has data."""
    best = pair
    for node in walk(read(pair.question.expr)):
        text = pair.question.expr[node.start : node.end]
        if len(text) >= len(best.question.expr):
            continue
        try:
            tree = read(text)
        except Unreadable:
            continue
        question = Question(text, (pair.host,), f"a part of: {pair.question.source}", pair.question.kind)
        for _, answer in _by_host(reader, tree, question.hosts):
            found = _pair(worlds, None, pair.host, question, tree, answer)
            best = found if found.violates else best
    return best


def shortest(pairs: Sequence[Pair], count: int = SHOWN) -> str:
    """The shortest of them, each expression once, told one after the other."""
    chosen: dict[str, Pair] = {}
    for pair in sorted(pairs, key=lambda pair: (len(pair.question.expr), pair.host)):
        chosen.setdefault(pair.question.expr, pair)
    return "\n".join(pair.told() for pair in list(chosen.values())[:count])
