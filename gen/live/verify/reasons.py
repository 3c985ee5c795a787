"""Why an expression is empty: followed from the panel through rules down to the exporter.

The nearest thing that is known to be wrong is to blame, in this order: an exporter that is missing, down or
labelled otherwise; a rule that is not loaded or fails; a group that was never evaluated; data that is
younger than the expression needs; a metric that the exporter does not give; a matcher that no series passes.
What none of them explains is said to be unexplained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from monogen.live.errors import LiveError
from monogen.live.prometheus import Prometheus
from monogen.live.verify.answers import Answered
from monogen.live.verify.model import Dark, Question, Reason
from monogen.live.verify.targets import escaped
from monogen.live.verify.tracing import NAMES_AT_ONCE, Evidence, Tracing
from monogen.live.verify.young import Young
from monogen.promql.tree import Node
from monogen.promql.writing import quoted

HISTORY = "1d"
"""How far back it is looked whether a host has ever had a metric that not every host has."""

UNEXPLAINED = Reason("unexplained", "the cause is not known: its parts have data there, and it has none")


def explained(server: Prometheus, evidence: Evidence, answered: Answered) -> tuple[Dark, ...]:
    """Every missing answer with its reason, and what else an exporter that fails has taken away."""
    tracing = Tracing(evidence)
    dark: list[Dark] = []
    left: list[tuple[Question, str]] = []
    for question, host in answered.missing:
        reason = _of(tracing.target, question, host)
        if reason is None:
            left.append((question, host))
        else:
            dark.append(Dark(question, host, reason))
    silent = [
        Dark(question, host, reason)
        for question, host in answered.silent
        if (reason := tracing.target(question.tree, host))
    ]
    dark += _had(server, tracing, silent)
    dark += tracing.partly(answered.giving)
    if left:
        tracing.ask(server, [question.tree for question, _ in left])
        young = Young(server, evidence, tracing)
        dark += [Dark(question, host, _why(tracing, young, question, host)) for question, host in left]
    return tuple(dark)


def _of(tracing: Callable[[Node, str], Reason | None], question: Question, host: str) -> Reason | None:
    """The reason on a host. What is empty for the whole fleet must be so on every host."""
    hosts = [host] if host else sorted(question.expected)
    reasons = [tracing(question.tree, one) for one in hosts]
    return reasons[0] if reasons and all(reasons) else None


def _had(server: Prometheus, tracing: Tracing, silent: Sequence[Dark]) -> list[Dark]:
    """Those that were not silent before: an optional metric that a host never had is not missed."""
    optional = {id(one): tracing.optional(one.question.tree, one.host) for one in silent}
    names = sorted({name for found in optional.values() for name in found})
    hosts = quoted("|".join(sorted({escaped(one.host) for one in silent if optional[id(one)]})))
    texts = [
        f"group by (__name__, instance) (last_over_time("
        f"{{__name__=~{quoted('|'.join(names[i : i + NAMES_AT_ONCE]))}, instance=~{hosts}}}[{HISTORY}]))"
        for i in range(0, len(names), NAMES_AT_ONCE)
    ]
    had: set[tuple[str, str]] = set()
    for answer in server.ask_all(texts).values():
        if isinstance(answer, LiveError):
            return list(silent)
        had |= {(one.labels.get("__name__", ""), one.labels.get("instance", "")) for one in answer}
    return [one for one in silent if all((name, one.host) in had for name in optional[id(one)])]


def _why(tracing: Tracing, young: Young, question: Question, host: str) -> Reason:
    """The best reason where the exporters answer."""
    hosts = [host] if host else sorted(question.expected)
    found = [tracing.causes(question.tree, one) for one in hosts]
    causes = found[0] if found and all(found) else []
    first: dict[str, Reason] = {}
    for reason, certain in causes:
        first.setdefault(reason.kind if certain else "perhaps", reason)
    for kind in ("rule", "waiting"):
        if kind in first:
            return first[kind]
    known = first.get("metric") or first.get("labels")
    if soon := young.reason(question.tree, host, known=known is not None):
        return soon
    return known or first.get("perhaps") or UNEXPLAINED
