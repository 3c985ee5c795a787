"""Which matchers tell the hosts of a fleet apart.

``instance!="a"`` stands in many expressions, with another name each. Where every host passes, the matcher
says nothing, and what it is written in is the same question again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from monogen.lint.abstract.values import passes
from monogen.promql.placeholder import START as CHOSEN

Test = tuple[str, str, str]
"""A matcher: label, operator, text."""


class Telling:
    """The hosts' own labels, by their texts: a matcher is held against texts, and not against hosts."""

    def __init__(self, own: Mapping[str, Mapping[str, str]]) -> None:
        """``own`` are the labels that all series of a host carry, by host."""
        self._hosts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        labels = frozenset().union(*own.values())
        for host, carried in own.items():
            for label in labels:
                self._hosts[label][carried.get(label, "")].append(host)
        self._meant = cache(self._find)
        self._count = len(own)

    def all_pass(self, label: str, op: str, text: str) -> bool:
        """Whether every host passes the matcher of a label that hosts carry; False for other labels."""
        hosts = self._hosts.get(label)
        if hosts is None:
            return False
        if CHOSEN in text:
            return True
        if op == "!=":
            return text not in hosts
        return len(self._meant(label, op, text)) == self._count

    def parts(self, names: Sequence[str], tests: Iterable[Test]) -> list[tuple[str, ...]]:
        """Hosts that are alike, taken apart by the matchers that only some of them pass."""
        together = frozenset(names)
        meant = [self._meant(*test) for test in sorted(tests)]
        telling = [those for those in meant if 0 < len(those & together) < len(names)]
        if not telling:
            return [tuple(names)]
        parts: dict[tuple[bool, ...], list[str]] = {}
        for name in names:
            parts.setdefault(tuple([name in those for those in telling]), []).append(name)
        return [tuple(part) for part in parts.values()]

    def _find(self, label: str, op: str, text: str) -> frozenset[str]:
        """The hosts that pass the matcher; of ``!=`` those that do not, which tells them apart as well."""
        hosts = self._hosts.get(label, {})
        if op in ("=", "!="):
            return frozenset(hosts.get(text, ()))
        return frozenset(_of_passing(hosts, op, text))


def _of_passing(hosts: Mapping[str, Sequence[str]], op: str, text: str) -> Iterator[str]:
    for one, names in hosts.items():
        if passes(one, op, text):
            yield from names
