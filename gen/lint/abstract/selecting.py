"""What the matchers of a selector leave of the series of a host."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Protocol

from monogen.lint.abstract.shapes import Reason, ReasonKind, Shape, Vector, vector_of
from monogen.lint.abstract.values import ABSENT, ALIKE, ANY, FREE, SHOWN_TEXTS, Own, Value, narrowed
from monogen.promql.matchers import passes, values
from monogen.promql.placeholder import START as CHOSEN
from monogen.promql.placeholder import shown
from monogen.promql.tree import NAME, Matcher, Selector

ATTACHED_ELSEWHERE = frozenset(
    {
        "namespace", "pod", "container", "service", "endpoint", "node", "cluster", "metrics_path",
        "prometheus", "prometheus_replica", "replica", "receive", "tenant_id", "exported_namespace",
        "exported_pod", "exported_container", "exported_job", "exported_instance", "exported_service",
        "region", "zone", "datacenter", "dc", "env", "environment", "stage",
    }
)  # fmt: skip
"""Labels that Kubernetes, the operator and federation attach to targets which the inventory does not know."""


class Series(Protocol):
    """The series of one class of hosts."""

    @property
    def own(self) -> Mapping[str, str]:
        """The labels that the host's targets carry: instance, os, hardware, fleet and the inventory's own."""

    @property
    def jobs(self) -> frozenset[str]:
        """The jobs of the host's targets."""

    @property
    def alone(self) -> bool:
        """Whether ``own`` are the labels of the only host that is looked at."""

    def named(self, name: str) -> Vector:
        """Every series of that name, or the reasons why there are none."""

    def names(self) -> frozenset[str]:
        """Every name that the host has or may have series of, as far as is known."""


def select(selector: Selector, series: Series) -> Vector:
    """The series that a selector finds, or the reasons why it finds none.

    A host that the matchers leave out is not meant, also where it could not have the series anyway.
    """
    matchers = tuple([m for m in selector.matchers if m.label != NAME])
    found = series.named(selector.name) if selector.name else _by_name_matchers(selector, series)
    if found.shapes:
        return filtered(found, matchers, series.own) if matchers else found
    reason = _left_out(selector, series)
    return Vector((), (reason,)) if reason else found


def names_of(selector: Selector) -> frozenset[str] | None:
    """The metric names that a selector can mean; None where it does not say."""
    if selector.name:
        return frozenset((selector.name,))
    names: frozenset[str] | None = None
    for matcher in selector.matchers:
        if matcher.label != NAME or CHOSEN in matcher.value:
            continue
        found = values(matcher)
        if found is not None:
            names = found if names is None else names & found
    return names


def _by_name_matchers(selector: Selector, series: Series) -> Vector:
    """A selector without a name: all series, or those whose names pass the matchers of ``__name__``."""
    passing = [m for m in selector.matchers if m.label == NAME]
    exact = names_of(selector)
    candidates = sorted(series.names() if exact is None else exact)
    found = [series.named(name) for name in candidates if all(_name_passes(name, m) for m in passing)]
    shapes = [shape for vector in found for shape in vector.shapes]
    if exact is None:
        # Something that no catalog knows may have a name that fits, too.
        shapes.append(Shape("", {}, open=True, certain=False, unknown=True))
    return vector_of(shapes, (reason for vector in found for reason in vector.reasons))


def _name_passes(name: str, matcher: Matcher) -> bool:
    return CHOSEN in matcher.value or passes(matcher, name)


def filtered(found: Vector, matchers: tuple[Matcher, ...], own: Mapping[str, str]) -> Vector:
    """The series that pass the matchers, or the reasons why none does."""
    shapes = []
    reasons = list(found.reasons)
    # What is asked for comes first: only of a known text can be said that another matcher refuses it.
    in_order = sorted(matchers, key=_refuses)
    for shape in found.shapes:
        narrower: dict[str, Value] = {}
        certain, needs = shape.certain, shape.needs
        for matcher in in_order:
            label = matcher.label
            value = narrower[label] if label in narrower else shape.label(label)
            left, sure = narrowed(value, matcher.op, matcher.value, own)
            if left is None:
                reasons.append(_why_not(shape, matcher, value, own))
                break
            if left is not value:
                narrower[label] = left
            if not sure and certain:
                certain, needs = False, f"series with `{written(matcher)}`"
        else:
            labels = {**shape.labels, **narrower}
            if certain == shape.certain and labels == shape.labels:
                shapes.append(shape)
            else:
                shapes.append(Shape(shape.name, labels, shape.open, certain, needs, shape.unknown))
    if len(shapes) == len(found.shapes) and all(map(operator.is_, shapes, found.shapes)):
        return found
    return vector_of(shapes, reasons)


def _refuses(matcher: Matcher) -> bool:
    return matcher.op in ("!=", "!~")


def written(matcher: Matcher) -> str:
    """The matcher as a person writes it."""
    return f'{matcher.label}{matcher.op}"{matcher.value}"'


def _left_out(selector: Selector, series: Series) -> Reason | None:
    """Why a host is not meant whatever series it has: its own labels or its jobs do not pass."""
    for matcher in selector.matchers:
        value: Value | None = None
        if matcher.label in series.own:
            value = Own(matcher.label)
        elif matcher.label == "job" and series.jobs:
            value = series.jobs
        if value is not None and narrowed(value, matcher.op, matcher.value, series.own)[0] is None:
            return _why_not(Shape(selector.name, {}), matcher, value, series.own)
    return None


def _why_not(shape: Shape, matcher: Matcher, value: Value, own: Mapping[str, str]) -> Reason:
    """Why a matcher leaves nothing of a shape."""
    by_others = matcher.label in ATTACHED_ELSEWHERE and value == ABSENT
    of_target = isinstance(value, Own) or matcher.label in ("job", "server", "instance") or by_others
    kind: ReasonKind = "target" if of_target else "label"
    name = f"`{shape.name}`" if shape.name else "what is selected"
    wanted = "" if value == ABSENT else f", not `{shown(written(matcher))}`"
    text = f"{name} has {_has(matcher.label, value, own)}{wanted}"
    texts = value - ABSENT if isinstance(value, frozenset) else frozenset()
    return Reason(kind, text, shape.name, matcher=written(matcher), texts=texts)


def _has(label: str, value: Value, own: Mapping[str, str]) -> str:
    """ "`job="node-exporter"`", "no label `x`", "a label `x`"."""
    if isinstance(value, Own):
        return f'`{label}="{own.get(value.label, "")}"`' if value.label in ALIKE else f"another `{label}`"
    if value is ANY or value is FREE or not isinstance(value, frozenset):
        return f"a label `{label}`"
    texts = sorted(value - ABSENT)
    if not texts:
        return f"no label `{label}`"
    if len(texts) == 1:
        return f'`{label}="{texts[0]}"`'
    listed = ", ".join(texts[:SHOWN_TEXTS]) + (", ..." if len(texts) > SHOWN_TEXTS else "")
    return f"only {listed} in `{label}`"
