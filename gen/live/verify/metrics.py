"""Catalog against reality: metrics that should be there and are not, those that appeared, versions.

For each kind of exporter the server counts, by metric, system and hardware, how many targets have it. Only
where that is not what the catalog says is it asked who. So a thousand hosts cost some dozen questions, and
the answers stay short.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from monogen.catalog import Metric, Presence
from monogen.catalog.model import at
from monogen.inventory.model import Fleet
from monogen.live.errors import LiveError
from monogen.live.prometheus import Prometheus, RefusedError, Sample
from monogen.live.verify.model import Count, Finding
from monogen.live.verify.planned import Key, Planned
from monogen.live.verify.targets import Scraped, escaped
from monogen.live.verify.words import counted, some
from monogen.promql.writing import quoted
from msgspec import Struct, field

if TYPE_CHECKING:
    from monogen.lint.world import World

NAMES_AT_ONCE = 60
"""Metric names in one question, so that none of them touches too much."""

_HAVING = {"gb10": "a GB10", "apple-silicon": "Apple Silicon", "darwin": "macOS", "linux": "Linux"}

NOT_THE_EXPORTER = ("go_build_info", "promhttp", "process_")

_Surprise = tuple[str, str, str]
"""Why the catalog calls it absent, where, and the metric's name if it is told alone."""

Class = tuple[str, str]
"""Operating system and hardware."""


class Compared(Struct):
    """The outcome."""

    findings: list[Finding] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)


class _Metric(Struct):
    """One metric of one kind: targets that must have it, those that cannot, classes of which some may."""

    metric: Metric
    name: str
    must: list[Planned] = field(default_factory=list)
    never: list[tuple[Planned, Presence]] = field(default_factory=list)
    may: set[Class] = field(default_factory=set)


def look(
    server: Prometheus,
    fleet: Fleet,
    planned: Sequence[Planned],
    scraped: Scraped,
    world: World,
    used: frozenset[str],
) -> Compared:
    """Compare what up targets give with the catalog. ``used`` are the metrics that rules and panels read."""
    result = Compared()
    by_kind: dict[str, list[Planned]] = defaultdict(list)
    for target in planned:
        if scraped.state(target) == "up":
            by_kind[target.kind].append(target)
    told = _told(server, fleet, result)
    kinds = {
        kind: _expected(world.exposition.samples(kind), targets, told) for kind, targets in by_kind.items()
    }
    surprising = _surprising(server, fleet, by_kind, kinds, result)
    asked: list[str] = []
    wrong: list[str] = []
    appeared: list[tuple[_Metric, list[tuple[Planned, Presence]]]] = []
    for kind, metrics in kinds.items():
        who = surprising.get(kind, {})
        for one in metrics:
            absent, present = _compare(one, who.get(one.name))
            asked += (target.host.name for target in (*one.must, *(never for never, _ in one.never)))
            wrong += (target.host.name for target in (*absent, *(there for there, _ in present)))
            result.findings += _missing(one, absent, used)
            appeared.append((one, present))
    result.findings += _appeared(appeared)
    result.findings += _versions(by_kind, told, result)
    of = "metrics there or absent as the catalog says"
    up = sum(map(len, by_kind.values()))
    note = f"of {counted(up, 'target')} that {'is' if up == 1 else 'are'} up"
    lacking = Counter(wrong)
    shares = {host: (number - lacking[host], number) for host, number in Counter(asked).items()}
    result.counts.append(Count("catalog", len(asked) - len(wrong), len(asked), of, note, shares))
    return result


def _expected(
    samples: Mapping[str, Metric], targets: Sequence[Planned], told: Mapping[Key, str]
) -> list[_Metric]:
    """What the catalog says of each metric on these targets; histograms are looked at by their count.

    The version is the real one where the exporter tells it: that it is not the stated one is told once, and
    not with every metric.
    """
    found = []
    answers: dict[tuple[object, ...], Presence] = {}
    for name, metric in samples.items():
        if name != metric.sample_names()[-1]:
            continue
        one = _Metric(metric, name)
        for target in targets:
            host, exporter = target.host, target.exporter
            switched = tuple(sorted(exporter.collectors.items()))
            version = numbers(told.get(target.key, "")) or exporter.version
            key = (name, host.os, host.hardware, version, switched)
            presence = answers.get(key)
            if presence is None:
                presence = metric.presence_on(host.os, host.hardware, version, dict(switched))
                answers[key] = presence
            if presence.certain:
                one.must.append(target)
            elif presence.kind == "never":
                one.never.append((target, presence))
            else:
                one.may.add((host.os, host.hardware))
        found.append(one)
    return found


def _selector(fleet: Fleet, targets: Sequence[Planned], names: Iterable[str]) -> str:
    jobs = "|".join(sorted({escaped(target.labels["job"]) for target in targets}))
    return f"{{__name__=~{quoted('|'.join(names))}, fleet={quoted(fleet.name)}, job=~{quoted(jobs)}}}"


def _surprising(
    server: Prometheus,
    fleet: Fleet,
    by_kind: Mapping[str, Sequence[Planned]],
    kinds: Mapping[str, Sequence[_Metric]],
    result: Compared,
) -> dict[str, dict[str, frozenset[tuple[str, str]]]]:
    """For metrics whose counts are not as the catalog says: (instance, server) of those who have them."""
    questions: dict[str, str] = {}
    for kind, metrics in kinds.items():
        for pack in _packs([one.name for one in metrics]):
            selector = _selector(fleet, by_kind[kind], pack)
            inner = f"group by (__name__, instance, server, os, hardware) ({selector})"
            questions[f"count by (__name__, os, hardware) ({inner})"] = kind
    counts: dict[str, dict[str, dict[Class, int]]] = defaultdict(lambda: defaultdict(dict))
    for text, answer in server.ask_all(questions).items():
        if isinstance(answer, LiveError):
            result.unchecked.append(f"metrics of {questions[text]}: {answer.message}")
            continue
        for sample in answer:
            place = (sample.labels.get("os", ""), sample.labels.get("hardware", ""))
            counts[questions[text]][sample.labels.get("__name__", "")][place] = int(sample.value)
    asking: dict[str, tuple[str, list[str]]] = {}
    for kind, metrics in kinds.items():
        odd = [one.name for one in metrics if not _as_expected(one, counts[kind].get(one.name, {}))]
        for pack in _packs(odd):
            expr = f"group by (__name__, instance, server) ({_selector(fleet, by_kind[kind], pack)})"
            asking[expr] = (kind, list(pack))
    found: dict[str, dict[str, frozenset[tuple[str, str]]]] = defaultdict(dict)
    for text, answer in server.ask_all(asking).items():
        kind, names = asking[text]
        if not isinstance(answer, LiveError):
            found[kind] |= _who(names, answer)
    return found


def _packs(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[i : i + NAMES_AT_ONCE] for i in range(0, len(names), NAMES_AT_ONCE))


def _who(names: Iterable[str], samples: Iterable[Sample]) -> dict[str, frozenset[tuple[str, str]]]:
    having: dict[str, set[tuple[str, str]]] = {name: set() for name in names}
    for sample in samples:
        labels = sample.labels
        having[labels.get("__name__", "")].add((labels.get("instance", ""), labels.get("server", "")))
    return {name: frozenset(who) for name, who in having.items()}


def _as_expected(one: _Metric, counts: Mapping[Class, int]) -> bool:
    """Whether the numbers alone say that all who must have it do, and no others."""
    must: dict[Class, int] = defaultdict(int)
    for target in one.must:
        must[target.host.os, target.host.hardware] += 1
    never = {(target.host.os, target.host.hardware) for target, _ in one.never}
    for place in {*must, *never, *counts}:
        if place in one.may:
            # Some of them may have it: the numbers tell only where that is all of them.
            if place in must or place in never:
                return False
        elif counts.get(place, 0) != must.get(place, 0):
            return False
    return True


def _compare(
    one: _Metric, who: frozenset[tuple[str, str]] | None
) -> tuple[list[Planned], list[tuple[Planned, Presence]]]:
    """Targets that lack it, and targets that have it against the catalog's word."""
    if who is None:
        return [], []
    hosts = {host for host, _ in who}

    def has(target: Planned) -> bool:
        server = target.exporter.server
        return (target.host.name, server) in who if server else target.host.name in hosts

    absent = [target for target in one.must if not has(target)]
    present = [(target, presence) for target, presence in one.never if has(target)]
    return absent, present


def _missing(one: _Metric, absent: Sequence[Planned], used: frozenset[str]) -> Iterator[Finding]:
    if not absent:
        return
    needed = bool(used & set(one.metric.sample_names()))
    hosts = tuple(dict.fromkeys(target.host.name for target in absent))
    place = (absent[0].host.os, absent[0].host.hardware)
    evidence = one.metric.evidence_on(*place)
    span = at(one.metric.spans, *place)
    version = f" or the exporter not {span}" if span else ""
    message = f"{absent[0].header.title} does not give `{one.metric.name}`"
    detail = f"the catalog says that it does ({evidence})"
    hint = f"is its collector off{version}? say so in the inventory: `collectors`, `version`"
    if not needed:
        detail, hint = f"{detail}; no rule and no panel reads it", ""
    yield Finding("catalog", "missing", one.metric.name, message, hosts, detail, hint, needed)


def _appeared(found: Iterable[tuple[_Metric, list[tuple[Planned, Presence]]]]) -> Iterator[Finding]:
    """Metrics that the catalog calls absent. Those that it watches for have a word of their own.

    What appears on the same hosts for the same reason (framebuffer used, free and reserved) is one finding.
    """
    groups: dict[tuple[_Surprise, tuple[str, ...]], list[str]] = defaultdict(list)
    for one, present in found:
        hosts: dict[_Surprise, dict[str, None]] = defaultdict(dict)
        for target, presence in present:
            host = target.host
            watched = bool(one.metric.watch & {host.os, host.hardware})
            place: str = host.hardware if watched else host.os
            hosts[presence.why, place, "" if watched else one.metric.name][host.name] = None
        for surprise, names in hosts.items():
            groups[surprise, tuple(names)].append(one.metric.name)
    for ((why, where, alone), names_of_hosts), metrics in groups.items():
        verb = "has" if len(metrics) == 1 else "have"
        listed = some([f"`{name}`" for name in metrics])
        message = f"{listed} {verb} appeared, which {_HAVING.get(where, where)} did not have"
        detail = f"the catalog says: {why or 'never'}"
        kind = "unknown" if alone else "appeared"
        yield Finding("catalog", kind, ", ".join(metrics), message, names_of_hosts, detail, _NEW)


_NEW = (
    "driver or exporter learned something new: are its numbers right? then tell the catalog, in a file of "
    "your own under `catalogs:` in the inventory; the runbook of ExporterMetricAppeared says how to look"
)


# ---- versions


def _told(server: Prometheus, fleet: Fleet, result: Compared) -> dict[Key, str]:
    """The versions that exporters tell of themselves."""
    matchers = f'__name__=~".+build_info", fleet={quoted(fleet.name)}, version!=""'
    try:
        samples = server.query(f"group by (__name__, instance, job, server, version) ({{{matchers}}})")
    except RefusedError as error:
        result.unchecked.append(f"versions of exporters: {error.message}")
        return {}
    found = {}
    for sample in samples:
        labels = sample.labels
        if not labels.get("__name__", "").startswith(NOT_THE_EXPORTER):
            key = (labels.get("instance", ""), labels.get("job", ""), labels.get("server", ""))
            found[key] = labels["version"]
    return found


def _versions(
    by_kind: Mapping[str, Sequence[Planned]], told: Mapping[Key, str], result: Compared
) -> Iterator[Finding]:
    """Exporters of another version than the inventory states, or older than the catalog's oldest."""
    other: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    old: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    silent: dict[str, int] = defaultdict(int)
    for targets in by_kind.values():
        for target in targets:
            said = told.get(target.key)
            if said is None:
                silent[target.header.title] += target.exporter.version is not None
                continue
            version = numbers(said)
            stated = target.exporter.version
            if stated and version[: len(stated)] != stated[: len(version)]:
                other[target.header.title, said, ".".join(map(str, stated))].append(target.host.name)
            elif not stated and target.header.baseline and version < target.header.baseline:
                oldest = ".".join(map(str, target.header.baseline))
                old[target.header.title, said, oldest].append(target.host.name)
    for (title, said, stated_), hosts in other.items():
        message = f"{title} is {said}, the inventory states {stated_}"
        hint = "correct `version:` in the inventory and build again"
        yield Finding("catalog", "version", title, message, tuple(hosts), "", hint)
    for (title, said, oldest), hosts in old.items():
        message = f"{title} is {said}, older than the catalog takes for granted"
        detail = f"without a stated version {oldest} or newer is assumed"
        hint = f'state `version: "{said}"` in the inventory, or update it'
        yield Finding("catalog", "version", title, message, tuple(hosts), detail, hint)
    for title, number in silent.items():
        if number:
            stating = f"the inventory states it for {counted(number, 'target')}"
            result.unchecked.append(f"the version of {title}: {stating}, and the exporter does not tell")


def numbers(version: str) -> tuple[int, ...]:
    """The numbers a version begins with: "v1.11.1-rc.0+ds" is (1, 11, 1)."""
    match = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(map(int, match[1].split("."))) if match else ()
