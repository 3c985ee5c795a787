"""Asks every question, once for all hosts, and judges the answers host by host.

An answer tells on which hosts an expression has data. Missing is what must have data and has none; a quiet
alert, an optional series and a board's row for other hardware are fine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from monogen.live.errors import LiveError
from monogen.live.prometheus import Prometheus, Sample
from monogen.live.verify.model import Count, Dark, Finding, Question, QuestionKind
from monogen.live.verify.words import counted
from msgspec import Struct, field


class Answered(Struct):
    """The outcome: what is missing as (question, host), the host "" where no host has data at all.

    ``silent`` gives nothing where it may or may not, ``giving`` has data; ``asked`` has the hosts looked at,
    each as often as something must be there.
    """

    missing: list[tuple[Question, str]] = field(default_factory=list)
    silent: list[tuple[Question, str]] = field(default_factory=list)
    giving: list[tuple[Question, frozenset[str]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)


def look(server: Prometheus, questions: Sequence[Question]) -> Answered:
    """Ask all questions and judge them."""
    texts = [text for q in questions for text in ((q.asked,) if q.asked else q.by_host.values())]
    answers = server.ask_all(texts)
    result = Answered()
    for question in questions:
        lacking, looked_at = _missing(question, answers, result)
        result.missing += [(question, host) for host in lacking]
        result.asked += looked_at
    samples = [q for q in questions if not q.asked and q.by_host]
    if samples:
        result.unchecked.append(
            f"{counted(len(samples), 'expression')} on every host: asked on one host of each kind, since "
            "they cannot be asked for all at once"
        )
    return result


def count(questions: Sequence[Question], answered: Answered, dark: Sequence[Dark]) -> Count:
    """How many answers are there, of those that must be."""
    # What an exporter took away that may be empty anyway counts among what should be there.
    missing = {(id(question), host) for question, host in answered.missing}
    more = [one.host for one in dark if (id(one.question), one.host) not in missing]
    everything = [*answered.asked, *more]
    lacking = Counter(one.host for one in dark)
    shares = {host: (number - lacking[host], number) for host, number in Counter(everything).items() if host}
    kinds: dict[QuestionKind, int] = {"rule": 0, "alert": 0, "panel": 0}
    for question in questions:
        kinds[question.kind] += 1
    note = ", ".join(counted(number, *_WORDS[kind]) for kind, number in kinds.items())
    if young := sum(one.reason.kind in ("young", "waiting") for one in dark):
        note += f"; {young:,} wait for more history"
    of = "answers have data where they must"
    return Count("answers", len(everything) - len(dark), len(everything), of, note, shares)


_WORDS: dict[QuestionKind, tuple[str, str]] = {
    "rule": ("recording rule", "recording rules"),
    "alert": ("alert", "alerts"),
    "panel": ("panel query", "panel queries"),
}


def _missing(
    question: Question, answers: dict[str, tuple[Sample, ...] | LiveError], result: Answered
) -> tuple[list[str], list[str]]:
    """The hosts without data, and those looked at; "" is the fleet as a whole."""
    if question.asked:
        answer = answers[question.asked]
        if isinstance(answer, LiveError):
            result.findings.append(_refused(question, answer))
            return [], []
        if question.of_fleet:
            wanted = [""] if question.expected else []
            return [] if answer else wanted, wanted
        there = hosts_in(answer, question.possible)
        result.giving.append((question, there & question.possible))
        result.silent += [(question, host) for host in sorted(question.possible - question.expected - there)]
        return sorted(question.expected - there), sorted(question.expected)
    lacking = []
    for host, text in question.by_host.items():
        answer = answers[text]
        if isinstance(answer, LiveError):
            result.findings.append(_refused(question, answer))
            break
        if not answer:
            lacking.append(host)
    return lacking, list(question.by_host)


def hosts_in(samples: Iterable[Sample], everybody: frozenset[str]) -> frozenset[str]:
    """The hosts that an answer has data for; a series without a host is everybody's."""
    hosts = frozenset(sample.labels.get("instance", "") for sample in samples)
    return everybody if "" in hosts else hosts


def _refused(question: Question, error: LiveError) -> Finding:
    return Finding(
        "answers", "refused", question.name, f"the server does not answer {question.kind} `{question.name}`",
        (), f"{question.place}: {error.message}", error.hint,
    )  # fmt: skip
